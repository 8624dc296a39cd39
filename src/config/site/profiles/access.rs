//! Who may have namespaces at all: `access`, which is asked before any cluster.

use std::collections::BTreeSet;
use std::fmt;

use super::fault::Fault;
use super::node::{items, Fields};
use super::person::{Conditions, Person};
use crate::config::raw::tree::Node;

/// What `access` says; without it everybody may.
#[derive(Debug, Clone, Default)]
pub struct Access {
    deny: Vec<Entry>,
    allow: Vec<Entry>,
    /// The line of `allow`; 0 if there is none.
    line_of_allow: usize,
}

#[derive(Debug, Clone)]
struct Entry {
    conditions: Conditions,
    line: usize,
}

/// What is decided for a user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    /// Whether the user is let in.
    pub is_allowed: bool,
    /// The rule that decided.
    pub rule: Rule,
    /// Why it is in doubt whether the user's groups are all, and what decides then.
    pub doubt: Option<String>,
}

/// A rule that decides.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Rule {
    /// There is no `allow`, and no entry of `deny` is about the user.
    Default,
    /// An entry of `deny`: it wins.
    Deny {
        /// Its line.
        line: usize,
        /// Whom it is about.
        whom: String,
    },
    /// An entry of `allow`.
    Allow {
        /// Its line.
        line: usize,
        /// Whom it is about.
        whom: String,
    },
    /// There is an `allow`, and none of its entries is about the user.
    NotAllowed {
        /// The line of `allow`.
        line: usize,
    },
}

impl Access {
    /// Reads `access`.
    pub fn read(node: &Node) -> Result<Self, Fault> {
        if node.is_nil() {
            let reason =
                "access is empty, of which nobody can tell what it should mean; write deny or allow, or leave it out";
            return Err(Fault::at(node.line, reason));
        }
        let fields = Fields::of(node, "access", &["deny", "allow"])?;
        let list = |key: &str| fields.get(key).map(|node| entries(node, key)).transpose();
        Ok(Self {
            deny: list("deny")?.unwrap_or_default(),
            line_of_allow: fields.get("allow").map_or(0, |node| node.line),
            allow: list("allow")?.unwrap_or_default(),
        })
    }

    /// What is decided for a user: `deny` wins, then `allow`; without an `allow` everybody else is let in.
    pub fn decide(&self, person: &Person<'_>) -> Decision {
        let about = |entries: &[Entry]| {
            let mut found = entries.iter().filter(|entry| entry.conditions.hold_for(person));
            found.next().map(|entry| (entry.line, entry.conditions.to_string()))
        };
        let rule = match (about(&self.deny), about(&self.allow)) {
            (Some((line, whom)), _) => Rule::Deny { line, whom },
            (None, Some((line, whom))) => Rule::Allow { line, whom },
            (None, None) if self.allow.is_empty() => Rule::Default,
            (None, None) => Rule::NotAllowed {
                line: self.line_of_allow,
            },
        };
        Decision {
            is_allowed: matches!(rule, Rule::Default | Rule::Allow { .. }),
            rule,
            doubt: None,
        }
    }

    /// Whether somebody could be kept out.
    pub fn is_restricted(&self) -> bool {
        !self.deny.is_empty() || !self.allow.is_empty()
    }

    /// Every group that is named.
    pub(super) fn groups(&self) -> impl Iterator<Item = &String> {
        let entries = self.deny.iter().chain(&self.allow);
        entries.flat_map(|entry| &entry.conditions.groups)
    }

    /// The same, each once.
    pub fn group_names(&self) -> Vec<String> {
        let all: BTreeSet<&String> = self.groups().collect();
        all.into_iter().cloned().collect()
    }
}

fn entries(node: &Node, key: &str) -> Result<Vec<Entry>, Fault> {
    let place = format!("access.{key}");
    items(node, &place)?.iter().map(|node| entry(node, &place)).collect()
}

fn entry(node: &Node, place: &str) -> Result<Entry, Fault> {
    let conditions = Conditions::read(Fields::of(node, place, &["users", "groups", "uids"])?)?;
    if conditions.are_none() {
        let reason = format!("{place} has an entry about nobody; write users, groups or uids");
        return Err(Fault::at(node.line, reason));
    }
    Ok(Entry {
        conditions,
        line: node.line,
    })
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("no entry of access.deny is about the user, and there is no access.allow"),
            Self::Deny { line, whom } => write!(f, "access.deny in line {line}: {whom}"),
            Self::Allow { line, whom } => write!(f, "access.allow in line {line}: {whom}"),
            Self::NotAllowed { line } => write!(f, "access.allow in line {line}: no entry is about the user"),
        }
    }
}
