//! A file of clusters.d as it stands: which files OnDemand reads, what one of them is, and the keys of a Kubernetes one.

mod acl;
mod dashboard;
mod folder;
mod intent;
mod section;
mod shape;

use std::path::Path;

use super::error::ConfigError;
use super::files::{self, Content};
use super::tree::{self, Documents, Torn};
use crate::door::{shown, Readers};
use crate::foreign::Foreign;
use intent::{Sign, ADAPTER};
use section::Reading;

pub use acl::Acl;
pub use folder::{is_yaml, yaml_files, YamlFiles};
pub use shape::{AuthSection, V2};

/// What a file of clusters.d is.
pub enum Found {
    /// No Kubernetes cluster, and not meant to be one: another scheduler's, whatever is in it.
    Other,
    /// A Kubernetes cluster.
    Kubernetes(Box<Kubernetes>),
    /// Nothing that OnDemand takes for a Kubernetes cluster, and all the same meant to be one; or nobody knows what.
    Doubtful(ConfigError),
}

/// A Kubernetes cluster's file.
pub struct Kubernetes {
    /// What it says.
    pub v2: V2,
    /// Which users can read it: OnDemand shows the cluster to them alone.
    pub readers: Readers,
    /// What works, but probably not as intended.
    pub warnings: Vec<String>,
    /// Why OnDemand shows nobody any cluster while this file is there.
    pub fatal: Option<String>,
}

/// Reads one file. An error is one of a Kubernetes cluster's: a file that cannot be one costs nothing, whatever is wrong
/// with it.
pub fn read(files: &YamlFiles, path: &Path) -> Result<Found, ConfigError> {
    let content = match files::read_in(&files.folder, path, "it was there a moment ago") {
        Ok(content) => content,
        Err(error) => return Ok(Found::Doubtful(error)),
    };
    let lossy = String::from_utf8_lossy(&content.bytes);
    if !intent::may_have_sign(&lossy.replace('\0', "")) {
        return Ok(Found::Other);
    }
    // What others can write is not even parsed: aliases can make a small file large.
    if let Err(fault) = &content.trust {
        return refused(&lossy, |_| fault.clone());
    }
    let Ok(text) = std::str::from_utf8(&content.bytes) else {
        return refused(&lossy, |_| files::unusable(path, "it is not UTF-8"));
    };
    match tree::read_with_ruby(text) {
        Ok(documents) => understood(&documents, content, path),
        Err(Torn { line, reason, .. }) => refused(text, |_| ConfigError::ClusterYaml {
            path: path.to_owned(),
            line,
            reason,
        }),
    }
}

/// The error, if it was meant to be a Kubernetes cluster: a line says so, or what we can read of it.
fn refused(text: &str, error: impl FnOnce(usize) -> ConfigError) -> Result<Found, ConfigError> {
    let line = intent::line_with_sign(text).or_else(|| intent::line_of_tree(text));
    line.map_or(Ok(Found::Other), |line| Err(error(line)))
}

fn understood(documents: &Documents, content: Content, path: &Path) -> Result<Found, ConfigError> {
    if intent::adapter_of(&documents.first).as_deref() != Some(ADAPTER) {
        let sign = intent::sign(documents);
        return Ok(sign.map_or(Found::Other, |sign| Found::Doubtful(astray(path, sign))));
    }
    if !is_yaml(path) {
        return Ok(Found::Doubtful(ConfigError::ClusterFileName { path: path.to_owned() }));
    }
    let mut reading = Reading {
        path,
        warnings: Vec::new(),
    };
    let v2 = shape::read(&documents.first, &mut reading)?;
    if let Some(other) = documents.others.first() {
        let what = "another document begins behind the line ---, of which OnDemand reads nothing; remove it";
        reading.warn(other.line, what);
    }
    Ok(Found::Kubernetes(Box::new(Kubernetes {
        v2,
        readers: content.readers,
        warnings: reading.warnings,
        fatal: dashboard::fault(documents, path),
    })))
}

fn astray(path: &Path, sign: Sign) -> ConfigError {
    let Sign {
        line,
        key,
        value,
        is_behind,
    } = sign;
    let is_in_place = key == "v2.job.adapter";
    let (key, value) = (Foreign::from(key), value.map(Foreign::from));
    let reason = match value {
        None => format!("there is {key} and no v2.job.adapter, so OnDemand sees no Kubernetes cluster in it; write adapter: kubernetes under v2.job"),
        Some(value) if is_behind => format!("{key} is {value} in a document that OnDemand does not read, since it reads the first alone; remove the line --- above it, or give it a file of its own"),
        Some(value) if is_in_place => format!("{key} is {value}, which OnDemand does not take for kubernetes; write adapter: kubernetes"),
        Some(value) => format!("{key} is {value}, and OnDemand reads v2.job.adapter alone, so it sees no Kubernetes cluster in it; did you mean v2.job.adapter?"),
    };
    ConfigError::ClusterAstray {
        path: path.to_owned(),
        line,
        reason,
    }
}

/// What `check` says of a file of whatever scheduler: why OnDemand shows nobody any cluster (`Err`), or only not this one.
pub fn judged_by_ondemand(files: &YamlFiles, path: &Path) -> Result<Option<String>, String> {
    let Ok(content) = files::read_in(&files.folder, path, "") else {
        return Ok(None);
    };
    // What others can write is not parsed.
    if content.trust.is_err() || !is_yaml(path) {
        return Ok(None);
    }
    let invalid = |reason: &str| {
        format!(
            "{}: OnDemand cannot read it, and marks the cluster as invalid: {reason}; correct it",
            shown(path)
        )
    };
    let Ok(text) = std::str::from_utf8(&content.bytes) else {
        return Ok(Some(invalid("it is not UTF-8")));
    };
    match tree::read_with_ruby(text) {
        // psych reads it, and refuses the alias as it refuses all of them.
        Err(Torn { line, reason, .. }) if reason.contains("unknown anchor") => {
            Err(dashboard::fatal(path, line, "an alias (*)", "write it in quotes"))
        }
        // It does read it: what it makes of it, nobody can say here.
        Err(torn) if torn.is_otherwise => Ok(None),
        Err(Torn { line, reason, .. }) => Ok(Some(invalid(&format!("line {line}: {reason}")))),
        Ok(documents) => dashboard::fault(&documents, path).map_or(Ok(None), Err),
    }
}
