//! `refresh-token`: being built.

use super::Invocation;
use crate::cli::RefreshTokenArgs;
use crate::error::Failures;

pub(super) async fn run(_invocation: &Invocation, _args: &RefreshTokenArgs) -> Result<(), Failures> {
    Ok(())
}
