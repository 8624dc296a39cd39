//! A ServiceAccount's token that was issued elsewhere: read and checked before it is sent to any server.

use std::io::Read as _;
use std::path::Path;
use std::time::SystemTime;

use secrecy::zeroize::Zeroizing;
use secrecy::SecretString;

use super::service_token::{ServiceToken, LARGEST_TOKEN};
use crate::config::files::read_secret;
use crate::config::ConfigError;
use crate::foreign::Foreign;
use crate::naming::ServiceAccountName;
use crate::oidc::token::{claims, Claims};
use crate::time::for_a_person;

/// Why a token that was issued elsewhere is not used. Contains no part of the token.
#[derive(Debug, thiserror::Error)]
pub enum GivenTokenError {
    /// The file cannot be used.
    #[error("{0}")]
    File(#[from] ConfigError),
    /// Standard input cannot be read.
    #[error("cannot read the token from standard input: {reason}; pipe the token to standard input")]
    StandardInput {
        /// What the system reported.
        reason: String,
    },
    /// There is no token.
    #[error("there is no token in {place}; put one there: kubectl create token NAME -n NAMESPACE --duration 9h")]
    Empty {
        /// The file, or standard input.
        place: String,
    },
    /// It is not a JWT.
    #[error("the content of {place} is not a JWT, and so not a token of a ServiceAccount; create one: kubectl create token NAME -n NAMESPACE --duration 9h")]
    NotJwt {
        /// The file, or standard input.
        place: String,
    },
    /// It has expired.
    #[error("the token in {place} expired {ago} ago; create a new one")]
    Ended {
        /// The file, or standard input.
        place: String,
        /// How long ago, human-readable.
        ago: String,
    },
    /// It belongs to another account.
    #[error("the token in {place} is for {found}, not for {wanted}; create one for that account, or specify the other one with --service-account")]
    OfAnother {
        /// The file, or standard input.
        place: String,
        /// Whose it is.
        found: String,
        /// Whose it should be.
        wanted: String,
    },
    /// It is for another service than the API server.
    #[error("the token in {place} is for the audience {found}, but the one in root's kubeconfig is for {wanted}; create one without --audience")]
    Audience {
        /// The file, or standard input.
        place: String,
        /// The audience of the new token.
        found: String,
        /// The audience of the old token.
        wanted: String,
    },
}

/// The subject of a token, which may say anything: plain only if it is written like an account.
fn shown_account(subject: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-.: ".contains(c);
    if subject.len() <= 320 && subject.chars().all(plain) {
        subject.to_owned()
    } else {
        Foreign::new(subject).to_string()
    }
}

/// A token that is not checked yet, and where it came from.
#[derive(Debug)]
pub struct GivenToken {
    place: String,
    token: SecretString,
}

impl GivenToken {
    /// Reads it from a file that only root can read, or from standard input (`-`).
    pub fn read(path: &Path) -> Result<Self, GivenTokenError> {
        let (place, bytes) = if path == Path::new("-") {
            ("standard input".to_owned(), read_standard_input()?)
        } else {
            (path.display().to_string(), read_file(path)?)
        };
        // What is not UTF-8 is not a token either.
        let text = std::str::from_utf8(&bytes)
            .ok()
            .filter(|text| text.len() <= LARGEST_TOKEN);
        let text = text.ok_or_else(|| GivenTokenError::NotJwt { place: place.clone() })?;
        match text.trim() {
            "" => Err(GivenTokenError::Empty { place }),
            token => Ok(Self {
                token: token.into(),
                place,
            }),
        }
    }

    /// The token, unchecked.
    pub fn secret(&self) -> &SecretString {
        &self.token
    }

    /// Returns the token if it is this account's, has not expired, and has an audience of the old one, by its claims.
    pub fn check(
        &self,
        account: &ServiceAccountName,
        old: Option<&SecretString>,
        now: SystemTime,
    ) -> Result<ServiceToken, GivenTokenError> {
        let place = || self.place.clone();
        let said = claims(&self.token).map_err(|_| GivenTokenError::NotJwt { place: place() })?;
        let (found, wanted) = (
            said.sub.clone().unwrap_or_else(|| "no account".into()),
            account.username(),
        );
        if found != wanted {
            let place = place();
            let found = shown_account(&found);
            return Err(GivenTokenError::OfAnother { place, found, wanted });
        }
        let end = said.end();
        if let Some(over) = end.and_then(|end| now.duration_since(end).ok()) {
            let ago = for_a_person(over);
            return Err(GivenTokenError::Ended { place: place(), ago });
        }
        let before = old.and_then(|old| claims(old).ok());
        if let Some(before) = before.filter(|before| is_for_another(&said, before)) {
            let (found, wanted) = (said.aud.join(", "), before.aud.join(", "));
            let place = place();
            let found = Foreign::new(found).to_string();
            return Err(GivenTokenError::Audience { place, found, wanted });
        }
        Ok(ServiceToken {
            token: self.token.clone(),
            end,
        })
    }
}

fn is_for_another(new: &Claims, old: &Claims) -> bool {
    // Legacy tokens, which never expire, have no audience.
    !new.aud.is_empty() && !old.aud.is_empty() && !new.aud.iter().any(|aud| old.aud.contains(aud))
}

fn read_file(path: &Path) -> Result<Zeroizing<Vec<u8>>, GivenTokenError> {
    let content = read_secret(path, "specify the file with the token, or - for standard input")?;
    Ok(Zeroizing::new(content.bytes))
}

fn read_standard_input() -> Result<Zeroizing<Vec<u8>>, GivenTokenError> {
    let mut bytes = Zeroizing::new(Vec::new());
    let read = std::io::stdin()
        .lock()
        .take(LARGEST_TOKEN as u64 + 1)
        .read_to_end(&mut bytes);
    read.map_err(|error| GivenTokenError::StandardInput {
        reason: error.to_string(),
    })?;
    Ok(bytes)
}
