//! Reads YAML text into a tree, as kubectl's own YAML reader understands it.

use std::collections::HashMap;

use granit_parser::{Event, Marker, Options, Parser, ScalarStyle, StrInput, Tag};
use secrecy::zeroize::Zeroizing;

use super::error::DocumentError;
use super::pairs::Pairs;
use super::rest::{self, Rest, Start};
use super::tag::tag_text;
use super::tree::{Line, Mapping, Node, Scalar, Style, Value};
use crate::dialect::{Judge, Watch};

/// Far deeper than any kubeconfig, and shallow enough for the stack.
const MAX_DEPTH: usize = 64;
/// The most that a document may cost with its aliases expanded: bytes of text, and `NODE_COST` for each node.
const BUDGET: usize = 64 << 20;
const NODE_COST: usize = 64;

/// The top of the first document, which is a mapping, and what stands behind that document.
pub(super) fn read(text: &str) -> Result<(Node, Rest), DocumentError> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut reader = Reader {
        events: Parser::new_from_str_with_options(text, limits()),
        anchors: HashMap::new(),
        budget: BUDGET,
        watch: Watch::of(text, Some(Judge::Kubectl)),
        line: 1,
    };
    let (root, start) = reader.document()?;
    let rest = rest::behind(text, start);
    let first = &text[..text.len() - rest.length()];
    let breaks = reader.watch.breaks(first);
    breaks.map_err(|(line, what)| DocumentError::ReadOtherwise { line, what })?;
    // Without a mark between the two, nobody can say where the first document ends.
    if rest == Rest::Nothing && !reader.is_at_end() {
        return Ok((root, Rest::Unmarked { line: reader.line }));
    }
    Ok((root, rest))
}

fn limits() -> Options {
    let mut options = Options::default();
    options.flow_nesting_limit = MAX_DEPTH;
    options.block_nesting_limit = MAX_DEPTH;
    // The default, where another crate enables the parser's feature for comments (kube does, in tests).
    options.emit_comments = false;
    options.emit_anchor_events = true;
    options
}

struct Reader<'t> {
    events: Parser<'t, StrInput<'t>>,
    anchors: HashMap<usize, Anchored>,
    budget: usize,
    watch: Watch<'t>,
    /// The line of the latest event, for errors.
    line: usize,
}

/// A node that aliases can repeat, with the cost of each repetition.
struct Anchored {
    node: Node,
    cost: usize,
    height: usize,
}

impl<'t> Reader<'t> {
    /// The first document, and where it starts: kubectl reads no other.
    fn document(&mut self) -> Result<(Node, Start), DocumentError> {
        let mut start = Start::default();
        let mut root = None;
        while root.is_none() {
            match self.next()? {
                Event::StreamEnd => break,
                Event::DocumentStart(is_marked, _) => {
                    start = Start {
                        line: self.line,
                        is_marked,
                    };
                    let first = self.next()?;
                    root = Some(self.node(first, 0)?);
                }
                _ => {}
            }
        }
        let root = root.filter(|root| !root.is_null());
        let mut root = root.unwrap_or_else(Node::empty_mapping);
        root.as_mapping_mut("the top level of the file")?;
        Ok((root, start))
    }

    fn is_at_end(&mut self) -> bool {
        loop {
            match self.next() {
                Ok(Event::DocumentEnd) => {}
                Ok(Event::StreamEnd) => return true,
                _ => return false,
            }
        }
    }

    fn node(&mut self, event: Event<'t>, depth: usize) -> Result<Node, DocumentError> {
        if depth > MAX_DEPTH {
            return Err(self.too_complex());
        }
        let budget = self.budget;
        let line = Line(self.line);
        self.spend(NODE_COST)?;
        let (anchor, mut node) = match event {
            Event::Alias(id) => return self.alias(id, depth),
            Event::Scalar(text, style, anchor, tag) => {
                self.spend(text.len())?;
                (anchor, scalar(text.into_owned(), style, tag.as_deref()))
            }
            Event::SequenceStart(_, anchor, tag) => {
                let items = Value::Sequence(self.items(depth)?);
                (anchor, tagged(tag.as_deref(), items))
            }
            Event::MappingStart(_, anchor, tag) => {
                let pairs = Value::Mapping(self.pairs(depth)?);
                (anchor, tagged(tag.as_deref(), pairs))
            }
            _ => return Err(self.syntax()),
        };
        node.line = line;
        if anchor != 0 {
            self.remember(anchor, &node, budget - self.budget)?;
        }
        Ok(node)
    }

