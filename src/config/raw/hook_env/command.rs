//! The commands of `hook.env`: assignments, `export`, and the few accepted ones that change no value.

use super::cursor::Cursor;
use super::error::{Reason, SyntaxError};
use super::names;
use super::word::{read_value, Place, Word};

/// One command. Bash expands the two kinds of assignment at different times.
pub(super) enum Command {
    /// `A=1 B=$A`: each is stored before the next is expanded.
    Assign(Vec<Store>),
    /// `export A=1 B=$A`: all words are expanded before the first is stored.
    Export(Vec<Store>),
    /// `set -a` and similar commands.
    NoEffect,
}

/// A value and the name it is assigned to.
pub(super) struct Store {
    pub(super) name: String,
    pub(super) line: usize,
    /// `+=`
    pub(super) append: bool,
    pub(super) value: Word,
}

/// Reads up to the end of the next command; `None` at the end of the file.
pub(super) fn next_command(cursor: &mut Cursor<'_>) -> Result<Option<Command>, SyntaxError> {
    loop {
        skip_blanks_and_comment(cursor);
        match cursor.peek() {
            None => return Ok(None),
            Some('\n') => cursor.bump(),
            Some(_) => break,
        };
    }
    let command = read_command(cursor)?;
    // After its last word a command ends at a line end, the end of the file, or a `;`, which is part of it.
    cursor.eat(";");
    Ok(Some(command))
}

fn read_command(cursor: &mut Cursor<'_>) -> Result<Command, SyntaxError> {
    let line = cursor.line();
    if cursor.sees(";") {
        return cursor.refuse(Reason::LoneSemicolon);
    }
    let name = cursor.take_name();
    if let Some(append) = eat_assignment_sign(cursor) {
        let first = read_store(cursor, name, line, append, Place::Assignment)?;
        return read_assignments(cursor, first);
    }
    let colon = name.is_empty() && cursor.eat(":");
    let word_ends = cursor.peek().is_none_or(|c| " \t\n;".contains(c));
    match name {
        "export" if word_ends => read_export(cursor),
        "set" if word_ends => read_set(cursor),
        "true" if word_ends => without_arguments(cursor),
        "" if colon && word_ends => without_arguments(cursor),
        _ => refuse_word(cursor, name),
    }
}

/// Reads what follows the first of `NAME=value NAME=value …`. If a word is not an assignment, it is a command and the
/// others are its environment: then none is an assignment of the shell.
fn read_assignments(cursor: &mut Cursor<'_>, first: Store) -> Result<Command, SyntaxError> {
    let mut stores = vec![first];
    while !at_command_end(cursor) {
        let line = cursor.line();
        let name = cursor.take_name();
        let Some(append) = eat_assignment_sign(cursor) else {
            return refuse_word(cursor, name);
        };
        stores.push(read_store(cursor, name, line, append, Place::Assignment)?);
    }
    Ok(Command::Assign(stores))
}

/// Reads the arguments of `export`. A name without a value changes no value: bash only marks it.
fn read_export(cursor: &mut Cursor<'_>) -> Result<Command, SyntaxError> {
    if at_command_end(cursor) {
        return cursor.refuse(Reason::Export);
    }
    let mut stores = Vec::new();
    while !at_command_end(cursor) {
        let line = cursor.line();
        let name = cursor.take_name();
        if name.is_empty() {
            return cursor.refuse(Reason::Export);
        }
        names::refuse_bashs_own(name, line)?;
        match cursor.peek() {
            None | Some(' ' | '\t' | '\n' | ';') => continue,
            Some('[') => return cursor.refuse(Reason::Array),
            Some(_) => {}
        }
        let Some(append) = eat_assignment_sign(cursor) else {
            return cursor.refuse(Reason::Export);
        };
        stores.push(read_store(cursor, name, line, append, Place::ExportArgument)?);
    }
    Ok(Command::Export(stores))
}

fn read_store(
    cursor: &mut Cursor<'_>,
    name: &str,
    line: usize,
    append: bool,
    place: Place,
) -> Result<Store, SyntaxError> {
    if name.is_empty() {
        return Err(Reason::Command.at(line));
    }
    names::refuse_bashs_own(name, line)?;
    let value = read_value(cursor, place)?;
    Ok(Store {
        name: name.to_owned(),
        line,
        append,
        value,
    })
}

/// `set -a` exports what follows and `set -e` exits the shell on an error: neither changes a value.
fn read_set(cursor: &mut Cursor<'_>) -> Result<Command, SyntaxError> {
    let line = cursor.line();
    let mut words = Vec::new();
    while !at_command_end(cursor) {
        words.push(cursor.take_while(|c| !" \t\n;".contains(c)));
    }
    let harmless = matches!(
        words[..],
        ["-a" | "+a" | "-e" | "+e"] | ["-o" | "+o", "allexport" | "errexit"]
    );
    if harmless {
        Ok(Command::NoEffect)
    } else {
        Err(Reason::Set.at(line))
    }
}

fn without_arguments(cursor: &mut Cursor<'_>) -> Result<Command, SyntaxError> {
    if at_command_end(cursor) {
        Ok(Command::NoEffect)
    } else {
        cursor.refuse(Reason::Command)
    }
}

/// The error for a word that is not an assignment, after its leading name.
fn refuse_word<T>(cursor: &Cursor<'_>, name: &str) -> Result<T, SyntaxError> {
    cursor.refuse(match cursor.peek() {
        Some('[') if !name.is_empty() => Reason::Array,
        Some(c) if "&|<>()".contains(c) => Reason::Operator(c),
        _ => Reason::Command,
    })
}

/// Consumes `=` or `+=` and returns whether it appends.
fn eat_assignment_sign(cursor: &mut Cursor<'_>) -> Option<bool> {
    if cursor.eat("+=") {
        return Some(true);
    }
    cursor.eat("=").then_some(false)
}

/// Skips to the next word and returns whether this command has none.
fn at_command_end(cursor: &mut Cursor<'_>) -> bool {
    skip_blanks_and_comment(cursor);
    cursor.peek().is_none_or(|c| c == '\n' || c == ';')
}

/// Skips blanks, backslash-newline pairs and a comment. Called at the start of a word, since `#` starts a comment only
/// there; a backslash does not continue a comment.
fn skip_blanks_and_comment(cursor: &mut Cursor<'_>) {
    while cursor.eat(" ") || cursor.eat("\t") || cursor.eat("\\\n") {}
    if cursor.sees("#") {
        cursor.take_while(|c| c != '\n');
    }
}
