//! Directories of files that sections name: those that are named, or all, each read by whoever knows what it says.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::fault::Fault;
use crate::config::raw::files::read_trusted;
use crate::config::raw::ConfigError;
use crate::door::{self, FileFault};

/// A directory with more files than this is no directory of ours.
const MOST_FILES: usize = 1000;
/// How the names of files end.
const ENDING: &str = ".yaml";

/// What each file says, or its text, by its name without `.yaml`.
pub type ByName<T> = BTreeMap<String, T>;

/// A directory, and how its files are understood.
pub struct Folder<'a, F> {
    /// Its path.
    pub path: &'a Path,
    /// What to do about a file that is named and not there.
    pub missing: &'static str,
    /// What to do about a directory that cannot be used.
    pub unusable: &'static str,
    /// Reads a file's text; the first argument is its name without `.yaml`.
    pub parse: F,
}

impl<T, F: Fn(&str, &str) -> Result<T, Fault>> Folder<'_, F> {
    /// Reads these files. The texts are those of the files, to be kept.
    pub fn named<'n>(
        &self,
        names: impl IntoIterator<Item = &'n str>,
    ) -> Result<(ByName<T>, ByName<String>), ConfigError> {
        let (mut all, mut texts) = (ByName::new(), ByName::new());
        for name in names {
            let (read, text) = self.one(name)?;
            all.insert(name.to_owned(), read);
            texts.insert(name.to_owned(), text);
        }
        Ok((all, texts))
    }

    /// Reads all files of the directory, and what is wrong with each; without a directory there are none.
    pub fn all(&self) -> Result<(ByName<T>, Vec<ConfigError>), ConfigError> {
        let (mut all, mut wrong) = (ByName::new(), Vec::new());
        for name in names_in(self.path, self.unusable)? {
            match self.one(&name) {
                Ok((read, _)) => _ = all.insert(name, read),
                Err(error) => wrong.push(error),
            }
        }
        Ok((all, wrong))
    }

    fn one(&self, name: &str) -> Result<(T, String), ConfigError> {
        let path = path_of(self.path, name);
        let text = text_of(&path, self.missing)?;
        let read = (self.parse)(name, &text).map_err(|fault| of_fault(&path, fault))?;
        Ok((read, text))
    }
}

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
