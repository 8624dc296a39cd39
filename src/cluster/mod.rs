//! The Kubernetes API: the connection, the claim on a namespace, and the objects in it.

mod administrator;
mod api;
mod before;
mod body;
mod bootstrap;
mod call;
mod claim;
mod clock;
mod connection;
mod contexts;
mod ensure;
mod error;
mod given_token;
mod holders;
mod identity;
mod login;
mod namespaces;
mod new_names;
mod pull_secrets;
mod reply;
mod report;
mod review;
mod root_entry;
mod root_kubeconfig;
mod service_token;
mod synced_secret;
mod target;
mod transport;
mod trial;
mod unanswered;
mod wall;

pub use administrator::AdminKubeconfig;
pub use api::Api;
pub use bootstrap::{bootstrap, Bootstrapped};
pub use claim::Adoption;
pub use connection::connect;
pub use ensure::establish;
pub use error::ClusterError;
pub use given_token::{describe, GivenToken, GivenTokenError};
pub use identity::Identity;
pub use namespaces::{find_namespace, FoundNamespace, NamespacePages};
pub use new_names::NewNames;
pub use pull_secrets::{credential_end, mint};
pub use report::ObjectReport;
pub use review::{
    cluster_uid, has_cluster_role, may_i, server_version, try_credentials, who_am_i, Right, ServerVersion,
};
pub use root_entry::{RootEntry, RootLogin};
pub use root_kubeconfig::RootKubeconfig;
pub use service_token::{read_token_secret, request_token, try_token, ServiceToken};
pub use synced_secret::{sync_secret, OtherType};
pub use target::Target;
pub use trial::{connect_as, namespace_label, try_as_user, Trial};
pub use unanswered::Unanswered;
pub use wall::Wall;
