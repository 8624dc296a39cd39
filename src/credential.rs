//! A user's cached token: where it is, how a login writes it, and the answer that kubectl gets for it
//! (`client.authentication.k8s.io/v1`).
//!
//! kubectl runs this at each call, so it must be fast: no async runtime, no TLS, none of root's files.

use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Serialize};

use crate::door::FileError;
use crate::oidc::token::{self, TokenError};
use crate::outcome::Outcome;
use crate::privilege::AsUser;
use crate::store::{self, StoreError};
use crate::time::rfc3339;

/// The API version of the answer.
pub const API_VERSION: &str = "client.authentication.k8s.io/v1";
/// Below the directory of the kubeconfig, like kubectl's own caches.
const FOLDER: &str = "cache/ood-k8s";
/// The longest file that is read, in bytes; a token is a few kilobytes.
const LONGEST: u64 = 1 << 20;

/// Why kubectl gets no token. Each error says what the user can do.
#[derive(Debug, thiserror::Error)]
pub enum CredentialError {
    /// There is none.
    #[error("log in to OnDemand again: there is no token for the cluster {cluster} in {path}", path = path.display())]
    Missing {
        /// The cluster's id.
        cluster: String,
        /// Where it would be.
        path: PathBuf,
    },
    /// It has expired.
    #[error("log in to OnDemand again: the token for the cluster {cluster} expired {ago} ago")]
    Ended {
        /// The cluster's id.
        cluster: String,
        /// How long ago, human-readable.
        ago: String,
    },
    /// The file is not one of ours, or cannot be read.
    #[error("log in to OnDemand again: {path} cannot be used: {reason}", path = path.display())]
    Unusable {
        /// The file.
        path: PathBuf,
        /// What failed.
        reason: String,
    },
    /// It is unclear which token is wanted.
    #[error("specify one cluster: ood-k8s credential --cluster ID")]
    WhichCluster,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct ExecCredential {
    api_version: String,
    kind: String,
    status: Status,
}

/// It holds the token, so it has no `Debug`.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Status {
    expiration_timestamp: String,
    token: String,
}

/// The directory of the tokens that belong to this kubeconfig.
pub fn folder_beside(kubeconfig: &Path) -> PathBuf {
    kubeconfig.parent().unwrap_or(Path::new("/")).join(FOLDER)
}

/// The default directory of tokens: that of `~/.kube/config`.
pub fn usual_folder(home: &Path) -> PathBuf {
    folder_beside(&home.join(".kube/config"))
}

/// The file of a cluster's token in its directory.
pub fn file_in(folder: &Path, cluster: &str) -> PathBuf {
    folder.join(format!("{cluster}.json"))
}

/// Writes a user's token, after the process has irrevocably become that user: mode 0600, locked, in one step.
pub fn put(
    _as_user: &AsUser,
    path: &Path,
    token: &SecretString,
    wait: Duration,
) -> Result<Outcome, StoreError<TokenError>> {
    store::update(path, wait, |_| answer(token).map(Some))
}

/// Removes a user's token for a cluster that is no more, after the process has irrevocably become that user.
///
/// The id comes from the user's own file: what is no plain name in the directory is not looked for.
pub fn remove(_as_user: &AsUser, folder: &Path, cluster: &str) -> Result<(), StoreError<TokenError>> {
    let path = file_in(folder, cluster);
    if cluster.is_empty() || cluster.contains(['/', '\0']) || path.parent() != Some(folder) {
        return Ok(());
    }
    match std::fs::remove_file(&path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(FileError::new("remove", &path, error).into())
        }
        _ => Ok(()),
    }
}

/// The answer for kubectl.
fn answer(token: &SecretString) -> Result<SecretString, TokenError> {
    let answer = ExecCredential {
        api_version: API_VERSION.into(),
        kind: "ExecCredential".into(),
        status: Status {
            expiration_timestamp: rfc3339(token::expiry(token)?),
            token: token.expose_secret().to_owned(),
        },
    };
    Ok(serde_json::to_string(&answer).unwrap_or_default().into())
}

