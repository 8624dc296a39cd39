//! The credentials in each cluster's entry in a user's kubeconfig, for the cluster's mode.

mod claimed;
mod ends;
mod entry;
mod error;
mod gke;
mod issued;
mod kept;
mod locked;
mod marks;
mod own;
mod plan;
mod provider;
mod renewed;

pub use claimed::{claimed_name, claimed_text};
pub use error::{CredentialsError, Remains};
pub use kept::Kept;
pub use own::{revoke, Own};
pub use plan::{plan, plan_renewed, renew, CredentialsPlan};
pub use provider::Providers;
pub use renewed::is_renewed_by_root;
