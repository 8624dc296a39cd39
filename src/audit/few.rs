//! Some of what was found, and how many there are: bounded however many there are, and the same whatever their order is.

use std::collections::BTreeSet;
use std::fmt;

/// How many are shown.
const SHOWN: usize = 3;

/// The first by name, and the number of all.
#[derive(Debug, Default)]
pub(super) struct Few {
    first: BTreeSet<String>,
    count: usize,
    /// Whether one of them is an error, and not only to be looked at.
    pub is_error: bool,
}

impl Few {
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    pub fn add(&mut self, what: String, is_error: bool) {
        self.count += 1;
        self.is_error |= is_error;
        self.first.insert(what);
        if self.first.len() > SHOWN {
            self.first.pop_last();
        }
    }
}

impl fmt::Display for Few {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> = self.first.iter().map(String::as_str).collect();
        f.write_str(&names.join(", "))?;
        match self.count.saturating_sub(names.len()) {
            0 => Ok(()),
            more => write!(f, " and {more} more"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_shown_does_not_depend_on_the_order_and_the_rest_is_counted() {
        let text = |names: &[&str]| {
            let mut few = Few::default();
            names.iter().for_each(|name| few.add((*name).to_owned(), false));
            few.to_string()
        };
        assert_eq!(text(&["b", "a"]), "a, b");
        for order in [["a", "b", "c", "d", "e"], ["e", "c", "d", "a", "b"]] {
            assert_eq!(text(&order), "a, b, c and 2 more");
        }
    }
}
