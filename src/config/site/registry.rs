//! The registry file of hook.env: root's docker configuration, checked before it is sent to any cluster.

use std::path::Path;
use std::time::SystemTime;

use secrecy::{ExposeSecret, SecretString};

use super::settings::{PullSecret, Settings};
use super::values::is_object_name;
use crate::config::raw::files::{read_secret, read_trusted, Content};
use crate::config::raw::ConfigError;
use crate::door::shown;
use crate::registry::{DockerConfig, Handed};
use crate::shell::quoted;

/// The remedy for a missing registry file.
const MISSING: &str = "REGISTRY_DOCKER_CONFIG_JSON specifies it; create it with mint-registry-secret --write, or empty IMAGE_PULL_SECRET in hook.env";

/// A pull secret as it should be in every user's namespace.
#[derive(Debug, Clone)]
pub struct RegistrySecret {
    /// The Secret's name.
    pub name: String,
    /// Its content.
    pub docker_config: SecretString,
    /// When the first password in it expires; `None` if none does.
    pub end: Option<SystemTime>,
    /// Registries that root's file has, but not so that they work; their passwords in a live Secret stay.
    pub keeps: Vec<String>,
    /// Whether it has no password, so that it is not created.
    pub only_if_there: bool,
}

/// Something about the registry file that does not keep a login from using it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Note {
    /// Others can read the passwords.
    Exposed(String),
    /// An entry that users' namespaces do not get.
    LeftOut(String),
    /// What else in it the kubelet does not read.
    Stays(String),
}

impl std::fmt::Display for Note {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (Self::Exposed(line) | Self::LeftOut(line) | Self::Stays(line)) = self;
        f.write_str(line)
    }
}

/// What the registry file gives, and that no entry of it works.
pub type Loaded = (Vec<RegistrySecret>, Option<ConfigError>);

/// Reads `REGISTRY_DOCKER_CONFIG_JSON`. What the kubelet reads of it goes into one Secret, or each registry into a Secret
/// of its own (`IMAGE_PULL_SECRET_PER_REGISTRY`).
///
/// A login that worked before must not break: a file that others can read, and an entry that cannot be used, are
/// notes here. `mint-registry-secret` refuses both.
pub fn load(pull_secret: &PullSecret, notes: &mut Vec<Note>) -> Result<Loaded, ConfigError> {
    let path = &pull_secret.file;
    let file = read_trusted(path, MISSING)?;
    if file.readable_by_others {
        notes.push(Note::Exposed(format!(
            "{} holds registry passwords and is readable by others; run: chmod 0600 {}",
            shown(path),
            quoted(path)
        )));
    }
    let (text, config) = parse(path, file)?;
    if config.is_empty() {
        config
            .check()
            .map_err(|reason| no_configuration(path, reason.to_string()))?;
    }
    let now = SystemTime::now();
    let handed = config.for_kubelet(now);
    notes.extend(
        handed
            .left_out
            .iter()
            .map(|left_out| Note::LeftOut(left_out.line(path))),
    );
    notes.extend(handed.stays(path).map(Note::Stays));
    let fault = handed.config.is_empty().then(|| ConfigError::RegistryEntry {
        path: path.clone(),
        reason: "no entry of it can be used".into(),
    });
    Ok((secrets_of(pull_secret, &text, &config, &handed, now)?, fault))
}

fn parse(path: &Path, file: Content) -> Result<(SecretString, DockerConfig), ConfigError> {
    let text = String::from_utf8(file.bytes).map_err(|_| no_configuration(path, "it is not UTF-8".into()))?;
    let text = SecretString::from(text);
    let config = DockerConfig::parse(text.expose_secret());
    let config = config.map_err(|reason| no_configuration(path, reason.to_string()))?;
    Ok((text, config))
}

fn no_configuration(path: &Path, reason: String) -> ConfigError {
    ConfigError::Registry {
        path: path.to_owned(),
        reason,
    }
}

