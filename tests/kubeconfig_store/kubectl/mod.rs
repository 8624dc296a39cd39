//! kubectl as the judge: what we write it reads the same, what we keep means to it what it meant before.

mod brackets;
mod concurrency;
mod files;
mod strings;

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;

use crate::skip;

/// From `$KUBECTL`, or the newest one that the control plane of the tests has built.
fn kubectl() -> Option<PathBuf> {
    if let Some(program) = env::var_os("KUBECTL") {
        return Some(program.into());
    }
    let home = || env::var_os("HOME").map(|home| PathBuf::from(home).join(".cache"));
    let cache = env::var_os("XDG_CACHE_HOME").map(PathBuf::from).or_else(home)?;
    let versions = fs::read_dir(cache.join("ood-k8s/control-plane")).ok()?;
    let found = versions.flatten().map(|version| version.path().join("kubectl"));
    let found = found.filter(|program| program.is_file()).max();
    if found.is_none() {
        skip("there is no kubectl; set KUBECTL");
    }
    found
}

fn run(program: &Path, path: &Path, arguments: &[&str]) -> Output {
    Command::new(program)
        .args(arguments)
        .env("KUBECONFIG", path)
        .output()
        .expect("kubectl")
}

/// The whole file, as kubectl understands it.
fn view(program: &Path, path: &Path) -> Value {
    let output = run(program, path, &["config", "view", "--raw", "-o", "json"]);
    let problem = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success(),
        "{problem}\n{}",
        fs::read_to_string(path).unwrap_or_default()
    );
    serde_json::from_slice(&output.stdout).expect("json")
}

/// The entry called `name` in a list of kubectl's view.
fn named<'v>(view: &'v Value, list: &str, name: &str) -> &'v Value {
    let items = view[list].as_array().unwrap_or_else(|| panic!("{list} in {view}"));
    let mut found = items.iter().filter(|item| item["name"] == name);
    let item = found.next().unwrap_or_else(|| panic!("no {name:?} in {list}"));
    assert!(found.next().is_none(), "{name:?} twice in {list}");
    item
}
