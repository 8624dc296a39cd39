//! `bootstrap-user`: namespaces created by an administrator, for many users concurrently.

use super::error::{only, Error, Failures};
use super::invocation::{guard_for_the_record, let_in, Invocation};
use super::{everybody, printed_objects, results};
use crate::cli::{BootstrapUserArgs, DryRun};
use crate::cluster::Adoption;
use crate::config::Site;
use crate::login::{Blueprint, Report};
use crate::many::ManyUsers;
use crate::naming::Username;
use crate::print::Output;
use crate::suspended::Suspended;
use crate::user::{self, User};

/// Bootstraps the users, or shows what that would do. A failure for one user does not stop the others.
pub(super) async fn run(invocation: &Invocation, args: &BootstrapUserArgs) -> Result<(), Failures> {
    guard_for_the_record(&invocation.deadline);
    let old = old_owner(args).map_err(only)?;
    let format = printed_objects::format(args.output.filter(|_| args.dry_run == DryRun::Client)).map_err(only)?;
    let mut site = invocation.site().map_err(only)?;
    let everybody = everybody::of(invocation, &mut site, args).await?;
    let names = everybody.as_ref().map_or(&args.users, |everybody| &everybody.users);
    let (blueprint, part_fault) = Blueprint::draw(&site).map_err(only)?;
    let mut failures = Failures::of_broken_files(&site);
    failures.extend(part_fault.map(|fault| (String::new(), fault)));
    let (users, mut reports) = look_up_all(invocation, names, &site, args.dry_run, &mut failures);
    if args.dry_run == DryRun::Client {
        invocation.deadline.lift();
        printed_objects::print(&site, &blueprint, &users, args, format, &mut failures);
        return failures.result();
    }
    let many = ManyUsers {
        site: &site,
        blueprint: &blueprint,
        kubeconfig: &invocation.kubeconfig(&site.settings).map_err(only)?,
        total: invocation.total(&site.settings),
        watchdog: &invocation.deadline,
        take_over_from: old.as_ref(),
        adoption: if args.adopt { Adoption::Forced } else { Adoption::Proven },
        is_dry_run: args.dry_run == DryRun::Server,
        jobs: args.jobs,
    };
    let (done, failed) = many.bootstrap(&users).await;
    invocation.deadline.lift();
    reports.extend(done);
    failures.extend(failed);
    results::warn(&reports);
    if args.dry_run == DryRun::None {
        reports.iter().for_each(|report| report.record("bootstrap-user"));
    }
    let output = args.output.unwrap_or(Output::Table);
    match everybody {
        Some(everybody) => everybody.print(&reports, output, many.is_dry_run),
        None => results::print(&reports, output, many.is_dry_run),
    }
    failures.result()
}

/// Whose namespace is taken over, if one is.
fn old_owner(args: &BootstrapUserArgs) -> Result<Option<Username>, Error> {
    let old = args.take_over_from.as_deref().map(Username::parse).transpose()?;
    if old.is_some() && (args.users.len() != 1 || args.dry_run == DryRun::Client) {
        return Err(Error::Usage(
            "--take-over-from is for one user, and not for --dry-run=client; use --dry-run=server",
        ));
    }
    Ok(old)
}

/// The users, and a report for each that is refused.
fn look_up_all(
    invocation: &Invocation,
    names: &[String],
    site: &Site,
    dry_run: DryRun,
    failures: &mut Failures,
) -> (Vec<User>, Vec<Report>) {
    let (mut users, mut refused) = (Vec::new(), Vec::new());
    let total = invocation.total(&site.settings);
    let suspended = match Suspended::of(&site.settings) {
        Ok(suspended) => suspended,
        Err(error) => {
            failures.add(String::new(), error);
            return (users, refused);
        }
    };
    for name in names {
        invocation
            .deadline
            .more_time("looking up users in the passwd database", total);
        let found = user::look_up(name, site.settings.min_uid).map_err(Error::from);
        let let_in = |user: User| -> Result<User, Error> {
            suspended.let_in(user.name.as_str())?;
            let_in(site, &user, dry_run != DryRun::None)?;
            Ok(user)
        };
        match found.and_then(let_in) {
            Ok(user) => users.push(user),
            Err(error) => {
                refused.push(Report::failed(name, "", &error));
                failures.add_about(name, error);
            }
        }
    }
    (users, refused)
}
