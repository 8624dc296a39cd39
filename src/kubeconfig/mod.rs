//! A kubeconfig on disk: what to change in it (pure edits), and how to change it safely (a locked, atomic store).
//!
//! [`apply`] takes the text of a kubeconfig and gives back the new text; [`update`] brings it to the disk; [`set`]
//! is both, in the home of a user.
//!
//! What is not ours is kept: other entries, unknown fields, the order of the keys, and how each scalar was
//! written, so that a plain `yes` or `012` means to kubectl what it meant before. Comments, blank lines and anchors
//! are not kept where something has to be written (kubectl drops them too); where nothing changes, nothing is written.

mod document;
mod emitter;
mod entries;
mod error;
mod lock;
mod owner;
mod pairs;
mod reader;
mod scratch;
mod sighting;
mod store;
mod tag;
pub mod wire;

use std::path::Path;
use std::time::Duration;

use crate::outcome::Outcome;
use crate::privilege::AsUser;

pub use entries::{apply, ClusterEntry, ContextEntry, Credentials, Edit, OidcAuthProvider, UserEntry};
pub use error::{DocumentError, FileError, StoreError};
pub use store::update;

/// Sets these entries in the kubeconfig of a user, whom this process has become for good.
pub fn set(
    _as_user: &AsUser,
    path: &Path,
    edits: &[Edit],
    wait: Duration,
) -> Result<Outcome, StoreError<DocumentError>> {
    update(path, wait, |text| apply(text, edits))
}
