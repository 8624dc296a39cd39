//! What root keeps to renew users' tokens: a file a user, in a folder that nobody else can look into.
//!
//! Each user's has a lock (`flock`) over all that is done with the refresh token, the answer of the identity provider
//! and the home included: a token that is good for one use is spent once. The system frees it when its holder dies.

mod error;
mod folder;
mod held;
mod pun;
mod record;

pub use error::RenewalError;
pub use folder::Renewals;
pub use held::Held;
pub use pun::{session, Session};
pub use record::Record;
