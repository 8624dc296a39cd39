//! A YAML document as a tree that keeps what it does not understand: scalars as written, key order, tags.

use std::fmt;

use secrecy::zeroize::Zeroizing;

use super::error::DocumentError;
use super::{emitter, reader};

/// A whole kubeconfig. An empty file is an empty mapping.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Document {
    pub(super) root: Node,
}

impl Document {
    pub(super) fn read(text: &str) -> Result<Self, DocumentError> {
        reader::read(text).map(|root| Self { root })
    }

    /// The text, proved to read back as this document.
    pub(super) fn to_text(&self) -> Result<Zeroizing<String>, DocumentError> {
        let text = emitter::emit(&self.root);
        match Self::read(&text) {
            Ok(again) if again == *self => Ok(text),
            _ => Err(DocumentError::NotRepresentable),
        }
    }

    pub(super) fn top(&mut self) -> Result<&mut Mapping, DocumentError> {
        self.root.as_mapping_mut("the top level of the file")
    }
}

/// A value with its tag. A merge key and an alias are already replaced by what they stand for.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Node {
    /// As it is written in front of the value: `!!str`, `!local`, `!<uri>`.
    pub(super) tag: Option<String>,
    pub(super) value: Value,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Value {
    Scalar(Scalar),
    Sequence(Vec<Node>),
    Mapping(Mapping),
}

impl Node {
    pub(super) fn string(text: &str) -> Self {
        Value::Scalar(Scalar::string(text)).into()
    }

    /// A scalar that is not to be a string, such as `true`.
    pub(super) fn plain(text: &str) -> Self {
        let text = Zeroizing::new(text.to_owned());
        let style = Style::Plain;
        Value::Scalar(Scalar { text, style }).into()
    }

    pub(super) fn empty_mapping() -> Self {
        Value::Mapping(Mapping::default()).into()
    }

    pub(super) fn empty_sequence() -> Self {
        Value::Sequence(Vec::new()).into()
    }

    /// The text, if kubectl reads this node as a string.
    pub(super) fn as_string(&self) -> Option<&str> {
        let Value::Scalar(scalar) = &self.value else {
            return None;
        };
        let is_string = match self.tag.as_deref() {
            None => scalar.style != Style::Plain || is_plain_string(&scalar.text),
            Some("!!str") => true,
            Some(_) => false,
        };
        is_string.then_some(scalar.text.as_str())
    }

    /// A plain `null`, as an empty value is, too.
    pub(super) fn is_null(&self) -> bool {
        matches!(&self.value, Value::Scalar(scalar) if self.tag.is_none()
            && scalar.style == Style::Plain
            && matches!(scalar.text.as_str(), "~" | "null" | "Null" | "NULL"))
    }

    pub(super) fn as_mapping_mut(&mut self, place: &str) -> Result<&mut Mapping, DocumentError> {
        match &mut self.value {
            Value::Mapping(mapping) => Ok(mapping),
            _ => Err(wrong_shape(place, "mapping")),
        }
    }

    pub(super) fn as_sequence_mut(&mut self, place: &str) -> Result<&mut Vec<Self>, DocumentError> {
        match &mut self.value {
            Value::Sequence(items) => Ok(items),
            _ => Err(wrong_shape(place, "list")),
        }
    }
}

pub(super) fn wrong_shape(place: &str, expected: &'static str) -> DocumentError {
    DocumentError::WrongShape {
        place: place.to_owned(),
        expected,
    }
}

impl From<Value> for Node {
    fn from(value: Value) -> Self {
        Self { tag: None, value }
    }
}

/// Keys and values in the order of the file; no key stands there twice.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Mapping {
    pub(super) pairs: Vec<(Node, Node)>,
}

impl Mapping {
    pub(super) fn value(&self, key: &str) -> Option<&Node> {
        self.pairs
            .iter()
            .find(|(name, _)| name.as_string() == Some(key))
            .map(|(_, value)| value)
    }

    pub(super) fn set(&mut self, key: &str, value: Node) {
        match self.position(key) {
            Some(index) => self.pairs[index].1 = value,
            None => self.pairs.push((Node::string(key), value)),
        }
    }

    /// Keeps the node as it is written where it already is this string to kubectl.
    pub(super) fn set_string(&mut self, key: &str, text: &str) {
        if self.value(key).and_then(Node::as_string) != Some(text) {
            self.set(key, Node::string(text));
        }
    }

    pub(super) fn remove(&mut self, key: &str) {
        self.pairs.retain(|(name, _)| name.as_string() != Some(key));
    }

