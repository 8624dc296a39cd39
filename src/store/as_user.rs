//! The file of a user, found by a process that has become the user: as the kernel finds it, links and all.

use std::fs::{self, DirBuilder};
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};

use crate::door::FileError;
use crate::door::{Directory, Opened, Place};

/// As many links as the kernel follows (`path_resolution(7)`).
const MOST_LINKS: usize = 40;

/// Why the file of a user cannot be reached.
pub(super) enum Unreached {
    File(FileError),
    LinkLoop,
}

/// The name that was asked for, and where its content is, or is to be. The directory is created if it is missing.
pub(super) fn open(path: &Path) -> Result<Opened, Unreached> {
    let asked = if let Ok(asked) = place(path) {
        asked
    } else {
        make_folder(folder_of(path))?;
        place(path)?
    };
    let target = follow_links(path)?;
    let target = if target == path { asked.clone() } else { place(&target)? };
    Ok(Opened::of_user(asked, target))
}

impl From<FileError> for Unreached {
    fn from(error: FileError) -> Self {
        Self::File(error)
    }
}

fn place(path: &Path) -> Result<Place, FileError> {
    let folder = folder_of(path);
    let directory = Directory::open(folder).map_err(FileError::during("open", folder))?;
    Ok(directory.place(path.file_name().unwrap_or_default()))
}

fn folder_of(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    }
}

fn make_folder(folder: &Path) -> Result<(), FileError> {
    if folder.is_dir() {
        return Ok(());
    }
    // Narrower than kubectl's 0755: what is in there is for the user alone.
    DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(folder)
        .map_err(FileError::during("create the directory", folder))
}

/// Where the content is, or is to be: a link may point at a file that does not exist yet.
fn follow_links(path: &Path) -> Result<PathBuf, Unreached> {
    let mut target = path.to_path_buf();
    for _ in 0..MOST_LINKS {
        match fs::read_link(&target) {
            Ok(next) => target = folder_of(&target).join(next),
            // Not a link, or nothing there; what else is wrong shows when it is opened.
            Err(_) => return Ok(target),
        }
    }
    Err(Unreached::LinkLoop)
}
