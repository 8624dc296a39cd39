//! Root's own credentials: the first token, and each one after it.

pub(super) mod refresh_token;
mod report;
mod setup_report;
pub(super) mod setup_root;
mod token_source;
mod write;
