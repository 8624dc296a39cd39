//! The error of a login that was not begun.

use std::time::Duration;

use crate::exit::{ExitStatus, HasExitStatus};
use crate::time::for_a_person;

/// Nothing was begun for this login, since others were served until it was too late.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoTurn {
    /// Other users' logins came first.
    #[error("nothing was begun in {}, since this web node does {seats} logins at a time, and others came first; log in again, and if this recurs see LOGINS_AT_ONCE in hook.env", for_a_person(*waited))]
    BehindOthers {
        /// How long it has waited.
        waited: Duration,
        /// How many logins the node did at once.
        seats: u32,
    },
    /// Another login of the same user has not ended.
    #[error("nothing was begun in {}, since another login of this user has not ended, and a user's logins run one at a time; log in again", for_a_person(*waited))]
    BehindOneself {
        /// How long it has waited.
        waited: Duration,
    },
}

impl HasExitStatus for NoTurn {
    fn exit_status(&self) -> ExitStatus {
        ExitStatus::Deadline
    }
}
