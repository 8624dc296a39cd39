//! `access`: asked before any cluster, by every way to let somebody in.

use serde_json::json;

use super::write;
use crate::support::{is_root, skip, Accounts, Cluster, Run, Site};

fn group_of(user: &str) -> String {
    let output = std::process::Command::new("id").args(["-gn", user]).output().unwrap();
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

#[test]
fn whom_access_does_not_let_in_gets_nothing_and_no_cluster_is_asked() {
    let site = Site::on(Cluster::own());
    let (user, group) = (&site.user, group_of(&site.user));
    for (access, rule) in [
        (
            format!("{{deny: [{{users: [{user}]}}]}}"),
            "access.deny in line 2: users",
        ),
        (
            format!("{{deny: [{{groups: [{group}]}}], allow: [{{users: [{user}]}}]}}"),
            "access.deny in line 2: groups",
        ),
        (
            "{deny: [{uids: 0-4294967294}]}".to_owned(),
            "access.deny in line 2: uids",
        ),
        (
            "{allow: [{users: [somebody-else]}]}".to_owned(),
            "access.allow in line 2: no entry",
        ),
        (
            "{allow: [{groups: [no-such-group-here]}]}".to_owned(),
            "access.allow in line 2: no entry",
        ),
    ] {
        write(&site, &format!("version: 1\naccess: {access}\n"));
        for run in [site.pre_hook(), site.set_creds(), site.bootstrap(&[])] {
            // An ordinary user is told before that what logins have kept cannot be read.
            let told = run.stderr.lines().last().unwrap_or_default();
            for words in ["is not let in", rule, "k8s-profiles.yml"] {
                assert!(run.status == 4 && told.contains(words), "{run:?}");
            }
            assert!(!is_root() || run.stderr.lines().count() == 1, "{run:?}");
        }
        assert!(site.cluster.object(&site.namespace_path()).is_none(), "{access}");
        assert!(site.user_kubeconfig().is_none(), "{access}");
    }
    if !site.cluster.is_real() {
        assert!(site
            .cluster
            .requests()
            .iter()
            .all(|seen| !format!("{seen:?}").contains("ood-k8s")));
    }
    let found = Run::of(&mut site.command(&["check", &site.user, "-o", "json"]));
    assert_ne!(found.status, 0, "{found:?}");
    let codes = found.json()["findings"].to_string();
    assert!(
        codes.contains("OK8S-416") && codes.contains("access.allow in line 2"),
        "{codes}"
    );
}

#[test]
fn whom_access_lets_in_logs_in_as_before_and_check_says_by_which_rule() {
    let site = Site::new();
    let user = site.user.clone();
    write(
        &site,
        &format!("version: 1\naccess: {{deny: [{{users: [mallory]}}], allow: [{{users: [{user}]}}]}}\n"),
    );
    site.pre_hook().ok();
    assert!(site.cluster.object(&site.namespace_path()).is_some());
    let found = Run::of(&mut site.command(&["check", &user, "-o", "json"]));
    assert!(
        found.stdout.contains("is let in: access.allow in line 2: users"),
        "{found:?}"
    );
    let shown = Run::of(&mut site.command(&["profile", "show", &user, "-o", "json"])).ok();
    assert_eq!(shown.json()["access"]["allowed"], true);
}

#[test]
fn owners_whom_access_does_not_let_in_are_listed_with_the_rule_and_doubts_take_nothing() {
    if !is_root() {
        return skip("only root may mount the databases");
    }
    let site = Site::on(Cluster::own());
    site.set("HOOK_TIMEOUT=1m\nMIN_UID=1000");
    let accounts = Accounts::new()
        .user("ann", 61_001, "/bin/sh")
        .user("bob", 61_002, "/bin/sh")
        .group("hpc", 61_900, "ann");
    for (owner, uid) in [("ann", 61_001), ("bob", 61_002)] {
        site.make_namespace(&format!("user-{owner}"), Some(owner));
        let uid = json!({ "metadata": { "annotations": { "openondemand.org/uid": uid.to_string() } } });
        site.cluster.merge(&format!("/api/v1/namespaces/user-{owner}"), &uid);
    }
    let listed = |text: &str| {
        write(&site, text);
        Run::of(&mut accounts.command(&site, &["users", "--not-allowed", "-o", "json"]))
    };
    for (access, users) in [
        ("{allow: [{groups: [hpc]}]}", "bob"),
        ("{deny: [{users: [ann]}]}", "ann"),
        ("{allow: [{uids: 61002}]}", "ann"),
        ("{deny: [{groups: [hpc], uids: 61001-61009}]}", "ann"),
    ] {
        let run = listed(&format!("version: 1\naccess: {access}\n")).ok();
        let rows = run.json()["results"].clone();
        assert_eq!(rows.as_array().unwrap().len(), 1, "{access}: {rows}");
        assert_eq!(
            (&rows[0]["user"], &rows[0]["why"]),
            (&json!(users), &json!("no-access"))
        );
        assert!(rows[0]["rule"].as_str().unwrap().contains("in line 2"), "{rows}");
    }
    for doubtful in [
        "version: 1\naccess: {allow: [{groups: [not-known]}]}\n",
        "version: 1\naccess: {alow: []}\n",
    ] {
        let run = listed(doubtful);
        assert_eq!(run.json()["results"], json!([]), "{doubtful}: {run:?}");
        assert!(!run.stderr.is_empty(), "{run:?}");
    }
}
