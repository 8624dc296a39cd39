//! `acls` of a cluster's file, as `ood_core` reads them (`lib/ood_core/acl` of it): who is offered the cluster.

use super::section::{Reading, Section};
use crate::config::raw::tree::{Node, Value};
use crate::config::raw::ConfigError;

/// A rule: groups that are let in, or kept out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Acl {
    /// Where it stands, such as `v2.acls`.
    pub place: &'static str,
    /// On which line.
    pub line: usize,
    /// The names of groups.
    pub groups: Vec<String>,
    /// Whether members are let in (`allowlist`), or kept out (`blocklist`).
    pub lets_in: bool,
}

const KNOWN: &[&str] = &["adapter", "groups", "type"];

/// The rules of `v2` or of `v2.job`. What `ood_core` cannot read, it fails on; it keeps nobody out here by accident.
pub(super) fn read(section: Section<'_>, reading: &mut Reading<'_>) -> Result<Vec<Acl>, ConfigError> {
    let place = match section.place() {
        "v2" => "v2.acls",
        _ => "v2.job.acls",
    };
    let Some(node) = section.get("acls") else {
        return Ok(Vec::new());
    };
    let Value::List(items) = &node.value else {
        let reason = format!("is {} and must be a list; write [] for no rule", node.kind());
        return Err(reading.wrong(place.to_owned(), node.line, reason));
    };
    items.iter().map(|item| rule(item, place, reading)).collect()
}

fn rule(item: &Node, place: &'static str, reading: &mut Reading<'_>) -> Result<Acl, ConfigError> {
    if item.map().is_none() {
        let reason = format!(
            "has an entry that is {} and must be a mapping; write adapter, groups and type",
            item.kind()
        );
        return Err(reading.wrong(place.to_owned(), item.line, reason));
    }
    let section = Section::of(item, place);
    section.warn_of_unknown(reading, KNOWN);
    let line = item.line;
    let rule = Rule { section, line };
    rule.check_adapter(reading)?;
    let lets_in = rule.lets_in(reading)?;
    Ok(Acl {
        place,
        line,
        groups: rule.groups(reading)?,
        lets_in,
    })
}

/// An entry of the list, and where it stands.
struct Rule<'a> {
    section: Section<'a>,
    line: usize,
}

impl Rule<'_> {
    fn wrong<T>(&self, reading: &Reading<'_>, key: &str, reason: &str) -> Result<T, ConfigError> {
        Err(reading.wrong(format!("{}.{key}", self.section.place()), self.line, reason.into()))
    }

    fn check_adapter(&self, reading: &mut Reading<'_>) -> Result<(), ConfigError> {
        match self.section.text(reading, "adapter")?.as_deref() {
            Some("group") => Ok(()),
            Some(_) => self.wrong(
                reading,
                "adapter",
                "is not known to OnDemand, which then fails; write group",
            ),
            None => self.wrong(reading, "adapter", "is not set; write adapter: group"),
        }
    }

    fn lets_in(&self, reading: &mut Reading<'_>) -> Result<bool, ConfigError> {
        match self.section.text(reading, "type")?.as_deref() {
            None if self.section.get("type").is_none() => Ok(true),
            Some("allowlist" | "whitelist") => Ok(true),
            Some("blocklist" | "blacklist") => Ok(false),
            _ => self.wrong(reading, "type", "is neither allowlist nor blocklist; write one of them"),
        }
    }

    fn groups(&self, reading: &Reading<'_>) -> Result<Vec<String>, ConfigError> {
        let Some(Value::List(items)) = self.section.get("groups").map(|node| &node.value) else {
            let reason = "is not a list of groups; write groups: [\"name\"]";
            return self.wrong(reading, "groups", reason);
        };
        let name = |item: &Node| match &item.value {
            // Ruby's nil prints as nothing, and no group is called so.
            Value::Scalar(_) if item.is_nil() => Some(String::new()),
            _ => item.text(),
        };
        let names = items.iter().map(name).collect::<Option<Vec<_>>>();
        names.map_or_else(
            || {
                self.wrong(
                    reading,
                    "groups",
                    "has an entry that is no name; write the names of groups",
                )
            },
            Ok,
        )
    }
}
