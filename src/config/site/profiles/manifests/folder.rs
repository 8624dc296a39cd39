//! The files of manifests: read from root's directory, each with all its objects.

use std::path::Path;
use std::sync::Arc;

use super::super::fault::Fault;
use super::super::folder::{ByName, Folder};
use super::manifest::{Manifest, Rules};
use crate::config::raw::tree;

const MISSING: &str = "write it, or take it out of manifests in the profiles file";
const NO_FOLDER: &str = "write manifests there, or correct MANIFESTS_DIR";

/// The objects of a file.
type Objects = Vec<Arc<Manifest>>;

/// Files by their names without `.yaml`.
pub type Manifests = ByName<Objects>;

/// The directory of these files.
pub fn in_folder<'a>(
    path: &'a Path,
    rules: &'a Rules,
) -> Folder<'a, impl Fn(&str, &str) -> Result<Objects, Fault> + use<'a>> {
    Folder {
        path,
        missing: MISSING,
        unusable: NO_FOLDER,
        parse: move |_: &str, text: &str| parse(text, rules),
    }
}

/// Reads the objects of a text.
pub fn parse(text: &str, rules: &Rules) -> Result<Objects, Fault> {
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
