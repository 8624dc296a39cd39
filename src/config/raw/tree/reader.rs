//! Reads YAML text into the tree that Ruby's psych would make of it, one document at a time.

use std::collections::{HashMap, HashSet};

use granit_parser::{Event, Options, Parser, ScalarStyle, StrInput, Tag};

use super::node::{Map, Node, Scalar, Value};
use super::scalar::{resolve, Ruby};
use crate::dialect::{Judge, Otherwise, Watch};

/// Far deeper than any file of clusters.d, and shallow enough for the stack.
const MAX_DEPTH: usize = 64;
/// The most that a document may cost with its aliases expanded: bytes of text, and `NODE_COST` for each node.
const BUDGET: usize = 16 << 20;
const NODE_COST: usize = 64;
/// A document beyond these is not looked at: `ood_core` reads the first alone.
const MOST_DOCUMENTS: usize = 16;

/// Why a text is not YAML.
#[derive(Clone, Debug)]
pub struct Torn {
    pub line: usize,
    pub reason: String,
    /// It is YAML, and Ruby reads something else in it.
    pub is_otherwise: bool,
}

impl Torn {
    fn at(line: usize, reason: impl Into<String>) -> Self {
        Self {
            line,
            reason: reason.into(),
            is_otherwise: false,
        }
    }

    fn otherwise(line: usize, what: Otherwise) -> Self {
        Self {
            // Two of them it does not read at all.
            is_otherwise: !matches!(what, Otherwise::Colon | Otherwise::Anchor),
            ..Self::at(line, what.to_string())
        }
    }
}

/// The documents of a file.
pub struct Documents {
    /// The one that OnDemand reads; empty for a file without any.
    pub first: Node,
    /// Something in it that makes `YAML.safe_load` fail, with its line: an alias, or a tag of Ruby's.
    pub refused: Option<(usize, &'static str)>,
    /// The line of a key in it that its mapping has already; for Ruby the last one counts.
    pub doubled: Option<usize>,
    /// What stands behind it, as far as it can be read.
    pub others: Vec<Node>,
}

/// Reads all documents of a file that Ruby reads too: where it would see something else is an error. What is wrong
/// behind the first does not matter to anybody.
pub fn read_with_ruby(text: &str) -> Result<Documents, Torn> {
    documents(without_mark(text), Some(Judge::Ruby))
}

/// The same of a file that nobody else reads.
pub fn read(text: &str) -> Result<Documents, Torn> {
    documents(without_mark(text), None)
}

fn documents(text: &str, judge: Option<Judge>) -> Result<Documents, Torn> {
    let mut reader = Reader::of(text, judge);
    let first = reader.document()?.unwrap_or_else(|| reader.nil());
    let (refused, doubled) = (reader.refused.take(), reader.doubled.take());
    let mut others = Vec::new();
    while let (Ok(Some(other)), true) = (reader.document(), others.len() < MOST_DOCUMENTS) {
        others.push(other);
    }
    let breaks = reader.watch.breaks(text);
    breaks.map_err(|(line, what)| Torn::otherwise(line, what))?;
    Ok(Documents {
        first,
        refused,
        doubled,
        others,
    })
}

/// Reads all documents of a file in which each counts as much as the first: what is wrong in any of them is an error.
pub fn read_all(text: &str) -> Result<Vec<Node>, Torn> {
    let mut reader = Reader::of(without_mark(text), None);
    let mut all = Vec::new();
    while let Some(document) = reader.document()? {
        if let Some(line) = reader.doubled {
            return Err(Torn::at(line, "this key stands twice in its mapping; remove one"));
        }
        all.push(document);
    }
    Ok(all)
}

/// A byte order mark is no part of the text.
fn without_mark(text: &str) -> &str {
    text.strip_prefix('\u{feff}').unwrap_or(text)
}

fn limits() -> Options {
    let mut options = Options::default();
    options.flow_nesting_limit = MAX_DEPTH;
    options.block_nesting_limit = MAX_DEPTH;
    options.emit_comments = false;
    options.emit_anchor_events = true;
    options
}

struct Reader<'t> {
    events: Parser<'t, StrInput<'t>>,
    anchors: HashMap<usize, (Node, usize)>,
    refused: Option<(usize, &'static str)>,
    doubled: Option<usize>,
    watch: Watch<'t>,
    budget: usize,
    /// The line of the latest event.
    line: usize,
}

impl<'t> Reader<'t> {
    fn of(text: &'t str, judge: Option<Judge>) -> Self {
        Self {
            events: Parser::new_from_str_with_options(text, limits()),
            anchors: HashMap::new(),
            refused: None,
            doubled: None,
            watch: Watch::of(text, judge),
            budget: BUDGET,
            line: 1,
        }
    }