    /// The value of this key; where there is none, or null, `default` is put there.
    pub(super) fn filled(&mut self, key: &str, default: Node) -> &mut Node {
        let index = self.position(key).unwrap_or_else(|| {
            self.pairs.push((Node::string(key), default.clone()));
            self.pairs.len() - 1
        });
        let value = &mut self.pairs[index].1;
        if value.is_null() {
            *value = default;
        }
        value
    }

    fn position(&self, key: &str) -> Option<usize> {
        self.pairs.iter().position(|(name, _)| name.as_string() == Some(key))
    }
}

/// A scalar as it was written. The text is wiped from memory when it goes, since it may be a token.
#[derive(Clone)]
pub(super) struct Scalar {
    pub(super) text: Zeroizing<String>,
    pub(super) style: Style,
}

/// How a scalar is written. Only a plain one can be something else than a string.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Style {
    Plain,
    Quoted,
    /// Several lines after `|` or `>`.
    Block,
}

impl Scalar {
    fn string(text: &str) -> Self {
        Self {
            text: Zeroizing::new(text.to_owned()),
            style: if is_safely_plain(text) {
                Style::Plain
            } else {
                Style::Quoted
            },
        }
    }
}

/// Equal if they mean the same to every YAML reader: quotes and `|` only differ in looks.
impl PartialEq for Scalar {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text && (self.style == Style::Plain) == (other.style == Style::Plain)
    }
}

/// Shows no text: a kubeconfig is full of secrets.
impl fmt::Debug for Scalar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Scalar({:?}, {} bytes)", self.style, self.text.len())
    }
}

/// Narrow on purpose: what we add is plain only where no YAML reader, old or new, could take it for anything else.
fn is_safely_plain(text: &str) -> bool {
    text.starts_with(|first: char| first.is_ascii_alphabetic())
        && text.chars().all(|c| c.is_ascii_alphanumeric() || "_./@-".contains(c))
        && !is_word(text)
}

/// Whether kubectl's YAML reader (go.yaml.in/yaml/v2 `resolve.go`) takes this plain text for a string.
///
/// Where it is not sure (`12-5`), the answer is no: the worst outcome is a pair of quotes more.
fn is_plain_string(text: &str) -> bool {
    let may_be_number = text.starts_with(|first: char| first.is_ascii_digit() || "+-.".contains(first))
        && text
            .chars()
            .all(|c| c.is_ascii_hexdigit() || "xXoO_+-.:tTzZ ".contains(c));
    !may_be_number && !is_word(text)
}

