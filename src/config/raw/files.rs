//! Reading root's own files: who could have written them, and the errors for those that cannot be used.

use std::ffi::OsString;
use std::fs::{File, Metadata};
use std::io::{ErrorKind, Read};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Component, Path, PathBuf};

use super::error::ConfigError;

/// In bytes: as much as we write, and more than any configuration needs. A wrong path cannot exhaust the memory.
const MAX_SIZE: u64 = crate::store::LARGEST;

const WRITE_BY_GROUP: u32 = 0o020;
const WRITE_BY_OTHERS: u32 = 0o002;
const READ_BY_GROUP: u32 = 0o040;
const READ_BY_OTHERS: u32 = 0o004;
const EVERYTHING_BY_OTHERS: u32 = 0o077;
const STICKY: u32 = 0o1000;
/// As many links as the kernel follows (`path_resolution(7)`).
const MOST_LINKS: usize = 40;

/// A file's content, and who else could write or read it. It may hold secrets, so it has no `Debug`.
pub struct Content {
    /// The bytes.
    pub bytes: Vec<u8>,
    /// An error if an account other than root (or the one in use) could have written it.
    pub trust: Result<(), ConfigError>,
    /// Whether its mode allows others to read it.
    pub readable_by_others: bool,
    /// The group that its mode allows to read it, unless that is root's.
    pub readable_by_group: Option<u32>,
}

/// Reads a file that only root (or the account in use) could have written.
pub fn read_trusted(path: &Path, missing: &'static str) -> Result<Content, ConfigError> {
    let content = read(path, missing)?;
    content.trust.clone()?;
    Ok(content)
}

/// Reads a file with secrets, which only root (or the account in use) can read and could have written.
pub fn read_secret(path: &Path, missing: &'static str) -> Result<Content, ConfigError> {
    let content = read_trusted(path, missing)?;
    let reader = match content.readable_by_group {
        _ if content.readable_by_others => "others".to_owned(),
        Some(group) => format!("group {group}"),
        None => return Ok(content),
    };
    let reason = format!("it holds a secret and {reader} can read it");
    Err(unsafe_file(path, reason, "chmod 0600"))
}

/// Checks the path of a file that is to be created: no other account may be able to replace it.
pub fn check_way_to_new(path: &Path) -> Result<(), ConfigError> {
    if path.is_symlink() {
        return Err(unusable(path, "it is a link to a file that does not exist".into()));
    }
    let absolute = std::path::absolute(path).map_err(|error| unreadable(path, &error))?;
    // We create missing directories, accessible to the account in use only.
    let nearest = absolute.ancestors().skip(1).find(|folder| folder.exists());
    check_way(nearest.unwrap_or(Path::new("/")), path)
}

/// Refuses a directory that accounts other than root (or the one in use) can read or change; a missing one is accepted
/// if it can be created safely.
pub fn check_private_folder(folder: &Path) -> Result<(), ConfigError> {
    let metadata = match folder.metadata() {
        Err(error) if error.kind() == ErrorKind::NotFound => return check_way_to_new(folder),
        other => other.map_err(|error| unreadable(folder, &error))?,
    };
    if !metadata.is_dir() {
        return Err(unusable(folder, "it is not a directory".into()));
    }
    check_owner(folder, &metadata)?;
    if metadata.mode() & EVERYTHING_BY_OTHERS != 0 {
        let reason = "it holds secrets and others can access it".to_owned();
        return Err(unsafe_file(folder, reason, "chmod 0700"));
    }
    check_way(folder, folder)
}

/// Checks again under the file's lock: another account may have put a file, link or directory in its path meanwhile.
pub fn check_under_lock(path: &Path) -> Result<(), ConfigError> {
    if path.exists() {
        check_trust(path)
    } else {
        check_way_to_new(path)
    }
}

/// Reads a file, whoever could have written it: the caller must check `trust`.
///
/// Owner and mode are those of the open descriptor, so that the file checked is the file read.
pub fn read(path: &Path, missing: &'static str) -> Result<Content, ConfigError> {
    let file = open(path, missing)?;
    let metadata = file.metadata().map_err(|error| unreadable(path, &error))?;
    if !metadata.is_file() {
        return Err(unusable(path, "it is not a regular file".into()));
    }
    let mut bytes = Vec::new();
    file.take(MAX_SIZE + 1)
        .read_to_end(&mut bytes)
        .map_err(|error| unreadable(path, &error))?;
    if bytes.len() as u64 > MAX_SIZE {
        return Err(unusable(path, format!("it is larger than {MAX_SIZE} bytes")));
    }
    Ok(Content {
        bytes,
        trust: check_writers(path, &metadata).and_then(|()| check_way(path, path)),
        readable_by_others: metadata.mode() & READ_BY_OTHERS != 0,
        readable_by_group: (metadata.mode() & READ_BY_GROUP != 0 && metadata.gid() != 0).then(|| metadata.gid()),
    })
}

