//! The mark on entries that we wrote, an extension as client-go has them, and the removal of those that no cluster of the
//! site writes any more.

use serde::{Deserialize, Serialize};

use super::error::DocumentError;
use super::tree::{Mapping, Node, Value};

/// The name of our extension.
const NAME: &str = "ood-k8s";

/// Which cluster of which site an entry was written for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mark {
    /// The cluster's id.
    pub cluster: String,
    /// The site, since several may write into one home; empty if it has no name.
    pub site: String,
}

/// The entries that the site's clusters write into one kubeconfig.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Keep {
    /// The site: the marks of others are not ours to judge.
    pub site: String,
    /// The ids of all its clusters.
    pub ids: Vec<String>,
    /// The names of cluster entries.
    pub clusters: Vec<String>,
    /// The names of contexts.
    pub contexts: Vec<String>,
    /// The names of user entries.
    pub users: Vec<String>,
}

impl Mark {
    /// Sets the mark on an entry, beside the extensions of others.
    pub(super) fn set_on(&self, entry: &mut Mapping) {
        let extensions = entry.filled("extensions", Node::empty_sequence());
        let Value::Sequence(items) = &mut extensions.value else {
            // Nobody's list, which kubectl refuses.
            return;
        };
        let mut said = Mapping::default();
        said.set("cluster", Node::string(&self.cluster));
        if !self.site.is_empty() {
            said.set("site", Node::string(&self.site));
        }
        let said = Node::from(Value::Mapping(said));
        if let Some(own) = items.iter_mut().find_map(own) {
            // kubectl writes strings in its own style, so values are compared.
            let found = own.value("extension").and_then(Node::as_mapping).map(Self::said_in);
            if found.is_none_or(|found| found.cluster != self.cluster || found.site != self.site) {
                own.set("extension", said);
            }
            return;
        }
        let mut own = Mapping::default();
        own.set("extension", said);
        own.set("name", Node::string(NAME));
        items.push(Value::Mapping(own).into());
    }

    /// The mark on an entry, if it has one.
    fn of(entry: &Mapping) -> Option<Self> {
        let items = entry.value("extensions")?.as_items()?;
        let own = items.iter().filter_map(Node::as_mapping).find(|item| is_own(item))?;
        Some(Self::said_in(own.value("extension")?.as_mapping()?))
    }

    fn said_in(extension: &Mapping) -> Self {
        let text = |key| extension.value(key).and_then(Node::as_string).unwrap_or_default();
        Self {
            cluster: text("cluster").to_owned(),
            site: text("site").to_owned(),
        }
    }
}

fn is_own(item: &Mapping) -> bool {
    item.value("name").and_then(Node::as_string) == Some(NAME)
}

fn own(item: &mut Node) -> Option<&mut Mapping> {
    match &mut item.value {
        Value::Mapping(mapping) if is_own(mapping) => Some(mapping),
        _ => None,
    }
}

impl Keep {
    /// Removes the site's entries that are not kept, and returns the ids of their clusters, without those that the site
    /// still has. A cluster's entry to which somebody's own context refers stays: there is no secret in it.
    pub(super) fn prune(&self, top: &mut Mapping) -> Result<Vec<String>, DocumentError> {
        let mut gone = self.remove(top, "contexts", "context", &self.contexts)?;
        gone.extend(self.remove(top, "users", "user", &self.users)?);
        let mut clusters = self.clusters.clone();
        clusters.extend(clusters_in_use(top));
        gone.extend(self.remove(top, "clusters", "cluster", &clusters)?);
        gone.retain(|id| !self.ids.contains(id));
        gone.sort();
        gone.dedup();
        Ok(gone)
    }

    fn remove(&self, top: &mut Mapping, list: &str, kind: &str, kept: &[String]) -> Result<Vec<String>, DocumentError> {
        let mut gone = Vec::new();
        if top.value(list).is_none_or(Node::is_null) {
            return Ok(gone);
        }
        let items = top.filled(list, Node::empty_sequence()).as_sequence_mut(list)?;
        items.retain(|item| {
            let stale = self.stale(item, kind, kept);
            let is_kept = stale.is_none();
            gone.extend(stale);
            is_kept
        });
        Ok(gone)
    }

    /// The cluster of an entry that is not kept.
    fn stale(&self, item: &Node, kind: &str, kept: &[String]) -> Option<String> {
        let entry = item.as_mapping()?;
        let mark = Mark::of(entry.value(kind)?.as_mapping()?)?;
        let name = entry.value("name").and_then(Node::as_string)?;
        let is_stale = mark.site == self.site && !kept.iter().any(|kept| kept == name);
        is_stale.then_some(mark.cluster)
    }
}

/// The names of the clusters to which a context refers.
fn clusters_in_use(top: &Mapping) -> Vec<String> {
    let items = top.value("contexts").and_then(Node::as_items).unwrap_or_default();
    let used = items.iter().filter_map(|item| {
        let context = item.as_mapping()?.value("context")?.as_mapping()?;
        Some(context.value("cluster")?.as_string()?.to_owned())
    });
    used.collect()
}
