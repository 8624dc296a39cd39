//! Users' life after the first login: who has a namespace, and what is known of each.

mod listing;
mod row;

pub use listing::{Choice, Listing, Lists};
pub use row::{Account, State, UserRow};