/// The words that YAML 1.1 or 1.2 reads as a boolean, null, a number or a merge key, in any mix of letter case.
fn is_word(text: &str) -> bool {
    const WORDS: [&str; 18] = [
        "", "~", "null", "y", "n", "yes", "no", "on", "off", "true", "false", "<<", "=", ".nan", ".inf", "+.inf",
        "-.inf", "nan",
    ];
    WORDS.iter().any(|word| text.eq_ignore_ascii_case(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rewritten(text: &str) -> String {
        let document = Document::read(text).expect("readable");
        document.to_text().expect("representable").as_str().to_owned()
    }

    #[test]
    fn every_scalar_keeps_its_text_and_its_quotes() {
        let text = "a: yes\nb: 012\nc: 1e3\nd: \"yes\"\ne: ~\nf: 0x1F\ng: 1_000\nh: 2001-01-01\ni: -.inf\n";
        assert_eq!(rewritten(text), text);
    }

    #[test]
    fn the_layout_is_that_of_kubectl() {
        let text =
            "clusters:\n- cluster:\n    server: https://x\n  name: x\n- a\n- - b\n  - - c\n    - d: {}\n      e: []\n";
        assert_eq!(rewritten(text), text);
    }

    #[test]
    fn flow_style_becomes_block_style_with_the_same_content() {
        assert_eq!(
            rewritten("{\"a\": [1, {b: null}], 'c': {}}"),
            "\"a\":\n- 1\n- b: null\n\"c\": {}\n"
        );
    }

    #[test]
    fn tags_are_kept() {
        let text = "a: !!str 012\nb: !local x\nc: !<tag:example.org,2020:x> y\nd: !!set\n  e: null\nf:\n- !!map\n  g: h\n- !!seq\n  - i\n";
        let kept = rewritten(text);
        assert_eq!(kept, text.replace("example.org,2020", "example.org%2C2020"));
        assert_eq!(rewritten("a: !!str\n"), "a: !!str \"\"\n");
        assert_eq!(rewritten("--- !!map\na: b\n"), "--- !!map\na: b\n");
    }

    #[test]
    fn text_of_several_lines_is_kept() {
        let text = "a: |\n  one\n\n    two\nb: |-\n  three\n  four\n";
        assert_eq!(rewritten(text), text);
        assert_eq!(rewritten("a: >\n  one\n  two\n"), "a: |\n  one two\n");
        assert_eq!(rewritten("a: |+\n  one\n\n"), "a: \"one\\n\\n\"\n");
        assert_eq!(rewritten("a: one\n\n two\n"), "a: \"one\\ntwo\"\n");
    }

    #[test]
    fn a_very_long_key_is_written_so_that_readers_find_its_value() {
        let key = "k".repeat(3000);
        let text = format!("? {key}\n: a: b\n");
        assert_eq!(rewritten(&text), format!("? {key}\n:\n  a: b\n"));
    }

    #[test]
    fn aliases_are_written_out() {
        assert_eq!(rewritten("a: &x {b: 1}\nc: *x\n"), "a:\n  b: 1\nc:\n  b: 1\n");
    }

    #[test]
    fn merge_keys_count_in_the_order_of_the_file_as_for_kubectl() {
        assert_eq!(
            rewritten("a:\n  k: own\n  <<: {k: merged, l: more}\n"),
            "a:\n  k: merged\n  l: more\n"
        );
        assert_eq!(
            rewritten("a:\n  <<: [{k: first}, {k: second}]\n  l: own\n"),
            "a:\n  k: first\n  l: own\n"
        );
        assert_eq!(rewritten("a:\n  \"<<\": x\n"), "a:\n  \"<<\": x\n");
        assert!(matches!(
            Document::read("a:\n  <<: x\n"),
            Err(DocumentError::MergeNotMapping { line: 2 })
        ));
    }

    #[test]
    fn an_empty_file_is_an_empty_document() {
        for text in ["", "\n", "# only a comment\n", "---\n", "\u{feff}", "null"] {
            let mut document = Document::read(text).expect("readable");
            assert!(document.top().expect("a mapping").pairs.is_empty(), "{text:?}");
        }
    }

    #[test]
    fn what_cannot_be_kept_whole_is_refused() {
        let refused = |text: &str| Document::read(text).expect_err(text).to_string();
        assert!(refused("a: 1\n---\nb: 2\n").starts_with("line 2 starts a second"));
        assert!(refused("a: 1\n\"a\": 2\n").starts_with("line 2 repeats a key"));
        assert!(refused("? [a]\n: b\n").contains("list or a mapping as a key"));
        assert!(refused("- a\n").starts_with("the top level of the file is not a mapping"));
        assert!(refused("just text").starts_with("the top level of the file is not a mapping"));
        assert!(refused("a: [b\n").starts_with("line "));
        assert!(refused("a: *b\n").starts_with("line 1"));
        assert!(refused("a: &b [*b]\n").starts_with("line 1"));
    }

    #[test]
    fn a_document_that_grows_without_end_is_refused() {
        let wide = |level: usize| {
            let aliases = format!("*a{}, ", level - 1).repeat(10);
            format!(
                "a{level}: &a{level} [{aliases}]
"
            )
        };
        let bomb: String = std::iter::once("a0: &a0 [x]\n".to_owned())
            .chain((1..12).map(wide))
            .collect();
        assert!(matches!(Document::read(&bomb), Err(DocumentError::TooComplex { .. })));
        let high = |level: usize| format!("b{level}: &b{level} [*b{}]\n", level - 1);
        let deep: String = std::iter::once("b0: &b0 [x]\n".to_owned())
            .chain((1..200).map(high))
            .collect();
        assert!(matches!(Document::read(&deep), Err(DocumentError::TooComplex { .. })));
        assert!(Document::read(&"[".repeat(100_000)).is_err());
        assert!(Document::read(&"- ".repeat(100_000)).is_err());
        assert!(Document::read(&"{a: ".repeat(100_000)).is_err());
    }

    #[test]
    fn an_error_never_repeats_what_stands_in_the_file() {
        for text in [
            "a: [s3cret",
            "a: s3cret: s3cret",
            "a: *s3cret",
            "s3cret: 1\ns3cret: 2",
            "\"s3cret",
            "a: \"s3cret\\q\"",
        ] {
            let error = Document::read(text).expect_err(text);
            assert!(!format!("{error} {error:?}").contains("s3cret"), "{error}");
        }
    }

    #[test]
    fn debug_shows_no_value() {
        let document = Document::read("token: s3cret").expect("readable");
        assert!(!format!("{document:?}").contains("s3cret"));
    }
}
