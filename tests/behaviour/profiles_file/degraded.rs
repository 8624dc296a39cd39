//! A directory service that answers with none of a user's groups: `access` goes by those of an earlier login.

use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use serde_json::json;

use super::{with_own_state, write};
use crate::support::{Accounts, Cluster, Run, Site};

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
    Accounts::site(Cluster::own())
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

/// Where what is kept of ann is.
fn kept_of_ann(site: &Site) -> PathBuf {
    let folder = site.path("var-lib/ood-k8s/groups");
    let of_site = std::fs::read_dir(&folder).unwrap().next().unwrap().unwrap().path();
    of_site.join("ann.json")
}

#[test]
fn whoever_was_denied_or_allowed_by_a_group_stays_so_while_no_group_is_known_and_it_is_said() {
    let Some(site) = site() else { return };
    for (access, status) in [(DENY, 4), (ALLOW, 0)] {
        write(&site, access);
        login(&site, &whole(), status);
        for accounts in [without_members(), nobody(), down()] {
            let said = login(&site, &accounts, status).stderr;
            assert!(
                said.contains("by the groups that user ann had at an earlier login")
                    && said.contains("ood-k8s users restamp ann"),
                "{said}"
            );
        }
    }
}

#[test]
fn a_directory_that_says_try_again_is_believed_in_nothing_and_without_a_memory_nobody_is_let_in() {
    let Some(site) = site() else { return };
    write(&site, DENY);
    let refused = login(&site, &down(), 1).stderr;
    assert!(
        refused.contains("cannot look up whether user ann is in group students: EAGAIN"),
        "{refused}"
    );
    // A group of the host's own is known, and the directory's is not.
    let local = |accounts: Accounts| accounts.group("local", 61_905, "ann");
    login(&site, &local(whole()), 4);
    let recalled = login(&site, &local(down()), 4).stderr;
    assert!(
        recalled.contains("EAGAIN") && recalled.contains("earlier login"),
        "{recalled}"
    );
    let restamp = run(&site, &down(), &["users", "restamp", "ann"]);
    assert!(
        restamp.status == 1 && restamp.stderr.contains("groups of user ann"),
        "{restamp:?}"
    );
    login(&site, &local(down()), 4);
}

#[test]
fn what_the_databases_say_of_a_user_holds_beside_the_memory() {
    let Some(site) = site() else { return };
    let others = || {
        Accounts::new()
            .group("hpc", 61_900, "ann")
            .group("proj", 61_902, "ann")
            .group("students", 61_901, "")
    };
    for (without, now) in [
        // Another primary group, and no other one more.
        (
            "students",
            Accounts::new()
                .user_in("ann", 61_001, 61_901)
                .group("students", 61_901, ""),
        ),
        // A group of the host's own, with an id of the system's.
        ("banned", without_members().group("banned", 990, "ann")),
    ] {
        write(
            &site,
            &format!("version: 1\naccess: {{deny: [{{groups: [{without}]}}]}}\n"),
        );
        login(
            &site,
            &others().user("ann", 61_001, "/bin/sh").group("banned", 990, ""),
            0,
        );
        login(&site, &now, 4);
    }
}

#[test]
fn a_group_that_the_directory_does_not_know_any_more_is_as_it_was_whatever_other_groups_there_are() {
    let Some(site) = site() else { return };
    write(&site, DENY);
    login(&site, &whole(), 4);
    let run = login(&site, &nobody().group("local", 61_905, "ann"), 4).stderr;
    assert!(
        run.contains("the group database does not know group students") && run.contains("earlier login"),
        "{run}"
    );
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
    assert!(access["doubt"].as_str().unwrap().contains("was in 2 more"), "{access}");
    let listed = run(&site, &lost, &["users", "--not-allowed", "-o", "json"]);
    assert_eq!(listed.json()["results"], json!([]), "{listed:?}");
}

#[test]
fn an_administrator_says_that_the_groups_are_right_and_a_complete_answer_needs_no_word() {
    let Some(site) = site() else { return };
    write(&site, DENY);
    login(&site, &whole(), 4);
    let left = without_members();
    for of_nobody in [
        &["users", "restamp", "--dry-run", "ann"][..],
        &["users", "restamp", "--all"],
    ] {
        let _ = run(&site, &left, of_nobody);
        login(&site, &left, 4);
    }
    let _ = run(&site, &left, &["users", "restamp", "ann"]);
    let quiet = login(&site, &left, 0).stderr;
    assert!(!quiet.contains("earlier login"), "{quiet}");
    login(&site, &whole(), 4);
    // Who is still in another group has left this one.
    let moved = nobody().group("hpc", 61_900, "ann").group("students", 61_901, "");
    let quiet = login(&site, &moved, 0).stderr;
    assert!(!quiet.contains("earlier login"), "{quiet}");
}

