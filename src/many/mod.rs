//! Bulk work, with limited concurrency: the same change in many namespaces, or namespaces for many users.

mod namespaces;
mod places;
mod steps;
mod tally;
mod users;

pub use namespaces::Many;
pub use places::{LeavesOut, Whose};
pub use tally::{counted, counts_line, Tally};
pub use users::ManyUsers;
