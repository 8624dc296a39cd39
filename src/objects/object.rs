//! A desired object: its kind, its name, and all fields that we set.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use serde::Serialize;
use serde_json::Value;

use super::kind::Kind;
use crate::naming::Namespace;

/// A desired object.
#[derive(Clone)]
pub struct Object {
    /// Its kind.
    pub kind: Kind,
    /// Its name.
    pub name: String,
    /// All fields that we set, with apiVersion, kind and metadata.
    pub body: Value,
    /// What a live object adds to it.
    pub upkeep: Upkeep,
}

/// What a live object adds to the one that is wanted, so that nothing gets worse by what is not known here.
#[derive(Debug, Clone, Default)]
#[allow(
    clippy::struct_excessive_bools,
    reason = "each says one thing of its own, and none excludes another"
)]
pub struct Upkeep {
    /// Registries whose passwords stay as they are: root's file has them, but not so that they work.
    pub keeps: Vec<String>,
    /// Whether a RoleBinding's subjects stay: whom it is for is not known here.
    pub keeps_subjects: bool,
    /// Whether there is nothing to create.
    pub only_if_there: bool,
    /// Whether an object with the annotation [`HANDS_OFF`](super::HANDS_OFF) is left alone.
    pub yields: bool,
    /// Whether a site's manifest asks for it: what the API server fills in is no difference, and an object that somebody
    /// else made is not taken over.
    pub is_of_manifest: bool,
    /// Whether it is a Secret that a site declares: it gets exactly these keys, and one that somebody else made is not taken
    /// over.
    pub is_declared_secret: bool,
}

impl Upkeep {
    /// Of an object that an administrator may take over.
    pub(super) fn yielding() -> Self {
        Self {
            yields: true,
            ..Self::default()
        }
    }
}

impl std::fmt::Debug for Object {
    // A Secret's body must not reach a log.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}", self.kind.name(), self.name)
    }
}

/// Turns a typed Kubernetes object into what goes over the wire.
pub(super) fn object<T: Serialize>(kind: Kind, name: &str, body: &T) -> Object {
    Object {
        kind,
        name: name.to_owned(),
        // Types generated from the OpenAPI document have only string keys, so this cannot fail.
        body: serde_json::to_value(body).unwrap_or_default(),
        upkeep: Upkeep::default(),
    }
}

/// The metadata of an object in a user's namespace.
pub(super) fn metadata(namespace: &Namespace, name: &str) -> ObjectMeta {
    ObjectMeta {
        name: Some(name.to_owned()),
        namespace: Some(namespace.to_string()),
        ..Default::default()
    }
}
