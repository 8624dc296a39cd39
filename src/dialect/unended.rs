//! A block scalar on a last line that does not end: its value has no line break there, for anybody but the parser.

use std::borrow::Cow;

use granit_parser::{ScalarStyle, Span};

/// A text whose last line does not end. `granit_parser` gives a block scalar there a line break, and kubectl and Ruby do
/// not: with one, a token is no token any more.
pub(super) struct Unended<'t> {
    text: &'t str,
    last: &'t str,
}

impl<'t> Unended<'t> {
    pub(super) fn of(text: &'t str) -> Option<Self> {
        let last = text.rsplit(['\n', '\r']).next().filter(|last| !last.is_empty())?;
        Some(Self { text, last })
    }

    /// Takes the line break away from `value` if its last line is the one that does not end.
    pub(super) fn correct(&self, value: &mut Cow<'_, str>, style: ScalarStyle, span: Span) {
        let is_block = matches!(style, ScalarStyle::Literal | ScalarStyle::Folded);
        let is_at_end = span.byte_range().is_some_and(|range| range.end == self.text.len());
        if is_block && is_at_end && value.ends_with('\n') && self.is_last_of(value, span) {
            value.to_mut().pop();
        }
    }

    /// Spaces alone are a line of the value as far as they go beyond its indentation.
    fn is_last_of(&self, value: &str, span: Span) -> bool {
        if !self.last.trim_start_matches(' ').is_empty() {
            return true;
        }
        if value.trim_start_matches('\n').is_empty() {
            // Nothing but empty lines, and the parser counts this one if there is no other.
            let written = span.slice(self.text).unwrap_or_default();
            return written.replace("\r\n", "\n").matches(['\n', '\r']).count() == 1;
        }
        // A value begins where its first line is indented to.
        self.last.len() > span.start.col()
    }
}
