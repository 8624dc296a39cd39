//! The steps of bulk work.

/// The first step.
pub(super) const CONNECTING: &str = "connecting to the clusters";
