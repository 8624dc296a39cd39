//! What makes kubectl refuse a kubeconfig as a whole, wherever in the file it stands.

use std::collections::HashSet;

use super::document::Document;
use super::fault::EntryFault;
use super::shape::{self, Shape};
use super::tree::Node;
use super::view::{mismatch_in, name_of, Kubeconfig, List};
use crate::foreign::Foreign;

/// The first thing that kubectl will not read.
pub(super) fn first_refusal(document: &Document) -> Option<EntryFault> {
    Kubeconfig::of(document.clone()).refusals().into_iter().next()
}

impl Kubeconfig {
    /// What kubectl will not read, in the order of the file's parts; the first of each entry.
    pub fn refusals(&self) -> Vec<EntryFault> {
        let mut faults: Vec<_> = self.of_the_top().into_iter().collect();
        for list in List::ALL {
            self.items(list).for_each(|item| faults.extend(of_entry(item, list)));
            faults.extend(self.doubled(list));
        }
        faults
    }

    fn of_the_top(&self) -> Option<EntryFault> {
        let lists = List::ALL
            .into_iter()
            .filter_map(|list| Some((list, self.top().value(list.key())?)));
        if let Some((list, node)) = lists.into_iter().find(|(_, node)| node.as_items().is_none()) {
            return Some(EntryFault::new(
                node.line.0,
                list.key().into(),
                "is not a list; correct it",
            ));
        }
        if let Some(wrong) = shape::TOP.mismatch(self.root(), "") {
            return Some(EntryFault::new(wrong.line, wrong.key, wrong.reason));
        }
        // Other keys can keep a file from becoming JSON, and nothing else.
        let others = self.top().pairs.iter().filter(|(key, _)| {
            let key = key.as_string();
            List::ALL.iter().all(|list| key != Some(list.key()))
        });
        let odd = others
            .into_iter()
            .find_map(|(_, value)| Shape::Any.mismatch(value, "the file"));
        if let Some(wrong) = odd {
            return Some(EntryFault::new(wrong.line, wrong.key, wrong.reason));
        }
        [("kind", "Config"), ("apiVersion", "v1")]
            .into_iter()
            .find_map(|(key, wanted)| {
                let node = self.top().value(key)?;
                node.as_string().filter(|text| !text.is_empty() && *text != wanted)?;
                let reason = format!("must be {wanted}; correct it");
                Some(EntryFault::new(node.line.0, key.into(), reason))
            })
    }

    fn doubled(&self, list: List) -> Option<EntryFault> {
        let mut known = HashSet::new();
        let mut items = self.items(list);
        // An entry without a name, or null, is called "" there (`api/v1/conversion.go`).
        let second = items.find(|item| !known.insert(name_of(item).unwrap_or_default()))?;
        let name = name_of(second).unwrap_or_default();
        let reason = match name {
            "" => "has two entries without a name; remove or name one".to_owned(),
            name => format!("has two entries called {}; remove one", Foreign::from(name)),
        };
        Some(EntryFault::new(second.line.0, list.key().into(), reason))
    }
}

fn of_entry(item: &Node, list: List) -> Option<EntryFault> {
    const NAME: Shape = Shape::Fields(&[("name", Shape::Text)]);
    if let Some(wrong) = NAME.mismatch(item, "") {
        let entry = format!("an entry of {}", list.key());
        let reason = if wrong.key.is_empty() {
            wrong.reason
        } else {
            format!("has a name that {}", wrong.reason)
        };
        return Some(EntryFault::new(wrong.line, entry, reason));
    }
    mismatch_in(item, list)
}
