//! A kubeconfig that is read: its contexts by name, and the entries of one context by client-go's rules.

use super::document::Document;
use super::error::DocumentError;
use super::fault::EntryFault;
use super::shape::{self, Shape};
use super::tree::{Mapping, Node, Value};
use crate::foreign::Foreign;

/// One of the three lists.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum List {
    /// `clusters`.
    Clusters,
    /// `contexts`.
    Contexts,
    /// `users`.
    Users,
}

/// A kubeconfig. Nothing in it has been judged but that it is YAML with three lists.
#[derive(Clone, Debug)]
pub struct Kubeconfig {
    document: Document,
}

/// A context's names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ContextNames<'k> {
    /// Its own.
    pub name: &'k str,
    /// Its cluster's, where it has one.
    pub cluster: Option<&'k str>,
    /// Its user's, where it has one.
    pub user: Option<&'k str>,
}

impl List {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Clusters, Self::Contexts, Self::Users];

    /// Its key in the file.
    pub fn key(self) -> &'static str {
        match self {
            Self::Clusters => "clusters",
            Self::Contexts => "contexts",
            Self::Users => "users",
        }
    }

    /// The key in each of its entries that holds everything but the name.
    pub(super) fn kind(self) -> &'static str {
        match self {
            Self::Clusters => "cluster",
            Self::Contexts => "context",
            Self::Users => "user",
        }
    }

    pub(super) fn shape(self) -> &'static Shape {
        match self {
            Self::Clusters => &shape::CLUSTER,
            Self::Contexts => &shape::CONTEXT,
            Self::Users => &shape::USER,
        }
    }

    pub(super) fn entry_called(self, name: &str) -> String {
        format!("the {} {}", self.kind(), Foreign::from(name))
    }
}

impl Kubeconfig {
    /// Reads the first document of a text, as kubectl does.
    ///
    /// # Errors
    ///
    /// When it is not YAML, or one of the lists is not a list.
    pub fn read(text: &str) -> Result<Self, DocumentError> {
        let mut document = Document::read(text)?;
        if text.contains("binary") {
            document.root.unwrap_binary();
        }
        let kubeconfig = Self::of(document);
        for list in List::ALL {
            let node = kubeconfig.top().value(list.key());
            if node.is_some_and(|node| node.as_items().is_none()) {
                return Err(super::tree::wrong_shape(list.key(), "list"));
            }
        }
        Ok(kubeconfig)
    }

    pub(super) fn of(document: Document) -> Self {
        Self { document }
    }

    /// The name of the context that is taken where none is named.
    pub fn current_context(&self) -> Option<&str> {
        text_in(self.top(), "current-context")
    }

    /// The names in a list, in the order of the file; an entry without a name, or with one that is no string, has none.
    pub fn names(&self, list: List) -> impl Iterator<Item = &str> {
        self.items(list).filter_map(name_of)
    }

    /// All contexts with a name.
    pub fn contexts(&self) -> impl Iterator<Item = ContextNames<'_>> {
        self.items(List::Contexts).filter_map(|item| {
            let context = body_of(item, List::Contexts);
            Some(ContextNames {
                name: name_of(item)?,
                cluster: context.and_then(|context| text_in(context, "cluster")),
                user: context.and_then(|context| text_in(context, "user")),
            })
        })
    }

    /// Whether a context is one that kubectl would use.
    pub fn context(&self, name: &str) -> Result<(), EntryFault> {
        self.entry(List::Contexts, name).map(|_| ())
    }

    /// The server of a cluster's entry.
    pub fn server_of(&self, cluster: &str) -> Option<&str> {
        let item = self.items(List::Clusters).find(|item| name_of(item) == Some(cluster))?;
        text_in(body_of(item, List::Clusters)?, "server")
    }

    /// A fault of an entry, with the line of the key.
    pub fn fault(&self, list: List, name: &str, key: &str, reason: impl Into<String>) -> EntryFault {
        let item = self.items(list).find(|item| name_of(item) == Some(name));
        let value = item
            .and_then(|item| body_of(item, list))
            .and_then(|body| body.value(key));
        let line = value.or(item).map_or(0, |node| node.line.0);
        EntryFault::new(line, list.entry_called(name), reason)
    }

    /// The top of the document, for what looks at all of it.
    pub(super) fn root(&self) -> &Node {
        &self.document.root
    }

    pub(super) fn top(&self) -> &Mapping {
        static EMPTY: Mapping = Mapping { pairs: Vec::new() };
        self.document.root.as_mapping().unwrap_or(&EMPTY)
    }

    pub(super) fn items(&self, list: List) -> impl Iterator<Item = &Node> {
        let node = self.top().value(list.key());
        node.and_then(Node::as_items).unwrap_or_default().iter()
    }

    /// The entry of this name, and nothing in it of another type than client-go's. Two of one name are an error.
    pub(super) fn entry(&self, list: List, name: &str) -> Result<Option<&Mapping>, EntryFault> {
        let mut named = self.items(list).filter(|item| name_of(item) == Some(name));
        let Some(item) = named.next() else { return Ok(None) };
        if let Some(second) = named.next() {
            let reason = format!(
                "is there twice in {}, and kubectl refuses such a file; remove one",
                list.key()
            );
            return Err(EntryFault::new(second.line.0, list.entry_called(name), reason));
        }
        match mismatch_in(item, list) {
            Some(fault) => Err(fault),
            None => Ok(body_of(item, list)),
        }
    }
}

/// What in this entry is not of its type.
pub(super) fn mismatch_in(item: &Node, list: List) -> Option<EntryFault> {
    let body = item.as_mapping()?.value(list.kind())?;
    let entry = list.entry_called(name_of(item).unwrap_or_default());
    list.shape().mismatch(body, "").map(|wrong| {
        let reason = if wrong.key.is_empty() {
            wrong.reason
        } else {
            format!("has {}, which {}", wrong.key, wrong.reason)
        };
        EntryFault::new(wrong.line, entry, reason)
    })
}

pub(super) fn name_of(item: &Node) -> Option<&str> {
    item.as_mapping()?.value("name")?.as_string()
}

pub(super) fn body_of(item: &Node, list: List) -> Option<&Mapping> {
    item.as_mapping()?.value(list.kind())?.as_mapping()
}

/// A string that is not empty: for client-go an empty one is not there.
pub(super) fn text_in<'m>(mapping: &'m Mapping, key: &str) -> Option<&'m str> {
    let text = mapping.value(key)?.as_string()?;
    (!text.is_empty()).then_some(text)
}

/// Whether the key holds anything.
pub(super) fn is_filled(mapping: &Mapping, key: &str) -> bool {
    mapping.value(key).is_some_and(|node| match &node.value {
        Value::Scalar(scalar) => !node.is_null() && !scalar.text.is_empty(),
        _ => true,
    })
}
