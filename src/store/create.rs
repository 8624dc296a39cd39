//! A new file of root's: whole or not there at all, and never in another's place.

use std::convert::Infallible;
use std::io::{self, Write as _};
use std::path::Path;

use super::error::StoreError;
use super::scratch::Scratch;
use crate::door::{self, FileError, Trust};

/// Writes a file that is not there yet, for its owner alone: no other account may be able to replace it.
///
/// It gets its name when it is whole. What has that name already, a link as well, stays as it is.
pub fn create_root(path: &Path, text: &str) -> Result<(), StoreError<Infallible>> {
    if path.file_name().is_none() {
        return Err(StoreError::NotRegular { path: path.to_owned() });
    }
    let place = door::open(path, Trust::OnlyRoot)?.asked;
    let mut scratch = Scratch::beside(&place)?;
    let file = scratch.file();
    file.write_all(text.as_bytes())
        .and_then(|()| file.sync_all())
        .map_err(FileError::during("write", path))?;
    match scratch.place().link_to(&place) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Err(StoreError::Exists { path: place.path() }),
        other => other.map_err(|error| FileError::new("create", path, error).into()),
    }
}
