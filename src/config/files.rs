//! Reading root's own files: who may have written them, and what is said when they can't be used.

use std::fs::{File, Metadata};
use std::io::{ErrorKind, Read};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use super::hook_env::SyntaxError;
use crate::yaml::YamlError;

/// More than any configuration file needs; a mistaken path can't fill the memory. In bytes.
const MAX_SIZE: u64 = 4 * 1024 * 1024;

const WRITE_BY_GROUP: u32 = 0o020;
const WRITE_BY_OTHERS: u32 = 0o002;
const READ_BY_OTHERS: u32 = 0o004;
const STICKY: u32 = 0o1000;

/// Why the configuration, or a part of it, can't be used.
#[derive(Debug, Clone, thiserror::Error)]
pub enum ConfigError {
    /// A file that must be there is not.
    #[error("{path}: no such file; {remedy}", path = path.display())]
    Missing {
        /// The file.
        path: PathBuf,
        /// What to do.
        remedy: &'static str,
    },
    /// A file can't be opened or read.
    #[error("can't read {path}: {reason}; run this as root, or mend its owner and mode", path = path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        reason: String,
    },
    /// Somebody else could have written the file.
    #[error("{path} is not used because {reason}; run: {remedy}", path = path.display())]
    Unsafe {
        /// The file.
        path: PathBuf,
        /// Who can write it.
        reason: String,
        /// A command that mends it.
        remedy: String,
    },
    /// hook.env has a line that bash would read in a way that we can't.
    #[error("{path}: {source}", path = path.display())]
    Syntax {
        /// hook.env.
        path: PathBuf,
        /// The line and the reason.
        source: SyntaxError,
    },
    /// A value of hook.env is not what it should be.
    #[error("{path}:{line}: {key} {reason}", path = path.display())]
    Value {
        /// hook.env.
        path: PathBuf,
        /// The line, counted from 1.
        line: usize,
        /// The key.
        key: &'static str,
        /// What is wrong and what to write.
        reason: String,
    },
    /// A value that is needed now is not set.
    #[error("{path}: {key} is not set; {remedy}", path = path.display())]
    Required {
        /// hook.env.
        path: PathBuf,
        /// The key.
        key: &'static str,
        /// What to write.
        remedy: &'static str,
    },
    /// A file of clusters.d is not YAML, or not of the expected shape.
    #[error("{path} can't be read as YAML: {source}; the other clusters go on", path = path.display())]
    ClusterYaml {
        /// The file.
        path: PathBuf,
        /// Where and why.
        source: YamlError,
    },
    /// A value in clusters.d can't be used.
    #[error("{path}: {key} {reason}", path = path.display())]
    ClusterValue {
        /// The file.
        path: PathBuf,
        /// The key, from the top of the file.
        key: &'static str,
        /// What is wrong and what to write.
        reason: String,
    },
    /// `--cluster` names a cluster that is not there.
    #[error("there is no Kubernetes cluster {id:?} in clusters.d; known: {known}")]
    UnknownCluster {
        /// The id asked for.
        id: String,
        /// The ids that exist.
        known: String,
    },
    /// The registry file is not a docker configuration.
    #[error("{path} (REGISTRY_DOCKER_CONFIG_JSON) is not a docker configuration: {reason}; it should look like {{\"auths\":{{\"registry.example.org\":{{\"auth\":\"…\"}}}}}}", path = path.display())]
    Registry {
        /// The file.
        path: PathBuf,
        /// What is missing.
        reason: String,
    },
}

impl ConfigError {
    /// The file that it is about, if it is about one.
    pub fn path(&self) -> Option<&Path> {
        match self {
            Self::Missing { path, .. }
            | Self::Unreadable { path, .. }
            | Self::Unsafe { path, .. }
            | Self::Syntax { path, .. }
            | Self::Value { path, .. }
            | Self::Required { path, .. }
            | Self::ClusterYaml { path, .. }
            | Self::ClusterValue { path, .. }
            | Self::Registry { path, .. } => Some(path),
            Self::UnknownCluster { .. } => None,
        }
    }
}

