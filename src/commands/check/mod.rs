//! `check`: being built.

use super::Invocation;
use crate::cli::CheckArgs;
use crate::error::Failures;

pub(super) async fn run(_invocation: &Invocation, _args: &CheckArgs) -> Result<(), Failures> {
    Ok(())
}
