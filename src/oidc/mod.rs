//! OIDC: takes tokens from OnDemand, reads their claims, and requests others from the identity provider.
//!
//! No OAuth crate is used: none has the exchange (RFC 8693), which is half of the requests here, and openidconnect
//! fetches the provider's keys with each discovery, a wasted round trip, since the API server checks the signature.

mod discovery;
mod form;
mod grant;
mod handover;
mod http;
mod refusal;
mod revocation;
mod subject;
pub mod token;

pub use discovery::{discover, DiscoveryError, Provider};
pub use form::Client;
pub use grant::{GrantError, IdentityProvider, TokenFate, Tokens};
pub use handover::{take_from_environment, Handover, HandoverError};
pub use http::{route, Access, Http, HttpError};
pub use refusal::Doing;
pub use revocation::Revocation;
pub use subject::Subject;
