//! One declared secret: its name, its type, and which file of root's is under which key.

use std::path::PathBuf;
use std::time::Duration;

use super::super::fault::{quoted, Fault};
use super::super::names::qualified;
use super::super::node::{pairs, text, Fields};
use crate::config::raw::tree::Node;
use crate::config::site::values::{is_object_name, parse_lifetime};

/// The type of a Secret that Kubernetes knows nothing of.
const OPAQUE: &str = "Opaque";
/// Types of Kubernetes' own, with the keys of which each has to have these; of `basic-auth` one is enough.
const TYPES: [(&str, &[&str]); 3] = [
    (TLS, &["tls.crt", "tls.key"]),
    ("kubernetes.io/ssh-auth", &["ssh-privatekey"]),
    (BASIC, &["username", "password"]),
];
/// A certificate and its key.
pub(super) const TLS: &str = "kubernetes.io/tls";
const BASIC: &str = "kubernetes.io/basic-auth";
/// A docker configuration is checked entry by entry, which only the registry file is.
const DOCKER: [&str; 2] = ["kubernetes.io/dockerconfigjson", "kubernetes.io/dockercfg"];

/// A declared secret. It says where the content is, and holds none of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Declaration {
    /// The file's name without `.yaml`, by which sections name it.
    pub file: String,
    /// The Secret's name, the same for everybody: root's account has rights by name.
    pub name: String,
    /// The Secret's type.
    pub kind: String,
    /// The keys, and the files with their content.
    pub data: Vec<(String, PathBuf)>,
    /// How long before the content expires `check` says so.
    pub warn_before: Option<Duration>,
}

impl Declaration {
    /// Reads a file of this name.
    pub fn read(file: &str, node: &Node) -> Result<Self, Fault> {
        let fields = Fields::of(node, "a declared secret", &["name", "type", "data", "warnBefore"])?;
        let word = |key: &str, usual: &str| {
            fields
                .get(key)
                .map_or(Ok(usual.to_owned()), |node| text(node, key).map(str::to_owned))
        };
        let line = |key: &str| fields.get(key).map_or(node.line, |node| node.line);
        let (name, kind) = (word("name", file)?, word("type", OPAQUE)?);
        check_name(&name).map_err(|reason| Fault::at(line("name"), reason))?;
        check_type(&kind).map_err(|reason| Fault::at(line("type"), reason))?;
        let data = fields.get("data").ok_or_else(|| {
            Fault::at(
                node.line,
                "data is missing; write for example data: {x509up: {file: /var/lib/proxies/site}}",
            )
        })?;
        let data = read_data(data)?;
        check_keys(&kind, &data).map_err(|reason| Fault::at(line("data"), reason))?;
        let warn_before = fields.get("warnBefore").map(|node| {
            let duration = parse_lifetime(text(node, "warnBefore")?);
            duration.map_err(|reason| Fault::at(node.line, format!("warnBefore {reason}")))
        });
        Ok(Self {
            file: file.to_owned(),
            name,
            kind,
            data,
            warn_before: warn_before.transpose()?,
        })
    }
}

fn check_name(name: &str) -> Result<(), String> {
    if is_object_name(name) {
        return Ok(());
    }
    Err(format!(
        "name is {}, and no name of a Secret; use lower-case letters, digits, - and .",
        quoted(name)
    ))
}

fn check_type(kind: &str) -> Result<(), String> {
    let is_of_kubernetes = |prefix: &str| {
        ["kubernetes.io", "k8s.io"]
            .iter()
            .any(|own| prefix == *own || prefix.ends_with(&format!(".{own}")))
    };
    match kind.split_once('/') {
        _ if kind == OPAQUE || TYPES.iter().any(|(known, _)| *known == kind) => Ok(()),
        _ if DOCKER.contains(&kind) => Err(format!(
            "type {kind} is for registry passwords, which logins write and check themselves; set IMAGE_PULL_SECRET in hook.env"
        )),
        Some((prefix, _)) if is_of_kubernetes(prefix) => Err(format!(
            "type {} is none for root's files; leave it out, or write {TLS}, kubernetes.io/ssh-auth or {BASIC}",
            quoted(kind)
        )),
        Some(_) if qualified(kind).is_ok() => Ok(()),
        _ => Err(format!(
            "type is {}, and no type of a Secret; leave it out, or write for example example.org/licence",
            quoted(kind)
        )),
    }
}

fn read_data(node: &Node) -> Result<Vec<(String, PathBuf)>, Fault> {
    let mut data = Vec::new();
    for (key, line, value) in pairs(node, "data")? {
        // Kubernetes' `IsConfigMapKey`, as for sync-secret.
        let is_inside = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
        if key.is_empty() || key.len() > 253 || key == "." || key.starts_with("..") || !key.chars().all(is_inside) {
            let reason = format!("{} is no key of a Secret; use letters, digits, - _ and .", quoted(key));
            return Err(Fault::at(line, reason));
        }
        data.push((key.to_owned(), read_path(key, value)?));
    }
    if data.is_empty() {
        return Err(Fault::at(node.line, "data is empty; write a key with {file: PATH}"));
    }
    Ok(data)
}

/// A text in its place could be a password, which is why it is not quoted.
fn read_path(key: &str, node: &Node) -> Result<PathBuf, Fault> {
    if node.map().is_none() {
        let reason =
            format!("{key} in data must name a file of root's, and not be the content; write {key}: {{file: /path}}");
        return Err(Fault::at(node.line, reason));
    }
    let fields = Fields::of(node, key, &["file"])?;
    let file = fields
        .get("file")
        .ok_or_else(|| Fault::at(node.line, format!("{key} has no file; write {{file: /path}}")))?;
    let path = text(file, "file")?;
    if path.contains("${") {
        return Err(Fault::at(
            file.line,
            "file has a ${…}, and is the same for everybody; write one path",
        ));
    }
    if !path.starts_with('/') {
        let reason = format!(
            "file is {}, and must be an absolute path; write for example /var/lib/proxies/site",
            quoted(path)
        );
        return Err(Fault::at(file.line, reason));
    }
    Ok(path.into())
}

/// The API server refuses a Secret of one of its types without these.
fn check_keys(kind: &str, data: &[(String, PathBuf)]) -> Result<(), String> {
    let Some((_, wanted)) = TYPES.iter().find(|(known, _)| *known == kind) else {
        return Ok(());
    };
    let has = |key: &&str| data.iter().any(|(found, _)| found == *key);
    let is_complete = if kind == BASIC {
        wanted.iter().any(&has)
    } else {
        wanted.iter().all(&has)
    };
    if is_complete {
        return Ok(());
    }
    let and = if kind == BASIC { " or " } else { " and " };
    Err(format!(
        "a Secret of type {kind} needs {} in data; write it",
        wanted.join(and)
    ))
}
