//! What profiles have put into a namespace, as noted on it: so a login knows what to take away, and asks the server nothing.

use std::collections::BTreeSet;

use serde_json::Value;

use super::annotations::{IMAGES, LABEL, MAX_LIFETIME, NODE_SELECTOR, OWNER, TOLERATIONS};
use super::kind::Kind;
use crate::config::is_object_name;

/// `Kind/name` of each (of a custom resource `Kind.plural.version.group/name`), with blanks between. Users have no rights on their Namespace, so that none can make a login delete
/// something or keep it.
pub const APPLIED: &str = "openondemand.org/applied";

const OF_LABEL: &str = "Label";
const OF_ANNOTATION: &str = "Annotation";
/// The annotations of ours that profiles write; all others belong to the claim.
const STAMPS: [&str; 4] = [IMAGES, TOLERATIONS, NODE_SELECTOR, MAX_LIFETIME];

/// One thing that a profile asked for.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Entry {
    /// A label of the namespace.
    Label(String),
    /// An annotation of the namespace.
    Annotation(String),
    /// An object in it.
    Object(Kind, String),
    /// What a later version of this program has noted: it stays.
    Unknown(String),
}

impl Entry {
    fn parse(word: &str) -> Self {
        let unknown = || Self::Unknown(word.to_owned());
        let Some((kind, name)) = word.split_once('/') else {
            return unknown();
        };
        let is_ours = name.starts_with(OWNER.trim_end_matches("owner")) && !STAMPS.contains(&name);
        match kind {
            OF_LABEL if name != LABEL.0 => Self::Label(name.to_owned()),
            OF_ANNOTATION if !is_ours => Self::Annotation(name.to_owned()),
            // Nothing of another kind, or with a name that leads elsewhere, is ever deleted for the note's sake.
            _ => Kind::noted(kind)
                .filter(|_| is_object_name(name))
                .map_or_else(unknown, |kind| Self::Object(kind, name.to_owned())),
        }
    }

    fn word(&self) -> String {
        match self {
            Self::Label(key) => format!("{OF_LABEL}/{key}"),
            Self::Annotation(key) => format!("{OF_ANNOTATION}/{key}"),
            Self::Object(kind, name) => format!("{}/{name}", kind.note()),
            Self::Unknown(word) => word.clone(),
        }
    }
}

/// All that profiles have put somewhere.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Applied(pub(super) BTreeSet<Entry>);

impl FromIterator<Entry> for Applied {
    fn from_iter<I: IntoIterator<Item = Entry>>(entries: I) -> Self {
        Self(entries.into_iter().collect())
    }
}

impl Applied {
    /// What a live namespace says.
    pub fn on(live: &Value) -> Self {
        let said = live["metadata"]["annotations"][APPLIED].as_str().unwrap_or_default();
        said.split_whitespace().map(Entry::parse).collect()
    }

    /// Whether the object is among them, in whatever version of its group.
    pub fn has_resource(&self, kind: Kind, name: &str) -> bool {
        let is_it =
            |entry: &Entry| matches!(entry, Entry::Object(other, its) if other.is_same_resource(kind) && its == name);
        self.0.iter().any(is_it)
    }

    /// As it is noted; `None` if there is nothing to note.
    pub fn text(&self) -> Option<String> {
        let words: BTreeSet<String> = self.0.iter().map(Entry::word).collect();
        let words: Vec<String> = words.into_iter().collect();
        (!words.is_empty()).then(|| words.join(" "))
    }
}
