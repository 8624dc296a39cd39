//! Whom a rule or a section is about: lists of users, groups, uids and clusters, all of which have to hold.

use std::collections::BTreeSet;
use std::fmt;
use std::ops::RangeInclusive;

use super::fault::{quoted, Fault};
use super::node::{items, number_or_text, texts, Fields};
use crate::config::raw::tree::{Node, Value};
use crate::naming::Username;

/// The user whom a rule is asked about.
#[derive(Debug, Clone, Copy)]
pub struct Person<'a> {
    /// The name.
    pub user: &'a str,
    /// The uid.
    pub uid: u32,
    /// Of the groups that the file names, those that the user is in.
    pub groups: &'a BTreeSet<String>,
}

/// Conditions: each that is given has to hold, and of each list one word.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Conditions {
    pub(super) users: Vec<String>,
    pub(super) groups: Vec<String>,
    pub(super) uids: Vec<RangeInclusive<u32>>,
    pub(super) clusters: Vec<String>,
}

impl Conditions {
    /// Reads those of the keys that are there.
    pub fn read(fields: Fields<'_>) -> Result<Self, Fault> {
        let list = |key: &str, word: fn(&str) -> Result<String, String>| {
            let list = fields.get(key).map(|node| texts(node, key, word));
            list.transpose().map(Option::unwrap_or_default)
        };
        Ok(Self {
            users: list("users", user)?,
            groups: list("groups", group)?,
            uids: fields.get("uids").map(uids).transpose()?.unwrap_or_default(),
            clusters: list("clusters", cluster)?,
        })
    }

    /// Whether there is none.
    pub fn are_none(&self) -> bool {
        *self == Self::default()
    }

    /// Whether they hold for everybody, in some cluster.
    pub fn name_nobody(&self) -> bool {
        self.users.is_empty() && self.groups.is_empty() && self.uids.is_empty()
    }

    /// Whether they hold for a user, in whichever cluster.
    pub fn hold_for(&self, person: &Person<'_>) -> bool {
        let is_in = |list: &[String], is: &dyn Fn(&str) -> bool| list.is_empty() || list.iter().any(|word| is(word));
        is_in(&self.users, &|user| user == person.user)
            && is_in(&self.groups, &|group| person.groups.contains(group))
            && (self.uids.is_empty() || self.uids.iter().any(|uids| uids.contains(&person.uid)))
    }

    /// Whether they hold in a cluster, for whomever.
    pub fn hold_in(&self, cluster: &str) -> bool {
        self.clusters.is_empty() || self.clusters.iter().any(|id| id == cluster)
    }
}

impl fmt::Display for Conditions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.are_none() {
            return f.write_str("everybody");
        }
        let uids: Vec<String> = self.uids.iter().map(shown).collect();
        let lists = [
            ("users", &self.users),
            ("groups", &self.groups),
            ("uids", &uids),
            ("clusters", &self.clusters),
        ];
        let mut separator = "";
        for (key, list) in lists.into_iter().filter(|(_, list)| !list.is_empty()) {
            write!(f, "{separator}{key} {}", list.join(", "))?;
            separator = " and ";
        }
        Ok(())
    }
}

fn shown(uids: &RangeInclusive<u32>) -> String {
    let (first, last) = (uids.start(), uids.end());
    if first == last {
        first.to_string()
    } else {
        format!("{first}-{last}")
    }
}

fn user(name: &str) -> Result<String, String> {
    match Username::parse(name) {
        Ok(name) if name.as_str().starts_with('@') => Err(format!(
            "{} is a group in other software's files; write it under groups, without @",
            quoted(name.as_str())
        )),
        Ok(name) => Ok(name.to_string()),
        Err(_) if name == "*" => Err("\"*\" is no user; leave out users, and it is everybody".into()),
        Err(_) => Err(format!(
            "{} is no user name; write it as id -un prints it",
            quoted(name)
        )),
    }
}

/// A directory service may have names with blanks.
fn group(name: &str) -> Result<String, String> {
    let is_good =
        !name.is_empty() && name.trim() == name && !name.chars().any(|c| c.is_control() || ":,;\"'`".contains(c));
    match name.strip_prefix('@') {
        Some(bare) => Err(format!("{} begins with @; write {bare}", quoted(name))),
        None if is_good => Ok(name.to_owned()),
        None => Err(format!(
            "{} is no group name; write it as id -Gn prints it",
            quoted(name)
        )),
    }
}

fn cluster(id: &str) -> Result<String, String> {
    let is_good = !id.is_empty() && id.chars().all(|c| c.is_alphanumeric() || "._-".contains(c));
    if !is_good {
        return Err(format!(
            "{} is no cluster; write the name of its file in clusters.d without .yml",
            quoted(id)
        ));
    }
    Ok(id.to_owned())
}

fn uids(node: &Node) -> Result<Vec<RangeInclusive<u32>>, Fault> {
    match &node.value {
        Value::List(_) => items(node, "uids")?.iter().map(range).collect(),
        _ => Ok(vec![range(node)?]),
    }
}

fn range(node: &Node) -> Result<RangeInclusive<u32>, Fault> {
    let text = number_or_text(node, "uids")?;
    let (first, last) = text.split_once('-').unwrap_or((text, text));
    let number = |text: &str| {
        let is_number = text.bytes().all(|digit| digit.is_ascii_digit());
        is_number.then(|| text.parse::<u32>().ok()).flatten()
    };
    match (number(first), number(last)) {
        (Some(first), Some(last)) if first <= last => Ok(first..=last),
        (Some(first), Some(last)) => Err(Fault::at(
            node.line,
            format!("uids: {text} is empty, since {first} is more than {last}; write the lower uid first"),
        )),
        _ => Err(Fault::at(
            node.line,
            format!(
                "uids: {} is no uid and no range; write for example 1000-59999",
                quoted(text)
            ),
        )),
    }
}