    fn document(&mut self) -> Result<Option<Node>, Torn> {
        loop {
            match self.next()? {
                Event::StreamEnd => return Ok(None),
                Event::DocumentStart(..) => {
                    self.anchors.clear();
                    let first = self.next()?;
                    return self.node(first, 0).map(Some);
                }
                _ => {}
            }
        }
    }

    fn node(&mut self, event: Event<'t>, depth: usize) -> Result<Node, Torn> {
        let (line, before) = (self.line, self.budget);
        self.spend(NODE_COST)?;
        if depth > MAX_DEPTH {
            return Err(self.torn("it is nested too deeply"));
        }
        let (anchor, value) = match event {
            Event::Alias(id) => return self.alias(id),
            Event::Scalar(text, style, anchor, tag) => {
                self.spend(text.len())?;
                (
                    anchor,
                    Value::Scalar(self.scalar(text.into_owned(), style, tag.as_deref())),
                )
            }
            Event::SequenceStart(_, anchor, tag) => {
                self.look_at_tag(tag.as_deref());
                (anchor, Value::List(self.items(depth)?))
            }
            Event::MappingStart(_, anchor, tag) => {
                self.look_at_tag(tag.as_deref());
                (anchor, Value::Map(self.pairs(depth)?))
            }
            _ => return Err(self.torn("it is not complete")),
        };
        let node = Node { line, value };
        if anchor != 0 {
            let cost = before - self.budget;
            self.spend(cost)?;
            self.anchors.insert(anchor, (node.clone(), cost));
        }
        Ok(node)
    }

    fn items(&mut self, depth: usize) -> Result<Vec<Node>, Torn> {
        let mut items = Vec::new();
        loop {
            match self.next()? {
                Event::SequenceEnd => return Ok(items),
                event => items.push(self.node(event, depth + 1)?),
            }
        }
    }

    fn pairs(&mut self, depth: usize) -> Result<Map, Torn> {
        let mut map = Map::default();
        let mut own = HashSet::new();
        loop {
            let event = self.next()?;
            if event == Event::MappingEnd {
                return Ok(map);
            }
            let is_merge = matches!(&event, Event::Scalar(text, _, _, tag)
                if text == "<<" && tag.as_deref().is_none_or(|tag| uri(tag) != "tag:yaml.org,2002:str"));
            let key = self.node(event, depth + 1)?;
            let text = key.text();
            if text.is_some_and(|text| !own.insert(text)) {
                self.doubled.get_or_insert(key.line);
            }
            let event = self.next()?;
            let value = self.node(event, depth + 1)?;
            match value.value {
                Value::Map(_) | Value::List(_) if is_merge => merge(&mut map, key, value),
                _ => map.set(key, value),
            }
        }
    }

    /// psych refuses every alias, so the file is of no use to OnDemand; it has been to us.
    fn alias(&mut self, id: usize) -> Result<Node, Torn> {
        self.refuse("an alias (*)");
        // An alias inside its own anchor is not known yet.
        let Some((node, cost)) = self.anchors.get(&id) else {
            return Err(self.torn("an alias (*) stands for what contains it"));
        };
        let (node, cost) = (node.clone(), *cost);
        self.spend(cost)?;
        Ok(node)
    }

