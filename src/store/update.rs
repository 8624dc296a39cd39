//! Replaces a file in one step, under its lock: reads, edits, writes a new file, moves it into place.

use std::fmt;
use std::fs::{self, DirBuilder, File, OpenOptions, Permissions};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use nix::fcntl::OFlag;
use secrecy::zeroize::Zeroizing;
use secrecy::{ExposeSecret as _, SecretString};

use super::error::{FileError, LockError, StoreError};
use super::lock::Lock;
use super::scratch::{self, folder_of};
use crate::outcome::Outcome;

/// Far larger than any of our files, in bytes: a kubeconfig with a thousand clusters stays well below.
pub const LARGEST: u64 = 4 << 20;
/// As many links as the kernel follows (`path_resolution(7)`).
const MOST_LINKS: usize = 40;

/// Reads the file, has `edit` return its new text (`None`: no change), and replaces it in one step.
///
/// A missing file counts as empty text. Waits for kubectl's lock for up to `wait`, and holds it throughout. A symbolic
/// link is followed. A missing directory is created. Only its owner can read the new file.
///
/// # Errors
///
/// On an error, the file is as it was before.
pub fn update<E: fmt::Display>(
    path: &Path,
    wait: Duration,
    edit: impl FnOnce(&str) -> Result<Option<SecretString>, E>,
) -> Result<Outcome, StoreError<E>> {
    change(path, wait, Kind::Private, edit)
}

/// Like [`update`], but for a world-readable file, in a directory that may belong to another account and is not
/// created. A link in the file's place is replaced, never followed; otherwise the directory's owner could have root
/// replace any file.
pub fn publish<E: fmt::Display>(
    path: &Path,
    wait: Duration,
    edit: impl FnOnce(&str) -> Result<Option<SecretString>, E>,
) -> Result<Outcome, StoreError<E>> {
    change(path, wait, Kind::Public, edit)
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// Mode 0600; links are followed.
    Private,
    /// Mode 0644; links are replaced.
    Public,
}

fn change<E: fmt::Display>(
    path: &Path,
    wait: Duration,
    kind: Kind,
    edit: impl FnOnce(&str) -> Result<Option<SecretString>, E>,
) -> Result<Outcome, StoreError<E>> {
    if path.file_name().is_none() {
        return Err(StoreError::NotRegular {
            path: path.to_path_buf(),
        });
    }
    if kind == Kind::Private {
        make_folder(folder_of(path))?;
    }
    let lock = Lock::take(path, wait).map_err(|error| lock_error(path, error))?;
    let target = match kind {
        Kind::Private => follow_links(path)?,
        Kind::Public => path.to_path_buf(),
    };
    sweep(path, &target, &lock);
    let old = read(&target, kind)?;
    let text = old.as_deref().map_or("", String::as_str);
    let edited = edit(text).map_err(|cause| StoreError::Edit {
        path: path.to_path_buf(),
        cause,
    })?;
    match edited {
        Some(new) if new.expose_secret().len() as u64 > LARGEST => Err(StoreError::TooLarge {
            path: path.to_path_buf(),
            limit: LARGEST,
        }),
        Some(new) if new.expose_secret() != text => {
            replace(&target, new.expose_secret(), kind, &lock)?;
            Ok(if old.is_some() {
                Outcome::Changed
            } else {
                Outcome::Created
            })
        }
        _ => Ok(Outcome::Unchanged),
    }
}

fn make_folder(folder: &Path) -> Result<(), FileError> {
    if folder.is_dir() {
        return Ok(());
    }
    // Stricter than kubectl's 0755: the content is private.
    DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(folder)
        .map_err(FileError::during("create the directory", folder))
}

fn lock_error<E: fmt::Display>(path: &Path, error: LockError) -> StoreError<E> {
    match error {
        LockError::File(error) => error.into(),
        LockError::Held { lock, holder, age } => StoreError::Locked {
            path: path.to_path_buf(),
            lock,
            holder,
            age,
        },
    }
}

/// The file with the content, now or later: a link may point to a file that does not exist yet.
fn follow_links<E: fmt::Display>(path: &Path) -> Result<PathBuf, StoreError<E>> {
    let mut target = path.to_path_buf();
    for _ in 0..MOST_LINKS {
        match fs::read_link(&target) {
            Ok(next) => target = folder_of(&target).join(next),
            // Not a link, or nothing there; any other error shows when it is opened.
            Err(_) => return Ok(target),
        }
    }
    Err(StoreError::LinkLoop {
        path: path.to_path_buf(),
    })
}

fn sweep(path: &Path, target: &Path, lock: &Lock) {
    for place in [path, target] {
        let name = place.file_name().unwrap_or_default();
        scratch::sweep(folder_of(place), name, lock.now());
        if path == target {
            break;
        }
    }
}

/// Returns the text, or `None` if there is no file.
fn read<E: fmt::Display>(target: &Path, kind: Kind) -> Result<Option<Zeroizing<String>>, StoreError<E>> {
    let doing = || FileError::during("read", target);
    let path = || target.to_path_buf();
    // Non-blocking: a pipe without a writer would block the login.
    let mut flags = OFlag::O_NONBLOCK | OFlag::O_NOCTTY;
    flags.set(OFlag::O_NOFOLLOW, kind == Kind::Public);
    let file = match OpenOptions::new().read(true).custom_flags(flags.bits()).open(target) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) if kind == Kind::Public && error.raw_os_error() == Some(nix::libc::ELOOP) => return Ok(None),
        Err(error) => return Err(doing()(error).into()),
    };
    let metadata = file.metadata().map_err(doing())?;
    if !metadata.is_file() {
        return Err(StoreError::NotRegular { path: path() });
    }
    let mut bytes = Zeroizing::new(Vec::with_capacity(
        usize::try_from(metadata.len().min(LARGEST)).unwrap_or(0),
    ));
    // One byte more than the limit, since the file may have grown.
    file.take(LARGEST + 1).read_to_end(&mut bytes).map_err(doing())?;
    if bytes.len() as u64 > LARGEST {
        return Err(StoreError::TooLarge {
            path: path(),
            limit: LARGEST,
        });
    }
    match std::str::from_utf8(&bytes) {
        Ok(text) => Ok(Some(Zeroizing::new(text.to_owned()))),
        Err(_) => Err(StoreError::NotUtf8 { path: path() }),
    }
}

fn replace<E: fmt::Display>(target: &Path, text: &str, kind: Kind, lock: &Lock) -> Result<(), StoreError<E>> {
    let folder = folder_of(target);
    let mut file = scratch::create(folder, target.file_name().unwrap_or_default())?;
    let permitted = match kind {
        Kind::Private => Ok(()),
        Kind::Public => file.as_file().set_permissions(Permissions::from_mode(0o644)),
    };
    permitted
        .and_then(|()| file.write_all(text.as_bytes()))
        .and_then(|()| file.as_file().sync_all())
        .map_err(FileError::during("write", target))?;
    if !lock.is_still_ours() {
        return Err(StoreError::LockLost {
            path: target.to_path_buf(),
        });
    }
    file.persist(target)
        .map_err(|error| FileError::new("replace", target, error.error))?;
    // The new file is in place. If this fails, a power cut may bring back the old one, which is intact too.
    let _ = File::open(folder).and_then(|folder| folder.sync_all());
    Ok(())
}
