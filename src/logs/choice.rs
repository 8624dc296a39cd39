//! Which logins of the log are asked for.

use std::time::SystemTime;

use crate::naming::Username;

/// Which logins.
#[derive(Debug, Clone, Default)]
pub struct Choice {
    /// Of this user alone.
    pub user: Option<Username>,
    /// Only those that failed.
    pub failed: bool,
    /// Not before.
    pub since: Option<SystemTime>,
    /// The last so many lines.
    pub lines: u32,
}
