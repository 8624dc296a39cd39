//! What root and the child in the home exchange: the subcommand that starts the child, the order, and the answer.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::kubeconfig::wire::Edit;
use crate::kubeconfig::{Aside, Keep};
use crate::outcome::Outcome;
use crate::privilege::Ids;
use crate::store::StoreError;

/// The internal subcommand that starts the child; it is not for people, and so not in the help.
pub(super) const SUBCOMMAND: &str = "home";

/// Which user to become, and what to write. It is sent as JSON with secrets in it, so it has no `Debug`.
#[derive(Serialize, Deserialize)]
pub(super) struct Order {
    pub ids: Ids,
    pub home: PathBuf,
    pub lock_wait: Duration,
    pub files: Vec<FileOrder>,
}

/// One kubeconfig, and the tokens next to it.
#[derive(Serialize, Deserialize)]
pub(super) struct FileOrder {
    pub path: PathBuf,
    pub edits: Vec<Edit>,
    pub tokens: Vec<(PathBuf, String)>,
    /// Which of our entries stay; all of them if there is none.
    pub keep: Option<Keep>,
    /// Whether nothing is written, and only said what would be.
    #[serde(default)]
    pub is_dry_run: bool,
}

/// What was done with one kubeconfig.
#[derive(Serialize, Deserialize)]
pub(super) struct Done {
    pub outcome: Outcome,
    pub aside: Vec<Aside>,
}

/// Why a kubeconfig was not written.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Fault {
    /// What failed, and what to do.
    pub text: String,
    /// Whether it is about what the user has there: then no other user can meet it.
    pub is_of_the_user: bool,
}

impl Fault {
    /// Those of several files as one; `None` if there is none.
    pub fn join(faults: Vec<Self>) -> Option<Self> {
        let is_of_the_user = faults.iter().all(|fault| fault.is_of_the_user);
        let texts: Vec<_> = faults.into_iter().map(|fault| fault.text).collect();
        (!texts.is_empty()).then(|| Self {
            text: texts.join("; "),
            is_of_the_user,
        })
    }

    /// Of the node or of its file servers.
    pub(super) fn of_the_node(text: String) -> Self {
        let is_of_the_user = false;
        Self { text, is_of_the_user }
    }
}

impl<E: fmt::Display> From<StoreError<E>> for Fault {
    fn from(error: StoreError<E>) -> Self {
        Self {
            is_of_the_user: error.is_of_the_owner(),
            text: error.to_string(),
        }
    }
}

/// For each kubeconfig, in the order of the files; or why nothing was done.
pub(super) type Answer = Result<Vec<Result<Done, Fault>>, String>;
