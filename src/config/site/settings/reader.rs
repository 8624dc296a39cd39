//! Assignments of hook.env as typed values, and the errors in them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use ipnet::IpNet;

use super::keys::{nearest, KEYS, KUBECTL_NAMES};
use crate::config::raw::hook_env::Assignment;
use crate::config::raw::ConfigError;
use crate::config::site::values::parse_duration;

/// Converts assignments into typed values, and collects errors and warnings.
pub(super) struct Reader<'a> {
    pub path: &'a Path,
    pub assigned: &'a BTreeMap<String, Assignment>,
    pub broken: Vec<ConfigError>,
    pub warnings: &'a mut Vec<String>,
}

impl Reader<'_> {
    pub fn text(&self, key: &str) -> String {
        self.assigned.get(key).map_or_else(String::new, |a| a.value.clone())
    }

    pub fn optional(&self, key: &str) -> Option<String> {
        Some(self.text(key)).filter(|value| !value.is_empty())
    }

    pub fn list(&self, key: &str) -> Vec<String> {
        let value = self.text(key);
        value
            .split(',')
            .map(str::trim)
            .filter(|s| !s.is_empty())
            .map(str::to_owned)
            .collect()
    }

    /// Only `true` enables something, as in the stock hook; other words cause a warning.
    pub fn flag(&mut self, key: &'static str) -> bool {
        let value = self.text(key);
        match value.as_str() {
            "" | "true" | "false" => {}
            // As Ansible and Python write it.
            other if other.eq_ignore_ascii_case("true") => self.warnings.push(format!(
                "{key} is {other}, which means false, as in the stock hook: only true in lower case enables it; write {key}=true"
            )),
            _ => self.warnings.push(format!(
                "{key} is neither true nor false, which means false, as in the stock hook; write {key}=true or {key}=false"
            )),
        }
        value == "true"
    }

    /// For a flag of which a wrong word must be told before anything is done.
    pub fn check_flag(&mut self, key: &'static str) {
        if !matches!(self.text(key).as_str(), "" | "true" | "false") {
            self.refuse(key, "is neither true nor false; write one of them".into());
        }
    }

    pub fn number(&mut self, key: &'static str, default: u32) -> u32 {
        match self.optional(key).map(|value| value.parse()) {
            None => default,
            Some(Ok(number)) => number,
            Some(Err(_)) => {
                self.refuse(key, "is not a whole number".into());
                default
            }
        }
    }

    pub fn duration(&mut self, key: &'static str, default: Duration) -> Duration {
        let Some(value) = self.optional(key) else {
            return default;
        };
        parse_duration(&value).unwrap_or_else(|reason| {
            self.refuse(key, reason);
            default
        })
    }

    /// The installation's name, which goes into an annotation and into messages.
    pub fn site(&mut self) -> Option<String> {
        let site = self.optional("SITE")?;
        let is_plain = |c: char| c.is_ascii_alphanumeric() || ".-_".contains(c);
        if site.len() > 63 || !site.chars().all(is_plain) {
            self.refuse(
                "SITE",
                format!("is {site:?}; write letters, digits, dots, dashes and underscores, 63 at most"),
            );
            return None;
        }
        Some(site)
    }

    /// An absolute path: logins and administrators have other working directories.
    pub fn path_of(&mut self, key: &'static str, example: &str) -> Option<PathBuf> {
        let path = PathBuf::from(self.optional(key)?);
        if path.is_absolute() {
            return Some(path);
        }
        self.refuse(key, format!("is not an absolute path; write for example {example}"));
        None
    }

    pub fn cidrs(&mut self, key: &'static str) -> Vec<IpNet> {
        let mut cidrs = Vec::new();
        for text in self.list(key) {
            match text.parse::<IpNet>() {
                Ok(cidr) if !cidrs.contains(&cidr) => cidrs.push(cidr),
                Ok(_) => {}
                Err(_) => self.refuse(
                    key,
                    format!("has {text:?}, which is not a CIDR; write for example 10.0.0.0/8,192.0.2.7/32"),
                ),
            }
        }
        cidrs
    }

    /// One of a few keywords. A wrong one is an error, since the default may be less secure.
    pub fn word<T: Default>(&mut self, key: &'static str, parse: impl Fn(&str) -> Result<T, String>) -> T {
        let Some(word) = self.optional(key) else {
            return T::default();
        };
        parse(&word).unwrap_or_else(|reason| {
            self.refuse(key, reason);
            T::default()
        })
    }

    /// A password with a dollar sign in double quotes loses its end, in bash as here. The name that is not set is not
    /// told, since it is part of the password then.
    pub fn warn_of_unset_names(&mut self) {
        for assignment in self.assigned.values().filter(|a| a.refers_to_unset) {
            self.warnings.push(format!(
                "{}:{}: {} refers to a name that is not set, which is replaced by nothing, as in bash; put the value in single quotes, or write \\$ for a dollar sign",
                self.path.display(),
                assignment.line,
                assignment.name
            ));
        }
    }

    pub fn warn_of_unknown_keys(&mut self) {
        let unknown = self.assigned.values().filter(|a| {
            let name = a.name.as_str();
            !KEYS.contains(&name) && !KUBECTL_NAMES.contains(&name)
        });
        for assignment in unknown {
            let hint = nearest(&assignment.name).map_or(String::new(), |key| format!("; did you mean {key}?"));
            self.warnings.push(format!(
                "{}:{}: unknown key {}{hint}",
                self.path.display(),
                assignment.line,
                assignment.name
            ));
        }
    }

    pub fn refuse(&mut self, key: &'static str, reason: String) {
        self.broken.push(ConfigError::Value {
            path: self.path.to_owned(),
            line: self.assigned.get(key).map_or(0, |a| a.line),
            key,
            reason,
        });
    }
}
