//! A value as written in the file: text, quotes and references, up to the blank or metacharacter that ends it.

use super::cursor::Cursor;
use super::error::{Reason, SyntaxError};

/// A value before its references are resolved.
pub(super) type Word = Vec<Piece>;

/// A part of a value.
pub(super) enum Piece {
    Text(String),
    Reference(Reference),
}

/// `$NAME` or `${NAME…}`.
pub(super) struct Reference {
    pub(super) name: String,
    pub(super) line: usize,
    pub(super) alternative: Option<Alternative>,
}

/// The `:-word` of a reference.
pub(super) struct Alternative {
    pub(super) test: Test,
    /// The colon.
    pub(super) empty_is_unset: bool,
    pub(super) word: Word,
}

/// When the alternative is used instead of the value.
#[derive(Clone, Copy)]
pub(super) enum Test {
    /// `-`
    Unset,
    /// `+`
    Set,
}

/// What the word belongs to. Bash expands braces in the arguments of `export`, and not in an assignment.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    Assignment,
    ExportArgument,
}

/// Reads a value, from after the `=` to the end of the word.
pub(super) fn read_value(cursor: &mut Cursor<'_>, place: Place) -> Result<Word, SyntaxError> {
    let mut reader = Reader {
        cursor,
        place,
        depth: 0,
        word: Word::new(),
    };
    while let Some(c) = reader.cursor.peek().filter(|c| !" \t\n;".contains(*c)) {
        reader.read_unquoted(c)?;
    }
    Ok(reader.word)
}

/// Reads one value, or one word within a `${NAME:-word}`.
pub(super) struct Reader<'c, 't> {
    pub(super) cursor: &'c mut Cursor<'t>,
    pub(super) place: Place,
    /// How many `${NAME:-` it is nested in.
    pub(super) depth: usize,
    pub(super) word: Word,
}

impl Reader<'_, '_> {
    pub(super) fn read_unquoted(&mut self, c: char) -> Result<(), SyntaxError> {
        match c {
            '\'' => self.read_single_quoted(),
            '"' => self.read_double_quoted(),
            '\\' => self.read_escaped(),
            '$' => self.read_dollar(false),
            '`' => self.cursor.refuse(Reason::Backquote),
            '(' if self.cursor.previous() == Some('=') => self.cursor.refuse(Reason::Array),
            '&' | '|' | '<' | '>' | '(' | ')' => self.cursor.refuse(Reason::Operator(c)),
            '{' if self.place == Place::ExportArgument => self.cursor.refuse(Reason::Braces),
            '~' if self.tilde_is_expanded() => self.cursor.refuse(Reason::Tilde),
            _ => {
                self.copy_next();
                Ok(())
            }
        }
    }

    /// Bash looks for `~` after the `=` and after a `:`, and joins lines before it looks.
    fn tilde_is_expanded(&self) -> bool {
        matches!(self.cursor.previous(), Some('=' | ':' | '\n'))
    }

    fn read_single_quoted(&mut self) -> Result<(), SyntaxError> {
        let line = self.cursor.line();
        self.cursor.bump();
        let text = self.cursor.take_while(|c| c != '\'');
        self.push_text(text);
        if self.cursor.eat("'") {
            Ok(())
        } else {
            Err(Reason::UnclosedQuote('\'').at(line))
        }
    }

    fn read_double_quoted(&mut self) -> Result<(), SyntaxError> {
        let line = self.cursor.line();
        self.cursor.bump();
        loop {
            match self.cursor.peek() {
                None => return Err(Reason::UnclosedQuote('"').at(line)),
                Some('"') => break,
                Some('\\') => self.read_escaped_in_quotes(),
                Some('$') => self.read_dollar(true)?,
                Some('`') => return self.cursor.refuse(Reason::Backquote),
                Some(_) => self.copy_next(),
            }
        }
        self.cursor.bump();
        Ok(())
    }

    /// Outside quotes a backslash quotes the next character, except that backslash-newline joins lines.
    fn read_escaped(&mut self) -> Result<(), SyntaxError> {
        if self.cursor.eat("\\\n") {
            return Ok(());
        }
        self.cursor.bump();
        if self.cursor.peek().is_none() {
            return self.cursor.refuse(Reason::BackslashAtEnd);
        }
        self.copy_next();
        Ok(())
    }

    /// In double quotes a backslash is kept, except before four characters and a newline.
    fn read_escaped_in_quotes(&mut self) {
        if self.cursor.eat("\\\n") {
            return;
        }
        self.cursor.bump();
        match self.cursor.peek().filter(|c| "$`\"\\".contains(*c)) {
            Some(c) => {
                self.cursor.bump();
                self.push_text(c.encode_utf8(&mut [0; 4]));
            }
            None => self.push_text("\\"),
        }
    }

    pub(super) fn copy_next(&mut self) {
        if let Some(c) = self.cursor.bump() {
            self.push_text(c.encode_utf8(&mut [0; 4]));
        }
    }

    pub(super) fn push_text(&mut self, text: &str) {
        if let Some(Piece::Text(before)) = self.word.last_mut() {
            before.push_str(text);
        } else {
            self.word.push(Piece::Text(text.to_owned()));
        }
    }
}
