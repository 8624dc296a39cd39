//! clusters.d as OnDemand reads it: other schedulers' files, slips, shared entries, `acls`, and clusters that are gone.

mod access;
mod astray;
mod gone;
mod others;
mod values;

use std::process::Command;

use serde_json::Value;

use crate::support::{Run, Site};

/// `check`, and its findings about clusters.d or another area.
fn findings(site: &Site, area: &str, more: &[&str]) -> Vec<Value> {
    let run = Run::of(&mut site.command(&[&["check", "-o", "json"], more].concat()));
    let all = run.json()["findings"].as_array().unwrap().clone();
    all.into_iter().filter(|finding| finding["area"] == area).collect()
}

/// The lines of `check` about clusters.d, with severity and remedy.
fn checked(site: &Site) -> Vec<String> {
    let line = |finding: Value| {
        let word = |key: &str| finding[key].as_str().unwrap_or_default().to_owned();
        format!("{}: {}; {}", word("severity"), word("text"), word("remedy"))
    };
    findings(site, "clusters.d", &[]).into_iter().map(line).collect()
}

/// The warnings and errors of `config show`.
fn shown(site: &Site) -> Vec<String> {
    let shown = Run::of(&mut site.command(&["config", "show", "-o", "json"])).json();
    let texts = |key: &str| shown[key].as_array().unwrap().clone();
    let all = texts("warnings").into_iter().chain(texts("errors"));
    all.map(|text| text.as_str().unwrap().to_owned()).collect()
}

/// A login whose warnings and records can be seen.
fn loud_login(site: &Site) -> Command {
    site.command_with_tokens(&["pre-hook", "--user", &site.user, "--log-level", "info"])
}
