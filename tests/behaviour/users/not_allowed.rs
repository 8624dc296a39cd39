//! Who has a namespace and is not let in any more: told with the reason, and taken away within a bound.

use std::process::{Command, Stdio};

use ood_k8s_sandbox::{Fault, Sandbox};
use serde_json::{json, Value};

use super::{admin, SUSPENDED};
use crate::support::{Accounts, Cluster, Run, Site, Terminal};

/// Accounts: two in the group `hpc`, one who left it, one below `MIN_UID`.
fn accounts() -> Accounts {
    Accounts::new()
        .user("ann", 61_001, "/bin/sh")
        .user("bob", 61_002, "/bin/sh")
        .user("carl", 61_003, "/bin/sh")
        .user("daemon2", 501, "/bin/sh")
        .group("hpc", 61_900, "ann,bob,daemon2")
}

/// A site with a cluster that is for the group `hpc` alone, with a namespace for each of them and for one who is gone.
fn site(cluster: Cluster) -> Option<Site> {
    let site = Accounts::site(cluster)?;
    restrict(&site, "[{adapter: group, groups: [hpc], type: allowlist}]");
    for (owner, uid) in [
        ("ann", 61_001),
        ("bob", 61_002),
        ("carl", 61_003),
        ("daemon2", 501),
        ("gone", 61_004),
    ] {
        make(&site, owner, owner, uid);
    }
    Some(site)
}

