//! What is to change in the registry file, and where the passwords for it come from.

use std::io::IsTerminal as _;
use std::path::Path;
use std::time::{Duration, SystemTime};

use secrecy::zeroize::Zeroizing;
use secrecy::SecretString;
use serde::Serialize;

use crate::cli::RegistryFileArgs;
use crate::commands::error::Error;
use crate::config::files;
use crate::deadline::Deadline;
use crate::outcome::Outcome;
use crate::passwords::helper::{Credential, HelperCommand};
use crate::passwords::password::{self, PasswordError};
use crate::passwords::{prompt, RegistryError};
use crate::registry::docker_config::How;
use crate::registry::{is_username, DockerConfig, DockerConfigError, RegistryName};

/// All that is needed to change the file, passwords included.
pub(super) enum Change {
    /// Registries with their credentials, and when those end where that is known.
    Set(Vec<(RegistryName, Credential, Option<SystemTime>)>),
    Copy {
        source: DockerConfig,
        only: Vec<RegistryName>,
    },
    Remove(Vec<String>),
}

/// What became of one registry.
#[derive(Debug, Serialize)]
pub(super) struct Row {
    pub registry: String,
    pub username: Option<String>,
    pub result: &'static str,
    /// Where the password is a token that says when it ends.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ends_in_seconds: Option<u64>,
    /// Whether it is a token, which the kubelet does not read.
    #[serde(skip)]
    pub is_token: bool,
}

/// The file as it shall be.
#[derive(Default)]
pub(super) struct Changed {
    pub rows: Vec<Row>,
    /// `None` where it is so already.
    pub text: Option<SecretString>,
    pub is_empty: bool,
}

/// Whether the password comes from a person, or a program that may ask one: that takes as long as it takes.
pub(super) fn waits_for_a_person(args: &RegistryFileArgs) -> bool {
    args.username.is_some() && args.password_file.is_none()
}

impl Change {
    /// Checks the flags, and then reads, asks or runs what the passwords come from.
    pub async fn gather(args: &RegistryFileArgs, deadline: &Deadline) -> Result<Self, Error> {
        if args.remove {
            return match args.registries.as_slice() {
                [] => Err(Error::Usage("say which registry: --remove --registry HOST")),
                registries => Ok(Self::Remove(registries.to_vec())),
            };
        }
        let registries = args.registries.iter().map(|text| RegistryName::parse(text));
        let registries: Vec<_> = registries.collect::<Result<_, _>>().map_err(RegistryError::from)?;
        if let Some(path) = &args.from_docker_config {
            return copy(path, registries);
        }
        if registries.is_empty() {
            return Err(Error::Usage("say which registry: --registry HOST"));
        }
        match (&args.credential_command, &args.username) {
            (Some(command), _) => ask_helper(command, registries, args.expires_in, deadline).await,
            (None, Some(username)) => log_in(args, username, registries),
            (None, None) => Err(Error::Usage(
                "say whose password: --username NAME, --credential-command COMMAND or --from-docker-config FILE",
            )),
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

fn copy(path: &Path, only: Vec<RegistryName>) -> Result<Change, Error> {
    let content = files::read_secret(path, "--from-docker-config names it; docker login makes it")?;
    let bytes = Zeroizing::new(content.bytes);
    let refuse = |reason| RegistryError::File {
        path: path.to_owned(),
        reason,
    };
    let source = DockerConfig::from_bytes(&bytes).map_err(refuse)?;
    // Once for nothing, so that what is wrong with this file is not said of the other.
    DockerConfig::default().copy_from(&source, &only).map_err(refuse)?;
    Ok(Change::Copy { source, only })
}

async fn ask_helper(
    command: &str,
    registries: Vec<RegistryName>,
    expires_in: Option<Duration>,
    deadline: &Deadline,
) -> Result<Change, Error> {
    let command = HelperCommand::parse(command).map_err(RegistryError::from)?;
    let mut credentials = Vec::new();
    for registry in registries {
        deadline.enter("waiting for the credential helper");
        let answer = command.get(&registry, deadline.remaining()).await;
        let credential = answer.map_err(RegistryError::from)?;
        let end = credential.ends().or(expires_in.map(|life| SystemTime::now() + life));
        credentials.push((registry, credential, end));
    }
    Ok(Change::Set(credentials))
}

/// One password for all the registries named.
fn log_in(args: &RegistryFileArgs, username: &str, registries: Vec<RegistryName>) -> Result<Change, Error> {
    if !is_username(username) {
        return Err(Error::Usage(
            "--username is empty, or has a colon or a control character in it",
        ));
    }
    let names: Vec<_> = registries.iter().map(RegistryName::as_key).collect();
    let password = password(args, &format!("Password of {username} at {}: ", names.join(", ")))?;
    let credentials = registries.into_iter().map(|registry| {
        let credential = Credential::Password {
            username: username.to_owned(),
            password: password.clone(),
        };
        let end = credential.ends();
        (registry, credential, end)
    });
    Ok(Change::Set(credentials.collect()))
}

fn password(args: &RegistryFileArgs, question: &str) -> Result<SecretString, Error> {
    let in_registry = |error: PasswordError| Error::from(RegistryError::from(error));
    if let Some(path) = &args.password_file {
        let content = files::read_secret(path, "--password-file names it")?;
        return password::check(&Zeroizing::new(content.bytes)).map_err(in_registry);
    }
    let stdin = std::io::stdin();
    // At a terminal it would be shown while it is typed.
    if args.password_stdin && !stdin.is_terminal() {
        return password::read(stdin.lock(), "standard input").map_err(in_registry);
    }
    prompt::ask(question).map_err(in_registry)
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
    let listed = config
        .list()
        .into_iter()
        .find(|listed| listed.registry == registry.as_key());
    Row {
        registry: registry.to_string(),
        is_token: listed.as_ref().is_some_and(|listed| listed.how == How::Token),
        username: listed.and_then(|listed| listed.username),
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
