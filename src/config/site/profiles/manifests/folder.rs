//! The files of manifests: read from root's directory, each with all its objects.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::super::fault::Fault;
use super::manifest::{Manifest, Rules};
use crate::config::raw::files::read_trusted;
use crate::config::raw::{tree, ConfigError};
use crate::door::{self, FileFault};

/// A directory with more files than this is no directory of manifests.
const MOST_FILES: usize = 1000;
const ENDING: &str = ".yaml";
const MISSING: &str = "write it, or take it out of manifests in the profiles file";
const NO_FOLDER: &str = "write manifests there, or correct MANIFESTS_DIR";

/// Files by their names without `.yaml`.
pub type Manifests = BTreeMap<String, Vec<Arc<Manifest>>>;

/// Reads these files. The texts are those of the files, to be kept.
pub fn named<'n>(
    folder: &Path,
    names: impl IntoIterator<Item = &'n str>,
    rules: &Rules,
) -> Result<(Manifests, BTreeMap<String, String>), ConfigError> {
    let (mut all, mut texts) = (Manifests::new(), BTreeMap::new());
    for name in names {
        let path = folder.join(format!("{name}{ENDING}"));
        let content = read_trusted(&path, MISSING)?;
        let text = String::from_utf8(content.bytes).map_err(|_| of_fault(&path, Fault::at(0, "is not UTF-8")))?;
        all.insert(
            name.to_owned(),
            parse(&text, rules).map_err(|fault| of_fault(&path, fault))?,
        );
        texts.insert(name.to_owned(), text);
    }
    Ok((all, texts))
}

/// Reads all files of the directory, and what is wrong with each; without a directory there are none.
pub fn all(folder: &Path, rules: &Rules) -> Result<(Manifests, Vec<ConfigError>), ConfigError> {
    let understood = |fault| ConfigError::of_fault(fault, NO_FOLDER);
    let (mut all, mut wrong) = (Manifests::new(), Vec::new());
    let Some(directory) = door::open_directory(folder).map_err(understood)? else {
        return Ok((all, wrong));
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
    for name in names {
        match named(folder, [name.as_str()], rules) {
            Ok((read, _)) => all.extend(read),
            Err(error) => wrong.push(error),
        }
    }
    Ok((all, wrong))
}

/// Reads the objects of a text.
pub fn parse(text: &str, rules: &Rules) -> Result<Vec<Arc<Manifest>>, Fault> {
    let documents = tree::read_all(text).map_err(|torn| Fault::at(torn.line, torn.reason))?;
    let objects = documents.iter().filter(|node| !node.is_nil());
    let objects: Vec<_> = objects
        .map(|node| Manifest::read(node, rules).map(Arc::new))
        .collect::<Result<_, _>>()?;
    if objects.is_empty() {
        return Err(Fault::at(0, "has no object; write one, or remove the file"));
    }
    doubled(&objects).map_or(Ok(()), Err)?;
    Ok(objects)
}

fn doubled(objects: &[Arc<Manifest>]) -> Option<Fault> {
    objects.iter().enumerate().find_map(|(index, object)| {
        let is_same =
            |other: &&Arc<Manifest>| other.kind.resource() == object.kind.resource() && other.name == object.name;
        let first = objects[..index].iter().find(is_same)?;
        let reason = format!(
            "{}/{} stands in line {} already; take another name",
            object.kind.kind, object.name, first.line
        );
        Some(Fault::at(object.line, reason))
    })
}

fn of_fault(path: &Path, Fault { line, reason }: Fault) -> ConfigError {
    ConfigError::Profiles {
        path: PathBuf::from(path),
        line,
        reason,
    }
}
