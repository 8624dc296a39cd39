//! One login in one cluster, as `logs` shows it.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::exit::RESULTS;
use crate::foreign::Foreign;
use crate::log;
use crate::naming::Username;
use crate::print::{or_dash, Row};

/// What a login did not fail with: a user who is not offered a cluster does not log in there.
const GOOD: [&str; 2] = [RESULTS[0], "skipped"];

/// One login in one cluster, or one that did not get there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LogRow {
    /// When, in UTC; from a file without years, as it stands there.
    pub time: String,
    /// The user.
    pub user: String,
    /// The cluster; empty if the login did not get there.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub cluster: String,
    /// The result.
    pub result: String,
    /// How long it took.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub milliseconds: Option<u64>,
    /// What failed, on one line.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

/// Whose words they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Author {
    /// Root's process: the kernel says so.
    Root,
    /// Any account's.
    Anybody,
}

impl LogRow {
    /// From the fields of a line; `None` if it is not about a login.
    pub(super) fn of(time: String, fields: &BTreeMap<String, String>, author: Author) -> Option<Self> {
        let field = |key: &str| fields.get(key).map(String::as_str);
        if field("msg") != Some(log::LOGIN) {
            return None;
        }
        let said = |text: &str| match author {
            Author::Root => log::one_line(text),
            Author::Anybody => Foreign::from(text).to_string(),
        };
        let name = |text: &str| if is_plain(text) { text.to_owned() } else { said(text) };
        Some(Self {
            time,
            user: name(field("user")?),
            cluster: field("cluster").map(name).unwrap_or_default(),
            result: name(field("result")?),
            milliseconds: field("milliseconds").and_then(|number| number.parse().ok()),
            error: field("error").map(said),
        })
    }

    /// Whether it failed.
    pub(super) fn has_failed(&self) -> bool {
        !GOOD.contains(&self.result.as_str())
    }
}

/// What cannot be taken for anything but a name.
fn is_plain(text: &str) -> bool {
    let is_of_name = |c: char| c.is_ascii_alphanumeric() || "._-@".contains(c);
    !text.is_empty() && text.len() <= 253 && text.chars().all(is_of_name)
}

impl Row for LogRow {
    const HEADING: &'static [&'static str] = &["TIME", "USER", "CLUSTER", "RESULT", "TOOK", "ERROR"];
    const WIDE: &'static [&'static str] = &[];

    fn cells(&self) -> Vec<String> {
        let took = self.milliseconds.map(|millis| format!("{millis} ms"));
        vec![
            self.time.clone(),
            self.user.clone(),
            or_dash(&self.cluster),
            self.result.clone(),
            or_dash(&took.unwrap_or_default()),
            or_dash(self.error.as_deref().unwrap_or_default()),
        ]
    }

    /// Only what is a user's name: another command reads it.
    fn name(&self) -> Option<&str> {
        Username::parse(&self.user).is_ok().then_some(&self.user)
    }
}
