//! What root keeps to renew users' tokens: one file per user, in a directory that only root can access.
//!
//! Each file has a lock (`flock`), held from the use of the refresh token to the identity provider's answer and the
//! write to the home, so that a token that is valid for one use is used once. The system releases it if the holder
//! dies.

mod error;
mod folder;
mod held;
mod pun;
mod record;
mod several;
mod text;

pub use error::RenewalError;
pub use folder::Renewals;
pub use held::Held;
pub use pun::{session, Session};
pub use record::Record;
