//! What root's files say of a declared secret now: read when it is to be handed out, and judged whether it may be.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::SystemTime;

use secrecy::{ExposeSecret as _, SecretSlice};

use super::declaration::Declaration;
use super::end::{end_of, has_key, End};
use crate::config::raw::files::read_trusted;
use crate::config::raw::ConfigError;
use crate::door::shown;
use crate::exit::{ExitStatus, HasExitStatus};
use crate::registry::LARGEST_SECRET;
use crate::time::rfc3339;

const MISSING: &str = "write it, or correct the declaration";

/// A declared secret, and what its files said when they were read.
#[derive(Debug)]
pub struct ReadSecret {
    /// What was declared.
    pub declaration: Arc<Declaration>,
    /// The content, or why it is not handed out.
    pub content: Result<SecretContent, SecretFault>,
}

/// What is handed out.
#[derive(Debug)]
pub struct SecretContent {
    /// The keys, and what is under them.
    pub files: Vec<(String, SecretSlice<u8>)>,
    /// What of it expires first, and in which file.
    pub end: Option<(End, PathBuf)>,
    /// A file with a private key, and who else than root can read it.
    pub exposed: Option<(PathBuf, String)>,
}

/// Why a declared secret is not handed out; what is there of it stays as it is.
#[derive(Debug, Clone, thiserror::Error)]
pub enum SecretFault {
    /// A file of it cannot be used.
    #[error("the declared secret {name} is not handed out, and what users have of it stays: {fault}")]
    File {
        /// The Secret's name.
        name: String,
        /// What is wrong with the file.
        fault: ConfigError,
    },
    /// A file of it says nothing, or only the beginning.
    #[error("the declared secret {name} is not handed out, and what users have of it stays: {path} {reason}; write it whole, to another name first, and rename it", path = shown(path))]
    Incomplete {
        /// The Secret's name.
        name: String,
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// No Secret is as large.
    #[error("the declared secret {name} is not handed out, and what users have of it stays: its files are larger than 1 MiB in total, the limit for a Secret; leave some out")]
    TooLarge {
        /// The Secret's name.
        name: String,
    },
    /// It has expired.
    #[error("the declared secret {name} is not handed out, and what users have of it stays: what is in {path} expired at {at}; renew it", path = shown(path))]
    Expired {
        /// The Secret's name.
        name: String,
        /// The file.
        path: PathBuf,
        /// When.
        at: String,
    },
}

impl HasExitStatus for SecretFault {
    fn exit_status(&self) -> ExitStatus {
        ExitStatus::Configuration
    }
}

impl Declaration {
    /// Reads the files.
    pub fn read_files(self: &Arc<Self>, now: SystemTime) -> ReadSecret {
        ReadSecret {
            declaration: Arc::clone(self),
            content: self.content(now),
        }
    }

    fn content(&self, now: SystemTime) -> Result<SecretContent, SecretFault> {
        let name = || self.name.clone();
        let (mut files, mut exposed, mut size) = (Vec::new(), None, 0);
        for (key, path) in &self.data {
            let content = read_trusted(path, MISSING).map_err(|fault| SecretFault::File { name: name(), fault })?;
            let reader = content.secret_reader();
            let bytes = SecretSlice::from(content.bytes);
            size += bytes.expose_secret().len();
            if size > LARGEST_SECRET {
                return Err(SecretFault::TooLarge { name: name() });
            }
            let reader = reader.filter(|_| has_key(bytes.expose_secret()));
            exposed = exposed.or_else(|| reader.map(|reader| (path.clone(), reader)));
            files.push((key.clone(), bytes));
        }
        let end = self.first_end(&files)?;
        match end {
            Some((end, path)) if end.at <= now => Err(SecretFault::Expired {
                name: name(),
                path,
                at: rfc3339(end.at),
            }),
            end => Ok(SecretContent { files, end, exposed }),
        }
    }

    /// What expires first, and that no file is one that is being written.
    fn first_end(&self, files: &[(String, SecretSlice<u8>)]) -> Result<Option<(End, PathBuf)>, SecretFault> {
        let is_credential = files.iter().any(|(_, bytes)| has_key(bytes.expose_secret()));
        let mut ends = Vec::new();
        for ((_, bytes), (_, path)) in files.iter().zip(&self.data) {
            let bytes = bytes.expose_secret();
            let incomplete = |reason| SecretFault::Incomplete {
                name: self.name.clone(),
                path: path.clone(),
                reason,
            };
            if bytes.is_empty() {
                return Err(incomplete("is empty"));
            }
            let end = end_of(bytes, is_credential).map_err(|_| incomplete("has PEM in it that is not complete"))?;
            ends.extend(end.map(|end| (end, path.clone())));
        }
        Ok(ends.into_iter().min())
    }
}
