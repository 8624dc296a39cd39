//! A kubeconfig: what one context of it says, and what to change in it, as pure edits of its text.
//!
//! [`Kubeconfig`] reads root's, administrators' and users' files alike, as kubectl does: only the entries of the context
//! that is used must be right, and an error says where and what.
//!
//! [`apply()`] takes the text of a kubeconfig and returns the new text; [`crate::store`] writes it to disk; [`set`]
//! does both, in a user's home.
//!
//! Everything else is kept: other entries, unknown fields, the order of the keys, and how each scalar was written, so
//! that a plain `yes` or `012` means to kubectl what it meant before. Comments, blank lines and anchors are lost if
//! something has to be written (kubectl drops them too); if nothing changes, nothing is written.

mod apply;
mod aside;
mod cluster;
mod decode;
mod document;
mod edit;
mod emitter;
mod entries;
mod error;
mod exec;
mod fault;
mod fields;
mod header;
mod mark;
mod pairs;
mod reader;
mod refusals;
mod remove;
mod resolve;
mod rest;
mod shape;
mod tag;
mod tree;
mod user;
mod view;
pub mod wire;

use std::path::Path;
use std::time::Duration;

use crate::outcome::Outcome;
use crate::privilege::AsUser;
use crate::store::{self, StoreError};

pub use apply::{apply, apply_for_kubectl, Moved};
pub use aside::Aside;
pub use cluster::{Cluster, Source};
pub use edit::{
    CertificateAuthority, ClusterEntry, ContextEntry, Credentials, Edit, ExecCommand, OidcAuthProvider, UserEntry,
};
pub use error::DocumentError;
pub use exec::Exec;
pub use fault::EntryFault;
pub use header::{is_header, HEADER_REMEDY};
pub use mark::{Keep, Mark};
pub use remove::without;
pub use user::{Impersonate, Login, LoginKind, User};
pub use view::{ContextNames, Kubeconfig, List};

/// Sets these entries in the kubeconfig of a user, whom this process has become for good. A file that kubectl refuses is
/// left as it is, and said: what `OnDemand` starts with it would find nothing there.
///
/// Entries of ours that are not in `keep` are removed. Also returns what was moved.
pub fn set(
    _as_user: &AsUser,
    path: &Path,
    edits: &[Edit],
    keep: Option<&Keep>,
    wait: Duration,
) -> Result<(Outcome, Moved), StoreError<DocumentError>> {
    let mut moved = Moved::default();
    let outcome = store::update(path, wait, |text| {
        let (text, done) = apply_for_kubectl(text, edits, keep)?;
        moved = done;
        Ok(text)
    })?;
    Ok((outcome, moved))
}

/// What [`set`] would do, without writing anything.
pub fn would_set(
    _as_user: &AsUser,
    path: &Path,
    edits: &[Edit],
    keep: Option<&Keep>,
    wait: Duration,
) -> Result<(Outcome, Moved), StoreError<DocumentError>> {
    let (mut moved, mut outcome) = (Moved::default(), Outcome::Unchanged);
    store::update(path, wait, |text| {
        let (text, done) = apply_for_kubectl(text, edits, keep)?;
        moved = done;
        outcome = text.map_or(Outcome::Unchanged, |_| Outcome::Changed);
        Ok(None)
    })?;
    Ok((outcome, moved))
}
