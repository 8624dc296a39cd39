//! Our temporary files next to the file to replace: hidden, uniquely named, and swept up if their process died.

use std::ffi::{OsStr, OsString};
use std::fs;
use std::path::Path;
use std::time::{Duration, SystemTime};

use tempfile::NamedTempFile;

use super::error::FileError;

/// Longer than any update takes. A file this old was left behind.
const LEFT_OVER_AFTER: Duration = Duration::from_secs(60);
/// At most this many files in a directory are searched.
const MOST_FILES: usize = 10_000;

/// The prefix of the names of our temporary files for the file `name`.
pub(super) fn prefix(name: &OsStr) -> OsString {
    let mut prefix = OsString::from(".");
    prefix.push(name);
    prefix.push(".ood-k8s-");
    prefix
}

/// The directory of a file, its temporary files and its lock.
pub(super) fn folder_of(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    }
}

/// Creates a file that only its owner can read; it is removed again unless it is moved into place.
pub(super) fn create(folder: &Path, name: &OsStr) -> Result<NamedTempFile, FileError> {
    tempfile::Builder::new()
        .prefix(&prefix(name))
        .rand_bytes(10)
        .tempfile_in(folder)
        .map_err(|error| FileError::new("write into", folder, plain(&error)))
}

/// tempfile wraps its errors to add the path, which `FileError` does itself.
fn plain(error: &std::io::Error) -> std::io::Error {
    match error.raw_os_error() {
        Some(code) => std::io::Error::from_raw_os_error(code),
        None => std::io::Error::from(error.kind()),
    }
}

/// Removes what killed processes left behind. A file that cannot be removed is ignored.
pub(super) fn sweep(folder: &Path, name: &OsStr, now: SystemTime) {
    let prefix = prefix(name);
    let Ok(entries) = fs::read_dir(folder) else {
        return;
    };
    for entry in entries.take(MOST_FILES).flatten() {
        if starts_with(&entry.file_name(), &prefix) && is_left_over(&entry, now) {
            let _ = fs::remove_file(entry.path());
        }
    }
}

fn starts_with(name: &OsStr, prefix: &OsStr) -> bool {
    name.as_encoded_bytes().starts_with(prefix.as_encoded_bytes())
}

fn is_left_over(entry: &fs::DirEntry, now: SystemTime) -> bool {
    let Ok(metadata) = entry.metadata() else {
        return false;
    };
    let age = metadata.modified().ok().and_then(|made| now.duration_since(made).ok());
    metadata.is_file() && age.is_some_and(|age| age > LEFT_OVER_AFTER)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_old_files_of_ours_are_swept() {
        let folder = tempfile::tempdir().expect("a directory");
        let now = SystemTime::now();
        let old = now - Duration::from_secs(3600);
        let make = |name: &str, made: SystemTime| {
            let file = fs::File::create(folder.path().join(name)).expect("a file");
            file.set_modified(made).expect("its time");
        };
        make(".config.ood-k8s-old", old);
        make(".config.ood-k8s-new", now);
        make(".other.ood-k8s-old", old);
        make("config", old);
        sweep(folder.path(), OsStr::new("config"), now);
        let mut left: Vec<_> = fs::read_dir(folder.path())
            .expect("the directory")
            .map(|entry| entry.expect("an entry").file_name())
            .collect();
        left.sort();
        assert_eq!(left, [".config.ood-k8s-new", ".other.ood-k8s-old", "config"]);
    }
}
