//! What root's files say of a declared secret now: read when it is to be handed out, and judged whether it may be.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

use secrecy::{ExposeSecret as _, SecretSlice};

use super::declaration::Declaration;
use super::end::{ends_of, End, NoEnd};
use super::keys::{has_key, mismatched, Keys};
use crate::config::raw::files::{read_trusted, Content};
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
    /// A bundle with a certificate in it whose dates cannot be read.
    pub undated: Option<PathBuf>,
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
    /// A certificate of it has dates that nobody can judge.
    #[error("the declared secret {name} is not handed out, and what users have of it stays: {path} has a certificate whose dates cannot be read, so it may have expired; look at it with openssl x509 -noout -dates, and write a good one", path = shown(path))]
    Undated {
        /// The Secret's name.
        name: String,
        /// The file.
        path: PathBuf,
    },
    /// A certificate and a private key that do not belong together.
    #[error("the declared secret {name} is not handed out, and what users have of it stays: the private key in {key} is not that of a certificate in {certificate}, as while they are being renewed; write both, and the next login hands them out", key = shown(key), certificate = shown(certificate))]
    KeyMismatch {
        /// The Secret's name.
        name: String,
        /// The file with the private key.
        key: PathBuf,
        /// The file with the certificate.
        certificate: PathBuf,
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
        self.read_consistently(now, |path| read_trusted(path, MISSING))
    }

    /// Reads the files again if they are of different moments: the renewal that the first look fell into may be over.
    fn read_consistently(
        &self,
        now: SystemTime,
        mut read: impl FnMut(&Path) -> Result<Content, ConfigError>,
    ) -> Result<SecretContent, SecretFault> {
        match self.read_once(now, &mut read) {
            Err(SecretFault::KeyMismatch { .. }) => self.read_once(now, &mut read),
            other => other,
        }
    }

    fn read_once(
        &self,
        now: SystemTime,
        read: &mut impl FnMut(&Path) -> Result<Content, ConfigError>,
    ) -> Result<SecretContent, SecretFault> {
        let name = || self.name.clone();
        let (mut files, mut exposed, mut size) = (Vec::new(), None, 0);
        for (key, path) in &self.data {
            let content = read(path).map_err(|fault| SecretFault::File { name: name(), fault })?;
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
        let (end, undated) = self.first_end(&files)?;
        self.check_pairs(&files)?;
        match end {
            Some((end, path)) if end.at <= now => Err(SecretFault::Expired {
                name: name(),
                path,
                at: rfc3339(end.at),
            }),
            end => Ok(SecretContent {
                files,
                end,
                exposed,
                undated,
            }),
        }
    }

    /// What expires first, and that no file is one that is being written; and a bundle of which not all dates can be read.
    fn first_end(&self, files: &[NamedFile]) -> Result<FirstEnd, SecretFault> {
        let keys = Keys::of_all(files.iter().map(|(_, bytes)| bytes.expose_secret()));
        let (mut ends, mut undated) = (Vec::new(), None);
        for ((_, bytes), (_, path)) in files.iter().zip(&self.data) {
            let bytes = bytes.expose_secret();
            let (name, path) = (self.name.clone(), path.clone());
            if bytes.is_empty() {
                let reason = "is empty";
                return Err(SecretFault::Incomplete { name, path, reason });
            }
            match ends_of(bytes, &keys) {
                Ok(found) => {
                    undated = undated.or_else(|| found.has_undated.then(|| path.clone()));
                    ends.extend(found.end.map(|end| (end, path)));
                }
                Err(NoEnd::Undated) => return Err(SecretFault::Undated { name, path }),
                Err(NoEnd::Incomplete) => {
                    let reason = "has PEM in it that is not complete";
                    return Err(SecretFault::Incomplete { name, path, reason });
                }
            }
        }
        Ok((ends.into_iter().min(), undated))
    }

    /// That certificates and private keys are from the same moment.
    fn check_pairs(&self, files: &[NamedFile]) -> Result<(), SecretFault> {
        let all: Vec<_> = files
            .iter()
            .map(|(key, bytes)| (key.as_str(), bytes.expose_secret()))
            .collect();
        let Some((key, certificate)) = mismatched(&all) else {
            return Ok(());
        };
        let path = |name: &str| {
            let found = self.data.iter().find(|(key, _)| key == name);
            found.map(|(_, path)| path.clone()).unwrap_or_default()
        };
        Err(SecretFault::KeyMismatch {
            name: self.name.clone(),
            key: path(key),
            certificate: path(certificate),
        })
    }
}

/// What expires first, with its file; and a bundle of which not all dates can be read.
type FirstEnd = (Option<(End, PathBuf)>, Option<PathBuf>);

/// A key of the Secret, and what is under it.
type NamedFile = (String, SecretSlice<u8>);

#[cfg(test)]
mod tests {
    use super::super::folder::parse;
    use super::*;

    #[test]
    fn a_pair_that_does_not_fit_is_read_once_more_and_no_more() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        let text = format!(
            "type: kubernetes.io/tls\ndata: {{tls.crt: {{file: {}}}, tls.key: {{file: {}}}}}\n",
            path("crt").display(),
            path("key").display()
        );
        let declaration = parse("web", &text).unwrap();
        let pair = || {
            let key = rcgen::KeyPair::generate().unwrap();
            let params = rcgen::CertificateParams::new(Vec::new()).unwrap();
            (params.self_signed(&key).unwrap().pem(), key.serialize_pem())
        };
        let ((old, _), (new, key)) = (pair(), pair());
        let write = |certificate: &str| std::fs::write(path("crt"), certificate).unwrap();
        std::fs::write(path("key"), key).unwrap();
        for (is_over, expected) in [(true, 4), (false, 4)] {
            write(&old);
            let mut reads = 0;
            let content = declaration.read_consistently(SystemTime::now(), |path| {
                reads += 1;
                let content = read_trusted(path, MISSING);
                if is_over {
                    write(&new);
                }
                content
            });
            assert_eq!((reads, content.is_ok()), (expected, is_over), "{content:?}");
        }
    }
}
