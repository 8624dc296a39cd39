//! Users' life after the first login: who has a namespace, what is known of each, and how they go.

mod account;
mod bound;
mod ending;
mod kept;
mod listing;
mod offboard;
mod person;
mod place;
mod reconcile;
mod row;
mod saved;
mod standing;
mod survey;
mod transfer;

pub use account::Account;
pub use bound::Bound;
pub use listing::{Choice, Listing, Lists};
pub use offboard::Offboarded;
pub use person::{Look, Person};
pub use reconcile::{Losing, Reconciliation, TooMany};
pub use row::{left_out, OutRow, State, UserRow};
pub use saved::{saved, Chosen, SavedError};
pub use standing::{Out, Why};
pub use survey::{Extent, Offboarding, Survey, Traces};
pub use transfer::{Plan, Transfer, TransferError};
