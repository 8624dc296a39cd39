//! `users show`: one person in all clusters, for a help desk: what works, what is missing, and what to do.

use serde_json::json;

use super::error::{only, Failures};
use super::invocation::{guard, Invocation};
use crate::cli::ShowArgs;
use crate::cluster::Authority;
use crate::exit::ExitStatus;
use crate::findings::exit_status;
use crate::print;
use crate::users::Look;

/// Looks at everything of the user, and says it; the exit status is that of what does not work, as `check`'s is.
pub(super) async fn run(invocation: &Invocation, args: &ShowArgs) -> Result<ExitStatus, Failures> {
    guard(&invocation.deadline);
    let site = invocation.site().map_err(only)?;
    let root = invocation.kubeconfig(&site.settings).map_err(only)?;
    let authority = Authority::load(&root, args.admin.given()).map_err(only)?;
    let look = Look {
        site: &site,
        authority: &authority,
        total: invocation.total(&site.settings),
        watchdog: &invocation.deadline,
    };
    let findings = look.at(&args.user).await;
    invocation.deadline.lift();
    print::print(
        args.output,
        || json!({ "findings": findings }),
        || {
            let lines = findings
                .iter()
                .map(|finding| format!("{}: {}\n", finding.area, finding.text));
            lines.collect()
        },
    );
    Ok(exit_status(&findings))
}
