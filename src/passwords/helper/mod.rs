//! docker's credential helpers: another program that is asked for a registry's password.
//!
//! The protocol (docker-credential-helpers, `credentials/credentials.go`): the program is called with `get`, reads the
//! registry from its standard input, and prints `{"ServerURL":…,"Username":…,"Secret":…}`. A failed one prints its
//! reason where the password would be, so of that nothing is passed on but the one reason that is known.

mod error;

use std::process::Command;
use std::time::{Duration, SystemTime};

use secrecy::zeroize::Zeroizing;
use secrecy::SecretString;
use serde::Deserialize;

use super::{password, words};
use crate::json;
use crate::program::{Program, Spoken};
use crate::registry::{is_username, stated_end, RegistryName};

pub use error::HelperError;

/// What an answer may be long at most: a password and its frame. In bytes.
const LONGEST_ANSWER: usize = password::LONGEST + 4096;
/// The helpers' own answer for no password (`credentials/error.go`).
const NOT_FOUND: &[u8] = b"credentials not found in native keychain";
/// The user of an identity token (docker/cli, `credentials/native_store.go`).
const TOKEN_USER: &str = "<token>";

/// What a helper answered.
#[derive(Debug)]
pub enum Credential {
    /// User and password.
    Password {
        /// The user's name.
        username: String,
        /// The password, which may be a token that ends.
        password: SecretString,
    },
    /// An identity token, which docker uses and the kubelet does not.
    IdentityToken(SecretString),
}

impl Credential {
    /// When it ends, where it says so itself (a JWT, or Amazon's). Others may end too: the protocol has no field for it.
    pub fn ends(&self) -> Option<SystemTime> {
        let (Self::Password { password: secret, .. } | Self::IdentityToken(secret)) = self;
        stated_end(secret)
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Answer {
    username: String,
    #[serde(deserialize_with = "secret")]
    secret: Zeroizing<String>,
}

fn secret<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Zeroizing<String>, D::Error> {
    String::deserialize(deserializer).map(Zeroizing::new)
}

/// A credential helper and its arguments.
#[derive(Debug, Clone)]
pub struct HelperCommand {
    program: String,
    arguments: Vec<String>,
}

impl HelperCommand {
    /// Reads a command line, without a shell; `get` is added where it does not end with it.
    pub fn parse(text: &str) -> Result<Self, HelperError> {
        let mut words = words::split(text)?.into_iter();
        let program = words.next().unwrap_or_default();
        let mut arguments: Vec<String> = words.collect();
        if arguments.last().is_none_or(|last| last != "get") {
            arguments.push("get".into());
        }
        Ok(Self { program, arguments })
    }

    /// Asks for a registry's credentials. The helper has our environment, from which OnDemand's tokens are gone.
    pub async fn get(&self, registry: &RegistryName, limit: Duration) -> Result<Credential, HelperError> {
        let server = registry
            .server()
            .ok_or_else(|| HelperError::Pattern(registry.clone()))?;
        let mut command = Command::new(&self.program);
        let started = Program::start(command.args(&self.arguments), LONGEST_ANSWER);
        let mut helper = started.map_err(|source| match source.kind() {
            std::io::ErrorKind::NotFound => HelperError::NoProgram {
                program: self.program.clone(),
            },
            _ => self.cannot_run(source),
        })?;
        let answered = tokio::time::timeout(limit, helper.converse(format!("{server}\n").as_bytes())).await;
        let Ok(answered) = answered else {
            return Err(HelperError::Deadline {
                program: self.program.clone(),
                limit: Duration::from_millis(u64::try_from(limit.as_millis()).unwrap_or(u64::MAX)),
            });
        };
        let spoken = answered.map_err(|source| self.cannot_run(source))?;
        self.understand(&spoken, registry)
    }

    fn cannot_run(&self, source: std::io::Error) -> HelperError {
        HelperError::Start {
            program: self.program.clone(),
            source,
        }
    }

    fn understand(&self, spoken: &Spoken, registry: &RegistryName) -> Result<Credential, HelperError> {
        if !spoken.status.success() {
            return Err(self.failed(spoken, registry));
        }
        // The error of serde_json could quote what it could not read.
        let answer: Answer = json::object(&spoken.out).map_err(|_| HelperError::Garbage {
            program: self.program.clone(),
            registry: registry.clone(),
        })?;
        let checked = password::check(answer.secret.as_bytes());
        let secret = checked.map_err(|source| HelperError::Password {
            program: self.program.clone(),
            source,
        })?;
        match answer.username {
            username if username == TOKEN_USER => Ok(Credential::IdentityToken(secret)),
            username if is_username(&username) => Ok(Credential::Password {
                username,
                password: secret,
            }),
            _ => Err(HelperError::User {
                program: self.program.clone(),
            }),
        }
    }

    fn failed(&self, spoken: &Spoken, registry: &RegistryName) -> HelperError {
        let program = self.program.clone();
        if spoken.out.trim_ascii() == NOT_FOUND {
            let registry = registry.clone();
            return HelperError::NoPassword { program, registry };
        }
        HelperError::Failed {
            program,
            status: spoken.status,
            said: one_line(&spoken.err).into(),
        }
    }
}

fn one_line(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
