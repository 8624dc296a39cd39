//! `users restamp`: records users' uids and groups in their namespaces, after a site has renumbered its accounts.

use super::error::{only, Error, Failures};
use super::invocation::{guard_for_the_record, Invocation};
use super::results::conclude;
use crate::cli::RestampArgs;
use crate::cluster;
use crate::config::Site;
use crate::many::{LeavesOut, Many, Whose};
use crate::naming::Username;
use crate::objects::Groups;
use crate::print::Output;
use crate::user;

/// Stamps every selected namespace with the ids that its owner has in the passwd database.
pub(super) async fn run(invocation: &Invocation, args: &RestampArgs) -> Result<(), Failures> {
    let whose = match (args.whose.all, args.whose.users.as_slice()) {
        (true, _) => Whose::All,
        (false, []) => {
            return Err(only(Error::Usage(
                "no namespace is selected; give user names, or --all",
            )))
        }
        (false, users) => Whose::Users(users),
    };
    guard_for_the_record(&invocation.deadline);
    let site = invocation.site().map_err(only)?;
    let many = Many {
        site: &site,
        kubeconfig: &invocation.kubeconfig(&site.settings).map_err(only)?,
        admin: None,
        total: invocation.total(&site.settings),
        watchdog: &invocation.deadline,
        whose,
        leaves_out: LeavesOut::Gone,
        jobs: args.whose.jobs,
        is_dry_run: args.dry_run,
        lists_news: args.output != Output::Table,
        command: "users-restamp",
    };
    let min_uid = site.settings.min_uid;
    let mut failures = Failures::default();
    if !args.dry_run {
        accept_groups(&site, &args.whose.users, &mut failures);
    }
    let asks_for_groups = site.settings.profiles_file.is_some();
    let ids_of = |name: &Username| {
        let user = user::look_up(name.as_str(), min_uid).ok()?;
        let groups = asks_for_groups.then(|| Groups::of(&user));
        Some((user.uid, groups))
    };
    let tally = many
        .each(|api, namespace| async move { Ok(vec![cluster::stamp_ids(&api, &namespace, ids_of).await?]) })
        .await;
    failures.and(conclude(&many, tally, args.output))
}

/// Takes what the group database says now as right for `access`, too: of users who are named, since during an outage it is
/// wrong of everybody. A user in whose place an error stands keeps what was.
fn accept_groups(site: &Site, users: &[String], failures: &mut Failures) {
    for name in users {
        // Whoever is not in the passwd database is not let in either.
        let Ok(user) = user::look_up(name, site.settings.min_uid) else {
            continue;
        };
        if let Err(error) = site.profiles.accept_groups(&user, &site.settings) {
            failures.add(format!("groups of user {name}"), error);
        }
    }
}