#[test]
fn a_dry_run_and_a_site_without_a_rule_about_groups_keep_nothing() {
    let Some(site) = site() else { return };
    let folder = site.path("var-lib/ood-k8s/groups");
    write(
        &site,
        "version: 1\naccess: {deny: [{users: [mallory]}]}\nprofiles: [{groups: [hpc], images: [a/]}]\n",
    );
    login(&site, &whole(), 0);
    write(&site, DENY);
    for dry in ["--dry-run=client", "--dry-run=server"] {
        let refused = run(&site, &whole(), &["bootstrap-user", "ann", dry]);
        assert_eq!(refused.status, 4, "{refused:?}");
    }
    assert!(!folder.exists());
    login(&site, &whole(), 4);
    assert!(kept_of_ann(&site).exists());
}

#[test]
fn of_another_person_with_the_name_nothing_is_recalled_and_who_is_gone_is_forgotten() {
    let Some(site) = site() else { return };
    site.set("UID_CHANGE=follow");
    for (uid, gid) in [(61_002, 61_001), (61_001, 61_003)] {
        write(&site, DENY);
        login(&site, &whole(), 4);
        let other = Accounts::new().user_in("ann", uid, gid).group("students", 61_901, "");
        let said = login(&site, &other, 0).stderr;
        assert!(!said.contains("earlier login"), "{said}");
    }
    write(&site, ALLOW);
    let admin = crate::users::admin(&site);
    login(&site, &whole(), 0);
    for (accounts, is_kept) in [(whole(), true), (Accounts::new(), false)] {
        let done = run(
            &site,
            &accounts,
            &[
                "offboard",
                "ann",
                "--keep-namespace",
                "--yes",
                "--admin-kubeconfig",
                &admin,
            ],
        );
        assert_eq!(kept_of_ann(&site).exists(), is_kept, "{done:?}");
    }
}

#[test]
fn a_user_whose_name_is_that_of_a_lock_is_in_nobodys_way() {
    let Some(site) = site() else { return };
    write(&site, DENY);
    let both = || {
        Accounts::new()
            .user("ann", 61_001, "/bin/sh")
            .user("ann.lock", 61_002, "/bin/sh")
    };
    let students = || {
        both()
            .group("hpc", 61_900, "ann,ann.lock")
            .group("students", 61_901, "ann,ann.lock")
    };
    for accounts in [students(), both()] {
        for user in ["ann.lock", "ann"] {
            let run = run(&site, &accounts, &["bootstrap-user", user]);
            assert!(run.status == 4 && !run.stderr.contains("cannot keep"), "{run:?}");
        }
    }
}

#[test]
fn uninstall_forgets_what_logins_have_kept() {
    let Some(site) = site() else { return };
    write(&site, DENY);
    login(&site, &whole(), 4);
    let kept = kept_of_ann(&site);
    let flags = ["uninstall", "--root"];
    let said = run(&site, &whole(), &flags);
    assert!(
        said.stdout.contains("what logins have kept of PROFILES_FILE") && kept.exists(),
        "{said:?}"
    );
    // A directory that others can write to is not looked into, and is not taken for an empty one.
    let folder = kept.parent().unwrap();
    std::fs::set_permissions(folder, Permissions::from_mode(0o777)).unwrap();
    let apply = [&flags[..], &["--apply"]].concat();
    for flags in [&flags[..], &apply] {
        let said = run(&site, &whole(), flags);
        assert!(
            said.status == 3 && said.stderr.contains("others can access it") && kept.exists(),
            "{said:?}"
        );
    }
    std::fs::set_permissions(folder, Permissions::from_mode(0o700)).unwrap();
    let _ = run(&site, &whole(), &apply);
    assert!(!kept.exists());
    let said = run(&site, &whole(), &flags);
    assert!(!said.stdout.contains("PROFILES_FILE"), "{said:?}");
}

#[test]
fn a_memory_that_cannot_be_used_is_told_where_it_is_missed_and_written_anew_with_the_next_good_answer() {
    let Some(site) = site() else { return };
    write(&site, DENY);
    login(&site, &whole(), 4);
    let kept = kept_of_ann(&site);
    let good = std::fs::read(&kept).unwrap();
    let garbled = |kept: &Path| std::fs::write(kept, "{").unwrap();
    let open_to_all = |kept: &Path| std::fs::set_permissions(kept, Permissions::from_mode(0o644)).unwrap();
    for breaks in [&garbled as &dyn Fn(&Path), &open_to_all] {
        breaks(&kept);
        let said = login(&site, &without_members(), 0).stderr;
        assert!(
            said.contains("nobody knows whether there were more") && said.contains("groups/"),
            "{said}"
        );
        login(&site, &whole(), 4);
        assert_eq!(std::fs::read(&kept).unwrap(), good);
    }
    // What another account could have written is no memory either; and nothing is written through a link.
    std::os::unix::fs::chown(&kept, Some(61_001), None).unwrap();
    let said = login(&site, &without_members(), 0).stderr;
    assert!(said.contains("nobody knows whether"), "{said}");
    std::fs::remove_file(&kept).unwrap();
    site.write("of-another", "mine");
    std::os::unix::fs::symlink(site.path("of-another"), &kept).unwrap();
    login(&site, &whole(), 4);
    assert_eq!(std::fs::read_to_string(site.path("of-another")).unwrap(), "mine");
}
