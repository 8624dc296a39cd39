//! `exec`: the program that a user's entry has give a token.

use secrecy::SecretString;

use super::cluster::is_true;
use super::fault::{EntryFault, Fault};
use super::tree::{Mapping, Node};
use super::view::text_in;

/// A credential plugin.
#[derive(Debug, Default)]
pub struct Exec {
    /// The answer that is expected.
    pub api_version: String,
    /// The program; relative names are not resolved yet.
    pub command: String,
    /// Its arguments.
    pub args: Vec<String>,
    /// More environment.
    pub env: Vec<(String, SecretString)>,
    /// Whether it may ask.
    pub interactive_mode: Option<String>,
    /// Whether it gets a description of the cluster.
    pub provide_cluster_info: bool,
}

pub(super) fn exec_of(exec: &Mapping, fault: Fault<'_>) -> Result<Exec, EntryFault> {
    let wanted = |key: &str| {
        text_in(exec, key)
            .map(str::to_owned)
            .ok_or_else(|| fault("exec", format!("has exec without {key}; set it")))
    };
    let mode = text_in(exec, "interactiveMode");
    if mode.is_some_and(|mode| !matches!(mode, "Never" | "IfAvailable" | "Always")) {
        let reason = "has exec with an unknown interactiveMode; write Never, IfAvailable or Always";
        return Err(fault("exec", reason.into()));
    }
    let mut env = Vec::new();
    for variable in items(exec, "env").iter().map(Node::as_mapping) {
        let name = variable.and_then(|variable| text_in(variable, "name"));
        let name = name.ok_or_else(|| fault("exec", "has exec with an env that has no name; name it".into()))?;
        let value = variable
            .and_then(|variable| text_in(variable, "value"))
            .unwrap_or_default();
        if name.contains(['=', '\0']) || value.contains('\0') {
            return Err(fault(
                "exec",
                "has exec with an env that no program can be given; correct it".into(),
            ));
        }
        env.push((name.to_owned(), value.into()));
    }
    Ok(Exec {
        api_version: wanted("apiVersion")?,
        command: wanted("command")?,
        args: texts(exec, "args"),
        env,
        interactive_mode: mode.map(str::to_owned),
        provide_cluster_info: is_true(exec, "provideClusterInfo"),
    })
}

fn items<'m>(mapping: &'m Mapping, key: &str) -> &'m [Node] {
    mapping.value(key).and_then(Node::as_items).unwrap_or_default()
}

/// Null in a list of strings is an empty one, as in Go.
pub(super) fn texts(mapping: &Mapping, key: &str) -> Vec<String> {
    let items = items(mapping, key).iter();
    items
        .map(|item| item.as_string().unwrap_or_default().to_owned())
        .collect()
}
