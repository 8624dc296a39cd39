//! What a section says, value by value: each sets one, or takes one away with what is inside it.

use std::sync::Arc;

use super::fault::Fault;
use super::leaf::{Origin, Path, Said, Value};
use crate::config::raw::tree::Node;

/// What one section says.
#[derive(Debug)]
pub struct Changes {
    section: usize,
    whom: Arc<str>,
    /// In the order of the file.
    pub(super) all: Vec<(Path, Change)>,
}

/// What becomes of a value.
#[derive(Debug, Clone)]
pub enum Change {
    /// It is this.
    Set(Said),
    /// It is not there, nor anything inside it: `null`.
    Take,
}

impl Changes {
    /// Of a section, none so far.
    pub fn of(section: usize, whom: &str) -> Self {
        Self {
            section,
            whom: whom.into(),
            all: Vec::new(),
        }
    }

    /// Reads a value: `null` takes it away.
    pub fn leaf(
        &mut self,
        steps: &[&str],
        node: &Node,
        read: impl FnOnce(&Node) -> Result<Value, Fault>,
    ) -> Result<(), Fault> {
        if self.takes(steps, node) {
            return Ok(());
        }
        let by = Origin {
            section: self.section,
            whom: self.whom.clone(),
            line: node.line,
            follows: false,
        };
        let value = read(node)?;
        self.all.push((Path::of(steps), Change::Set(Said { value, by })));
        Ok(())
    }

    /// Whether a node is `null`: then what is inside is taken away.
    pub fn takes(&mut self, steps: &[&str], node: &Node) -> bool {
        let is_nil = node.is_nil();
        if is_nil {
            self.all.push((Path::of(steps), Change::Take));
        }
        is_nil
    }
}
