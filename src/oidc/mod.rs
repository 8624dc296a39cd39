//! OIDC tokens: taking them from OnDemand, and reading what they say.

mod handover;
pub mod token;

pub use handover::{take_from_environment, Handover, HandoverError};
