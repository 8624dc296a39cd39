//! The files of manifests: read from root's directory, each with all its objects.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use super::super::fault::Fault;
use super::super::folder::{names_in, of_fault, path_of, text_of};
use super::manifest::{Manifest, Rules};
use crate::config::raw::{tree, ConfigError};

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
        let path = path_of(folder, name);
        let text = text_of(&path, MISSING)?;
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
    let (mut all, mut wrong) = (Manifests::new(), Vec::new());
    for name in names_in(folder, NO_FOLDER)? {
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
