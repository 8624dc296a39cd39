//! A directory service that answers with none of a user's groups: `access` goes by those of an earlier login.

use serde_json::json;

use super::{with_own_state, write};
use crate::support::{is_root, skip, Accounts, Cluster, Run, Site};

const DENY: &str = "version: 1\naccess: {deny: [{groups: [students]}]}\n";
const ALLOW: &str = "version: 1\naccess: {allow: [{groups: [hpc]}]}\n";

/// A directory service that answers.
fn whole() -> Accounts {
    nobody().group("hpc", 61_900, "ann").group("students", 61_901, "ann")
}

/// One that knows the groups, and nobody in them: so glibc tells of one that does not answer (initgroups).
fn without_members() -> Accounts {
    nobody().group("hpc", 61_900, "").group("students", 61_901, "")
}

/// One that knows the accounts alone.
fn nobody() -> Accounts {
    Accounts::new().user("ann", 61_001, "/bin/sh")
}

/// One that says "try again".
fn down() -> Accounts {
    nobody().groups_try_again()
}

fn site() -> Option<Site> {
    if !is_root() {
        skip("only root may mount the databases");
        return None;
    }
    let site = Site::on(Cluster::own());
    site.set("HOOK_TIMEOUT=1m\nMIN_UID=1000");
    Some(site)
}

fn run(site: &Site, accounts: &Accounts, args: &[&str]) -> Run {
    with_own_state(site, &accounts.command(site, args))
}

/// A login that ends with this status.
fn login(site: &Site, accounts: &Accounts, status: i32) -> Run {
    let run = run(site, accounts, &["bootstrap-user", "ann"]);
    assert_eq!(run.status, status, "{run:?}");
    run
}

#[test]
fn whoever_was_denied_or_allowed_by_a_group_stays_so_while_no_group_is_known_and_it_is_said() {
    let Some(site) = site() else { return };
    for (access, status) in [(DENY, 4), (ALLOW, 0)] {
        write(&site, access);
        login(&site, &whole(), status);
        for accounts in [without_members(), nobody(), down()] {
            let run = login(&site, &accounts, status);
            assert!(
                run.stderr
                    .contains("by the groups that user ann had at an earlier login")
                    && run.stderr.contains("ood-k8s users restamp ann"),
                "{run:?}"
            );
        }
    }
}

#[test]
fn a_directory_that_says_try_again_is_believed_in_nothing_and_without_a_memory_nobody_is_let_in() {
    let Some(site) = site() else { return };
    write(&site, DENY);
    let refused = login(&site, &down(), 1).stderr;
    assert!(refused.contains("cannot look up user ann"), "{refused}");
    // A group of the host's own is known, and the directory's is not.
    let local = |accounts: Accounts| accounts.group("local", 61_905, "ann");
    login(&site, &local(whole()), 4);
    let recalled = login(&site, &local(down()), 4).stderr;
    assert!(
        recalled.contains("EAGAIN") && recalled.contains("earlier login"),
        "{recalled}"
    );
    let restamp = run(&site, &down(), &["users", "restamp", "ann"]);
    assert!(restamp.stderr.contains("groups of user ann"), "{restamp:?}");
    login(&site, &local(down()), 4);
}

#[test]
fn check_and_profile_show_tell_of_it_and_nothing_is_taken_by_it() {
    let Some(site) = site() else { return };
    write(&site, DENY);
    site.make_namespace("user-ann", Some("ann"));
    login(&site, &whole(), 4);
    let lost = without_members();
    let found = run(&site, &lost, &["check", "ann", "-o", "json"]);
    let codes = found.json()["findings"].to_string();
    assert!(codes.contains("OK8S-418") && codes.contains("OK8S-416"), "{codes}");
    let shown = run(&site, &lost, &["profile", "show", "ann", "-o", "json"]);
    let access = shown.json()["access"].clone();
    assert_eq!(access["allowed"], false);
    assert!(
        access["recalled"].as_str().unwrap().contains("was in 2 more"),
        "{access}"
    );
    let listed = run(&site, &lost, &["users", "--not-allowed", "-o", "json"]);
    assert_eq!(listed.json()["results"], json!([]), "{listed:?}");
}

#[test]
fn an_administrator_says_that_the_groups_are_right_and_a_complete_answer_needs_no_word() {
    let Some(site) = site() else { return };
    write(&site, DENY);
    login(&site, &whole(), 4);
    let left = without_members();
    run(&site, &left, &["users", "restamp", "--dry-run", "ann"]);
    login(&site, &left, 4);
    for who in ["ann", "--all"] {
        run(&site, &left, &["users", "restamp", who]);
        let quiet = login(&site, &left, 0);
        assert!(!quiet.stderr.contains("earlier login"), "{quiet:?}");
        login(&site, &whole(), 4);
    }
    // Who is still in another group has left this one.
    let moved = nobody().group("hpc", 61_900, "ann").group("students", 61_901, "");
    let quiet = login(&site, &moved, 0);
    assert!(!quiet.stderr.contains("earlier login"), "{quiet:?}");
}

#[test]
fn of_another_account_with_the_uid_and_without_a_rule_about_groups_nothing_is_recalled_or_kept() {
    let Some(site) = site() else { return };
    let folder = site.path("var-lib/ood-k8s/groups");
    write(
        &site,
        "version: 1\naccess: {deny: [{users: [mallory]}]}\nprofiles: [{groups: [hpc], images: [a/]}]\n",
    );
    login(&site, &whole(), 0);
    assert!(!folder.exists(), "no rule is about groups");
    write(&site, DENY);
    login(&site, &whole(), 4);
    let kept: Vec<_> = std::fs::read_dir(&folder).unwrap().collect();
    assert_eq!(kept.len(), 1, "one folder for one hook.env");
    let other = Accounts::new()
        .user("bob", 61_001, "/bin/sh")
        .group("students", 61_901, "");
    let run = run(&site, &other, &["bootstrap-user", "bob"]).done();
    assert!(!run.stderr.contains("earlier login"), "{run:?}");
}

#[test]
fn a_note_that_another_account_could_have_written_is_none() {
    let Some(site) = site() else { return };
    write(&site, DENY);
    login(&site, &whole(), 4);
    let folder = site.path("var-lib/ood-k8s/groups");
    let of_site = std::fs::read_dir(&folder).unwrap().next().unwrap().unwrap().path();
    std::os::unix::fs::chown(of_site.join("61001"), Some(61_001), None).unwrap();
    let run = login(&site, &without_members(), 0);
    assert!(!run.stderr.contains("earlier login"), "{run:?}");
}
