//! Prometheus's text format: labels, and a line of a metric.

use std::collections::BTreeMap;
use std::fmt::{Display, Write as _};
use std::time::Duration;

/// Writing a file is quick, and not worth a longer wait.
pub(super) const LOCK_WAIT: Duration = Duration::from_secs(2);

/// A label's value in Prometheus's text format.
pub(super) fn escape(text: &str) -> String {
    text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}

/// What [`escape`] made of it.
pub(super) fn unescape(text: &str) -> String {
    let mut plain = String::new();
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match (c, c == '\\') {
            (_, false) => plain.push(c),
            (_, true) => match chars.next() {
                Some('n') => plain.push('\n'),
                Some(other) => plain.push(other),
                None => {}
            },
        }
    }
    plain
}

/// One metric with its labels in a text, in the order in which they are written.
pub(super) struct Writer<'a> {
    pub text: &'a mut String,
}

impl Writer<'_> {
    /// What a metric is, before its lines.
    pub fn begin(&mut self, name: &str, kind: &str, help: &str) {
        // Writing to a String cannot fail.
        let _ = write!(self.text, "# HELP {name} {help}\n# TYPE {name} {kind}\n");
    }

    /// One line of it.
    pub fn line(&mut self, name: &str, labels: &[(&str, &str)], value: impl Display) {
        let pairs: Vec<_> = labels
            .iter()
            .map(|(label, value)| format!("{label}=\"{}\"", escape(value)))
            .collect();
        let labels = match pairs.join(",") {
            none if none.is_empty() => none,
            some => format!("{{{some}}}"),
        };
        let _ = writeln!(self.text, "{name}{labels} {value}");
    }
}

/// Name, labels and value of a line that [`Writer::line`] wrote; `None` for any other.
pub(super) fn parse(line: &str) -> Option<(&str, BTreeMap<&str, String>, &str)> {
    let (left, value) = line.rsplit_once(' ')?;
    let Some((name, labels)) = left.split_once('{') else {
        return Some((left, BTreeMap::new(), value));
    };
    let mut labels = labels.strip_suffix('}')?;
    let mut all = BTreeMap::new();
    while !labels.is_empty() {
        let (label, rest) = labels.split_once("=\"")?;
        let end = end_of_value(rest)?;
        all.insert(label.trim_start_matches(','), unescape(&rest[..end]));
        labels = &rest[end + 1..];
    }
    Some((name, all, value))
}

/// Where the quotes end.
fn end_of_value(text: &str) -> Option<usize> {
    let mut is_escaped = false;
    text.char_indices().find_map(|(index, c)| {
        let ends = c == '"' && !is_escaped;
        is_escaped = c == '\\' && !is_escaped;
        ends.then_some(index)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_reads_back_as_what_was_written() {
        for value in ["prod", "a\"b\\c\n\"} 1", "", "a,b=\"c\""] {
            let mut text = String::new();
            Writer { text: &mut text }.line("m", &[("cluster", value), ("le", "+Inf")], 7);
            assert_eq!(text.lines().count(), 1, "{text}");
            let (name, labels, number) = parse(text.trim_end()).unwrap();
            assert_eq!((name, number), ("m", "7"));
            assert_eq!((labels["cluster"].as_str(), labels["le"].as_str()), (value, "+Inf"));
        }
        assert_eq!(parse("m 7").map(|(name, _, value)| (name, value)), Some(("m", "7")));
        assert!(["m", "m{a=\"b} 1", "m{a} 1"].iter().all(|line| parse(line).is_none()));
    }
}
