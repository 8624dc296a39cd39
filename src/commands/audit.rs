//! `audit`: who can do what in users' namespaces beyond what a login gives, and what of the installation lets them.

use super::error::{only, Failures};
use super::findings;
use super::invocation::{guard, Invocation};
use crate::audit::Audit;
use crate::cli::AuditArgs;
use crate::cluster::Authority;
use crate::exit::ExitStatus;
use crate::findings::exit_status;

/// Prints what was found in all clusters; the exit status tells scripts what kind of error there is.
pub(super) async fn run(invocation: &Invocation, args: &AuditArgs) -> Result<ExitStatus, Failures> {
    guard(&invocation.deadline);
    let site = invocation.site().map_err(only)?;
    let root = invocation.kubeconfig(&site.settings).map_err(only)?;
    let audit = Audit {
        site: &site,
        authority: &Authority::load(&root, args.admin.given()).map_err(only)?,
        kubeconfig: &root,
        total: invocation.total(&site.settings),
        watchdog: &invocation.deadline,
    };
    let found = audit.look().await;
    invocation.deadline.lift();
    findings::print_each(&found, args.output);
    Ok(exit_status(&found))
}
