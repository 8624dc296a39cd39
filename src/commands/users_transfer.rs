//! `users transfer`: hands the namespaces of a renamed account over to its new name, after asking.

use super::error::{only, Error, Failures};
use super::invocation::{guard_for_the_record, Invocation};
use super::{offboard, results};
use crate::cli::TransferArgs;
use crate::cluster::Authority;
use crate::config::Site;
use crate::exit::RESULTS;
use crate::log;
use crate::login::{Blueprint, Report};
use crate::naming::Username;
use crate::suspended::Suspended;
use crate::user::{self, User};
use crate::users::{Plan, Transfer};

/// The command's name in the log.
const COMMAND: &str = "users-transfer";

/// Looks at what is there, asks, and hands it over. A cluster that does not answer does not stop the others.
pub(super) async fn run(invocation: &Invocation, args: &TransferArgs) -> Result<(), Failures> {
    guard_for_the_record(&invocation.deadline);
    let site = invocation.site().map_err(only)?;
    let mut failures = Failures::of_broken_files(&site);
    let (old, new) = names(invocation, args, &site).map_err(only)?;
    let (blueprint, part_fault) = Blueprint::draw(&site).map_err(only)?;
    failures.extend(part_fault.map(|fault| (String::new(), fault)));
    let root = invocation.kubeconfig(&site.settings).map_err(only)?;
    let authority = Authority::load(&root, args.admin.given()).map_err(only)?;
    let transfer = Transfer {
        site: &site,
        blueprint: &blueprint,
        authority: &authority,
        total: invocation.total(&site.settings),
        watchdog: &invocation.deadline,
        old: &old,
        new: &new,
    };
    let mut plan = transfer.plan().await.map_err(only)?;
    failures.extend(plan.failures.drain(..));
    if plan.steps.is_empty() {
        invocation.deadline.lift();
        let (user, and) = (old.to_string(), "");
        failures.add(String::new(), Error::NoNamespace { user, and });
        return failures.result();
    }
    plan.warnings.iter().for_each(|warning| log::warning(warning));
    let mut reports = if args.dry_run {
        std::mem::take(&mut plan.steps)
    } else {
        if !args.yes {
            offboard::ask(invocation, &question(&plan, args))?;
        }
        let (reports, failed) = transfer.carry_out(&plan).await;
        failures.extend(failed);
        record(&reports, &old, &new);
        reports
    };
    match transfer.forget_session(&plan, args.dry_run).await {
        Ok(report) => reports.extend(report),
        Err(error) => failures.add("RENEWAL_DIR".into(), error),
    }
    invocation.deadline.lift();
    results::warn(&reports);
    results::print(&reports, args.output, args.dry_run);
    failures.result()
}

/// The old name, and the account by its new one; a suspension of either stays one.
fn names(invocation: &Invocation, args: &TransferArgs, site: &Site) -> Result<(Username, User), Error> {
    let old = Username::parse(&args.old)?;
    invocation.deadline.enter("looking up the user in the passwd database");
    let new = user::look_up(&args.new, site.settings.min_uid)?;
    let suspended = Suspended::of(&site.settings)?;
    suspended.let_in(old.as_str())?;
    suspended.let_in(new.name.as_str())?;
    Ok((old, new))
}

fn question(plan: &Plan<'_>, args: &TransferArgs) -> String {
    let namespaces: Vec<_> = plan.namespaces().collect();
    format!(
        "Transfer from {} to {}, and revoke the permissions of {} and the tokens of its pods: {}? [y/N] ",
        args.old,
        args.new,
        args.old,
        namespaces.join(", ")
    )
}

/// A line for each namespace, and one about the old name, by which it is found as well.
fn record(reports: &[Report], old: &Username, new: &User) {
    reports.iter().for_each(|report| report.record(COMMAND));
    let failed = reports.iter().find(|report| report.error.is_some());
    let result = failed.map_or(RESULTS[0], |report| report.result);
    log::record(&[
        ("msg", COMMAND.into()),
        ("user", old.as_str().into()),
        ("result", result.into()),
        ("to", new.name.as_str().into()),
    ]);
}
