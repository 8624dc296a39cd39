//! The file as it stands: sections with keys, values and their lines.

use super::super::fault::quoted;

/// A section.
#[derive(Debug, Clone, Default)]
pub struct Part {
    /// What stands in the brackets: `*`, `@group` or a user.
    pub heading: String,
    /// Its line.
    pub line: usize,
    /// In the order of the file; of a doubled key the last counts.
    pub pairs: Vec<Pair>,
}

/// A key with its value.
#[derive(Debug, Clone)]
pub struct Pair {
    /// The key.
    pub key: String,
    /// The value, without blanks around it.
    pub value: String,
    /// Its line.
    pub line: usize,
}

impl Part {
    /// Whether it is `[*]`.
    pub fn is_for_everybody(&self) -> bool {
        self.heading == "*"
    }

    /// The value of a key, if it has one.
    pub fn get(&self, key: &str) -> Option<&str> {
        let mut found = self.pairs.iter().rev().filter(|pair| pair.key == key);
        found
            .next()
            .map(|pair| pair.value.as_str())
            .filter(|value| !value.is_empty())
    }

    /// Adds what another section says.
    pub fn add(&mut self, other: &Self) {
        self.pairs.extend(other.pairs.iter().cloned());
    }
}

/// Reads the sections, and says which lines are none.
pub fn read(text: &str) -> (Vec<Part>, Vec<String>) {
    let (mut parts, mut odd): (Vec<Part>, Vec<String>) = (Vec::new(), Vec::new());
    for (text, line) in text.trim_start_matches('\u{feff}').lines().zip(1..) {
        let text = text.trim();
        if text.is_empty() || text.starts_with(['#', ';']) {
            continue;
        }
        if let Some(heading) = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')) {
            parts.push(Part {
                heading: heading.trim().to_owned(),
                line,
                pairs: Vec::new(),
            });
            continue;
        }
        match (text.split_once('='), parts.last_mut()) {
            (Some((key, value)), Some(part)) => part.pairs.push(Pair {
                key: key.trim().to_owned(),
                value: value.trim().to_owned(),
                line,
            }),
            (Some(_), None) => odd.push(format!("line {line} stands in no section, and is left out")),
            (None, _) => odd.push(format!("line {line} is no setting, and is left out: {}", quoted(text))),
        }
    }
    (parts, odd)
}
