//! One mapping of a cluster's file: its keys as strings, and what is said of those that nobody reads.

use std::path::Path;

use crate::config::raw::near::nearest;
use crate::config::raw::tree::{Map, Node, Ruby, Value};
use crate::config::raw::ConfigError;
use crate::door::shown;
use crate::foreign::Foreign;

/// A file that is being read, and what is said of it meanwhile.
pub(super) struct Reading<'a> {
    pub path: &'a Path,
    pub warnings: Vec<String>,
}

impl Reading<'_> {
    /// Adds a warning about a line. Its remedy follows the last semicolon.
    pub fn warn(&mut self, line: usize, text: impl std::fmt::Display) {
        self.warnings.push(format!("{}:{line}: {text}", shown(self.path)));
    }

    /// The error for a value.
    pub fn wrong(&self, key: String, line: usize, reason: String) -> ConfigError {
        ConfigError::ClusterValue {
            path: self.path.to_owned(),
            line,
            key,
            reason,
        }
    }
}

/// A mapping, with the name of its place.
#[derive(Clone, Copy)]
pub(super) struct Section<'n> {
    map: Option<&'n Map>,
    place: &'static str,
}

impl<'n> Section<'n> {
    /// A mapping that was found otherwise.
    pub fn of(node: &'n Node, place: &'static str) -> Self {
        Self { map: node.map(), place }
    }

    /// The mapping under a key; an empty one counts as missing.
    pub fn section(&self, reading: &Reading<'_>, key: &str, place: &'static str) -> Result<Self, ConfigError> {
        match self.get(key) {
            None => Ok(Self { map: None, place }),
            Some(node) if node.is_nil() => Ok(Self { map: None, place }),
            Some(node) if node.map().is_some() => Ok(Self { map: node.map(), place }),
            Some(node) => {
                let reason = format!("is {} and must be a mapping; indent its keys below it", node.kind());
                Err(reading.wrong(place.to_owned(), node.line, reason))
            }
        }
    }

    pub fn get(&self, key: &str) -> Option<&'n Node> {
        self.map?.get(key)
    }

    pub fn place(&self) -> &'static str {
        self.place
    }

    /// The string under a key, as Ruby prints it: `ood_core` puts it into names and commands. Empty counts as missing.
    pub fn text(&self, reading: &mut Reading<'_>, key: &str) -> Result<Option<String>, ConfigError> {
        let Some(node) = self.get(key).filter(|node| !node.is_nil()) else {
            return Ok(None);
        };
        let name = || format!("{}.{key}", self.place);
        let Value::Scalar(scalar) = &node.value else {
            let reason = format!(
                "is {} and must be a string; write one value behind the colon",
                node.kind()
            );
            return Err(reading.wrong(name(), node.line, reason));
        };
        let Some(printed) = scalar.printed() else {
            let reason = format!(
                "is {} for OnDemand, which then shows no cluster at all; write it in quotes: {key}: '{}'",
                node.kind(),
                bare(&scalar.text)
            );
            return Err(reading.wrong(name(), node.line, reason));
        };
        if scalar.ruby != Ruby::Text && printed != scalar.text {
            reading.warn(
                node.line,
                format_args!(
                    "{} is {}, which OnDemand reads as {}, and so does ood-k8s; write in quotes which of the two it should be",
                    name(),
                    Foreign::new(scalar.text.as_str()),
                    Foreign::new(printed.as_str())
                ),
            );
        }
        Ok(Some(printed))
    }

    /// Warns of the keys that nobody reads: an older program bears a newer key, and nobody overlooks a misspelt one.
    pub fn warn_of_unknown(&self, reading: &mut Reading<'_>, known: &[&'static str]) {
        for (key, line) in self.unknown(known) {
            let what = format!("unknown key {} under {}", Foreign::new(key), self.place);
            match nearest(key, known) {
                Some(near) => reading.warn(line, format_args!("{what}; did you mean {near}?")),
                None => reading.warn(line, format_args!("{what}, which is not read; remove it or correct it")),
            }
        }
    }

    /// Warns only of keys that are nearly a known one: in this place a site may keep what it likes.
    pub fn warn_of_near(&self, reading: &mut Reading<'_>, known: &[&'static str]) {
        for (key, line) in self.unknown(known) {
            if let Some(near) = nearest(key, known) {
                let what = format!("unknown key {} under {}", Foreign::new(key), self.place);
                reading.warn(line, format_args!("{what}; did you mean {near}?"));
            }
        }
    }

    fn unknown(&self, known: &[&'static str]) -> Vec<(&'n str, usize)> {
        let pairs = self.map.into_iter().flat_map(Map::pairs);
        let keys = pairs.map(|(key, _)| match &key.value {
            Value::Scalar(scalar) => (scalar.text.as_str(), key.line),
            _ => ("[…]", key.line),
        });
        keys.filter(|(key, _)| !known.contains(key)).collect()
    }
}

/// A text that can be shown in single quotes as it is; anything else is not repeated.
fn bare(text: &str) -> &str {
    let is_plain = text.len() <= 40 && text.chars().all(|c| c.is_ascii_alphanumeric() || ":-+._ ".contains(c));
    if is_plain {
        text
    } else {
        "…"
    }
}
