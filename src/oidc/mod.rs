//! OIDC: taking tokens from OnDemand, reading what they say, and asking the identity provider who it is.

mod discovery;
mod handover;
pub mod token;

pub use discovery::{discover, DiscoveryError, Provider};
pub use handover::{take_from_environment, Handover, HandoverError};
