//! The errors of a docker configuration, which contain nothing from it except names of registries.

use crate::registry::fault::EntryFault;
use crate::registry::name::{RegistryName, RegistryNameError};
use crate::shell::quoted;

/// The largest Secret, in bytes of data (`MaxSecretSize`, Kubernetes `pkg/apis/core/types.go`).
pub const LARGEST_SECRET: usize = 1024 * 1024;

/// Why a docker configuration cannot be used. It contains nothing from it except names of registries.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DockerConfigError {
    /// Not UTF-8.
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
    /// A line end within a string: `base64` without `-w0` prints one every 76 letters.
    #[error("it is not JSON: the text in quotes on line {line} goes on in the next one, as base64 prints it without -w0; let the program write it: mint-registry-secret --write")]
    Folded {
        /// Counted from 1.
        line: usize,
    },
    /// JSON, but not a docker configuration.
    #[error("it has no \"auths\"")]
    NoAuths,
    /// It has no registry.
    #[error("its \"auths\" is empty")]
    Empty,
    /// An entry that cannot be used.
    #[error("the entry of {:?} cannot be used: {fault}", shown(.registry))]
    Entry {
        /// The key.
        registry: String,
        /// Why.
        fault: EntryFault,
    },
    /// docker gets the password from another program.
    #[error("the password of {name:?} is in a credential helper, not in the file; use --registry {} --credential-command {}", quoted(shown(.registry)), command_of(.helper), name = shown(.registry))]
    Helper {
        /// The key.
        registry: String,
        /// The part after `docker-credential-`.
        helper: String,
    },
    /// docker gets all passwords from another program.
    #[error("its passwords are in a credential helper, not in the file; use --registry HOST --credential-command {}", command_of(.helper))]
    Store {
        /// The part after `docker-credential-`.
        helper: String,
    },
    /// A key that docker and the kubelet do not accept as a registry.
    #[error("the entry of {:?} cannot be used: {reason}", shown(.key))]
    Name {
        /// The key.
        key: String,
        /// Why.
        reason: RegistryNameError,
    },
    /// No such registry.
    #[error("it has no entry for {registry:?}; --list shows its entries")]
    Unknown {
        /// The requested registry.
        registry: String,
    },
    /// The API server refuses such a Secret (`MaxSecretSize`).
    #[error(
        "it would be larger than a Secret can be ({LARGEST_SECRET} bytes); remove everything that is not a registry password"
    )]
    TooLarge,
    /// Two spellings of one registry, with different passwords: the kubelet tries both, in no defined order.
    #[error("it has several entries for {registry} with different credentials; remove the old ones")]
    Several {
        /// The registry.
        registry: RegistryName,
    },
}

/// The program of a helper, as a word for a shell.
pub(super) fn command_of(helper: &str) -> String {
    quoted(format!("docker-credential-{helper}"))
}

/// A key as it may be shown: the part before an `@` may contain a password.
pub(super) fn shown(key: &str) -> &str {
    key.rsplit_once('@').map_or(key, |(_, host)| host)
}
