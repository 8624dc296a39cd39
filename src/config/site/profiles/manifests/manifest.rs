//! One object of a manifest: what it may be, and what it says for a user.

use serde_json::Value as Json;

use super::super::fault::{quoted, Fault};
use super::super::node::{pairs, text, Fields};
use super::kinds::{ApiKind, RESOURCE};
use super::template::{Facts, Template, Types, Variable};
use crate::config::raw::tree::Node;
use crate::config::site::values::is_object_name;

/// What the profiles file says about all manifests.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Rules {
    /// The ClusterRoles that RoleBindings may bind.
    pub bind: Vec<String>,
    /// The claim of OnDemand's token with the user's address.
    pub email_claim: Option<String>,
}

/// One object.
#[derive(Debug, PartialEq)]
pub struct Manifest {
    /// Its kind.
    pub kind: &'static ApiKind,
    /// Its name, the same for everybody: root's account has rights by name.
    pub name: String,
    /// The line on which it begins.
    pub line: usize,
    /// The ClusterRole that it binds.
    pub role: Option<String>,
    body: Template,
}

/// Names that logins use themselves; a test in `objects/` compares them with what is there.
pub const TAKEN: [(&str, &str); 4] = [
    ("ResourceQuota", "ondemand"),
    ("LimitRange", "ondemand"),
    ("NetworkPolicy", "ondemand-egress"),
    ("NetworkPolicy", "deny-from-other-namespaces"),
];
/// The endings of the names of a login's RoleBindings; they begin with the user's name.
pub const TAKEN_ENDINGS: [&str; 3] = ["-ood-user", "-ood-initializer", "-job-pod-reaper-rolebinding"];
/// Annotations and labels that begin so are ours.
const OURS: &str = "openondemand.org/";
/// What the API server writes.
const STATUS: &str = "status";

impl Manifest {
    /// Reads a document.
    pub fn read(node: &Node, rules: &Rules) -> Result<Self, Fault> {
        let metadata = metadata(node)?;
        let at = |place: &'static str| {
            let node = node.map().and_then(|map| map.get(place)).ok_or_else(|| {
                Fault::at(
                    node.line,
                    format!("{place} is missing; write it as kubectl get -o yaml does"),
                )
            })?;
            fixed(node, place)
        };
        let (api_version, kind) = (at("apiVersion")?, at("kind")?);
        let name = metadata
            .get("name")
            .ok_or_else(|| Fault::at(node.line, "metadata.name is missing; write it"))?;
        let (name_line, name) = (name.line, fixed(name, "metadata.name")?);
        let resource = resource(metadata)?;
        let kind = ApiKind::of(api_version, kind, resource).map_err(|reason| Fault::at(node.line, reason))?;
        check_name(kind, name).map_err(|reason| Fault::at(name_line, reason))?;
        check_namespace(metadata)?;
        let manifest = Self {
            kind,
            name: name.to_owned(),
            line: node.line,
            role: None,
            body: body(node, kind, metadata)?,
        };
        if let (true, None) = (manifest.body.has(Variable::Email), &rules.email_claim) {
            let reason =
                "${user.email} needs the claim that has it; write manifests: {emailClaim: email} in the profiles file";
            return Err(Fault::at(node.line, reason));
        }
        manifest.with_role(rules)
    }

    /// The object of a user; `None` if a value that it needs is not known.
    pub fn body(&self, facts: &Facts) -> Option<Json> {
        let mut body = self.body.fill(facts)?;
        body["metadata"]["namespace"] = facts.namespace.as_str().into();
        Some(body)
    }

    /// Of a RoleBinding, the role: a ClusterRole that the site has listed.
    fn with_role(mut self, rules: &Rules) -> Result<Self, Fault> {
        if self.kind.kind != "RoleBinding" {
            return Ok(self);
        }
        let of = |key: &str| {
            self.body
                .get("roleRef")
                .and_then(|role| role.get(key))
                .and_then(Template::fixed_text)
        };
        let wrong = |reason: String| Err(Fault::at(self.line, reason));
        let (Some("ClusterRole"), Some(role)) = (of("kind"), of("name")) else {
            return wrong("roleRef must be a ClusterRole by its name, without ${…}; write roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: view}".into());
        };
        if !rules.bind.iter().any(|bound| bound == role) {
            return wrong(format!(
                "the RoleBinding gives the ClusterRole {}, which is not in manifests.bind of the profiles file; if it may be given, write it there",
                quoted(role)
            ));
        }
        self.role = Some(role.to_owned());
        Ok(self)
    }
}

