//! `setup-root`: being built.

use super::Invocation;
use crate::cli::SetupRootArgs;
use crate::error::Failures;

pub(super) async fn run(_invocation: &Invocation, _args: &SetupRootArgs) -> Result<(), Failures> {
    Ok(())
}
