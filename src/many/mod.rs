//! Work for many: the same in many namespaces, or namespaces for many users; side by side with a bound.

mod namespaces;
mod places;
mod tally;
mod users;

pub use namespaces::Many;
pub use places::Whose;
pub use tally::Tally;
pub use users::ManyUsers;
