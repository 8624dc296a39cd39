//! `acls` of a cluster's file, as `ood_core` reads them (`lib/ood_core/acl` of it): who is offered the cluster.

use super::section::{Reading, Section};
use super::tree::{Node, Value};
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
    let wrong = |reading: &Reading<'_>, key: &str, reason: String| {
        let key = if key.is_empty() {
            place.to_owned()
        } else {
            format!("{place}.{key}")
        };
        Err(reading.wrong(key, item.line, reason))
    };
    if item.map().is_none() {
        return wrong(
            reading,
            "",
            format!(
                "has an entry that is {} and must be a mapping; write adapter, groups and type",
                item.kind()
            ),
        );
    }
    let rule = Section::of(item, place);
    rule.warn_of_unknown(reading, KNOWN);
    match rule.text(reading, "adapter")?.as_deref() {
        Some("group") => {}
        Some(_) => {
            return wrong(
                reading,
                "adapter",
                "is not known to OnDemand, which then fails; write group".into(),
            )
        }
        None => return wrong(reading, "adapter", "is not set; write adapter: group".into()),
    }
    let lets_in = match rule.text(reading, "type")?.as_deref() {
        None if rule.get("type").is_none() => true,
        Some("allowlist" | "whitelist") => true,
        Some("blocklist" | "blacklist") => false,
        _ => {
            return wrong(
                reading,
                "type",
                "is neither allowlist nor blocklist; write one of them".into(),
            )
        }
    };
    let Some(Value::List(items)) = rule.get("groups").map(|node| &node.value) else {
        let reason = "is not a list of groups; write groups: [\"name\"]";
        return wrong(reading, "groups", reason.into());
    };
    let name = |item: &Node| match &item.value {
        // Ruby's nil prints as nothing, and no group is called so.
        Value::Scalar(_) if item.is_nil() => Some(String::new()),
        _ => item.text(),
    };
    match items.iter().map(name).collect::<Option<Vec<_>>>() {
        Some(groups) => Ok(Acl {
            place,
            line: item.line,
            groups,
            lets_in,
        }),
        None => wrong(
            reading,
            "groups",
            "has an entry that is no name; write the names of groups".into(),
        ),
    }
}
