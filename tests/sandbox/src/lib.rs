//! A Kubernetes API server on loopback TLS: for the tests of `ood-k8s` and for its demonstration.
//!
//! It answers like the real one wherever `ood-k8s` can tell the difference: codes, `Status`
//! bodies, RBAC, server-side apply with its managers and conflicts, the life cycle of namespaces,
//! and issued tokens. The same behaviour tests run against a real control plane, to keep both
//! alike; but this one also fails on demand.
//! There is also a small [`IdentityProvider`], which fails on demand too.
//!
//! ```
//! use ood_k8s_sandbox::{Fault, Sandbox};
//! use serde_json::json;
//!
//! let sandbox = Sandbox::start();
//! let path = "/api/v1/namespaces/user-alice";
//! sandbox.put(path, json!({ "metadata": { "annotations": { "note": "made by hand" } } }));
//! sandbox.fail(Fault::status(503).on("PATCH", path).times(2));
//! assert_eq!(sandbox.object(path).unwrap()["status"]["phase"], "Active");
//! ```

// A test double panics if it cannot start, and `#[must_use]` on its getters
// would not help readers.
#![allow(
    clippy::missing_panics_doc,
    clippy::must_use_candidate,
    clippy::return_self_not_must_use
)]

mod api;
mod apply;
mod auth;
mod body;
mod builder;
mod cause;
mod clock;
mod decode;
mod defaults;
mod delete;
mod discovery;
mod escalation;
mod faults;
mod fields;
pub mod identity_provider;
mod input;
mod kinds;
mod lifecycle;
mod log;
mod managers;
mod merge;
mod message;
mod names;
mod patch;
mod protobuf;
mod proxy;
mod rbac;
mod read;
mod resources;
mod reviews;
mod sandbox;
mod schema;
mod selectors;
mod server;
mod start;
mod status;
mod store;
mod table;
mod tls;
mod validate;
mod validate_policy;
mod validate_rbac;
mod write;

pub use auth::jwt;
pub use builder::Builder;
pub use faults::Fault;
pub use identity_provider::IdentityProvider;
pub use log::Record;
pub use proxy::Proxy;
pub use sandbox::Sandbox;
