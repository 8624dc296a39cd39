//! The Secrets of a site's declarations, with what root's files say now.

use std::sync::Arc;

use super::kind::Kind;
use super::object::{Object, Upkeep};
use super::synced_secret::synced_secret;
use crate::config::profiles::ReadSecret;
use crate::naming::Namespace;

/// The Secrets, those that stay as they are since nothing may be handed out, and why.
pub(super) fn objects(
    namespace: &Namespace,
    secrets: &[Arc<ReadSecret>],
) -> (Vec<Object>, Vec<(Kind, String)>, Vec<String>) {
    let (mut known, mut unknown, mut notes) = (Vec::new(), Vec::new(), Vec::new());
    for secret in secrets {
        let declaration = &secret.declaration;
        match &secret.content {
            Ok(content) => known.push(Object {
                upkeep: Upkeep {
                    yields: true,
                    is_declared_secret: true,
                    ..Upkeep::default()
                },
                ..synced_secret(namespace.as_str(), &declaration.name, &declaration.kind, &content.files)
            }),
            Err(fault) => {
                unknown.push((Kind::Secret, declaration.name.clone()));
                notes.push(fault.to_string());
            }
        }
    }
    (known, unknown, notes)
}