/// Refuses a file that an account other than root (or the one in use) could have written, without reading it.
pub fn check_trust(path: &Path) -> Result<(), ConfigError> {
    let metadata = path.metadata().map_err(|error| unreadable(path, &error))?;
    if !metadata.is_file() {
        return Err(unusable(path, "it is not a regular file".into()));
    }
    check_writers(path, &metadata).and_then(|()| check_way(path, path))
}

fn open(path: &Path, missing: &'static str) -> Result<File, ConfigError> {
    std::fs::OpenOptions::new()
        .read(true)
        // A FIFO at this path must not hang the login.
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

/// Requires that root or the account in use owns it, and that no one else can write it, except root's own group.
fn check_writers(path: &Path, metadata: &Metadata) -> Result<(), ConfigError> {
    check_owner(path, metadata)?;
    let mode = metadata.mode();
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

/// Checks every directory and link on the path: whoever can change one can replace the file.
fn check_way(way: &Path, file: &Path) -> Result<(), ConfigError> {
    let absolute = std::path::absolute(way).map_err(|error| unreadable(way, &error))?;
    let mut pending: Vec<OsString> = steps(&absolute);
    let mut at = PathBuf::from("/");
    let mut links = 0;
    while let Some(step) = pending.pop() {
        match step.to_str() {
            Some("/") => at = PathBuf::from("/"),
            Some("..") => drop(at.pop()),
            _ => {
                let next = at.join(&step);
                let metadata = next.symlink_metadata().map_err(|error| unreadable(&next, &error))?;
                if metadata.is_symlink() {
                    links += 1;
                    check_owner(&next, &metadata)?;
                    let target = next.read_link().map_err(|error| unreadable(&next, &error))?;
                    pending.extend(steps(&target));
                } else {
                    check_step(file, &next, &metadata)?;
                    at = next;
                }
            }
        }
        if links > MOST_LINKS {
            return Err(unusable(file, "it has too many links".into()));
        }
    }
    Ok(())
}

/// The components of a path, in reverse order.
fn steps(path: &Path) -> Vec<OsString> {
    let steps = path.components().filter(|c| *c != Component::CurDir);
    steps.rev().map(|c| c.as_os_str().to_owned()).collect()
}

/// Checks a directory on the path; in root's sticky ones, such as /tmp, users cannot replace each other's files.
fn check_step(file: &Path, step: &Path, metadata: &Metadata) -> Result<(), ConfigError> {
    let is_sticky = metadata.mode() & STICKY != 0 && metadata.uid() == 0;
    if !metadata.is_dir() || is_sticky {
        return Ok(());
    }
    check_writers(step, metadata).map_err(|error| so_could_replace(error, file))
}

fn so_could_replace(error: ConfigError, file: &Path) -> ConfigError {
    match error {
        ConfigError::Unsafe { path, reason, remedy } => ConfigError::Unsafe {
            path,
            reason: format!("{reason}, which allows replacing {}", file.display()),
            remedy,
        },
        other => other,
    }
}

fn check_owner(path: &Path, metadata: &Metadata) -> Result<(), ConfigError> {
    let owner = metadata.uid();
    if owner != 0 && owner != nix::unistd::Uid::effective().as_raw() {
        return Err(unsafe_file(path, format!("uid {owner} owns it"), "chown -h root"));
    }
    Ok(())
}

fn unsafe_file(path: &Path, reason: String, command: &str) -> ConfigError {
    ConfigError::Unsafe {
        path: path.to_owned(),
        reason,
        remedy: format!("{command} {}", path.display()),
    }
}

/// The error for a file or directory that cannot be opened or read.
pub fn unreadable(path: &Path, error: &std::io::Error) -> ConfigError {
    ConfigError::Unreadable {
        path: path.to_owned(),
        reason: error.to_string(),
        remedy: "run this as root, or fix its owner and mode",
    }
}

/// The error for a file that can be read but not used.
pub fn unusable(path: &Path, reason: String) -> ConfigError {
    ConfigError::Unreadable {
        path: path.to_owned(),
        reason,
        remedy: "put the right file there",
    }
}
