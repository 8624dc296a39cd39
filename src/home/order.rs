//! What root and the child in the home say to each other: the word that starts it, the order, and the answer.

use std::path::PathBuf;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::kubeconfig::wire::Edit;
use crate::outcome::Outcome;
use crate::privilege::Ids;

/// The word that the child is started with, in the place of a subcommand; not for people, and so not in the help.
pub(super) const SUBCOMMAND: &str = "home";

/// Whom to become, and what to write. It is JSON on its way through the pipe, with secrets in it: it has no `Debug`.
#[derive(Serialize, Deserialize)]
pub(super) struct Order {
    pub ids: Ids,
    pub home: PathBuf,
    pub lock_wait: Duration,
    pub files: Vec<FileOrder>,
}

/// One kubeconfig, and the tokens beside it.
#[derive(Serialize, Deserialize)]
pub(super) struct FileOrder {
    pub path: PathBuf,
    pub edits: Vec<Edit>,
    pub tokens: Vec<(PathBuf, String)>,
}

/// What became of each kubeconfig, in the order of the files; or why nothing was done.
pub(super) type Answer = Result<Vec<Result<Outcome, String>>, String>;
