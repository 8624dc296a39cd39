//! User names, and the namespace names that OnDemand and we must compute alike.

mod account;
mod error;
mod label;
mod namespace;
mod slug;
mod username;

pub use account::ServiceAccountName;
pub use error::NameError;
pub use label::is_label;
pub use namespace::{Namespace, NamespaceNames, NamespaceRules};
pub use username::Username;
