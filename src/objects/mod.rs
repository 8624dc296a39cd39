//! Kubernetes objects for a user's namespace, and those that an administrator sets up before: pure, without I/O.

mod annotations;
mod applied;
pub mod cluster_roles;
mod declared_secrets;
mod desired;
mod egress;
mod kind;
mod limits;
mod manifests;
mod namespace;
mod network_policy;
mod object;
mod owner;
pub mod policies;
mod privileged;
mod profile;
mod pull_secret;
mod role_bindings;
mod synced_secret;
mod transition;

pub use annotations::{annotation, CLAIMED, HANDS_OFF, LABEL, LAST_HOOK_EXECUTION, LISTED, OWNER, SUSPENDED};
pub use applied::{Applied, APPLIED};
pub use desired::{desired, Desired};
pub use egress::EGRESS_POLICY;
pub use kind::Kind;
pub use limits::NAME as PROFILE_OBJECTS;
pub use namespace::{
    claim_patch, first_claim_patch, namespace, ownership, resume_patch, stamp_patch, suspend_patch, takeover_patch,
    transfer_patch, Ownership, LAST_APPLIED, POD_SECURITY,
};
pub use network_policy::NETWORK_POLICY;
pub use object::{Object, Upkeep};
pub use owner::{Groups, Owner, Stamps, GID, SITE, UID};
pub use privileged::{harmless_pod, privileged_pods, service_with_external_ip};
pub use profile::Extras;
pub use pull_secret::{
    credential_end, keeping, listed_before, not_listed, pull_secrets, references, service_account, SERVICE_ACCOUNT,
};
pub use role_bindings::{
    bound_roles, gives_rights_to_users, is_for_initializers, is_for_pods_alone, is_for_user, is_for_user_alone,
    role_holders, user_binding_name,
};
pub use synced_secret::synced_secret;
pub use transition::{transition, Transition};
