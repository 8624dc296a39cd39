//! Users' life after the first login: who has a namespace, what is known of each, and how they go.

mod listing;
mod offboard;
mod row;

pub use listing::{Choice, Listing, Lists};
pub use offboard::{Extent, Offboarded, Offboarding, Survey, Traces};
pub use row::{Account, State, UserRow};