/// What a login of a user leaves.
fn make(site: &Site, name: &str, owner: &str, uid: u32) {
    let name = format!("user-{name}");
    site.make_namespace(&name, Some(owner));
    let uid = json!({ "metadata": { "annotations": { "openondemand.org/uid": uid.to_string() } } });
    site.cluster.merge(&format!("/api/v1/namespaces/{name}"), &uid);
    let binding = json!({
        "metadata": { "name": format!("{owner}-ood-user") },
        "roleRef": { "apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "ood-user" },
        "subjects": [{ "apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": owner }],
    });
    site.cluster.create(&bindings_path(&name), &binding);
}

fn bindings_path(namespace: &str) -> String {
    format!("/apis/rbac.authorization.k8s.io/v1/namespaces/{namespace}/rolebindings")
}

/// The rules of the cluster.
fn restrict(site: &Site, acls: &str) {
    let file = site.cluster_file("prod", &site.cluster.url(), "oidc");
    site.write("clusters.d/prod.yml", &format!("{file}  acls: {acls}\n"));
}

fn users(site: &Site, accounts: &Accounts, args: &[&str]) -> Run {
    Run::of(&mut accounts.command(site, &[&["users"], args].concat()))
}

fn reconcile_command(site: &Site, accounts: &Accounts, args: &[&str]) -> Command {
    let kubeconfig = admin(site);
    let with_admin = ["users", "reconcile", "--admin-kubeconfig", &kubeconfig];
    let mut command = accounts.command(site, &[&with_admin[..], args].concat());
    command.stdin(Stdio::null());
    command
}

fn reconcile(site: &Site, accounts: &Accounts, args: &[&str]) -> Run {
    Run::of(&mut reconcile_command(site, accounts, args))
}

/// Each user of the rows, with the reason.
fn reasons(run: &Run) -> Vec<(String, String)> {
    let json = run.json();
    let word = |row: &Value, key: &str| row[key].as_str().unwrap_or("-").to_owned();
    let rows = json["results"].as_array().unwrap().iter();
    let rows = rows.filter(|row| row["cluster"] != "");
    let mut rows: Vec<_> = rows.map(|row| (word(row, "user"), word(row, "why"))).collect();
    rows.sort();
    rows
}

fn said(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs
        .iter()
        .map(|(user, why)| ((*user).into(), (*why).into()))
        .collect()
}

/// Whether the access to the namespace of this user was taken away: the mark is there, and no binding.
fn is_out(site: &Site, name: &str) -> bool {
    let path = format!("/api/v1/namespaces/user-{name}");
    let marked = site.cluster.object(&path).unwrap()["metadata"]["annotations"][SUSPENDED].is_string();
    let bound = !site.cluster.items(&bindings_path(&format!("user-{name}"))).is_empty();
    assert_ne!(marked, bound, "{name}");
    marked
}

#[test]
fn everybody_who_is_not_let_in_is_told_with_the_reason_and_loses_access() {
    let Some(site) = site(Cluster::own()) else { return };
    let accounts = accounts();
    make(&site, "renumbered", "ann", 61_999);
    let held = json!({ "metadata": { "annotations": { SUSPENDED: "7" } } });
    make(&site, "held", "bob", 61_002);
    site.cluster.merge("/api/v1/namespaces/user-held", &held);
    site.make_namespace("user-stock", None);

    let listed = users(&site, &accounts, &["--not-allowed", "-o", "json"]).ok();
    let expected = said(&[
        ("ann", "other-uid"),
        ("bob", "suspended"),
        ("carl", "not-offered"),
        ("daemon2", "below-min-uid"),
        ("gone", "removed"),
    ]);
    assert_eq!(reasons(&listed), expected);
    let rule = listed.json()["results"]
        .as_array()
        .unwrap()
        .iter()
        .find(|row| row["user"] == "carl")
        .unwrap()["rule"]
        .clone();
    assert!(rule.as_str().unwrap().contains("none of its groups"), "{rule}");
    let table = users(&site, &accounts, &["--not-allowed", "-o", "wide"]);
    assert!(
        table.stdout.contains("WHY") && table.stdout.contains("none of its groups"),
        "{table:?}"
    );
    let plain = users(&site, &accounts, &[]).ok();
    assert!(!plain.stdout.contains("WHY"), "{plain:?}");
    assert_eq!(
        users(&site, &accounts, &["-o", "json"]).ok().json()["results"][0].get("why"),
        None
    );

    let dry = reconcile(&site, &accounts, &["--dry-run", "-o", "json"]).ok();
    assert_eq!(reasons(&dry), expected);
    assert!(!is_out(&site, "carl"), "a dry run");
    let run = reconcile(&site, &accounts, &["--yes", "-o", "json"]).ok();
    assert_eq!(reasons(&run), expected);
    assert_eq!(
        run.json()["summary"],
        json!({ "suspended": 5 }),
        "one was suspended by half"
    );
    for name in ["renumbered", "held", "carl", "daemon2", "gone"] {
        assert!(is_out(&site, name), "{name}");
    }
    for name in ["ann", "bob"] {
        assert!(!is_out(&site, name), "{name}");
    }
    // Again, there is nothing to do.
    let again = reconcile(&site, &accounts, &["--yes"]).ok();
    assert_eq!(again.stdout, "5 namespaces: 5 unchanged\n");
    // Back in the group, and given back.
    let accounts = accounts.group("hpc2", 61_901, "carl");
    restrict(&site, "[{adapter: group, groups: [hpc, hpc2], type: allowlist}]");
    Run::of(&mut accounts.command(&site, &["resume", "carl"])).ok();
    let listed = users(&site, &accounts, &["--not-allowed", "-o", "name"]).ok();
    assert!(!listed.stdout.contains("carl"), "{listed:?}");
}

#[test]
fn a_group_that_nobody_knows_is_no_reason_and_is_told() {
    let Some(site) = site(Cluster::own()) else { return };
    // As it looks while the directory service does not answer: the group is not there.
    let accounts = Accounts::new()
        .user("ann", 61_001, "/bin/sh")
        .user("carl", 61_003, "/bin/sh");
    for name in ["bob", "daemon2", "gone"] {
        site.cluster.delete(&format!("/api/v1/namespaces/user-{name}"));
    }
    let listed = users(&site, &accounts, &["--not-allowed", "-o", "name"]).done();
    for word in ["2 owners", "does not know group \"hpc\"", "getent group", "are skipped"] {
        assert!(listed.stderr.contains(word), "{word}: {listed:?}");
    }
    assert!(
        !listed.stdout.contains("ann") && !listed.stdout.contains("carl"),
        "{listed:?}"
    );
    let run = reconcile(&site, &accounts, &["--yes", "-o", "json"]).done();
    assert_eq!(run.json()["summary"]["undecided"], 2, "{run:?}");
    assert!(!is_out(&site, "ann") && !is_out(&site, "carl"));
    // Neither is one group of several, nor the group of a file.
    let own = Accounts::new()
        .user("ann", 61_001, "/bin/sh")
        .user("carl", 61_003, "/bin/sh")
        .group("hpc", 61_900, "ann");
    restrict(&site, "[{adapter: group, groups: [hpc, vanished], type: allowlist}]");
    let run = reconcile(&site, &own, &["--yes"]).done();
    assert!(run.stderr.contains("vanished") && !is_out(&site, "carl"), "{run:?}");
    restrict(&site, "[]");
    let file = site.path("clusters.d/prod.yml");
    std::os::unix::fs::chown(&file, None, Some(61_777)).unwrap();
    std::fs::set_permissions(&file, std::os::unix::fs::PermissionsExt::from_mode(0o640)).unwrap();
    let run = reconcile(&site, &own, &["--yes"]).done();
    assert!(run.stderr.contains("61777") && !is_out(&site, "carl"), "{run:?}");
    // Known by now, it is one.
    let known = own.group("staff2", 61_777, "ann");
    reconcile(&site, &known, &["--yes"]).ok();
    assert!(is_out(&site, "carl") && !is_out(&site, "ann"));
}

#[test]
fn a_blocklist_takes_only_from_those_who_are_in_it() {
    let Some(site) = site(Cluster::own()) else { return };
    let accounts = accounts().group("locked-out", 61_902, "bob");
    restrict(
        &site,
        "[{adapter: group, groups: [locked-out, vanished], type: blocklist}]",
    );
    reconcile(&site, &accounts, &["--yes"]).ok();
    assert!(is_out(&site, "bob") && !is_out(&site, "ann") && !is_out(&site, "carl"));
}

#[test]
fn a_mass_of_users_loses_nothing_unless_that_is_asked_for() {
    let Some(site) = site(Cluster::sandbox(Sandbox::start())) else {
        return;
    };
    for number in 0..12 {
        make(&site, &format!("gone-{number}"), &format!("gone-{number}"), 7);
    }
    let accounts = accounts();
    // Twelve, and those of all tests here: carl, daemon2 and gone.
    let words = [
        "15 of the 17 users who have access",
        "more than 10",
        "getent group",
        "--at-most 15",
        "nothing was changed",
    ];
    reconcile(&site, &accounts, &["--yes"]).fails(4, &words);
    reconcile(&site, &accounts, &["--dry-run"]).fails(4, &words[..2]);
    for (bound, words) in [("14", "more than 14"), ("0", "more than 0"), ("80%", "more than 13")] {
        reconcile(&site, &accounts, &["--yes", "--at-most", bound]).fails(4, &[words]);
    }
    assert!(!is_out(&site, "carl"));
    for wrong in ["", "-1", "101%", "many"] {
        assert_eq!(reconcile(&site, &accounts, &["--at-most", wrong]).status, 2, "{wrong}");
    }
    let run = reconcile(&site, &accounts, &["--yes", "--at-most", "15"]).ok();
    assert!(run.stdout.ends_with("15 namespaces: 15 suspended\n"), "{run:?}");
    assert!(is_out(&site, "carl") && is_out(&site, "gone-7") && !is_out(&site, "ann"));
}

#[test]
fn the_bound_holds_in_each_cluster_of_its_own() {
    let Some(site) = site(Cluster::sandbox(Sandbox::start())) else {
        return;
    };
    for number in 0..200 {
        make(&site, &format!("ann-{number}"), "ann", 61_001);
    }
    let mut accounts = accounts();
    for number in 0..200 {
        accounts = accounts.user(&format!("other-{number}"), 62_000 + number, "/bin/sh");
        make(
            &site,
            &format!("other-{number}"),
            &format!("other-{number}"),
            62_000 + number,
        );
    }
    // A small cluster whose twelve users all seem to have left the group, beside a large one.
    let small = Cluster::own();
    let file = site.cluster_file("prod", &site.cluster.url(), "oidc");
    site.write("clusters.d/prod.yml", &file);
    let tokens = [site.cluster.admin_token(), small.admin_token()];
    let acls = "  acls: [{adapter: group, groups: [hpc]}]\n";
    site.put_beside(&small, "small", tokens, acls);
    for number in 0..12 {
        let owner = format!("other-{number}");
        let label = json!({ "app.kubernetes.io/name": "open-ondemand" });
        let owner = json!({ "openondemand.org/owner": owner });
        let metadata = json!({ "name": format!("user-{number}"), "labels": label, "annotations": owner });
        small.create("/api/v1/namespaces", &json!({ "metadata": metadata }));
    }
    let run = Run::of(&mut accounts.command(&site, &["users", "reconcile", "--yes"]));
    run.fails(
        4,
        &[
            "12 of the 12 users who have access in cluster small",
            "more than 10",
            "add --at-most 14",
        ],
    );
    let run = Run::of(&mut accounts.command(&site, &["users", "reconcile", "--yes", "--at-most", "14"])).done();
    assert!(run.stdout.contains("14 namespaces: 14 suspended"), "{run:?}");
    // Whom the rules of one cluster keep out has the other as before.
    assert!(!is_out(&site, "other-3"));
}

#[test]
fn nothing_is_taken_away_in_a_cluster_that_cannot_be_read_whole() {
    let Some(site) = site(Cluster::sandbox(Sandbox::start())) else {
        return;
    };
    for number in 0..300 {
        site.make_namespace(&format!("user-more-{number}"), Some("ann"));
    }
    site.cluster.faults().fail(Fault::status(403).containing("continue="));
    let run = reconcile(&site, &accounts(), &["--yes", "-o", "json"]);
    assert_eq!((run.status, run.json()["results"].clone()), (5, json!([])), "{run:?}");
    assert!(!is_out(&site, "carl") && !is_out(&site, "gone"));
}

#[test]
fn it_is_shown_and_asked_before() {
    let Some(site) = site(Cluster::own()) else { return };
    let accounts = accounts();
    for more in [&[][..], &["--quiet"]] {
        let run = reconcile(&site, &accounts, more);
        assert!(run.status == 2 && run.stderr.contains("--yes"), "{run:?}");
        assert!(
            run.stdout.contains("not-offered") && run.stdout.contains("carl"),
            "{run:?}"
        );
    }
    for (answer, status) in [("n\n", 2), ("\n", 2), ("y\n", 0)] {
        assert!(!is_out(&site, "carl"), "{answer:?}");
        let mut terminal = Terminal::new();
        let mut child = terminal.start(&mut reconcile_command(&site, &accounts, &[]), Stdio::null());
        let question = terminal.shows("[y/N] ");
        assert!(
            question.contains("3 namespaces, of: carl, daemon2, gone?"),
            "{question}"
        );
        terminal.types(answer);
        assert_eq!(child.wait().unwrap().code(), Some(status), "{answer:?}");
    }
    assert!(is_out(&site, "carl"));
}

#[test]
fn only_whose_account_is_out_is_noted_for_all_clusters() {
    let Some(site) = site(Cluster::own()) else { return };
    let file = site.path("suspended");
    site.set(&format!("SUSPENDED_FILE={}", file.display()));
    site.write("suspended", "bob\n");
    let accounts = accounts();
    let listed = users(&site, &accounts, &["--not-allowed", "-o", "json"]).ok();
    assert!(
        reasons(&listed).contains(&("bob".into(), "suspended".into())),
        "{listed:?}"
    );
    reconcile(&site, &accounts, &["--yes"]).ok();
    assert!(is_out(&site, "bob"), "by the file alone until now");
    let noted = std::fs::read_to_string(&file).unwrap();
    let is_noted = |name: &str| noted.lines().any(|line| line.split(' ').next() == Some(name));
    assert!(is_noted("gone") && is_noted("daemon2"), "{noted}");
    assert!(!is_noted("carl") && !is_noted("ann"), "{noted}");
    std::fs::write(&file, "").unwrap();
    std::fs::set_permissions(&file, std::os::unix::fs::PermissionsExt::from_mode(0o666)).unwrap();
    reconcile(&site, &accounts, &["--yes"]).fails(3, &["cannot read SUSPENDED_FILE"]);
}

#[test]
fn namespaces_of_another_installation_are_not_this_ones_to_list_or_to_take_away() {
    let Some(site) = site(Cluster::own()) else { return };
    let accounts = accounts();
    // Carl is not let in here; at the other installation, the name is another person's.
    make(&site, "theirs", "carl", 61_003);
    let theirs = json!({ "metadata": { "annotations": { "openondemand.org/site": "other" } } });
    site.cluster.merge("/api/v1/namespaces/user-theirs", &theirs);
    let listed = users(&site, &accounts, &["-o", "json"]).done();
    assert!(!listed.stdout.contains("user-theirs"), "{listed:?}");
    assert!(
        listed.stderr.contains("1 namespaces of other installations"),
        "{listed:?}"
    );
    reconcile(&site, &accounts, &["--yes"]).ok();
    assert!(is_out(&site, "carl") && !is_out(&site, "theirs"));
    let kubeconfig = admin(&site);
    let args = ["offboard", "carl", "--yes", "--admin-kubeconfig", &kubeconfig];
    Run::of(&mut accounts.command(&site, &args)).done();
    assert!(!is_out(&site, "theirs"), "another person's");
    let minted = Run::of(&mut accounts.command(&site, &["mint-registry-secret", "--all", "-o", "json"])).done();
    assert!(!minted.stdout.contains("user-theirs"), "{minted:?}");
    site.set("SITE=other");
    let listed = users(&site, &accounts, &["-o", "name"]).done();
    assert!(listed.stdout.contains("carl"), "{listed:?}");
}

#[test]
fn an_owner_that_is_no_user_name_says_nothing_of_anybody() {
    let Some(site) = site(Cluster::own()) else { return };
    let accounts = accounts();
    let file = site.path("suspended");
    site.set(&format!("SUSPENDED_FILE={}", file.display()));
    for (number, owner) in ["x\nann\nbob", "ann x", "\u{1b}[2Jann"].iter().enumerate() {
        let name = format!("user-odd-{number}");
        site.make_namespace(&name, Some(owner));
    }
    let run = reconcile(&site, &accounts, &["--yes"]).done();
    assert!(
        run.stderr.contains("owners of 3 namespaces are no user names"),
        "{run:?}"
    );
    let noted = std::fs::read_to_string(&file).unwrap();
    let noted: Vec<_> = noted.lines().filter(|line| !line.starts_with('#')).collect();
    assert_eq!(noted.len(), 2, "daemon2 and gone: {noted:?}");
    assert!(!is_out(&site, "ann") && !is_out(&site, "bob"));
}

#[test]
fn where_nobody_has_an_account_the_directory_is_more_likely_to_be_down() {
    let Some(site) = site(Cluster::own()) else { return };
    restrict(&site, "[]");
    let nobody = Accounts::new();
    let words = [
        "5 of the 5 users who have access",
        "getent passwd",
        "--at-most 5",
        "nothing was changed",
    ];
    reconcile(&site, &nobody, &["--yes"]).fails(4, &words);
    assert!(!is_out(&site, "gone") && !is_out(&site, "ann"));
    reconcile(&site, &nobody, &["--yes", "--at-most", "5"]).done();
    assert!(is_out(&site, "ann"));
}
