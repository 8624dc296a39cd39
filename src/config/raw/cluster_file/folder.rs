//! The files of clusters.d that OnDemand reads, by their names.

use std::path::{Path, PathBuf};

use crate::config::raw::ConfigError;
use crate::door::{self, Directory, FileFault};

/// A folder with more files than this is not OnDemand's.
const MOST_FILES: usize = 10_000;
/// The endings that OnDemand looks for.
const ENDINGS: [&str; 2] = ["yml", "yaml"];

/// The files of clusters.d.
pub struct YamlFiles {
    pub(super) folder: Directory,
    /// The paths of those that OnDemand reads, and of those that only the case of their ending keeps from it, in order.
    pub paths: Vec<PathBuf>,
}

/// The files of the folder; `None` if there is no folder. Nobody else may be able to change the folder, whether there are
/// files in it or not: a file that was taken out of it would change what logins do.
pub fn yaml_files(folder: &Path) -> Result<Option<YamlFiles>, ConfigError> {
    let understood = |fault| ConfigError::of_fault(fault, "specify OnDemand's directory with --clusters-dir");
    let Some(directory) = door::open_directory(folder).map_err(understood)? else {
        return Ok(None);
    };
    let names = directory
        .names(MOST_FILES)
        .map_err(|error| understood(FileFault::of_system(folder, error)))?;
    // As for OnDemand, hidden files are an editor's.
    let names = names
        .into_iter()
        .filter(|name| !name.as_encoded_bytes().starts_with(b"."));
    let mut paths: Vec<_> = names
        .map(|name| folder.join(name))
        .filter(|path| is_nearly_yaml(path))
        .collect();
    paths.sort();
    Ok(Some(YamlFiles {
        folder: directory,
        paths,
    }))
}

/// Whether it is named as OnDemand names them.
pub fn is_yaml(path: &Path) -> bool {
    path.extension()
        .is_some_and(|ending| ENDINGS.iter().any(|known| ending == *known))
}

fn is_nearly_yaml(path: &Path) -> bool {
    let ending = path.extension().and_then(|ending| ending.to_str()).unwrap_or_default();
    ENDINGS.iter().any(|known| ending.trim().eq_ignore_ascii_case(known))
}
