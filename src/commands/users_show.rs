//! `users show`: one person in all clusters, for a help desk: what works, what is missing, and what to do.

use super::error::{only, Failures};
use super::findings::count;
use super::invocation::{guard, Invocation};
use crate::cli::ShowArgs;
use crate::cluster::Authority;
use crate::exit::ExitStatus;
use crate::findings::{exit_status, Severity};
use crate::log;
use crate::login::Blueprint;
use crate::naming::Username;
use crate::print;
use crate::users::{Look, Person};

/// Looks at everything of the user, and says it; the exit status is that of what does not work, as `check`'s is.
pub(super) async fn run(invocation: &Invocation, args: &ShowArgs) -> Result<ExitStatus, Failures> {
    guard(&invocation.deadline);
    let name = Username::parse(&args.user).map_err(only)?;
    let site = invocation.site().map_err(only)?;
    let mut failures = Failures::of_broken_files(&site);
    let root = invocation.kubeconfig(&site.settings).map_err(only)?;
    let authority = Authority::load(&root, args.admin.given()).map_err(only)?;
    let (blueprint, part_fault) = Blueprint::draw_quietly(&site, &mut Vec::new()).map_err(only)?;
    let look = Look {
        site: &site,
        blueprint: &blueprint,
        authority: &authority,
        total: invocation.total(&site.settings),
        watchdog: &invocation.deadline,
        name: &name,
    };
    let mut person = look.at().await;
    invocation.deadline.lift();
    if log::is_quiet() {
        person.findings.retain(|finding| finding.severity != Severity::Ok);
    }
    let value = || {
        let mut value = serde_json::to_value(&person).unwrap_or_default();
        value["errors"] = count(&person.findings, Severity::Error).into();
        value["warnings"] = count(&person.findings, Severity::Warning).into();
        value
    };
    print::warnings(args.output, value, || words(&person));
    // A file of clusters.d that cannot be used hides a cluster, and a registry file that cannot be, its passwords.
    failures.extend(part_fault.map(|fault| (String::new(), fault)));
    match exit_status(&person.findings) {
        ExitStatus::Success => failures.result().map(|()| ExitStatus::Success),
        status => {
            failures.lines().for_each(|line| log::failure(&line));
            Ok(status)
        }
    }
}

/// A sentence for each finding, and below it what to do.
fn words(person: &Person) -> String {
    let lines = person.findings.iter().map(|finding| {
        let remedy = finding
            .remedy
            .iter()
            .map(|remedy| format!("    what to do: {remedy}\n"));
        format!("{}\n{}", finding.text, remedy.collect::<String>())
    });
    lines.collect()
}
