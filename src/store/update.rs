//! A file replaced in one step: read and edited, and, if that changes something, read again under its lock, written next to
//! it and moved into place.

use std::fmt;
use std::fs::Permissions;
use std::io::{self, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::time::Duration;

use secrecy::zeroize::Zeroizing;
use secrecy::{ExposeSecret as _, SecretString};

use super::as_user::{self, Unreached};
use super::claim::lock_of;
use super::error::{LockError, StoreError};
use super::lock::Lock;
use super::scratch::{self, Scratch};
use crate::door::{self, whole, FileError, FileFault, Opened, Place, Trust, LARGEST};
use crate::outcome::Outcome;

/// Reads a user's file, lets `edit` say what it should hold (`None`: what it holds), and replaces it in one step.
///
/// For a process that has become the user. No file is the empty text. kubectl's lock is waited for as long as `wait`,
/// and held over all of this, unless nobody holds it and the file says already what it should: then nothing is made in the
/// home. `edit` may be asked twice, without and with the lock, and must say the same of the same text. A link is followed.
/// The directory is created if it is missing. The new file can be read by its owner only.
///
/// # Errors
///
/// The file is then as it was before.
pub fn update<E: fmt::Display>(
    path: &Path,
    wait: Duration,
    mut edit: impl FnMut(&str) -> Result<Option<SecretString>, E>,
) -> Result<Outcome, StoreError<E>> {
    check_name(path)?;
    let opened = as_user::open(path).map_err(|error| match error {
        Unreached::File(error) => error.into(),
        Unreached::LinkLoop => StoreError::LinkLoop {
            path: path.to_path_buf(),
        },
    })?;
    let mut seen = look(&opened, &mut edit);
    // A lock that is there may be one that was left behind, which is in kubectl's way.
    if seen.as_ref().is_some_and(Seen::is_right) && lock_of(&opened.asked).stat().is_err() {
        return Ok(Outcome::Unchanged);
    }
    change(&opened, wait, Kind::Private, |text| match seen.take() {
        Some(seen) if *seen.old == text => Ok(seen.new),
        _ => edit(text),
    })
}

/// What was found without the lock, and what it should be.
struct Seen {
    old: Zeroizing<String>,
    new: Option<SecretString>,
}

impl Seen {
    fn is_right(&self) -> bool {
        self.new.as_ref().is_none_or(|new| new.expose_secret() == *self.old)
    }
}

/// Looks at the file without the lock. Who writes in its place may have written half of it (kubectl does): what cannot be
/// used is looked at again under the lock.
fn look<E: fmt::Display>(
    opened: &Opened,
    edit: &mut impl FnMut(&str) -> Result<Option<SecretString>, E>,
) -> Option<Seen> {
    let old = read::<E>(opened, Kind::Private).ok().flatten()?;
    let new = edit(&old).ok()?;
    Some(Seen { old, new })
}

/// Like [`update`], but for one of root's files: no other account may be able to replace it, or any directory or link on the way.
pub fn update_root<E: fmt::Display>(
    path: &Path,
    wait: Duration,
    edit: impl FnOnce(&str) -> Result<Option<SecretString>, E>,
) -> Result<Outcome, StoreError<E>> {
    check_name(path)?;
    update_opened(&door::open(path, Trust::OnlyRoot)?, wait, edit)
}

/// Like [`update_root`], but for a file that was opened before: what was judged then is what is replaced.
pub fn update_opened<E: fmt::Display>(
    opened: &Opened,
    wait: Duration,
    edit: impl FnOnce(&str) -> Result<Option<SecretString>, E>,
) -> Result<Outcome, StoreError<E>> {
    change(opened, wait, Kind::Private, edit)
}

/// Like [`update_root`], but for a file that everybody may read, in a directory that may be another account's and is not
/// created: a link in its place is replaced and never followed, and no link of another account's leads there.
pub fn publish<E: fmt::Display>(
    path: &Path,
    wait: Duration,
    edit: impl FnOnce(&str) -> Result<Option<SecretString>, E>,
) -> Result<Outcome, StoreError<E>> {
    change(&open_public(path)?, wait, Kind::Public, edit)
}

/// The place of a file that everybody may read.
pub(super) fn open_public<E: fmt::Display>(path: &Path) -> Result<Opened, StoreError<E>> {
    check_name(path)?;
    door::open(path, Trust::LinksOfRoot).map_err(|fault| match fault {
        FileFault::Missing { path } => FileError::NoFolder { doing: "write", path }.into(),
        other => StoreError::from(other),
    })
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Mode 0600.
    Private,
    /// Mode 0644.
    Public,
}

fn check_name<E: fmt::Display>(path: &Path) -> Result<(), StoreError<E>> {
    match path.file_name() {
        Some(_) => Ok(()),
        None => Err(StoreError::NotRegular {
            path: path.to_path_buf(),
        }),
    }
}

fn change<E: fmt::Display>(
    opened: &Opened,
    wait: Duration,
    kind: Kind,
    edit: impl FnOnce(&str) -> Result<Option<SecretString>, E>,
) -> Result<Outcome, StoreError<E>> {
    let path = opened.asked.path();
    let lock = Lock::take(&opened.asked, wait).map_err(|error| lock_error(&path, error))?;
    sweep(opened, &lock);
    let old = read(opened, kind)?;
    let text = old.as_deref().map_or("", String::as_str);
    let edited = edit(text).map_err(|cause| StoreError::Edit {
        path: path.clone(),
        cause,
    })?;
    match edited {
        Some(new) if new.expose_secret().len() as u64 > LARGEST => Err(StoreError::TooLarge { path, limit: LARGEST }),
        Some(new) if new.expose_secret() != text => {
            replace(&opened.target, new.expose_secret(), kind, &lock)?;
            Ok(if old.is_some() {
                Outcome::Changed
            } else {
                Outcome::Created
            })
        }
        _ => Ok(Outcome::Unchanged),
    }
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

fn sweep(opened: &Opened, lock: &Lock) {
    let Opened { asked, target, .. } = opened;
    scratch::sweep(asked.directory(), asked.name(), lock.now());
    if opened.is_link() {
        scratch::sweep(target.directory(), target.name(), lock.now());
    }
}

/// The text, or `None` if there is no file.
pub(super) fn read<E: fmt::Display>(opened: &Opened, kind: Kind) -> Result<Option<Zeroizing<String>>, StoreError<E>> {
    let path = opened.target.path();
    let doing = || FileError::during("read", &path);
    let mut file = match opened.target.open() {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) if kind == Kind::Public && is_link(&error) => return Ok(None),
        Err(error) => return Err(doing()(error).into()),
    };
    let metadata = file.metadata().map_err(doing())?;
    if !metadata.is_file() {
        return Err(StoreError::NotRegular { path });
    }
    opened.judge(&file)?;
    let bytes = Zeroizing::new(whole(&mut file, metadata.len()).map_err(doing())?);
    if bytes.len() as u64 > LARGEST {
        return Err(StoreError::TooLarge { path, limit: LARGEST });
    }
    match std::str::from_utf8(&bytes) {
        Ok(text) => Ok(Some(Zeroizing::new(text.to_owned()))),
        Err(_) => Err(StoreError::NotUtf8 { path }),
    }
}

fn is_link(error: &io::Error) -> bool {
    error.raw_os_error() == Some(nix::libc::ELOOP)
}

fn replace<E: fmt::Display>(target: &Place, text: &str, kind: Kind, lock: &Lock) -> Result<(), StoreError<E>> {
    let path = target.path();
    let mut scratch = Scratch::beside(target)?;
    let file = scratch.file();
    let permitted = match kind {
        Kind::Private => Ok(()),
        Kind::Public => file.set_permissions(Permissions::from_mode(0o644)),
    };
    permitted
        .and_then(|()| file.write_all(text.as_bytes()))
        .and_then(|()| file.sync_all())
        .map_err(FileError::during("write", &path))?;
    if !lock.is_still_ours() {
        return Err(StoreError::LockLost { path });
    }
    scratch.persist(target).map_err(FileError::during("replace", &path))?;
    // The new file is in place. If this fails, a power cut may bring back the old one, which is whole too.
    let _ = target.directory().sync();
    Ok(())
}
