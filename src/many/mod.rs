//! Bulk work, with limited concurrency: the same change in many namespaces, or namespaces for many users.

mod namespaces;
mod places;
mod tally;
mod users;

use std::time::Duration;

/// What the watchdog gives a step beside its own deadline: others may be at work side by side, in one thread.
const SLACK: Duration = Duration::from_secs(2);

const CONNECTING: &str = "connecting to the clusters";

pub use namespaces::Many;
pub use places::Whose;
pub use tally::Tally;
pub use users::ManyUsers;
