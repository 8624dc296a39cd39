//! The escapes of bash's `$'…'` quotes.

use super::cursor::Cursor;
use super::error::{Reason, SyntaxError};

/// Reads from the opening quote of `$'…'` to the closing one, and returns the text.
pub(super) fn read(cursor: &mut Cursor<'_>) -> Result<String, SyntaxError> {
    let line = cursor.line();
    cursor.bump();
    let mut text = String::new();
    loop {
        match cursor.bump() {
            None => return Err(Reason::UnclosedQuote('\'').at(line)),
            Some('\'') => return Ok(text),
            Some('\\') => read_escape(cursor, &mut text)?,
            Some(c) => text.push(c),
        }
    }
}

/// Reads what follows a backslash. A backslash before a character without a special meaning is kept.
fn read_escape(cursor: &mut Cursor<'_>, text: &mut String) -> Result<(), SyntaxError> {
    let Some(c) = cursor.peek() else {
        return Ok(());
    };
    if ('0'..='7').contains(&c) {
        return read_number(cursor, text, 8, 3);
    }
    cursor.bump();
    match c {
        'a' => text.push('\u{7}'),
        'b' => text.push('\u{8}'),
        'e' | 'E' => text.push('\u{1b}'),
        'f' => text.push('\u{c}'),
        'n' => text.push('\n'),
        'r' => text.push('\r'),
        't' => text.push('\t'),
        'v' => text.push('\u{b}'),
        '\\' | '\'' | '"' | '?' => text.push(c),
        'x' => read_number(cursor, text, 16, 2)?,
        'u' => read_number(cursor, text, 16, 4)?,
        'U' => read_number(cursor, text, 16, 8)?,
        'c' => return cursor.refuse(Reason::Escape),
        _ => text.extend(['\\', c]),
    }
    Ok(())
}

/// Reads a character's number. It must be ASCII, since bash's bytes for other characters depend on the locale. NUL
/// truncates the value, and bash marks quoted characters with 0x01 and 0x7f.
fn read_number(cursor: &mut Cursor<'_>, text: &mut String, radix: u32, most: usize) -> Result<(), SyntaxError> {
    let line = cursor.line();
    let mut digits = String::new();
    while digits.len() < most && cursor.peek().is_some_and(|c| c.is_digit(radix)) {
        digits.extend(cursor.bump());
    }
    match u8::from_str_radix(&digits, radix) {
        Ok(code @ (2..=0x7e)) => text.push(char::from(code)),
        _ => return Err(Reason::Escape.at(line)),
    }
    Ok(())
}