fn secrets_of(
    pull_secret: &PullSecret,
    text: &SecretString,
    config: &DockerConfig,
    handed: &Handed,
    now: SystemTime,
) -> Result<Vec<RegistrySecret>, ConfigError> {
    let secrets = if pull_secret.per_registry {
        split(&pull_secret.name, config, now)
    } else {
        let secret = secret(pull_secret.name.clone(), handed, text);
        secret.map(|secret| vec![secret])
    };
    secrets.map_err(|reason| no_configuration(&pull_secret.file, reason))
}

fn secret(name: String, handed: &Handed, text: &SecretString) -> Result<RegistrySecret, String> {
    Ok(RegistrySecret {
        name,
        docker_config: handed.text(text).map_err(|error| error.to_string())?,
        end: handed.end,
        keeps: handed
            .left_out
            .iter()
            .map(|left_out| left_out.key().to_owned())
            .collect(),
        only_if_there: handed.config.is_empty(),
    })
}

/// Like [`load`], but refuses what is a note at a login and could never have worked: an administrator can fix it now.
pub fn load_strictly(pull_secret: &PullSecret, notes: &mut Vec<Note>) -> Result<Vec<RegistrySecret>, ConfigError> {
    let (_, config) = parse(&pull_secret.file, read_secret(&pull_secret.file, MISSING)?)?;
    match config.check() {
        Ok(()) => {}
        Err(reason) if config.is_empty() => return Err(no_configuration(&pull_secret.file, reason.to_string())),
        Err(reason) => {
            return Err(ConfigError::RegistryEntry {
                path: pull_secret.file.clone(),
                reason: reason.to_string(),
            })
        }
    }
    match load(pull_secret, notes)? {
        (_, Some(fault)) => Err(fault),
        (secrets, None) => Ok(secrets),
    }
}

/// The names of the site's pull secrets, even if the passwords in the file cannot be used.
pub fn secret_names(settings: &Settings) -> Result<Vec<String>, ConfigError> {
    match &settings.pull_secret {
        Some(secret) if secret.per_registry => Ok(load(secret, &mut Vec::new())?
            .0
            .into_iter()
            .map(|secret| secret.name)
            .collect()),
        _ => {
            let name = settings.text("IMAGE_PULL_SECRET");
            Ok(is_object_name(name).then(|| name.to_owned()).into_iter().collect())
        }
    }
}

fn split(name: &str, config: &DockerConfig, now: SystemTime) -> Result<Vec<RegistrySecret>, String> {
    let mut secrets: Vec<RegistrySecret> = Vec::new();
    for (key, alone) in config.split() {
        let name = name_of_one(name, key);
        if let Some(other) = secrets.iter().find(|secret| secret.name == name) {
            return Err(format!(
                "{key:?} and another registry would both get the Secret {}; set IMAGE_PULL_SECRET_PER_REGISTRY=false",
                other.name
            ));
        }
        let own = alone.to_text().map_err(|error| error.to_string())?;
        secrets.push(secret(name, &alone.for_kubelet(now), &own)?);
    }
    Ok(secrets)
}

/// `registry-quay-io` for `quay.io`, and `registry-index-docker-io-v1` for Docker Hub's key.
fn name_of_one(name: &str, key: &str) -> String {
    let plain = key.trim_start_matches("https://").to_ascii_lowercase();
    let words = plain
        .split(|c: char| !c.is_ascii_alphanumeric())
        .filter(|word| !word.is_empty());
    let slug = words.collect::<Vec<_>>().join("-");
    format!("{name}-{slug}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::naming::is_label;

    #[test]
    fn a_registrys_own_secret_is_named_after_it() {
        for (key, name) in [
            ("quay.io", "pull-quay-io"),
            ("https://index.docker.io/v1/", "pull-index-docker-io-v1"),
            ("r.example.org:5000/Team_a", "pull-r-example-org-5000-team-a"),
            ("*.example.org", "pull-example-org"),
        ] {
            assert_eq!(name_of_one("pull", key), name);
            assert!(is_label(name));
        }
    }

    #[test]
    fn registries_that_would_share_a_secret_are_refused() {
        let config = DockerConfig::parse(r#"{"auths":{"a.b":{"auth":"eDp5"},"a-b":{"auth":"eDp5"}}}"#).unwrap();
        assert!(split("pull", &config, SystemTime::now())
            .unwrap_err()
            .contains("pull-a-b"));
    }
}
