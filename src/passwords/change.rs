//! A change of the registry file, worked into its text: data in, data out.

use std::time::SystemTime;

use secrecy::SecretString;
use serde::Serialize;

use super::helper::Credential;
use crate::outcome::Outcome;
use crate::registry::{DockerConfig, DockerConfigError, RegistryName};

/// All that is needed to change the file, passwords included.
pub enum Change {
    /// Registries with their credentials, and when those end where that is known.
    Set(Vec<(RegistryName, Credential, Option<SystemTime>)>),
    /// Another configuration, and the registries wanted of it; none means all.
    Copy {
        /// The configuration.
        source: DockerConfig,
        /// The registries.
        only: Vec<RegistryName>,
    },
    /// Registries in whatever spelling the file has.
    Remove(Vec<String>),
}

/// A password that is to be written.
pub struct Login {
    /// The registry.
    pub registry: RegistryName,
    /// The user's name.
    pub username: String,
    /// The password.
    pub password: SecretString,
}

/// What became of one registry.
#[derive(Debug, Serialize)]
pub struct Row {
    /// Its key in the file.
    pub registry: String,
    /// The user's name; none for a token.
    pub username: Option<String>,
    /// An outcome's word, or `removed`.
    pub result: &'static str,
    /// How long its password still works, if that is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ends_in_seconds: Option<u64>,
    /// Whether it is a token, which the kubelet does not read.
    #[serde(skip)]
    pub is_token: bool,
}

/// The file as it will be.
#[derive(Default)]
pub struct Changed {
    /// What became of each registry.
    pub rows: Vec<Row>,
    /// `None` if it is so already.
    pub text: Option<SecretString>,
    /// Whether no registry is left in it.
    pub is_empty: bool,
}

impl Change {
    /// The passwords that it writes; identity tokens are none.
    pub fn logins(&self) -> Result<Vec<Login>, DockerConfigError> {
        match self {
            Self::Set(credentials) => Ok(credentials.iter().filter_map(login).collect()),
            Self::Copy { source, only } => {
                let mut copy = DockerConfig::default();
                let copied = copy.copy_from(source, only)?.into_iter();
                let login = |(registry, _)| {
                    let (username, password) = copy.password_of(&registry)?;
                    Some(Login {
                        registry,
                        username,
                        password,
                    })
                };
                Ok(copied.filter_map(login).collect())
            }
            Self::Remove(_) => Ok(Vec::new()),
        }
    }

    /// Works the change into the text of a file; the empty text is no file yet.
    pub fn apply(&self, text: &str) -> Result<Changed, DockerConfigError> {
        let mut config = if text.trim().is_empty() {
            DockerConfig::default()
        } else {
            DockerConfig::parse(text)?
        };
        let rows = match self {
            Self::Set(credentials) => credentials
                .iter()
                .map(|(registry, credential, end)| set(&mut config, registry, credential, *end))
                .collect(),
            Self::Copy { source, only } => {
                let copied = config.copy_from(source, only)?;
                let row = |(registry, outcome)| copied_row(&config, &registry, outcome);
                copied.into_iter().map(row).collect()
            }
            Self::Remove(registries) => remove(&mut config, registries)?,
        };
        // What was wrong before must not keep anybody from taking it out.
        if !matches!(self, Self::Remove(_)) {
            config.check()?;
        }
        let is_changed = rows.iter().any(|row| row.result != Outcome::Unchanged.word());
        Ok(Changed {
            text: is_changed.then(|| config.to_text()).transpose()?,
            is_empty: config.is_empty(),
            rows,
        })
    }
}

fn login((registry, credential, _): &(RegistryName, Credential, Option<SystemTime>)) -> Option<Login> {
    match credential {
        Credential::Password { username, password } => Some(Login {
            registry: registry.clone(),
            username: username.clone(),
            password: password.clone(),
        }),
        Credential::IdentityToken(_) => None,
    }
}

fn set(config: &mut DockerConfig, registry: &RegistryName, credential: &Credential, end: Option<SystemTime>) -> Row {
    let (username, mut outcome) = match credential {
        Credential::Password { username, password } => {
            (Some(username.clone()), config.set(registry, username, password))
        }
        Credential::IdentityToken(token) => (None, config.set_identity_token(registry, token)),
    };
    if config.set_end(registry, end) && outcome == Outcome::Unchanged {
        outcome = Outcome::Changed;
    }
    let left = |end: SystemTime| end.duration_since(SystemTime::now()).unwrap_or_default();
    Row {
        registry: registry.to_string(),
        is_token: username.is_none(),
        username,
        result: outcome.word(),
        ends_in_seconds: end.map(|end| left(end).as_secs()),
    }
}

fn copied_row(config: &DockerConfig, registry: &RegistryName, outcome: Outcome) -> Row {
    Row {
        registry: registry.to_string(),
        is_token: config.is_token(registry),
        username: config.user_of(registry),
        result: outcome.word(),
        ends_in_seconds: None,
    }
}

fn remove(config: &mut DockerConfig, registries: &[String]) -> Result<Vec<Row>, DockerConfigError> {
    let mut rows = Vec::new();
    for registry in registries {
        rows.extend(config.remove(registry)?.into_iter().map(|registry| Row {
            registry,
            username: None,
            result: "removed",
            ends_in_seconds: None,
            is_token: false,
        }));
    }
    Ok(rows)
}
