//! The values of names while the file is read.

use std::borrow::Cow;
use std::ffi::OsString;

use super::assignment::Assignment;
use super::command::{Command, Store};
use super::error::{Reason, SyntaxError};
use super::names::is_made_up;
use super::word::{Piece, Reference, Test, Word};
// Of all values of a file together too: references multiply, and a file without them does not reach it.
use crate::door::LARGEST;

/// What the file has assigned so far, which overrides the environment.
pub(super) struct Variables<'e> {
    environment: &'e dyn Fn(&str) -> Option<OsString>,
    assignments: Vec<Assignment>,
    /// Of all values, in bytes.
    size: u64,
}

/// A value with its references resolved.
#[derive(Default)]
struct Expanded {
    value: String,
    refers_to_unset: bool,
}

impl<'e> Variables<'e> {
    pub(super) fn new(environment: &'e dyn Fn(&str) -> Option<OsString>) -> Self {
        Self {
            environment,
            assignments: Vec::new(),
            size: 0,
        }
    }

    pub(super) fn into_assignments(self) -> Vec<Assignment> {
        self.assignments
    }

    /// Expands and stores, in the order that bash does.
    pub(super) fn run(&mut self, command: Command) -> Result<(), SyntaxError> {
        match command {
            Command::NoEffect => Ok(()),
            Command::Assign(stores) => stores.into_iter().try_for_each(|store| {
                let value = self.expand(&store.value)?;
                self.store(store, &value)
            }),
            Command::Export(stores) => {
                let values: Vec<Expanded> = stores
                    .iter()
                    .map(|store| self.expand(&store.value))
                    .collect::<Result<_, _>>()?;
                stores
                    .into_iter()
                    .zip(values)
                    .try_for_each(|(store, value)| self.store(store, &value))
            }
        }
    }

    fn store(&mut self, store: Store, added: &Expanded) -> Result<(), SyntaxError> {
        let Store { name, line, append, .. } = store;
        let (mut value, mut refers_to_unset) = (String::new(), added.refers_to_unset);
        if append {
            value = self.value_of(&name, line)?.unwrap_or_default().into_owned();
            refers_to_unset |= self.assigned(&name).is_some_and(|before| before.refers_to_unset);
        }
        value.push_str(&added.value);
        if changes_how_the_file_is_read(&name, &value) {
            return Err(Reason::Locale(name).at(line));
        }
        self.size += value.len() as u64;
        if self.size > LARGEST {
            return Err(Reason::TooLarge.at(line));
        }
        self.assignments.push(Assignment {
            name,
            value,
            line,
            refers_to_unset,
        });
        Ok(())
    }

    fn expand(&self, word: &Word) -> Result<Expanded, SyntaxError> {
        let mut expanded = Expanded::default();
        self.add(&mut expanded, word)?;
        Ok(expanded)
    }

    fn add(&self, expanded: &mut Expanded, word: &Word) -> Result<(), SyntaxError> {
        for piece in word {
            match piece {
                Piece::Text(text) => expanded.value.push_str(text),
                Piece::Reference(reference) => self.resolve(expanded, reference)?,
            }
        }
        Ok(())
    }

    fn resolve(&self, expanded: &mut Expanded, reference: &Reference) -> Result<(), SyntaxError> {
        let value = self.value_of(&reference.name, reference.line)?;
        let Some(alternative) = &reference.alternative else {
            expanded.refers_to_unset |= value.is_none();
            return append(expanded, &value.unwrap_or_default(), reference.line);
        };
        let counts = value.filter(|value| !(alternative.empty_is_unset && value.is_empty()));
        match (alternative.test, counts) {
            (Test::Unset, Some(value)) => append(expanded, &value, reference.line),
            (Test::Set, None) => Ok(()),
            (Test::Unset, None) | (Test::Set, Some(_)) => self.add(expanded, &alternative.word),
        }
    }

    fn assigned(&self, name: &str) -> Option<&Assignment> {
        self.assignments.iter().rev().find(|assignment| assignment.name == name)
    }

    fn value_of(&self, name: &str, line: usize) -> Result<Option<Cow<'_, str>>, SyntaxError> {
        if let Some(assignment) = self.assigned(name) {
            return Ok(Some(Cow::Borrowed(&assignment.value)));
        }
        match (self.environment)(name).map(OsString::into_string) {
            Some(Ok(value)) if !has_bookkeeping(&value) => Ok(Some(Cow::Owned(value))),
            Some(_) => Err(Reason::EnvironmentValue(name.to_owned()).at(line)),
            None if is_made_up(name) => Err(Reason::MadeUp(name.to_owned()).at(line)),
            None => Ok(None),
        }
    }
}

/// Checked before more is added: a line can refer to a large value many times.
fn append(expanded: &mut Expanded, value: &str, line: usize) -> Result<(), SyntaxError> {
    if (expanded.value.len() + value.len()) as u64 > LARGEST {
        return Err(Reason::TooLarge.at(line));
    }
    expanded.value.push_str(value);
    Ok(())
}

/// In a locale such as SJIS, bash may take a byte of a letter for a backslash.
fn changes_how_the_file_is_read(name: &str, value: &str) -> bool {
    let is_locale = name == "LANG" || name.starts_with("LC_");
    let is_known = matches!(value, "" | "C" | "POSIX")
        || value.to_ascii_lowercase().ends_with(".utf-8")
        || value.to_ascii_lowercase().ends_with(".utf8");
    is_locale && !is_known
}

/// The bytes with which bash marks quoted characters within a value.
fn has_bookkeeping(value: &str) -> bool {
    value.contains(['\u{1}', '\u{7f}'])
}
