//! What root keeps of earlier logins, below `/var/lib/ood-k8s`, apart for each hook.env: one way to write it, and to forget it.

use std::convert::Infallible;
use std::path::Path;
use std::time::Duration;

use crate::door::{self, Directory, FileError, Opened, Place};
use crate::store::{self, StoreError};

/// How long to wait for the lock of a file.
const LOCK_WAIT: Duration = Duration::from_secs(2);
/// More than a host has accounts.
const MOST: usize = 1_000_000;

/// Replaces a file in one of the directories, which is created. A link in its place is not followed.
pub(super) fn write(directory: &Path, name: &str, text: String) -> Result<(), StoreError<Infallible>> {
    let Some(directory) = door::open_private(directory, true)? else {
        return Ok(());
    };
    let opened = Opened::of_root(directory.place(name));
    store::update_opened(&opened, LOCK_WAIT, |_| Ok(Some(text.into())))?;
    Ok(())
}

/// The names of the files in a directory. One that cannot be opened has none.
pub(super) fn names(directory: &Path) -> Vec<String> {
    let names = opened(directory).and_then(|directory| directory.names(MOST).ok());
    let names = names.unwrap_or_default().into_iter();
    names.filter_map(|name| name.into_string().ok()).collect()
}

/// Removes a file. One that is not there is removed.
pub(super) fn forget(directory: &Path, name: &str) -> Result<(), FileError> {
    let Some(place) = place(directory, name) else {
        return Ok(());
    };
    match place.remove() {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(FileError::new("remove", &place.path(), error))
        }
        _ => Ok(()),
    }
}

/// A file's place, if the directory can be opened.
pub(super) fn place(directory: &Path, name: &str) -> Option<Place> {
    Some(opened(directory)?.place(name))
}

fn opened(directory: &Path) -> Option<Directory> {
    door::open_private(directory, false).ok().flatten()
}

/// A file name for the path of hook.env; long ones differ at the end.
pub(super) fn name_of(hook_env: &Path) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
    let plain = |c: char| if is_plain(c) { c } else { '_' };
    let name: String = hook_env.to_string_lossy().chars().map(plain).collect();
    name.chars().skip(name.len().saturating_sub(200)).collect()
}
