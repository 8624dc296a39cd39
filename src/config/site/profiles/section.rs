//! One section of `profiles`: whom it is about, and what it says.

use super::changes::{Change, Changes};
use super::fault::{quoted, Fault};
use super::leaf::{Said, Value};
use super::names::{label_value, qualified, settable};
use super::network;
use super::node::{pairs, text, texts, Fields};
use super::person::Conditions;
use super::profile::Profile;
use super::quarrel::of_bounds;
use super::resources_of::{limit_range, quota};
use crate::config::raw::tree::Node;
use crate::naming::is_label;

const WHOM: [&str; 3] = ["users", "groups", "clusters"];
const WHAT: [&str; 11] = [
    "resourceQuota",
    "limitRange",
    "labels",
    "annotations",
    "networkPolicy",
    "images",
    "nodeSelector",
    "tolerations",
    "maxLifetime",
    "manifests",
    "secrets",
];

/// A section.
#[derive(Debug)]
pub struct Section {
    /// Whom it is about.
    pub conditions: Conditions,
    /// The line on which it begins.
    pub line: usize,
    pub(super) changes: Changes,
}

impl Section {
    /// Reads the section of this number, counted from 1, and checks it by itself.
    pub(super) fn read(node: &Node, number: usize) -> Result<Self, Fault> {
        let known: Vec<&'static str> = WHOM.into_iter().chain(WHAT).collect();
        let fields = Fields::of(node, "a section of profiles", &known)?;
        let conditions = Conditions::read(fields)?;
        let mut changes = Changes::of(number, &conditions.to_string());
        for key in WHAT {
            if let Some(node) = fields.get(key) {
                read(&mut changes, key, node)?;
            }
        }
        let section = Self {
            conditions,
            line: node.line,
            changes,
        };
        match of_bounds(&Profile::of([&section.changes])).first() {
            None => Ok(section),
            Some(quarrel) => Err(Fault::at(quarrel.line(), quarrel.reason())),
        }
    }

    /// The files that it names under a key, and the line.
    pub(super) fn names(&self, key: &str) -> Option<(usize, &Vec<String>)> {
        self.changes.all.iter().find_map(|(path, change)| match change {
            Change::Set(Said {
                value: Value::Words(names),
                by,
            }) if path.steps() == [key] => Some((by.line, names)),
            _ => None,
        })
    }
}

fn read(changes: &mut Changes, key: &'static str, node: &Node) -> Result<(), Fault> {
    match key {
        "resourceQuota" => quota(changes, node),
        "limitRange" => limit_range(changes, node),
        "labels" => words(changes, key, node, settable, label_value),
        "annotations" => words(changes, key, node, settable, |_, _| Ok(())),
        "nodeSelector" => words(changes, key, node, qualified, label_value),
        "networkPolicy" => network::read(changes, node),
        "images" => changes.leaf(&[key], node, |node| texts(node, key, image).map(Value::Words)),
        "tolerations" => changes.leaf(&[key], node, |node| texts(node, key, toleration).map(Value::Words)),
        "manifests" | "secrets" => changes.leaf(&[key], node, |node| texts(node, key, file_name).map(Value::Words)),
        _ => changes.leaf(&[key], node, |node| {
            lifetime(text(node, key)?).map_err(|reason| Fault::at(node.line, format!("{key}: {reason}")))
        }),
    }
}

/// A mapping of texts, key by key.
fn words(
    changes: &mut Changes,
    place: &'static str,
    node: &Node,
    is_key: fn(&str) -> Result<(), String>,
    is_value: fn(&str, &str) -> Result<(), String>,
) -> Result<(), Fault> {
    if changes.takes(&[place], node) {
        return Ok(());
    }
    for (key, line, node) in pairs(node, place)? {
        let wrong = |reason: String| Fault::at(line, format!("{place}: {reason}"));
        is_key(key).map_err(wrong)?;
        changes.leaf(&[place, key], node, |node| {
            let value = text(node, &format!("{place}[{key}]"))?;
            is_value(key, value).map_err(wrong)?;
            Ok(Value::Text(value.to_owned()))
        })?;
    }
    Ok(())
}

/// `host/path/`, `host/name` or `host/name:tag`: what the policy `ondemand-pods` compares images with.
fn image(text: &str) -> Result<String, String> {
    let of_name = |c: char| c.is_ascii_alphanumeric() || "._-/:".contains(c);
    let why = if text.contains("://") {
        "has a scheme; leave it out"
    } else if text.contains('@') {
        "has a digest, which overrules a tag and is not compared; write the name alone"
    } else if text.contains('*') {
        "has a *; write the beginning up to a slash, which allows all below it"
    } else if text.is_empty()
        || text.starts_with(['/', ':', '.', '-'])
        || text.contains("//")
        || !text.chars().all(of_name)
    {
        "is no image; write for example registry.example.org/site/ or registry.example.org/site/tool:1.2"
    } else {
        return Ok(text.to_owned());
    };
    Err(format!("{} {why}", quoted(text)))
}

fn toleration(text: &str) -> Result<String, String> {
    qualified(text)?;
    Ok(text.to_owned())
}

fn file_name(text: &str) -> Result<String, String> {
    if !is_label(text) {
        return Err(format!(
            "{} names no file; write the name of one without .yaml",
            quoted(text)
        ));
    }
    Ok(text.to_owned())
}

/// Hours, minutes and seconds, as CEL's `duration()` and job-pod-reaper read them.
fn lifetime(text: &str) -> Result<Value, String> {
    let wrong = || {
        let days = text.strip_suffix('d').and_then(|days| days.parse::<u32>().ok());
        let remedy = days.map_or_else(
            || "24h or 1h30m".to_owned(),
            |days| format!("{}h", u64::from(days) * 24),
        );
        format!("{} is no duration of Go's; write for example {remedy}", quoted(text))
    };
    let (mut rest, mut seconds) = (text, 0_u64);
    for (unit, factor) in [('h', 3600), ('m', 60), ('s', 1)] {
        let Some((number, behind)) = rest.split_once(unit) else {
            continue;
        };
        let is_number = number.bytes().all(|digit| digit.is_ascii_digit());
        let number = is_number
            .then(|| number.parse::<u32>().ok())
            .flatten()
            .ok_or_else(wrong)?;
        seconds += u64::from(number) * factor;
        rest = behind;
    }
    if !rest.is_empty() || seconds == 0 {
        return Err(wrong());
    }
    Ok(Value::Text(text.to_owned()))
}
