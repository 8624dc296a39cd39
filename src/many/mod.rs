//! Bulk work, with limited concurrency: the same change in many namespaces, or namespaces for many users.

mod namespaces;
mod places;
mod tally;
mod users;

pub use namespaces::Many;
pub use places::Whose;
pub use tally::Tally;
pub use users::ManyUsers;
