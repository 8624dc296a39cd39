//! A `$` in a value: references, `$'…'`, and the forms that are refused.

use super::ansi_c;
use super::error::{Reason, SyntaxError};
use super::names;
use super::word::{Alternative, Piece, Reader, Reference, Test, Word};

/// The deepest nesting of `${A:-${B:-…}}`: far more than needed, and far less than the stack allows.
const DEEPEST: usize = 16;

impl Reader<'_, '_> {
    /// Reads a `$` and what belongs to it; `quoted` means that it is in double quotes.
    pub(super) fn read_dollar(&mut self, quoted: bool) -> Result<(), SyntaxError> {
        self.cursor.bump();
        match self.cursor.peek() {
            Some('(') if self.cursor.sees("((") => self.cursor.refuse(Reason::Arithmetic),
            Some('(') => self.cursor.refuse(Reason::CommandSubstitution),
            Some('[') => self.cursor.refuse(Reason::Arithmetic),
            Some('{') => self.read_braced(quoted),
            Some('\'') if !quoted => self.read_ansi_c(),
            Some('"') if !quoted => self.cursor.refuse(Reason::Translation),
            Some('0'..='9' | '*' | '@' | '#' | '?' | '-' | '$' | '!') => self.cursor.refuse(Reason::SpecialParameter),
            Some('_' | 'a'..='z' | 'A'..='Z') => self.read_plain_reference(),
            Some('\\') if self.cursor.sees("\\\n") => self.cursor.refuse(Reason::BrokenReference),
            _ => {
                self.push_text("$");
                Ok(())
            }
        }
    }

    fn read_ansi_c(&mut self) -> Result<(), SyntaxError> {
        if self.depth > 0 {
            return self.cursor.refuse(Reason::ExpansionWord);
        }
        let text = ansi_c::read(self.cursor)?;
        self.push_text(&text);
        Ok(())
    }

    fn read_plain_reference(&mut self) -> Result<(), SyntaxError> {
        let line = self.cursor.line();
        let name = self.cursor.take_name();
        if self.cursor.sees("\\\n") {
            return self.cursor.refuse(Reason::BrokenReference);
        }
        self.push_reference(name, line, None)
    }

    /// Reads `${NAME…}` from its `{`.
    fn read_braced(&mut self, quoted: bool) -> Result<(), SyntaxError> {
        let line = self.cursor.line();
        self.cursor.bump();
        let name = self.cursor.take_name();
        if name.is_empty() {
            return Err(Reason::Expansion.at(line));
        }
        let empty_is_unset = self.cursor.sees(":-") || self.cursor.sees(":+");
        if empty_is_unset {
            self.cursor.bump();
        }
        let test = match self.cursor.bump() {
            None => return Err(Reason::UnclosedBrace.at(line)),
            Some('}') => return self.push_reference(name, line, None),
            Some('-') => Test::Unset,
            Some('+') => Test::Set,
            Some(_) => return Err(Reason::Expansion.at(line)),
        };
        let word = self.read_alternative(quoted, line)?;
        let alternative = Alternative {
            test,
            empty_is_unset,
            word,
        };
        self.push_reference(name, line, Some(alternative))
    }

    /// Reads the word of `${NAME:-word}` and the `}` after it.
    fn read_alternative(&mut self, quoted: bool, line: usize) -> Result<Word, SyntaxError> {
        if self.depth == DEEPEST {
            return self.cursor.refuse(Reason::TooDeep);
        }
        let mut inner = Reader {
            cursor: &mut *self.cursor,
            place: self.place,
            depth: self.depth + 1,
            word: Word::new(),
        };
        loop {
            match inner.cursor.peek() {
                None => return Err(Reason::UnclosedBrace.at(line)),
                Some('}') => break,
                Some(c) if quoted => inner.read_alternative_in_quotes(c)?,
                Some(c) => inner.read_alternative_outside_quotes(c)?,
            }
        }
        inner.cursor.bump();
        Ok(inner.word)
    }

    /// In this word a blank or a `;` is text. Other shell metacharacters are refused, as is what bash may expand.
    fn read_alternative_outside_quotes(&mut self, c: char) -> Result<(), SyntaxError> {
        match c {
            '\\' if self.cursor.sees("\\\n") => self.cursor.refuse(Reason::BrokenReference),
            '~' | '{' | '<' | '>' | '(' | ')' | '&' | '|' => self.cursor.refuse(Reason::ExpansionWord),
            _ => self.read_unquoted(c),
        }
    }

    /// Versions of bash differ in whether a quote here is special, and in what a backslash keeps.
    fn read_alternative_in_quotes(&mut self, c: char) -> Result<(), SyntaxError> {
        match c {
            '$' => self.read_dollar(true),
            '`' => self.cursor.refuse(Reason::Backquote),
            '\'' | '"' | '\\' | '~' | '{' => self.cursor.refuse(Reason::ExpansionWord),
            _ => {
                self.copy_next();
                Ok(())
            }
        }
    }

    fn push_reference(&mut self, name: &str, line: usize, alternative: Option<Alternative>) -> Result<(), SyntaxError> {
        names::refuse_bashs_own(name, line)?;
        self.word.push(Piece::Reference(Reference {
            name: name.to_owned(),
            line,
            alternative,
        }));
        Ok(())
    }
}
