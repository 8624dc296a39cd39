//! Checks sudoers: sudo must pass the exported variables to `nginx_stage`, and so to the hook.

use std::path::Path;

use crate::config::{files, ConfigError};
use crate::exit::ExitStatus;
use crate::findings::{Area, Code, Finding};

/// The prefix that OnDemand adds to each exported name (`nginx_stage.lua`).
const PREFIX: &str = "OOD_";
const REMEDY: &str = "add, with Apache's user instead of apache: Defaults:apache env_keep += \"NGINX_STAGE_* OOD_*\"";

/// Findings about OnDemand's sudoers file, for the names that the portal exports.
pub(super) fn check(path: &Path, exports: &[String]) -> Vec<Finding> {
    let mut area = Area::new("sudoers");
    match files::read(
        path,
        "install OnDemand's package again, or specify its sudoers file with --sudoers",
    ) {
        Ok(content) => variables(&mut area, path, &String::from_utf8_lossy(&content.bytes), exports),
        Err(error @ ConfigError::Missing { .. }) => area.fault(error),
        Err(error) => area.told_warning(Code::FileUnreadable, error),
    }
    area.into_findings()
}

fn variables(area: &mut Area, path: &Path, text: &str, exports: &[String]) {
    let kept = kept(text);
    let usual = ["OIDC_ACCESS_TOKEN".to_owned()];
    let exports = if exports.is_empty() { &usual } else { exports };
    let names = exports.iter().map(|name| format!("{PREFIX}{}", name.trim()));
    let lost: Vec<_> = names.filter(|name| !is_kept(&kept, name)).collect();
    if lost.is_empty() {
        area.ok(format!("{} passes OOD_* to the hook", path.display()));
    } else {
        area.error(
            Code::SudoDrops,
            ExitStatus::Configuration,
            format!("{} does not pass {} to the hook", path.display(), lost.join(", ")),
            REMEDY,
        );
    }
}

/// The patterns of `env_keep`, in order, and `*` if the environment is not reset.
fn kept(text: &str) -> Vec<String> {
    let mut kept = Vec::new();
    let joined = text.replace("\\\n", " ");
    for line in joined
        .lines()
        .map(str::trim)
        .filter(|line| line.starts_with("Defaults"))
    {
        if line.contains("!env_reset") {
            kept.push("*".to_owned());
        }
        let mut rest = line;
        while let Some((_, after)) = rest.split_once("env_keep") {
            let after = after.trim_start();
            let sign = after.chars().next().unwrap_or_default();
            let (list, behind) = list(after.trim_start_matches(['+', '-', '=', ' ', '\t']));
            match sign {
                '-' => kept.retain(|pattern| !list.contains(pattern)),
                '+' => kept.extend(list),
                '=' => kept = list,
                _ => {}
            }
            rest = behind;
        }
    }
    kept
}

/// The words in quotes, or the single word without quotes, and the rest of the line.
fn list(text: &str) -> (Vec<String>, &str) {
    let (list, behind) = match text.strip_prefix('"') {
        Some(quoted) => quoted.split_once('"').unwrap_or((quoted, "")),
        None => text.split_at(text.find([',', ' ', '\t']).unwrap_or(text.len())),
    };
    (list.split_whitespace().map(str::to_owned).collect(), behind)
}

/// sudo matches names case-sensitively, with `*` at any position (sudoers(5)).
fn is_kept(patterns: &[String], name: &str) -> bool {
    patterns.iter().any(|pattern| matches(pattern, name))
}

fn matches(pattern: &str, name: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == name,
        Some((start, rest)) => name
            .strip_prefix(start)
            .is_some_and(|tail| (0..=tail.len()).any(|i| tail.is_char_boundary(i) && matches(rest, &tail[i..]))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lets_through(text: &str, name: &str) -> bool {
        is_kept(&kept(text), name)
    }

    #[test]
    fn ondemands_own_file_lets_every_letter_case_through() {
        let stock = "Defaults:apache !requiretty, !authenticate\nDefaults:apache env_keep += \"NGINX_STAGE_* OOD_*\"\n";
        assert!(lets_through(stock, "OOD_OIDC_access_token"));
        assert!(!lets_through(stock, "LD_PRELOAD"));
    }

    #[test]
    fn only_what_is_kept_comes_through() {
        for (text, expected) in [
            ("", false),
            ("# Defaults:apache env_keep += \"OOD_*\"\n", false),
            ("Defaults:apache env_keep += \"NGINX_STAGE_*\"\n", false),
            ("Defaults:apache env_keep += \"NGINX_STAGE_* \\\n  OOD_OIDC_*\"\n", true),
            ("Defaults env_keep+=OOD_OIDC_ACCESS_TOKEN, !requiretty\n", true),
            ("Defaults env_keep += \"OOD_*\"\nDefaults env_keep = \"PATH\"\n", false),
            (
                "Defaults env_keep += \"OOD_*\"\nDefaults env_keep -= \"OOD_*\"\n",
                false,
            ),
            ("Defaults:apache !env_reset\n", true),
            ("Defaults env_keep += \"OOD_oidc_*\"\n", false),
        ] {
            assert_eq!(lets_through(text, "OOD_OIDC_ACCESS_TOKEN"), expected, "{text}");
        }
    }
}