    fn items(&mut self, depth: usize) -> Result<Vec<Node>, DocumentError> {
        let mut items = Vec::new();
        loop {
            match self.next()? {
                Event::SequenceEnd => return Ok(items),
                event => items.push(self.node(event, depth + 1)?),
            }
        }
    }

    fn pairs(&mut self, depth: usize) -> Result<Mapping, DocumentError> {
        let mut pairs = Pairs::default();
        loop {
            let event = self.next()?;
            if event == Event::MappingEnd {
                return Ok(pairs.into_mapping());
            }
            let key = self.node(event, depth + 1)?;
            let line = self.line;
            let event = self.next()?;
            let value = self.node(event, depth + 1)?;
            pairs.take(key, value, line)?;
        }
    }

    fn alias(&mut self, id: usize, depth: usize) -> Result<Node, DocumentError> {
        // The anchor is not known yet if the alias is inside it; this rejects such recursion.
        let Some(anchored) = self.anchors.get(&id) else {
            return Err(self.syntax());
        };
        if depth + anchored.height > MAX_DEPTH {
            return Err(self.too_complex());
        }
        let cost = anchored.cost;
        self.spend(cost)?;
        Ok(self.anchors[&id].node.clone())
    }

    fn remember(&mut self, anchor: usize, node: &Node, cost: usize) -> Result<(), DocumentError> {
        self.spend(cost)?;
        let node = node.clone();
        let height = height(&node);
        self.anchors.insert(anchor, Anchored { node, cost, height });
        Ok(())
    }

    fn next(&mut self) -> Result<Event<'t>, DocumentError> {
        match self.events.next_event() {
            Some(Ok((mut event, span))) => {
                self.line = span.start.line();
                let seen = self.watch.see(&mut event, span);
                seen.map_err(|what| DocumentError::ReadOtherwise { line: self.line, what })?;
                match event {
                    // What it was told for is done.
                    Event::Anchor(..) => self.next(),
                    event => Ok(event),
                }
            }
            Some(Err(error)) => Err(syntax_at(error.marker())),
            None => Ok(Event::StreamEnd),
        }
    }

    fn spend(&mut self, cost: usize) -> Result<(), DocumentError> {
        let left = self.budget.checked_sub(cost);
        self.budget = left.ok_or_else(|| self.too_complex())?;
        Ok(())
    }

    fn too_complex(&self) -> DocumentError {
        DocumentError::TooComplex { line: self.line }
    }

    fn syntax(&self) -> DocumentError {
        DocumentError::Syntax {
            line: self.line,
            column: 1,
        }
    }
}

fn scalar(text: String, style: ScalarStyle, tag: Option<&Tag>) -> Node {
    let text = Zeroizing::new(text);
    let style = match style {
        // Only a string can contain a line break, which is easier to preserve in quotes.
        ScalarStyle::Plain if text.contains('\n') => Style::Quoted,
        ScalarStyle::Plain => Style::Plain,
        ScalarStyle::Literal | ScalarStyle::Folded => Style::Block,
        ScalarStyle::SingleQuoted | ScalarStyle::DoubleQuoted => Style::Quoted,
    };
    let (text, style) = match (text.is_empty() && style == Style::Plain, tag) {
        (true, None) => (Zeroizing::new("null".to_owned()), Style::Plain),
        // If there is a tag, it alone determines what the empty text means.
        (true, Some(_)) => (text, Style::Quoted),
        (false, _) => (text, style),
    };
    tagged(tag, Value::Scalar(Scalar { text, style }))
}

fn tagged(tag: Option<&Tag>, value: Value) -> Node {
    Node {
        tag: tag.map(tag_text),
        value,
        line: Line::default(),
    }
}

fn height(node: &Node) -> usize {
    let below = match &node.value {
        Value::Scalar(_) => return 0,
        Value::Sequence(items) => items.iter().map(height).max(),
        Value::Mapping(mapping) => mapping.pairs.iter().map(|(_, value)| height(value)).max(),
    };
    below.map_or(0, |below| below + 1)
}

fn syntax_at(marker: &Marker) -> DocumentError {
    DocumentError::Syntax {
        line: marker.line(),
        column: marker.col() + 1,
    }
}
