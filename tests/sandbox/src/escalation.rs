//! Escalation: users cannot grant more than they hold, unless they may `bind` or `escalate`.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::auth::User;
use crate::rbac::{allowed, covers, granted, is_master, listed, role_key, role_rules, Attributes};
use crate::resources::Resource;
use crate::status::{self, Result};
use crate::store::{Key, Store};

/// Refuses a binding or role that grants more than the user holds, unless they may `bind` or
/// `escalate` it.
pub fn check_escalation(
    store: &Store,
    user: &User,
    resource: &Resource,
    namespace: &str,
    object: &Value,
) -> Result<()> {
    if is_master(user) {
        return Ok(());
    }
    let name = object["metadata"]["name"].as_str().unwrap_or_default();
    let Some(rules) = rules_to_prove(store, user, resource, namespace, object)? else {
        return Ok(());
    };
    let missing = missing(store, user, namespace, rules);
    if missing.is_empty() {
        return Ok(());
    }
    let groups: Vec<String> = user.groups.iter().map(|group| format!("{group:?}")).collect();
    let why = format!(
        "user \"{}\" (groups=[{}]) is attempting to grant RBAC permissions not currently held:\n{}",
        user.name,
        groups.join(" "),
        missing.join("\n")
    );
    Err(status::forbidden(resource.group, resource.plural, name, &why))
}

/// The rules that the user must hold; none if `bind` or `escalate` makes that unnecessary.
fn rules_to_prove<'a>(
    store: &'a Store,
    user: &User,
    resource: &Resource,
    namespace: &str,
    object: &'a Value,
) -> Result<Option<&'a [Value]>> {
    match resource.kind {
        "RoleBinding" | "ClusterRoleBinding" => {
            let role = &object["roleRef"];
            if may(store, user, "bind", namespace, &role_key(namespace, role)) {
                return Ok(None);
            }
            // The real server reports the resource of the binding here, not that of the role.
            let name = role["name"].as_str().unwrap_or_default();
            let rules = role_rules(store, namespace, role);
            rules.map(Some).ok_or_else(|| status::not_found(resource, name))
        }
        "Role" | "ClusterRole" => {
            let name = object["metadata"]["name"].as_str().unwrap_or_default();
            let key = Key::new(resource, namespace, name);
            let rules = object["rules"].as_array().map_or(&[][..], Vec::as_slice);
            Ok((!may(store, user, "escalate", namespace, &key)).then_some(rules))
        }
        _ => Ok(None),
    }
}

fn may(store: &Store, user: &User, verb: &str, namespace: &str, role: &Key) -> bool {
    let asked = Attributes {
        verb: verb.into(),
        group: role.group.into(),
        resource: role.plural.into(),
        namespace: namespace.into(),
        name: role.name.clone(),
        ..Attributes::default()
    };
    allowed(store, user, &asked).is_some()
}

/// The rules that the user does not hold: one line per group, resource and name, with all
/// missing verbs.
fn missing(store: &Store, user: &User, namespace: &str, rules: &[Value]) -> Vec<String> {
    let mut lines: BTreeMap<(String, String, String), Vec<String>> = BTreeMap::new();
    for rule in rules {
        for asked in single_rights(rule, namespace) {
            if !holds(store, user, &asked) {
                let place = (asked.group.clone(), asked.full_resource(), asked.name.clone());
                lines.entry(place).or_default().push(asked.verb);
            }
        }
    }
    let quoted = |verbs: &[String]| {
        verbs
            .iter()
            .map(|verb| format!("{verb:?}"))
            .collect::<Vec<_>>()
            .join(" ")
    };
    lines
        .iter()
        .map(|((group, resource, name), verbs)| {
            let names = if name.is_empty() {
                String::new()
            } else {
                format!(", ResourceNames:[{name:?}]")
            };
            format!(
                "{{APIGroups:[{group:?}], Resources:[{resource:?}]{names}, Verbs:[{}]}}",
                quoted(verbs)
            )
        })
        .collect()
}

/// Whether a permission is held: one for everything (`*`) only by a rule with `*`.
fn holds(store: &Store, user: &User, asked: &Attributes) -> bool {
    granted(store, user, &asked.namespace).any(|grant| grant.rules.iter().any(|rule| covers(rule, asked)))
}

fn single_rights(rule: &Value, namespace: &str) -> Vec<Attributes> {
    let mut rights = Vec::new();
    for group in listed(rule, "apiGroups") {
        for full in listed(rule, "resources") {
            let (resource, subresource) = full.split_once('/').unwrap_or((full, ""));
            let mut names: Vec<&str> = listed(rule, "resourceNames").collect();
            if names.is_empty() {
                names.push("");
            }
            for name in names {
                rights.extend(listed(rule, "verbs").map(|verb| Attributes {
                    verb: verb.into(),
                    group: group.into(),
                    resource: resource.into(),
                    subresource: subresource.into(),
                    namespace: namespace.into(),
                    name: name.into(),
                    path: None,
                }));
            }
        }
    }
    rights
}
