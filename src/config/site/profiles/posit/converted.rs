//! A section of the result: its values, and its text with the notes above it.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::super::fault::quoted;
use super::ini::Pair;

/// What a section became.
#[derive(Debug, Default)]
pub struct Converted {
    /// Whom it is about, as a line; empty for everybody.
    pub whom: String,
    /// Of containers: by bound, by resource; `None` is `null`.
    pub bounds: BTreeMap<&'static str, BTreeMap<&'static str, Option<String>>>,
    /// Of the namespace, by device.
    pub quota: BTreeMap<&'static str, String>,
    /// Which images are allowed.
    pub images: Images,
    /// What has no counterpart, or another meaning.
    pub notes: Vec<String>,
}

/// Which images are allowed.
#[derive(Debug, Default)]
pub enum Images {
    /// As the sections above say.
    #[default]
    Unsaid,
    /// All.
    Any,
    /// Only these.
    These(Vec<String>),
}

impl Converted {
    /// Sets a bound.
    pub fn bound(&mut self, bound: &'static str, resource: &'static str, amount: Option<String>) {
        self.bounds.entry(bound).or_default().insert(resource, amount);
    }

    /// Notes what is wrong with a setting.
    pub fn note(&mut self, pair: &Pair, what: &str) {
        let Pair { key, value, line } = pair;
        self.notes.push(format!("line {line}: {key}={} {what}", quoted(value)));
    }

    /// What is said on standard error.
    pub fn warnings(&self) -> impl Iterator<Item = String> + '_ {
        self.notes.iter().cloned()
    }

    /// The section, with the notes above it.
    pub fn text(&self) -> String {
        let mut lines = Vec::new();
        if !self.whom.is_empty() {
            lines.push(self.whom.clone());
        }
        if !self.quota.is_empty() {
            let hard: Vec<String> = self
                .quota
                .iter()
                .map(|(name, most)| format!("requests.{name}: {}", text(most)))
                .collect();
            lines.push(format!("resourceQuota: {{hard: {{{}}}}}", hard.join(", ")));
        }
        if !self.bounds.is_empty() {
            lines.extend([
                "limitRange:".to_owned(),
                "  limits:".to_owned(),
                "  - type: Container".to_owned(),
            ]);
            lines.extend(self.bounds.iter().map(|(bound, of)| {
                let pair = |(name, amount): (&&str, &Option<String>)| {
                    format!("{name}: {}", amount.as_deref().map_or_else(|| "null".to_owned(), text))
                };
                let pairs: Vec<String> = of.iter().map(pair).collect();
                format!("    {bound}: {{{}}}", pairs.join(", "))
            }));
        }
        match &self.images {
            Images::Unsaid => {}
            Images::Any => lines.push("images: null".into()),
            Images::These(images) => {
                let images: Vec<String> = images.iter().map(|image| text(image)).collect();
                lines.push(format!("images: [{}]", images.join(", ")));
            }
        }
        let mut out = String::new();
        for note in &self.notes {
            let _ = writeln!(out, "# {note}");
        }
        for (number, line) in lines.iter().enumerate() {
            let _ = writeln!(out, "{} {line}", if number == 0 { '-' } else { ' ' });
        }
        out
    }
}

/// A string in quotes: JSON's are YAML's.
pub fn text(value: &str) -> String {
    serde_json::Value::from(value).to_string()
}