    fn scalar(&mut self, text: String, style: ScalarStyle, tag: Option<&Tag>) -> Scalar {
        let ruby = match tag.map(uri).as_deref() {
            None if style == ScalarStyle::Plain => resolve(&text),
            None | Some("!" | "!str" | "!binary" | "tag:yaml.org,2002:str" | "tag:yaml.org,2002:binary") => Ruby::Text,
            Some(uri) if uri.starts_with("!ruby/") => Ruby::Refused("a Ruby object"),
            // Also in quotes.
            Some(_) => resolve(&text),
        };
        if let Ruby::Refused(what) = ruby {
            self.refuse(what);
        }
        Scalar { text, ruby }
    }

    fn look_at_tag(&mut self, tag: Option<&Tag>) {
        let refused = |uri: String| uri.starts_with("!ruby/") || uri.ends_with(":set") || uri.ends_with(":omap");
        if tag.map(uri).is_some_and(refused) {
            self.refuse("a Ruby object");
        }
    }

    fn refuse(&mut self, what: &'static str) {
        let line = self.line;
        self.refused.get_or_insert((line, what));
    }

    fn next(&mut self) -> Result<Event<'t>, Torn> {
        match self.events.next_event() {
            Some(Ok((mut event, span))) => {
                self.line = span.start.line();
                let seen = self.watch.see(&mut event, span);
                seen.map_err(|what| Torn::otherwise(self.line, what))?;
                match event {
                    // What it was told for is done.
                    Event::Anchor(..) => self.next(),
                    event => Ok(event),
                }
            }
            Some(Err(error)) => Err(Torn::at(error.marker().line(), error.info())),
            None => Ok(Event::StreamEnd),
        }
    }

    fn spend(&mut self, cost: usize) -> Result<(), Torn> {
        let left = self.budget.checked_sub(cost);
        self.budget = left.ok_or_else(|| self.torn("it is too large with its aliases"))?;
        Ok(())
    }

    fn torn(&self, reason: &'static str) -> Torn {
        Torn::at(self.line, reason)
    }

    fn nil(&self) -> Node {
        let scalar = Scalar {
            text: String::new(),
            ruby: Ruby::Nil,
        };
        Node {
            line: self.line,
            value: Value::Scalar(scalar),
        }
    }
}

/// Like psych's `revive_hash`: in the order of the file, and in a list of mappings the first one wins.
fn merge(map: &mut Map, key: Node, value: Node) {
    let is_map = |node: &Node| node.map().is_some();
    let maps = match value.value {
        Value::List(items) if items.iter().all(is_map) => items,
        Value::Map(_) => vec![value],
        _ => return map.set(key, value),
    };
    for merged in maps.iter().rev().filter_map(Node::map) {
        merged
            .pairs()
            .for_each(|(key, value)| map.set(key.clone(), value.clone()));
    }
}

