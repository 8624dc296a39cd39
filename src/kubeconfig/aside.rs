//! Other ways to log in within our own entry of a user's kubeconfig: they would win over the new token, so they move to an
//! entry of their own.

use serde::{Deserialize, Serialize};

use super::edit::{Credentials, UserEntry};
use super::entries::entry;
use super::error::DocumentError;
use super::tree::{Mapping, Node, Value};

/// An API server asks for the certificate before the token, `as` makes every call an impersonation (client-go,
/// `transport/round_trippers.go`), and client-go takes these others before an auth provider or refuses them beside it.
const STRONGER: [&str; 11] = [
    "as",
    "as-uid",
    "as-groups",
    "as-user-extra",
    "client-certificate",
    "client-certificate-data",
    "client-key",
    "client-key-data",
    "username",
    "password",
    "tokenFile",
];
/// The first argument of the entries that this program writes for `exec`.
const OWN_ARGUMENT: &str = "credential";
const SUFFIX: &str = "-before-ondemand";

/// What was moved. It holds names alone, no value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Aside {
    /// Our entry.
    pub user: String,
    /// The keys that are no more in it.
    pub keys: Vec<String>,
    /// The entry that has them now.
    pub entry: String,
}

/// Moves what would win over the new credentials. After that there is nothing to move, so it is said once.
pub(super) fn set_aside(top: &mut Mapping, user: &UserEntry) -> Result<Option<Aside>, DocumentError> {
    let ours = entry(top, "users", "user", &user.name)?;
    let is_moved = |key: &Node, value: &Node| match key.as_string() {
        Some("exec") => is_foreign_plugin(value, &user.credentials),
        Some("auth-provider") => is_foreign_provider(value),
        Some(key) => STRONGER.contains(&key) && !is_empty(value),
        None => false,
    };
    let all = std::mem::take(&mut ours.pairs);
    let (moved, kept): (Vec<_>, Vec<_>) = all.into_iter().partition(|(key, value)| is_moved(key, value));
    ours.pairs = kept;
    if moved.is_empty() {
        return Ok(None);
    }
    let keys = moved.iter().filter_map(|(key, _)| key.as_string().map(str::to_owned));
    let aside = Aside {
        user: user.name.clone(),
        keys: keys.collect(),
        entry: free_name(top, &user.name),
    };
    *entry(top, "users", "user", &aside.entry)? = Mapping { pairs: moved };
    Ok(Some(aside))
}

fn free_name(top: &Mapping, user: &str) -> String {
    let users = top.value("users").and_then(Node::as_items).unwrap_or_default();
    let is_taken = |name: &str| {
        let names = users
            .iter()
            .filter_map(|entry| entry.as_mapping()?.value("name")?.as_string());
        names.into_iter().any(|taken| taken == name)
    };
    let name = format!("{user}{SUFFIX}");
    if !is_taken(&name) {
        return name;
    }
    let mut number = 2;
    while is_taken(&format!("{name}-{number}")) {
        number += 1;
    }
    format!("{name}-{number}")
}

/// For client-go an empty value is none.
fn is_empty(value: &Node) -> bool {
    let has_none = |value: &Node| match &value.value {
        Value::Mapping(mapping) => mapping.pairs.is_empty(),
        Value::Sequence(items) => items.is_empty(),
        Value::Scalar(_) => false,
    };
    value.is_null() || value.as_string() == Some("") || has_none(value)
}

fn is_foreign_plugin(exec: &Node, new: &Credentials) -> bool {
    let Some(exec) = exec.as_mapping() else {
        return false;
    };
    let command = exec.value("command").and_then(Node::as_string).unwrap_or_default();
    let first = exec
        .value("args")
        .and_then(Node::as_items)
        .and_then(|args| args.first()?.as_string());
    let is_same = matches!(new, Credentials::Exec(new) if new.command == command);
    !command.is_empty() && !is_same && first != Some(OWN_ARGUMENT)
}

fn is_foreign_provider(provider: &Node) -> bool {
    let name = provider
        .as_mapping()
        .and_then(|provider| provider.value("name")?.as_string());
    name.is_some_and(|name| !name.is_empty() && name != "oidc")
}
