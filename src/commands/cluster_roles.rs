//! `cluster-roles`: being built.

use super::Invocation;
use crate::cli::ClusterRolesArgs;
use crate::error::Failures;

pub(super) async fn run(_invocation: &Invocation, _args: &ClusterRolesArgs) -> Result<(), Failures> {
    Ok(())
}