/// Reads the token and returns the answer for kubectl, if the token is still valid at `now`.
pub fn get(folder: &Path, cluster: &str, now: SystemTime) -> Result<SecretString, CredentialError> {
    let path = file_in(folder, cluster);
    let unusable = |reason: String| CredentialError::Unusable {
        path: path.clone(),
        reason,
    };
    let text = match read(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            return Err(CredentialError::Missing {
                cluster: cluster.to_owned(),
                path,
            })
        }
        Err(error) => return Err(unusable(error.to_string())),
    };
    let cached: ExecCredential =
        serde_json::from_str(text.expose_secret()).map_err(|_| unusable("it was not written by ood-k8s".into()))?;
    let token = SecretString::from(cached.status.token);
    match token::check(&token, now) {
        Ok(()) => answer(&token).map_err(|error| unusable(format!("the token {error}"))),
        Err(TokenError::Expired { ago }) => Err(CredentialError::Ended {
            cluster: cluster.to_owned(),
            ago,
        }),
        Err(error) => Err(unusable(format!("the token {error}"))),
    }
}

fn read(path: &Path) -> std::io::Result<SecretString> {
    use std::io::Read as _;
    let mut text = String::new();
    std::fs::File::open(path)?.take(LONGEST).read_to_string(&mut text)?;
    Ok(text.into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use base64::Engine as _;

    fn token(exp: u64) -> SecretString {
        let encode = |text: &str| base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(text);
        format!("{}.{}.sig", encode("{}"), encode(&format!("{{\"exp\":{exp}}}"))).into()
    }

    fn at(seconds: u64) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs(seconds)
    }

    #[test]
    fn the_answer_is_what_kubectl_asks_for() {
        let folder = tempfile::tempdir().unwrap();
        let text = answer(&token(1_795_291_950)).unwrap();
        std::fs::write(file_in(folder.path(), "prod"), text.expose_secret()).unwrap();
        let got = get(folder.path(), "prod", at(1_795_291_900)).unwrap();
        let got: serde_json::Value = serde_json::from_str(got.expose_secret()).unwrap();
        assert_eq!(got["apiVersion"], API_VERSION);
        assert_eq!(got["kind"], "ExecCredential");
        assert_eq!(got["status"]["expirationTimestamp"], "2026-11-21T20:12:30Z");
        assert_eq!(got["status"]["token"], token(1_795_291_950).expose_secret());
    }

    #[test]
    fn whatever_is_wrong_the_user_is_told_to_log_in_again() {
        let folder = tempfile::tempdir().unwrap();
        let path = file_in(folder.path(), "prod");
        let said = |now| get(folder.path(), "prod", at(now)).err().unwrap().to_string();
        assert!(said(0).contains("no token for the cluster prod"), "{}", said(0));
        std::fs::write(&path, answer(&token(1000)).unwrap().expose_secret()).unwrap();
        assert!(said(1300).contains("expired 5m0s ago"), "{}", said(1300));
        for text in [
            "",
            "{}",
            r#"{"apiVersion":"x","kind":"y","status":{"expirationTimestamp":"","token":"s3cret"}}"#,
        ] {
            std::fs::write(&path, text).unwrap();
            let said = said(0);
            assert!(
                said.starts_with("log in to OnDemand again: ") && said.contains("cannot be used"),
                "{said}"
            );
            assert!(!said.contains("s3cret"), "{said}");
        }
    }

    #[test]
    fn tokens_are_cached_beside_the_kubeconfig_that_they_belong_to() {
        let usual = usual_folder(Path::new("/home/ann"));
        assert_eq!(usual, Path::new("/home/ann/.kube/cache/ood-k8s"));
        assert_eq!(
            folder_beside(Path::new("/scratch/ann/config")),
            Path::new("/scratch/ann/cache/ood-k8s")
        );
    }
}
