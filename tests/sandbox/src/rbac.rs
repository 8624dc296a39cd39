//! Authorization by roles and bindings.

use serde_json::Value;

use crate::auth::User;
use crate::resources::known;
use crate::status::{self, Result};
use crate::store::{Key, Store};

const GROUP: &str = "rbac.authorization.k8s.io";

/// A request to authorize.
#[derive(Debug, Clone, Default)]
pub struct Attributes {
    /// Verb.
    pub verb: String,
    /// API group.
    pub group: String,
    /// Plural.
    pub resource: String,
    /// Subresource; may be empty.
    pub subresource: String,
    /// Namespace; empty for the whole cluster.
    pub namespace: String,
    /// Name; may be empty.
    pub name: String,
    /// The path of a request that is not for a resource.
    pub path: Option<String>,
}

impl Attributes {
    pub(crate) fn full_resource(&self) -> String {
        if self.subresource.is_empty() {
            self.resource.clone()
        } else {
            format!("{}/{}", self.resource, self.subresource)
        }
    }
}

/// Refuses what the user may not do, with the API server's message.
pub fn authorize(store: &Store, user: &User, asked: &Attributes) -> Result<()> {
    if allowed(store, user, asked).is_some() {
        return Ok(());
    }
    if let Some(path) = &asked.path {
        let why = format!("User \"{}\" cannot {} path \"{path}\"", user.name, asked.verb);
        return Err(status::forbidden_path(&why));
    }
    let place = if asked.namespace.is_empty() {
        "at the cluster scope".to_owned()
    } else {
        format!("in the namespace \"{}\"", asked.namespace)
    };
    let why = format!(
        "User \"{}\" cannot {} resource \"{}\" in API group \"{}\" {place}",
        user.name,
        asked.verb,
        asked.full_resource(),
        asked.group
    );
    Err(status::forbidden(&asked.group, &asked.resource, &asked.name, &why))
}

/// Why the user may do it (empty for an administrator); `None` if not.
pub fn allowed(store: &Store, user: &User, asked: &Attributes) -> Option<String> {
    if is_master(user) {
        return Some(String::new());
    }
    granted(store, user, &asked.namespace)
        .find(|grant| grant.rules.iter().any(|rule| covers(rule, asked)))
        .map(|grant| grant.reason)
}

pub(crate) fn is_master(user: &User) -> bool {
    user.groups.iter().any(|group| group == "system:masters")
}

pub(crate) struct Grant<'a> {
    pub(crate) rules: &'a [Value],
    reason: String,
}

/// The rules that bindings grant the user, in the whole cluster and in the namespace.
pub(crate) fn granted<'a>(store: &'a Store, user: &'a User, namespace: &'a str) -> impl Iterator<Item = Grant<'a>> {
    let cluster = store.list(known(GROUP, "clusterrolebindings"), "");
    let local = store.list(known(GROUP, "rolebindings"), namespace);
    let local = local.filter(move |_| !namespace.is_empty());
    cluster.chain(local).filter_map(move |(key, binding)| {
        let subjects = binding["subjects"].as_array()?;
        let subject = subjects.iter().find(|subject| names(subject, &key.namespace, user))?;
        let rules = role_rules(store, &key.namespace, &binding["roleRef"])?;
        Some(Grant {
            rules,
            reason: reason(key, binding, subject),
        })
    })
}

fn reason(key: &Key, binding: &Value, subject: &Value) -> String {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let (kind, name) = if key.namespace.is_empty() {
        ("ClusterRoleBinding", key.name.clone())
    } else {
        ("RoleBinding", format!("{}/{}", key.name, key.namespace))
    };
    let role = &binding["roleRef"];
    format!(
        "RBAC: allowed by {kind} \"{name}\" of {} \"{}\" to {} \"{}\"",
        text(&role["kind"]),
        text(&role["name"]),
        text(&subject["kind"]),
        text(&subject["name"])
    )
}

fn names(subject: &Value, namespace: &str, user: &User) -> bool {
    let name = subject["name"].as_str().unwrap_or_default();
    match subject["kind"].as_str() {
        Some("User") => name == user.name,
        Some("Group") => user.groups.iter().any(|group| group == name),
        Some("ServiceAccount") => {
            let namespace = subject["namespace"].as_str().unwrap_or(namespace);
            user.name == format!("system:serviceaccount:{namespace}:{name}")
        }
        _ => false,
    }
}

pub(crate) fn role_key(namespace: &str, role: &Value) -> Key {
    let name = role["name"].as_str().unwrap_or_default();
    if role["kind"] == "Role" {
        Key::new(known(GROUP, "roles"), namespace, name)
    } else {
        Key::new(known(GROUP, "clusterroles"), "", name)
    }
}

pub(crate) fn role_rules<'a>(store: &'a Store, namespace: &str, role: &Value) -> Option<&'a [Value]> {
    let role = store.get(&role_key(namespace, role))?;
    Some(role["rules"].as_array().map_or(&[], Vec::as_slice))
}

pub(crate) fn listed<'a>(rule: &'a Value, field: &str) -> impl Iterator<Item = &'a str> {
    rule[field].as_array().into_iter().flatten().filter_map(Value::as_str)
}

pub(crate) fn covers(rule: &Value, asked: &Attributes) -> bool {
    let has = |field: &str, wanted: &str| listed(rule, field).any(|it| it == "*" || it == wanted);
    if !has("verbs", &asked.verb) {
        return false;
    }
    if let Some(path) = &asked.path {
        return listed(rule, "nonResourceURLs").any(|pattern| match pattern.strip_suffix('*') {
            Some(prefix) => path.starts_with(prefix),
            None => path == pattern,
        });
    }
    let any_with_subresource = format!("*/{}", asked.subresource);
    let resource = listed(rule, "resources").any(|it| {
        it == "*" || it == asked.full_resource() || (!asked.subresource.is_empty() && it == any_with_subresource)
    });
    let mut only = listed(rule, "resourceNames").peekable();
    let name = only.peek().is_none() || only.any(|name| name == asked.name);
    resource && name && has("apiGroups", &asked.group)
}
