//! The files of declared secrets, read from root's directory: one secret each.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use super::super::fault::Fault;
use super::super::folder::{names_in, of_fault, path_of, text_of};
use super::declaration::Declaration;
use crate::config::raw::{tree, ConfigError};

const MISSING: &str = "write it, or take it out of secrets in the profiles file";
const NO_FOLDER: &str = "write declared secrets there, or correct SECRETS_DIR";

/// Declared secrets by the names of their files without `.yaml`.
pub type Secrets = BTreeMap<String, Arc<Declaration>>;

/// Reads these files. The texts are those of the files, to be kept: they say where the content is, and have none.
pub fn named<'n>(
    folder: &Path,
    names: impl IntoIterator<Item = &'n str>,
) -> Result<(Secrets, BTreeMap<String, String>), ConfigError> {
    let (mut all, mut texts) = (Secrets::new(), BTreeMap::new());
    for name in names {
        let path = path_of(folder, name);
        let text = text_of(&path, MISSING)?;
        let read = parse(name, &text).map_err(|fault| of_fault(&path, fault))?;
        all.insert(name.to_owned(), read);
        texts.insert(name.to_owned(), text);
    }
    Ok((all, texts))
}

/// Reads all files of the directory, and what is wrong with each; without a directory there are none.
pub fn all(folder: &Path) -> Result<(Secrets, Vec<ConfigError>), ConfigError> {
    let (mut all, mut wrong) = (Secrets::new(), Vec::new());
    for name in names_in(folder, NO_FOLDER)? {
        match named(folder, [name.as_str()]) {
            Ok((read, _)) => all.extend(read),
            Err(error) => wrong.push(error),
        }
    }
    Ok((all, wrong))
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
