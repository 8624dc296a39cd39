//! Directories of files that sections name: which files there are, and the text of each.

use std::path::{Path, PathBuf};

use super::fault::Fault;
use crate::config::raw::files::read_trusted;
use crate::config::raw::ConfigError;
use crate::door::{self, FileFault};

/// A directory with more files than this is no directory of ours.
const MOST_FILES: usize = 1000;
/// How the names of files end.
const ENDING: &str = ".yaml";

/// The file of this name.
pub fn path_of(folder: &Path, name: &str) -> PathBuf {
    folder.join(format!("{name}{ENDING}"))
}

/// The text of a file; `missing` says what to do if it is not there.
pub fn text_of(path: &Path, missing: &'static str) -> Result<String, ConfigError> {
    let content = read_trusted(path, missing)?;
    String::from_utf8(content.bytes).map_err(|_| of_fault(path, Fault::at(0, "is not UTF-8")))
}

/// The names of all files, without `.yaml`; without a directory there are none.
pub fn names_in(folder: &Path, missing: &'static str) -> Result<Vec<String>, ConfigError> {
    let understood = |fault| ConfigError::of_fault(fault, missing);
    let Some(directory) = door::open_directory(folder).map_err(understood)? else {
        return Ok(Vec::new());
    };
    let names = directory
        .names(MOST_FILES)
        .map_err(|error| understood(FileFault::of_system(folder, error)))?;
    let mut names: Vec<String> = names
        .iter()
        .filter_map(|name| Some(name.to_str()?.strip_suffix(ENDING)?.to_owned()))
        .filter(|name| !name.starts_with('.'))
        .collect();
    names.sort();
    Ok(names)
}

/// What is wrong in a file.
pub fn of_fault(path: &Path, Fault { line, reason }: Fault) -> ConfigError {
    ConfigError::Profiles {
        path: path.to_owned(),
        line,
        reason,
    }
}
