//! What can be wrong with a docker configuration; nothing of it is in here but names of registries.

use crate::registry::entry::EntryFault;
use crate::registry::name::{RegistryName, RegistryNameError};

/// Of a Secret's data (`MaxSecretSize`, Kubernetes `pkg/apis/core/types.go`). In bytes.
pub const LARGEST_SECRET: usize = 1024 * 1024;

/// Why a text is no docker configuration that can be used. Nothing of it is in here but names of registries.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DockerConfigError {
    /// Not text.
    #[error("it is not UTF-8")]
    NotUtf8,
    /// Not JSON.
    #[error("it is not JSON (line {line}, column {column})")]
    NotJson {
        /// Counted from 1.
        line: usize,
        /// Counted from 1.
        column: usize,
    },
    /// JSON, but of something else.
    #[error("it has no \"auths\"")]
    NoAuths,
    /// No registry in it.
    #[error("its \"auths\" is empty")]
    Empty,
    /// A text or a number where an entry belongs.
    #[error("the entry of {:?} is not an object", shown(.registry))]
    NotAnObject {
        /// The key.
        registry: String,
    },
    /// An entry that nobody can log in with.
    #[error("the entry of {:?} cannot be used: {fault}", shown(.registry))]
    Entry {
        /// The key.
        registry: String,
        /// Why.
        fault: EntryFault,
    },
    /// docker asks another program for it.
    #[error("the password of {name:?} is not in it but with a credential helper; use --registry {name} --credential-command docker-credential-{helper}", name = shown(.registry))]
    Helper {
        /// The key.
        registry: String,
        /// What comes after `docker-credential-`.
        helper: String,
    },
    /// docker asks another program for all of them.
    #[error("its passwords are not in it but with a credential helper; use --registry HOST --credential-command docker-credential-{helper}")]
    Store {
        /// What comes after `docker-credential-`.
        helper: String,
    },
    /// A key that is no registry to docker or the kubelet.
    #[error("the entry of {:?} is of no use: {reason}", shown(.key))]
    Name {
        /// The key.
        key: String,
        /// Why.
        reason: RegistryNameError,
    },
    /// No such registry.
    #[error("it has no entry of {registry:?}; --list shows what it has")]
    Unknown {
        /// The registry asked for.
        registry: String,
    },
    /// The API server takes no such Secret (`MaxSecretSize`).
    #[error(
        "it would be larger than a Secret can be ({LARGEST_SECRET} bytes); remove what is not a password of a registry"
    )]
    TooLarge,
    /// Two spellings of one registry, with different passwords: the kubelet tries both, in no certain order.
    #[error("it has several entries of {registry} with different credentials; remove those that are old")]
    Several {
        /// The registry.
        registry: RegistryName,
    },
}

/// A key as it is told: what stands before an `@` may be a password.
pub(super) fn shown(key: &str) -> &str {
    key.rsplit_once('@').map_or(key, |(_, host)| host)
}
