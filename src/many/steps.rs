//! The steps of bulk work, and the time that the watchdog gives each.

use std::time::Duration;

/// What the watchdog gives a step in addition to its own deadline: other work may be going on in the same thread.
pub(super) const SLACK: Duration = Duration::from_secs(2);

/// The first step.
pub(super) const CONNECTING: &str = "connecting to the clusters";
