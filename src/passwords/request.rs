//! The requested change of the registry file, and where the passwords for it come from.

use std::io::IsTerminal as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use secrecy::zeroize::Zeroizing;
use secrecy::SecretString;

use super::change::Change;
use super::error::RegistryError;
use super::helper::{Credential, HelperCommand};
use super::{password, prompt};
use crate::config::files;
use crate::deadline::Deadline;
use crate::registry::{DockerConfig, RegistryName};

/// What to change.
#[derive(Debug)]
pub enum Request {
    /// Give all these registries one user and password.
    LogIn {
        /// The registries.
        registries: Vec<RegistryName>,
        /// The user's name, for which [`is_username`](crate::registry::is_username) holds.
        username: String,
        /// Where the password comes from.
        from: PasswordSource,
    },
    /// Ask a credential helper for each of these registries.
    Ask {
        /// The helper.
        helper: HelperCommand,
        /// The registries.
        registries: Vec<RegistryName>,
        /// How long a password works that does not say so itself.
        expires_in: Option<Duration>,
    },
    /// Copy from another docker configuration.
    Copy {
        /// Its path.
        source: PathBuf,
        /// The registries; none means all.
        only: Vec<RegistryName>,
    },
    /// Take these registries out, in whatever spelling they are there.
    Remove(Vec<String>),
}

/// Where one password comes from.
#[derive(Debug)]
pub enum PasswordSource {
    /// One of root's files that no other account can read.
    File(PathBuf),
    /// Standard input, unless it is a terminal.
    StandardInput,
    /// The person at the terminal.
    Terminal,
}

impl Request {
    /// Reads, asks or runs what the passwords come from.
    pub async fn gather(self, deadline: &Deadline) -> Result<Change, RegistryError> {
        match self {
            Self::LogIn {
                registries,
                username,
                from,
            } => log_in(&from, &username, registries),
            Self::Ask {
                helper,
                registries,
                expires_in,
            } => ask_helper(&helper, registries, expires_in, deadline).await,
            Self::Copy { source, only } => copy(&source, only),
            Self::Remove(registries) => Ok(Change::Remove(registries)),
        }
    }
}

fn copy(path: &Path, only: Vec<RegistryName>) -> Result<Change, RegistryError> {
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
    helper: &HelperCommand,
    registries: Vec<RegistryName>,
    expires_in: Option<Duration>,
    deadline: &Deadline,
) -> Result<Change, RegistryError> {
    let mut credentials = Vec::new();
    for registry in registries {
        deadline.enter("waiting for the credential helper");
        let credential = helper.get(&registry, deadline.remaining()).await?;
        let end = credential.ends().or(expires_in.map(|life| SystemTime::now() + life));
        credentials.push((registry, credential, end));
    }
    Ok(Change::Set(credentials))
}

/// One password for all the registries named.
fn log_in(from: &PasswordSource, username: &str, registries: Vec<RegistryName>) -> Result<Change, RegistryError> {
    let names: Vec<_> = registries.iter().map(RegistryName::as_key).collect();
    let password = password(from, &format!("Password of {username} at {}: ", names.join(", ")))?;
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

fn password(from: &PasswordSource, question: &str) -> Result<SecretString, RegistryError> {
    let stdin = std::io::stdin();
    Ok(match from {
        PasswordSource::File(path) => {
            let content = files::read_secret(path, "--password-file names it")?;
            password::check(&Zeroizing::new(content.bytes))?
        }
        // At a terminal it would be shown while it is typed.
        PasswordSource::StandardInput if !stdin.is_terminal() => password::read(stdin.lock(), "standard input")?,
        PasswordSource::StandardInput | PasswordSource::Terminal => prompt::ask(question)?,
    })
}