/// A file's content, and who else had to do with it. It may hold secrets, so it has no `Debug`.
pub struct Content {
    /// The bytes.
    pub bytes: Vec<u8>,
    /// Whether only root (or whoever runs us) can have written it.
    pub trust: Result<(), ConfigError>,
    /// Whether the mode lets others read it.
    pub readable_by_others: bool,
}

/// Reads a file that only root (or whoever runs us) can have written.
pub fn read_trusted(path: &Path, missing: &'static str) -> Result<Content, ConfigError> {
    let content = read(path, missing)?;
    content.trust.clone()?;
    Ok(content)
}

/// Reads a file, whoever may have written it: the caller judges.
///
/// Owner and mode are those of the open descriptor, so that the file checked is the file read.
pub fn read(path: &Path, missing: &'static str) -> Result<Content, ConfigError> {
    let file = open(path, missing)?;
    let metadata = file.metadata().map_err(|error| unreadable(path, &error))?;
    if !metadata.is_file() {
        return Err(ConfigError::Unreadable {
            path: path.to_owned(),
            reason: "it is not a regular file".into(),
        });
    }
    let mut bytes = Vec::new();
    file.take(MAX_SIZE + 1)
        .read_to_end(&mut bytes)
        .map_err(|error| unreadable(path, &error))?;
    if bytes.len() as u64 > MAX_SIZE {
        return Err(ConfigError::Unreadable {
            path: path.to_owned(),
            reason: format!("it is larger than {MAX_SIZE} bytes"),
        });
    }
    Ok(Content {
        bytes,
        trust: check_writers(path, &metadata).and_then(|()| check_folder(path)),
        readable_by_others: metadata.mode() & READ_BY_OTHERS != 0,
    })
}

fn open(path: &Path, missing: &'static str) -> Result<File, ConfigError> {
    std::fs::OpenOptions::new()
        .read(true)
        // A FIFO in place of the file must not hang the login.
        .custom_flags(nix::fcntl::OFlag::O_NONBLOCK.bits())
        .open(path)
        .map_err(|error| match error.kind() {
            ErrorKind::NotFound => ConfigError::Missing {
                path: path.to_owned(),
                remedy: missing,
            },
            _ => unreadable(path, &error),
        })
}

/// The owner is root or whoever runs us, and nobody else can write, but for root's own group.
fn check_writers(path: &Path, metadata: &Metadata) -> Result<(), ConfigError> {
    let (owner, mode) = (metadata.uid(), metadata.mode());
    if owner != 0 && owner != nix::unistd::Uid::effective().as_raw() {
        return Err(unsafe_file(path, format!("uid {owner} owns it"), "chown root"));
    }
    if mode & WRITE_BY_OTHERS != 0 {
        return Err(unsafe_file(path, "others can write it".into(), "chmod o-w"));
    }
    if mode & WRITE_BY_GROUP != 0 && metadata.gid() != 0 {
        return Err(unsafe_file(
            path,
            format!("group {} can write it", metadata.gid()),
            "chmod g-w",
        ));
    }
    Ok(())
}

/// Whoever can write the folder can put another file in its place, unless it is sticky like /tmp.
fn check_folder(path: &Path) -> Result<(), ConfigError> {
    let real = path.canonicalize().map_err(|error| unreadable(path, &error))?;
    let Some(folder) = real.parent() else {
        return Ok(());
    };
    let metadata = folder.metadata().map_err(|error| unreadable(folder, &error))?;
    if metadata.mode() & STICKY != 0 && metadata.uid() == 0 {
        return Ok(());
    }
    check_writers(folder, &metadata).map_err(|error| match error {
        ConfigError::Unsafe { path, reason, remedy } => ConfigError::Unsafe {
            path,
            reason: format!("{reason}, and so could replace {}", real.display()),
            remedy,
        },
        other => other,
    })
}

fn unsafe_file(path: &Path, reason: String, command: &str) -> ConfigError {
    ConfigError::Unsafe {
        path: path.to_owned(),
        reason,
        remedy: format!("{command} {}", path.display()),
    }
}

fn unreadable(path: &Path, error: &std::io::Error) -> ConfigError {
    ConfigError::Unreadable {
        path: path.to_owned(),
        reason: error.to_string(),
    }
}
