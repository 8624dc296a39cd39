//! Finds the entries of a kubeconfig's lists by name, or creates them; two of the same name are an error.

use super::error::DocumentError;
use super::tree::{Mapping, Node, Value};

/// Returns the mapping under `kind` in the entry called `name`; creates it if it is missing or null.
pub(super) fn entry<'d>(
    top: &'d mut Mapping,
    list: &'static str,
    kind: &str,
    name: &str,
) -> Result<&'d mut Mapping, DocumentError> {
    let items = top.filled(list, Node::empty_sequence()).as_sequence_mut(list)?;
    let index = position(items, list, name)?.unwrap_or_else(|| {
        items.push(new_entry(kind, name));
        items.len() - 1
    });
    let place = format!("the {kind} called {name:?}");
    let item = items[index].as_mapping_mut(&place)?;
    item.filled(kind, Node::empty_mapping()).as_mapping_mut(&place)
}

fn position(items: &mut [Node], list: &'static str, name: &str) -> Result<Option<usize>, DocumentError> {
    let mut found = None;
    for (index, item) in items.iter_mut().enumerate() {
        if item.is_null() {
            continue;
        }
        let entry = item.as_mapping_mut(&format!("an entry of {list}"))?;
        if entry.value("name").and_then(Node::as_string) != Some(name) {
            continue;
        }
        if found.replace(index).is_some() {
            return Err(DocumentError::DuplicateEntry {
                list,
                name: name.into(),
            });
        }
    }
    Ok(found)
}

fn new_entry(kind: &str, name: &str) -> Node {
    let mut entry = Mapping::default();
    entry.set(kind, Node::empty_mapping());
    entry.set("name", Node::string(name));
    Value::Mapping(entry).into()
}
