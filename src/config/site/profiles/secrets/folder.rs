//! The files of declared secrets, read from root's directory: one secret each.

use std::path::Path;
use std::sync::Arc;

use super::super::fault::Fault;
use super::super::folder::{ByName, Folder};
use super::declaration::Declaration;
use crate::config::raw::tree;

const MISSING: &str = "write it, or take it out of secrets in the profiles file";
const NO_FOLDER: &str = "write declared secrets there, or correct SECRETS_DIR";

/// Declared secrets by the names of their files without `.yaml`.
pub type Secrets = ByName<Arc<Declaration>>;

/// The directory of these files. Their texts say where the content is, and have none.
pub fn in_folder(path: &Path) -> Folder<'_, impl Fn(&str, &str) -> Result<Arc<Declaration>, Fault>> {
    Folder {
        path,
        missing: MISSING,
        unusable: NO_FOLDER,
        parse,
    }
}

/// Reads the text of a file of this name.
pub fn parse(name: &str, text: &str) -> Result<Arc<Declaration>, Fault> {
    let documents = tree::read_all(text).map_err(|torn| Fault::at(torn.line, torn.reason))?;
    let mut documents = documents.iter().filter(|node| !node.is_nil());
    let Some(first) = documents.next() else {
        return Err(Fault::at(0, "declares no secret; write one, or remove the file"));
    };
    if let Some(other) = documents.next() {
        let reason = "a file declares one secret; write the next one into a file of its own";
        return Err(Fault::at(other.line, reason));
    }
    Declaration::read(name, first).map(Arc::new)
}
