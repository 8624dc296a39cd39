//! `manifests` of the profiles file: what all manifests may do.

use super::fault::{quoted, Fault};
use super::manifests::Rules;
use super::node::{text, texts, Fields};
use crate::config::raw::tree::Node;
use crate::config::site::values::is_object_name;

/// Roles that are never given by a manifest: that of all rights, those that logins give by themselves, and those of root's account.
/// A site's own reaper and account are known where files are read, and where rights are rendered.
const NEVER: [&str; 8] = [
    "cluster-admin",
    "job-pod-reaper",
    "ondemand",
    "ondemand-auditor",
    "ondemand-offboarding",
    "ondemand-profiles",
    "ood-initializer",
    "ood-user",
];

/// Reads it.
pub fn read(node: &Node) -> Result<Rules, Fault> {
    if node.is_nil() {
        return Ok(Rules::default());
    }
    let fields = Fields::of(node, "manifests", &["bind", "emailClaim"])?;
    let bind = fields.get("bind").map(|node| texts(node, "bind", role));
    let claim = fields.get("emailClaim").map(|node| {
        let claim = text(node, "emailClaim")?;
        if claim.is_empty() || !claim.chars().all(|c| c.is_ascii_graphic()) {
            return Err(Fault::at(
                node.line,
                "emailClaim is no name of a claim; write for example email",
            ));
        }
        Ok(claim.to_owned())
    });
    Ok(Rules {
        bind: bind.transpose()?.unwrap_or_default(),
        email_claim: claim.transpose()?,
    })
}

fn role(text: &str) -> Result<String, String> {
    if NEVER.contains(&text) || text.starts_with("system:") {
        return Err(format!(
            "{} cannot be given by manifests; bind a role of your own",
            quoted(text)
        ));
    }
    if !is_object_name(text) {
        return Err(format!("{} is no ClusterRole; write its name", quoted(text)));
    }
    Ok(text.to_owned())
}
