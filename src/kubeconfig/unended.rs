//! A block scalar on a last line that does not end: its value has no line break there, for kubectl and for us.

use std::borrow::Cow;

use granit_parser::{ScalarStyle, Span};

/// A text whose last line does not end. `granit_parser` gives a block scalar there a line break, and kubectl does not:
/// with one, a token is no token any more.
pub(super) struct Unended<'t> {
    last: &'t str,
    /// In characters, as in spans.
    length: usize,
}

impl<'t> Unended<'t> {
    pub(super) fn of(text: &'t str) -> Option<Self> {
        let last = text.rsplit(['\n', '\r']).next().filter(|last| !last.is_empty())?;
        let length = text.chars().count();
        Some(Self { last, length })
    }

    /// Takes the line break away from `value` if its last line is the one that does not end.
    pub(super) fn correct(&self, value: &mut Cow<'_, str>, style: ScalarStyle, span: Span) {
        let is_block = matches!(style, ScalarStyle::Literal | ScalarStyle::Folded);
        if is_block && span.end.index() == self.length && self.is_last_of(value) {
            value.to_mut().pop();
        }
    }

    /// Spaces alone are a line of the value as far as they go beyond its indentation.
    fn is_last_of(&self, value: &str) -> bool {
        let Some(value) = value.strip_suffix('\n') else {
            return false;
        };
        let last = value.rsplit('\n').next().unwrap_or(value);
        let is_spaces = |line: &str| line.trim_start_matches(' ').is_empty();
        !is_spaces(self.last) || (is_spaces(last) && !last.is_empty())
    }
}
