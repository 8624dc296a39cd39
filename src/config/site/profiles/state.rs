//! What root keeps of earlier logins, below `/var/lib/ood-k8s`, apart for each hook.env: one way to write it, and to forget it.

use std::convert::Infallible;
use std::path::Path;
use std::time::Duration;

use crate::door::{self, Directory, FileError, FileFault, Opened, Place};
use crate::store::{self, StoreError};

/// Why something was not written, found or forgotten.
pub(super) type StateError = StoreError<Infallible>;

/// How long to wait for the lock of a file.
const LOCK_WAIT: Duration = Duration::from_secs(2);
/// More than a host has accounts.
const MOST: usize = 1_000_000;

/// Replaces a file in one of the directories, which is created. A link in its place is not followed.
pub(super) fn write(directory: &Path, name: &str, text: String) -> Result<(), StateError> {
    let Some(directory) = door::open_private(directory, true)? else {
        return Ok(());
    };
    let opened = Opened::of_root(directory.place(name));
    store::update_opened(&opened, LOCK_WAIT, |_| Ok(Some(text.into())))?;
    Ok(())
}

/// The names of the files in a directory. One that is not there has none.
pub(super) fn names(directory: &Path) -> Result<Vec<String>, StateError> {
    let Some(opened) = opened(directory)? else {
        return Ok(Vec::new());
    };
    let failed = |error| FileError::new("read", directory, error);
    let names = opened.names(MOST).map_err(failed)?.into_iter();
    Ok(names.filter_map(|name| name.into_string().ok()).collect())
}

/// Removes a file. One that is not there is removed.
pub(super) fn forget(directory: &Path, name: &str) -> Result<(), StateError> {
    let Some(opened) = opened(directory)? else {
        return Ok(());
    };
    let place = opened.place(name);
    match place.remove() {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(FileError::new("remove", &place.path(), error).into())
        }
        _ => Ok(()),
    }
}

/// A file's place, if the directory can be opened.
pub(super) fn place(directory: &Path, name: &str) -> Option<Place> {
    Some(opened(directory).ok()??.place(name))
}

/// Only root keeps anything: for another account there is nothing, and nothing that it could not look into.
fn opened(directory: &Path) -> Result<Option<Directory>, FileFault> {
    if !rustix::process::geteuid().is_root() {
        return Ok(None);
    }
    door::open_private(directory, false)
}

/// A file name for the path of hook.env; long ones differ at the end.
pub(super) fn name_of(hook_env: &Path) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
    let plain = |c: char| if is_plain(c) { c } else { '_' };
    let name: String = hook_env.to_string_lossy().chars().map(plain).collect();
    name.chars().skip(name.len().saturating_sub(200)).collect()
}
