//! OIDC: taking tokens from OnDemand, reading what they say, and asking the identity provider for others.
//!
//! No crate of OAuth's: none has the exchange (RFC 8693), which is half of what is asked here, and openidconnect
//! fetches the provider's keys with each discovery, a round trip for nothing: the signature is the API server's affair.

mod discovery;
mod form;
mod grant;
mod handover;
mod http;
mod refusal;
mod subject;
pub mod token;

pub use discovery::{discover, DiscoveryError, Provider};
pub use form::Client;
pub use grant::{GrantError, IdentityProvider, Tokens};
pub use handover::{take_from_environment, Handover, HandoverError};
pub use http::{Access, Http, HttpError};
pub use refusal::Doing;
pub use subject::Subject;
