//! Users' life after the first login: who has a namespace, what is known of each, and how they go.

mod listing;
mod offboard;
mod row;
mod survey;

pub use listing::{Choice, Listing, Lists};
pub use offboard::Offboarded;
pub use row::{Account, State, UserRow};
pub use survey::{Extent, Offboarding, Survey, Traces};
