//! A profiles file that cannot be used: what was last read well holds.

use super::{login, with_own_state, write};
use crate::support::{is_root, skip, Cluster, Site};

fn site() -> Option<Site> {
    if !is_root() {
        skip("only root may mount, and keeps what it has read");
        return None;
    }
    Some(Site::on(Cluster::own()))
}

/// Ways to break it.
fn break_it(site: &Site, how: &str) {
    match how {
        "gone" => std::fs::remove_file(site.path("k8s-profiles.yml")).unwrap(),
        "a wrong path" => site.set("PROFILES_FILE=not/absolute"),
        "another path" => site.set("PROFILES_FILE=/nowhere/k8s-profiles.yml"),
        text => site.write("k8s-profiles.yml", text),
    }
}

#[test]
fn while_it_is_broken_logins_go_by_what_was_last_read_well_and_say_so() {
    for how in [
        "version: 1\nprofiles: [\n",
        "version: 1\nlabels: {}\n",
        "gone",
        "a wrong path",
        "another path",
    ] {
        let Some(site) = site() else { return };
        let user = &site.user;
        let good = "version: 1\nprofiles: [{maxLifetime: 24h}]\n";
        write(&site, good);
        login(&site).ok();
        break_it(&site, how);
        login(&site).ok();
        let shown = with_own_state(&site, &site.command(&["profile", "show", user, "-o", "json"]));
        assert_eq!(shown.status, 3, "{how}: {shown:?}");
        assert_eq!(shown.json()["clusters"][0]["values"][0]["value"], "24h", "{how}");
        assert!(shown.stderr.contains("last read from it well"), "{how}: {shown:?}");
        let check = with_own_state(&site, &site.command(&["check", "-o", "json"]));
        assert!(check.stdout.contains("last read from it well"), "{how}: {check:?}");

        write(
            &site,
            &format!("{good}# again\naccess: {{deny: [{{users: [{user}]}}]}}\n"),
        );
        login(&site).fails(4, &["is not let in", "access.deny"]);
    }
}

#[test]
fn a_rule_that_was_read_well_holds_while_the_file_is_broken() {
    for how in ["version: 1\n:\n", "gone", "another path"] {
        let Some(site) = site() else { return };
        let user = site.user.clone();
        write(
            &site,
            &format!("version: 1\naccess: {{deny: [{{users: [{user}-not]}}]}}\n"),
        );
        login(&site).ok();
        // The file of a user who is refused is read as well, and kept by the next one's login.
        write(
            &site,
            &format!("version: 1\naccess: {{allow: [{{users: [{user}]}}]}}\n"),
        );
        login(&site).ok();
        break_it(&site, how);
        login(&site).ok();
        let copy = std::fs::read_dir(site.path("var-lib/ood-k8s/profiles")).unwrap();
        let copy = copy
            .map(|entry| entry.unwrap().path())
            .find(|path| path.to_string_lossy().ends_with("hook.env"));
        std::fs::write(
            copy.unwrap(),
            format!("version: 1\naccess: {{deny: [{{users: [{user}]}}]}}\n"),
        )
        .unwrap();
        login(&site).fails(4, &["access.deny"]);
    }
}

#[test]
fn a_broken_file_that_was_never_read_well_stops_logins_only_if_it_says_who_may() {
    for (text, status) in [
        ("version: 1\nprofiles: [\n", 0),
        ("version: 2\n", 0),
        ("gone", 0),
        ("version: 1\naccess: {alow: []}\n", 3),
        ("access:\n  allow: [{groups: [hpc]}]\n", 3),
        ("version: 1\nprofiles: [\naccess: {}\n", 3),
    ] {
        let Some(site) = site() else { return };
        write(&site, "version: 1\n");
        break_it(&site, text);
        let run = login(&site);
        if status == 0 {
            run.ok();
            assert!(site.cluster.object(&site.namespace_path()).is_some(), "{text}");
        } else {
            run.fails(status, &["nobody knows who is let in", "k8s-profiles.yml"]);
            assert!(site.cluster.object(&site.namespace_path()).is_none(), "{text}");
        }
    }
}

#[test]
fn a_copy_that_another_account_could_have_written_or_read_is_not_used() {
    for mode in [0o666, 0o644] {
        let Some(site) = site() else { return };
        write(&site, "version: 1\nprofiles: [{maxLifetime: 24h}]\n");
        login(&site).ok();
        let folder = site.path("var-lib/ood-k8s/profiles");
        for entry in std::fs::read_dir(&folder).unwrap() {
            let permissions = std::os::unix::fs::PermissionsExt::from_mode(mode);
            std::fs::set_permissions(entry.unwrap().path(), permissions).unwrap();
        }
        break_it(&site, "gone");
        let shown = with_own_state(&site, &site.command(&["profile", "show", &site.user, "-o", "json"]));
        assert_eq!(shown.json()["clusters"], serde_json::json!([]), "{mode:o}: {shown:?}");
    }
}

#[test]
fn nothing_is_kept_of_a_file_that_says_nothing_of_users() {
    let Some(site) = site() else { return };
    write(&site, "version: 1\npolicies: {hostPaths: [/home]}\n");
    login(&site).ok();
    assert!(!site.path("var-lib/ood-k8s").exists());
    write(&site, "version: 1\naccess: {deny: [{users: [mallory]}]}\n");
    login(&site).ok();
    assert!(site.path("var-lib/ood-k8s/profiles").exists());
}
