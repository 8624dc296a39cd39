//! A position in the text of `hook.env` that only moves forward and knows its line.

use super::error::{Reason, SyntaxError};

/// The rest of the text.
pub(super) struct Cursor<'t> {
    rest: &'t str,
    line: usize,
    previous: Option<char>,
}

impl<'t> Cursor<'t> {
    pub(super) fn new(text: &'t str) -> Self {
        Self {
            rest: text,
            line: 1,
            previous: None,
        }
    }

    /// The line of the next character, counted from 1.
    pub(super) fn line(&self) -> usize {
        self.line
    }

    /// The character just consumed, as it is in the file.
    pub(super) fn previous(&self) -> Option<char> {
        self.previous
    }

    /// The next character.
    pub(super) fn peek(&self) -> Option<char> {
        self.rest.chars().next()
    }

    /// Whether the text continues with `expected`.
    pub(super) fn sees(&self, expected: &str) -> bool {
        self.rest.starts_with(expected)
    }

    /// Consumes the next character.
    pub(super) fn bump(&mut self) -> Option<char> {
        let c = self.peek()?;
        self.rest = &self.rest[c.len_utf8()..];
        self.line += usize::from(c == '\n');
        self.previous = Some(c);
        Some(c)
    }

    /// Consumes `expected` if the text continues with it.
    pub(super) fn eat(&mut self, expected: &str) -> bool {
        let seen = self.sees(expected);
        if seen {
            self.take(expected.chars().count());
        }
        seen
    }

    /// Consumes a variable's name, empty if there is none. Bash's names are ASCII in every locale.
    pub(super) fn take_name(&mut self) -> &'t str {
        if self.peek().is_some_and(|c| c.is_ascii_digit()) {
            return "";
        }
        self.take_while(|c| c.is_ascii_alphanumeric() || c == '_')
    }

    /// Consumes characters while `wanted` accepts them.
    pub(super) fn take_while(&mut self, wanted: impl Fn(char) -> bool) -> &'t str {
        let length = self.rest.chars().take_while(|c| wanted(*c)).count();
        self.take(length)
    }

    /// The error at the next character.
    pub(super) fn refuse<T>(&self, reason: Reason) -> Result<T, SyntaxError> {
        Err(reason.at(self.line))
    }

    fn take(&mut self, length: usize) -> &'t str {
        let before = self.rest;
        for _ in 0..length {
            self.bump();
        }
        &before[..before.len() - self.rest.len()]
    }
}
