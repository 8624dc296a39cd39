//! Users' life after the first login: who has a namespace, what is known of each, and how they go.

mod kept;
mod listing;
mod offboard;
mod person;
mod place;
mod row;
mod saved;
mod survey;
mod transfer;

pub use listing::{Choice, Listing, Lists};
pub use offboard::Offboarded;
pub use person::{Look, Person};
pub use row::{left_out, Account, State, UserRow};
pub use saved::{saved, Chosen, SavedError};
pub use survey::{Extent, Offboarding, Survey, Traces};
pub use transfer::{Plan, Transfer, TransferError};
