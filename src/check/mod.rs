//! The checks of `check`: what is wrong with this web node and its clusters, and how to fix it.

mod apache;
mod cause;
mod cluster;
mod clusters_d;
mod credentials;
mod hook;
mod hook_env;
mod initializer;
mod installed;
mod issuer;
mod kubectl;
mod neighbours;
mod ood_core;
mod pods;
mod policies;
mod portal;
mod probes;
mod profiles;
mod renewal;
mod rights;
mod roles;
mod root;
mod secrets;
mod selinux;
mod subject;
mod sudoers;
mod trust;
mod user;
mod web_node;
mod web_server;

pub use hook_env::password_end;
pub use probes::Probes;
pub use renewal::RUN_IT;
pub use user::{access, expiry, offers, other_holder};
