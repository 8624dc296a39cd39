//! Renews the tokens of users with an active `OnDemand` session before they expire.

mod error;
mod everybody;
mod in_use;
mod one;
mod report;
mod revoke;
mod run;
mod survey;

pub use error::SessionError;
pub use report::{counts, record_all, summary, warn_of_short_lives, Fate, UserReport};
pub use revoke::{Ended, Revoking};
pub use run::{open, Run};