fn metadata(node: &Node) -> Result<Fields<'_>, Fault> {
    for (key, line, _) in pairs(node, "a manifest")? {
        if key == STATUS {
            return Err(Fault::at(line, format!("{key} is the API server's; leave it out")));
        }
    }
    let metadata = node.map().and_then(|map| map.get("metadata"));
    let metadata = metadata.ok_or_else(|| Fault::at(node.line, "metadata is missing; write metadata: {name: …}"))?;
    Fields::of(metadata, "metadata", &["name", "namespace", "labels", "annotations"])
}

/// A text that is the same for everybody.
fn fixed<'n>(node: &'n Node, place: &str) -> Result<&'n str, Fault> {
    let text = text(node, place)?;
    if text.contains("${") {
        let reason =
            format!("{place} has a ${{…}}, and must be the same for everybody; root's account has rights by names");
        return Err(Fault::at(node.line, reason));
    }
    Ok(text)
}

fn check_name(kind: &ApiKind, name: &str) -> Result<(), String> {
    if !is_object_name(name) {
        return Err(format!(
            "metadata.name is {}, and no name of an object; use lower-case letters, digits, - and .",
            quoted(name)
        ));
    }
    let of_user = kind.kind == "RoleBinding" && TAKEN_ENDINGS.iter().any(|ending| name.ends_with(ending));
    if of_user || TAKEN.contains(&(kind.kind.as_ref(), name)) {
        return Err(format!(
            "logins write {}/{name} themselves; take another name",
            kind.kind
        ));
    }
    Ok(())
}

fn check_namespace(metadata: Fields<'_>) -> Result<(), Fault> {
    let Some(node) = metadata.get("namespace") else {
        return Ok(());
    };
    match text(node, "metadata.namespace")? {
        "${namespace}" => Ok(()),
        other => Err(Fault::at(
            node.line,
            format!(
                "metadata.namespace is {}, and manifests are for users' namespaces; leave it out",
                quoted(other)
            ),
        )),
    }
}

/// The plural that a custom resource says.
fn resource(metadata: Fields<'_>) -> Result<Option<&str>, Fault> {
    let mut found = None;
    for place in ["labels", "annotations"] {
        let Some(node) = metadata.get(place).filter(|node| !node.is_nil()) else {
            continue;
        };
        for (key, line, value) in pairs(node, place)? {
            if key == RESOURCE && place == "annotations" {
                found = Some(fixed(value, RESOURCE)?);
            } else if key.starts_with(OURS) {
                let reason = format!(
                    "{} in {place}: logins write what begins with {OURS}; leave it out",
                    quoted(key)
                );
                return Err(Fault::at(line, reason));
            }
        }
    }
    Ok(found)
}

/// The whole object, as far as it is sent: without what is said only to us.
fn body(node: &Node, kind: &ApiKind, metadata: Fields<'_>) -> Result<Template, Fault> {
    let mut body = Vec::new();
    for (key, _, value) in pairs(node, "a manifest")? {
        if key == "metadata" {
            body.push((key.to_owned(), Template::Map(of_metadata(metadata)?)));
        } else if !value.is_nil() {
            let is_text = kind.kind == "ConfigMap" && key == "data";
            let types = if is_text { Types::Texts } else { Types::Kept };
            body.push((key.to_owned(), Template::read(value, key, types)?));
        }
    }
    Ok(Template::Map(body))
}

fn of_metadata(metadata: Fields<'_>) -> Result<Vec<(String, Template)>, Fault> {
    let mut all = Vec::new();
    for key in ["name", "labels", "annotations"] {
        let Some(node) = metadata.get(key).filter(|node| !node.is_nil()) else {
            continue;
        };
        let template = match Template::read(node, key, Types::Texts)? {
            Template::Map(mut pairs) => {
                pairs.retain(|(name, _)| name != RESOURCE);
                Template::Map(pairs)
            }
            other => other,
        };
        if template != Template::Map(Vec::new()) {
            all.push((key.to_owned(), template));
        }
    }
    Ok(all)
}
