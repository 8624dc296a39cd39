//! A kubeconfig, changed by pure edits of its text.
//!
//! [`apply()`] takes the text of a kubeconfig and returns the new text; [`crate::store`] writes it to disk; [`set`]
//! does both, in a user's home.
//!
//! Everything else is kept: other entries, unknown fields, the order of the keys, and how each scalar was written, so
//! that a plain `yes` or `012` means to kubectl what it meant before. Comments, blank lines and anchors are lost if
//! something has to be written (kubectl drops them too); if nothing changes, nothing is written.

mod apply;
mod document;
mod edit;
mod emitter;
mod entries;
mod error;
mod fields;
mod pairs;
mod reader;
mod tag;
mod tree;
pub mod wire;

use std::path::Path;
use std::time::Duration;

use crate::outcome::Outcome;
use crate::privilege::AsUser;
use crate::store::{self, StoreError};

pub use apply::apply;
pub use edit::{
    CertificateAuthority, ClusterEntry, ContextEntry, Credentials, Edit, ExecCommand, OidcAuthProvider, UserEntry,
};
pub use error::DocumentError;

/// Sets these entries in a user's kubeconfig. The process has irrevocably become that user.
pub fn set(
    _as_user: &AsUser,
    path: &Path,
    edits: &[Edit],
    wait: Duration,
) -> Result<Outcome, StoreError<DocumentError>> {
    store::update(path, wait, |text| apply(text, edits))
}
