//! `offboard`: takes away what users who leave have, after asking.

use std::io::{BufRead as _, IsTerminal as _};
use std::time::Duration;

use super::error::{only, Error, Failures};
use super::invocation::{guard_for_the_record, Invocation};
use super::results;
use crate::cli::OffboardArgs;
use crate::log;
use crate::naming::Username;
use crate::users::{Extent, Offboarding, Survey};

/// How long a person may think.
const THINKING: Duration = Duration::from_secs(600);
/// How many names a question has; more do not fit a screen.
const NAMED: usize = 10;

/// Looks at what is there, asks, and takes it away. A failure for one user does not stop the others.
pub(super) async fn run(invocation: &Invocation, args: &OffboardArgs) -> Result<(), Failures> {
    guard_for_the_record(&invocation.deadline);
    let site = invocation.site().map_err(only)?;
    let mut failures = Failures::of_broken_files(&site);
    let users = names(&args.users, &mut failures);
    let kubeconfig = invocation.kubeconfig(&site.settings).map_err(only)?;
    let offboarding = Offboarding {
        site: &site,
        kubeconfig: &kubeconfig,
        admin: args.work.admin.given(),
        total: invocation.total(&site.settings),
        watchdog: &invocation.deadline,
        users: &users,
        extent: extent(args),
        jobs: args.work.jobs,
        is_dry_run: args.work.dry_run,
        stops: args.stop,
        command: "offboard",
    };
    let mut survey = offboarding.survey().await.map_err(only)?;
    failures.extend(survey.failures.drain(..));
    failures.extend(
        survey
            .lookup
            .take()
            .map(|error| ("homes and sessions".to_owned(), error)),
    );
    for user in survey.unknown.drain(..) {
        let and = ", and none is in the passwd database";
        failures.add(String::new(), Error::NoNamespace { user, and });
    }
    warn(&survey);
    if !args.work.dry_run && !args.yes && !survey.traces.is_empty() {
        ask(invocation, &question(&survey, extent(args)))?;
    }
    let done = offboarding.carry_out(&survey).await;
    invocation.deadline.lift();
    failures.extend(done.failures);
    failures.extend(done.on_node);
    failures.extend(done.sessions);
    results::warn(&done.reports);
    results::print(&done.reports, args.work.output, args.work.dry_run);
    failures.result()
}

fn extent(args: &OffboardArgs) -> Extent {
    match (args.suspend, args.keep_namespace) {
        (true, _) => Extent::Access,
        (false, true) => Extent::KeepNamespaces,
        (false, false) => Extent::All,
    }
}

/// The users, each once; what is no user name is a failure, and stops nobody else.
pub(super) fn names(given: &[String], failures: &mut Failures) -> Vec<String> {
    let mut users: Vec<String> = Vec::new();
    for name in given {
        match Username::parse(name) {
            Ok(user) => users.push(user.to_string()),
            Err(error) => failures.add(String::new(), error),
        }
    }
    users.sort();
    users.dedup();
    users
}

fn warn(survey: &Survey) {
    for (user, traces) in &survey.traces {
        if traces.is_logged_in {
            log::warning(&format!("user {user} is logged in to OnDemand now; what runs there goes on until it is stopped: /opt/ood/nginx_stage/sbin/nginx_stage nginx --user {user} --signal stop"));
        }
        if traces.is_reused {
            log::warning(&format!("the account {user} has another uid than its namespace records, so it is assumed to be another person's, and its home and session are not changed"));
        }
    }
}

/// Asks at the terminal; without one, nothing is done.
pub(super) fn ask(invocation: &Invocation, question: &str) -> Result<(), Failures> {
    let stdin = std::io::stdin();
    if !stdin.is_terminal() {
        return Err(only(Error::Usage(
            "cannot ask for confirmation: standard input is not a terminal; review the changes with --dry-run, then add --yes",
        )));
    }
    invocation.deadline.more_time("waiting for an answer", THINKING);
    // It names owners, whom others can choose: no word of theirs redraws the question.
    log::question(&format!("{} ", log::one_line(question)));
    let mut answer = String::new();
    let read = stdin.lock().read_line(&mut answer);
    if read.is_ok() && ["y", "yes"].contains(&answer.trim().to_lowercase().as_str()) {
        return Ok(());
    }
    Err(only(Error::Usage("not confirmed; nothing was changed")))
}

/// The first of these users, as many as a question has, and how many more there are.
pub(super) fn few<'a>(users: impl Iterator<Item = &'a str>) -> String {
    let mut names: Vec<_> = users.collect();
    let more = names.len().saturating_sub(NAMED);
    names.truncate(NAMED);
    let more = if more > 0 {
        format!(" and {more} more")
    } else {
        String::new()
    };
    format!("{}{more}", names.join(", "))
}

fn question(survey: &Survey, extent: Extent) -> String {
    let namespaces: usize = survey.traces.values().map(|traces| traces.namespaces.len()).sum();
    let what = match extent {
        Extent::Access => format!("Suspend the access to {namespaces} namespaces"),
        Extent::KeepNamespaces => format!("Remove everything except {namespaces} namespaces"),
        Extent::All => format!("Remove everything, and delete {namespaces} namespaces and their contents"),
    };
    format!("{what}, of: {}? [y/N] ", few(survey.traces.keys().map(String::as_str)))
}
