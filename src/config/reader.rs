//! Assignments of hook.env as typed values, and what is wrong with them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use ipnet::IpNet;
use secrecy::SecretString;

use super::credentials::{CredentialSettings, Dialect, Mode};
use super::error::ConfigError;
use super::hook_env::Assignment;
use super::renewal::{self, RenewalSettings};
use super::settings::{PullSecret, KEYS};
use crate::naming::is_label;

/// Ten years, in seconds.
const LONGEST_LIFE: u64 = 3650 * 86_400;

/// Turns assignments into typed values, collecting what is wrong on the way.
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

    /// Only `true` switches something on, as in the stock hook; what else looks like a yes is told.
    pub fn flag(&mut self, key: &'static str) -> bool {
        let value = self.text(key);
        if !matches!(value.as_str(), "" | "true" | "false") {
            self.warnings.push(format!(
                "{key} is neither true nor false, and so off as in the stock hook; write {key}=true or {key}=false"
            ));
        }
        value == "true"
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

    pub fn cidrs(&mut self) -> Vec<IpNet> {
        let key = "NETWORK_POLICY_ALLOW_CIDR";
        let mut cidrs = Vec::new();
        for text in self.list(key) {
            match text.parse::<IpNet>() {
                Ok(cidr) if !cidrs.contains(&cidr) => cidrs.push(cidr),
                Ok(_) => {}
                Err(_) => self.refuse(
                    key,
                    format!("has {text:?}, which is no CIDR; write for example 10.0.0.0/8,192.0.2.7/32"),
                ),
            }
        }
        cidrs
    }

    pub fn pull_secret(&mut self) -> Option<PullSecret> {
        let name = self.optional("IMAGE_PULL_SECRET")?;
        if !is_object_name(&name) {
            self.refuse("IMAGE_PULL_SECRET", "is no name of a Secret (a-z, 0-9, - and .)".into());
            return None;
        }
        let Some(file) = self.optional("REGISTRY_DOCKER_CONFIG_JSON") else {
            self.broken.push(ConfigError::Required {
                path: self.path.to_owned(),
                key: "REGISTRY_DOCKER_CONFIG_JSON",
                remedy: "IMAGE_PULL_SECRET needs it: name the docker configuration file, or empty IMAGE_PULL_SECRET",
            });
            return None;
        };
        Some(PullSecret {
            name,
            file: file.into(),
            per_registry: self.flag("IMAGE_PULL_SECRET_PER_REGISTRY"),
        })
    }

    pub fn credentials(&mut self) -> CredentialSettings {
        CredentialSettings {
            mode: self.word("CREDENTIALS", Mode::parse),
            exec_command: self.exec_command(),
            dialect: self.word("EXCHANGE_DIALECT", Dialect::parse),
            exchange_issuer_url: self.optional("EXCHANGE_ISSUER_URL"),
            exchange_client_id: self.optional("EXCHANGE_CLIENT_ID"),
            exchange_client_secret: self.text("EXCHANGE_CLIENT_SECRET").into(),
            connector_id: self.optional("EXCHANGE_CONNECTOR_ID"),
            idp_ca_file: self.optional("IDP_CA_FILE").map(Into::into),
            idp_proxy: self.idp_proxy(),
        }
    }

    /// A word of a few; a wrong one is never taken for the default, which may be the less safe one.
    fn word<T: Default>(&mut self, key: &'static str, parse: impl Fn(&str) -> Result<T, String>) -> T {
        let Some(word) = self.optional(key) else {
            return T::default();
        };
        parse(&word).unwrap_or_else(|reason| {
            self.refuse(key, reason);
            T::default()
        })
    }

    /// kubectl looks for a bare name in the user's PATH, and for a relative one beside the kubeconfig.
    fn exec_command(&mut self) -> Option<String> {
        let command = self.optional("EXEC_COMMAND")?;
        if !command.starts_with('/') {
            self.refuse(
                "EXEC_COMMAND",
                "is no absolute path; write for example /usr/bin/ood-k8s".into(),
            );
            return None;
        }
        Some(command)
    }

    pub fn renewal(&mut self) -> RenewalSettings {
        let folder = self.optional("RENEWAL_DIR");
        if folder.as_ref().is_some_and(|folder| !folder.starts_with('/')) {
            let reason = "is no absolute path; write for example /var/lib/ood-k8s/renewal, or nothing to keep nothing";
            self.refuse("RENEWAL_DIR", reason.into());
        }
        let pun_pid_path = self.optional("PUN_PID_PATH");
        let pun_pid_path = pun_pid_path.unwrap_or_else(|| renewal::PUN_PID_PATH.into());
        if !pun_pid_path.starts_with('/') || !pun_pid_path.contains(renewal::USER) {
            let reason = "is no absolute path with %{user} in it; copy pun_pid_path of nginx_stage.yml";
            self.refuse("PUN_PID_PATH", reason.into());
        }
        RenewalSettings {
            folder: folder.map(Into::into).filter(|folder: &PathBuf| folder.is_absolute()),
            pun_pid_path,
        }
    }

    fn idp_proxy(&mut self) -> Option<SecretString> {
        let text = self.optional("IDP_PROXY")?;
        let is_proxy = text.parse::<http::Uri>().is_ok_and(|uri| {
            matches!(uri.scheme_str(), Some("http" | "https" | "socks5")) && uri.host().is_some_and(|h| !h.is_empty())
        });
        if !is_proxy {
            // Not quoted: a password may stand in it.
            let reason = "is no URL of a proxy; write for example http://proxy.example.org:3128";
            self.refuse("IDP_PROXY", reason.into());
        }
        is_proxy.then(|| text.into())
    }

    pub fn warn_of_unknown_keys(&mut self) {
        let unknown = self.assigned.values().filter(|a| !KEYS.contains(&a.name.as_str()));
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

    fn refuse(&mut self, key: &'static str, reason: String) {
        self.broken.push(ConfigError::Value {
            path: self.path.to_owned(),
            line: self.assigned.get(key).map_or(0, |a| a.line),
            key,
            reason,
        });
    }
}

/// Reads `10` (seconds), `10s`, `500ms` or `1m`; from 100 ms to 10 minutes.
pub fn parse_duration(text: &str) -> Result<Duration, String> {
    let millis = |number: &str, factor: u64| number.trim().parse::<u64>().ok().and_then(|n| n.checked_mul(factor));
    let parsed = if let Some(number) = text.strip_suffix("ms") {
        millis(number, 1)
    } else if let Some(number) = text.strip_suffix('m') {
        millis(number, 60_000)
    } else {
        millis(text.strip_suffix('s').unwrap_or(text), 1000)
    };
    match parsed {
        Some(ms) if (100..=600_000).contains(&ms) => Ok(Duration::from_millis(ms)),
        Some(_) => Err("is not between 100ms and 10m".into()),
        None => Err("is no duration; write for example 10s".into()),
    }
}

/// `90s`, `30m`, `9h`, `2d`: how long a token lives, or how often a timer runs.
pub fn parse_lifetime(text: &str) -> Result<Duration, String> {
    let unknown = || "is no duration; write for example 30m, 9h or 2d".to_owned();
    let unit = text.chars().last().ok_or_else(unknown)?;
    let seconds = match unit {
        's' => 1,
        'm' => 60,
        'h' => 3600,
        'd' => 86_400,
        _ => return Err(unknown()),
    };
    let number: u64 = text[..text.len() - 1].parse().map_err(|_| unknown())?;
    match number.checked_mul(seconds) {
        Some(1..=LONGEST_LIFE) => Ok(Duration::from_secs(number * seconds)),
        _ => Err("is not between 1s and 3650d".into()),
    }
}

/// Whether `name` is an RFC 1123 subdomain, as a Secret's name must be.
pub fn is_object_name(name: &str) -> bool {
    name.len() <= 253 && name.split('.').all(is_label)
}

/// The known key that differs in at most two letters.
fn nearest(name: &str) -> Option<&'static str> {
    KEYS.iter().copied().find(|key| {
        let differing = name.chars().zip(key.chars()).filter(|(a, b)| a != b).count();
        name.len().abs_diff(key.len()) + differing <= 2 || name.eq_ignore_ascii_case(key)
    })
}