fn uri(tag: &Tag) -> String {
    format!("{}{}", tag.handle(), tag.suffix())
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    use super::*;

    fn first(text: &str) -> Node {
        read(text).unwrap_or_else(|torn| panic!("{text}: {torn:?}")).first
    }

    fn value(text: &str, key: &str) -> Option<String> {
        first(text).map()?.get(key)?.text()
    }

    #[test]
    fn the_last_of_doubled_keys_counts_and_so_does_a_merge_where_it_stands() {
        assert_eq!(value("a: 1\na: 2\n", "a").as_deref(), Some("2"));
        assert_eq!(value("a: own\n<<: {a: merged}\n", "a").as_deref(), Some("merged"));
        assert_eq!(value("<<: {a: merged}\na: own\n", "a").as_deref(), Some("own"));
        assert_eq!(value("<<: [{a: one}, {a: two}]\n", "a").as_deref(), Some("one"));
        assert_eq!(value("<<: scalar\na: own\n", "a").as_deref(), Some("own"));
    }

    #[test]
    fn a_key_that_stands_twice_in_its_mapping_is_told_with_its_line_and_a_merged_one_is_not() {
        let doubled = |text: &str| read(text).unwrap().doubled;
        for (text, line) in [
            ("a: 1\nb: 2\na: 3\n", Some(3)),
            ("a:\n- {b: 1, 'b': 2}\n", Some(2)),
            ("1: x\n\"1\": y\n", Some(2)),
            ("a: 1\n---\nb: 1\nb: 2\n", None),
            ("a: &x {k: 1}\nb:\n  <<: *x\n  k: 2\n", None),
            ("a: {k: 1}\nb: {k: 1}\n", None),
        ] {
            assert_eq!(doubled(text), line, "{text}");
        }
    }

    #[test]
    fn a_block_that_does_not_end_has_no_line_end_as_for_ruby() {
        for (text, printed) in [
            ("a: |\n  yes", "yes"),
            ("a: >\n  x\n  y", "x y"),
            ("a: |\n  x\n    ", "x\n  "),
            ("a: |\n  x\n  ", "x\n"),
            ("a: |\n  x\n", "x\n"),
        ] {
            assert_eq!(value(text, "a").as_deref(), Some(printed), "{text:?}");
        }
    }

    #[test]
    fn what_ruby_reads_otherwise_is_refused_and_told_from_what_it_does_not_read() {
        for (text, is_otherwise) in [
            ("a: {?b: c}\n", Some(true)),
            ("a: [?b]\n", Some(true)),
            ("a: [:b]\n", Some(false)),
            ("a: {b:}\n", Some(false)),
            ("a: x\u{85}y\n", Some(true)),
            ("a: {b: c?d}\n", None),
            ("a: x # y\u{2028}\n", None),
        ] {
            let torn = read_with_ruby(text).err();
            assert_eq!(torn.map(|torn| torn.is_otherwise), is_otherwise, "{text}");
            assert!(read(text).is_ok(), "nobody else reads {text}");
        }
        let folded = read_with_ruby("a: \"x\u{85}y\"\n").unwrap().first;
        assert_eq!(folded.map().unwrap().get("a").unwrap().text().as_deref(), Some("x y"));
    }

    #[test]
    fn documents_behind_the_first_are_read_as_far_as_they_can_be() {
        let all = read("a: 1\n---\nb: 2\n---\n[\n").unwrap();
        assert_eq!(all.others.len(), 1);
        assert!(read("---\n---\na: 1\n").unwrap().first.is_nil());
        assert!(read("").unwrap().first.is_nil());
    }

    #[test]
    fn quotes_and_tags_of_strings_make_strings_and_other_tags_do_not() {
        for (text, printed) in [
            ("a: \"yes\"", "yes"),
            ("a: !!str yes", "yes"),
            ("a: ! yes", "yes"),
            ("a: |-\n  yes\n", "yes"),
            ("a: !!int \"010\"", "8"),
            ("a: !local yes", "true"),
        ] {
            assert_eq!(value(text, "a").as_deref(), Some(printed), "{text}");
        }
    }

    #[test]
    fn what_safe_load_refuses_is_told_with_its_line() {
        for (text, line) in [
            ("a: &x 1\nb: *x\n", 2),
            ("a: 1\nb: 2024-01-01\n", 2),
            (":a: 1\n", 1),
            ("a:\n- !ruby/object:Object {}\n", 2),
        ] {
            assert_eq!(read(text).unwrap().refused.map(|(line, _)| line), Some(line), "{text}");
        }
        assert!(read("a: &x 1\n---\nb: :c\n").unwrap().refused.is_none());
    }

    #[test]
    fn aliases_cannot_make_it_large_or_endless() {
        let mut bomb = "a0: &a0 [x]\n".to_owned();
        for level in 1..=9 {
            let aliases = vec![format!("*a{}", level - 1); 20].join(",");
            writeln!(bomb, "a{level}: &a{level} [{aliases}]").unwrap();
        }
        assert!(read(&bomb).is_err());
        assert!(read("a: &a [*a]\n").is_err());
        assert!(read(&format!("{}{}", "[".repeat(100), "]".repeat(100))).is_err());
    }
}
