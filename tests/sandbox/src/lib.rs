//! A Kubernetes API server on loopback TLS: for the tests of `ood-k8s` and for its demonstration.
//!
//! It answers as the real one does where `ood-k8s` can tell the difference: codes, `Status`
//! bodies, RBAC, server-side apply with its managers and conflicts, the life of namespaces, and
//! minted tokens. The same behaviour tests run against a real control plane, so that it cannot
//! drift from the truth; and it fails on demand, which a real one does not.
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

mod api;
mod apply;
mod auth;
mod body;
mod clock;
mod decode;
mod defaults;
mod discovery;
mod faults;
mod fields;
mod lifecycle;
mod log;
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
mod write;

pub use auth::jwt;
pub use faults::Fault;
pub use log::Record;
pub use proxy::Proxy;
pub use sandbox::{Builder, Sandbox};
