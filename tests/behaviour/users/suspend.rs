//! Suspension and resumption: a login is refused in the claim's own request, and costs nothing where nobody is suspended.

use serde_json::{json, Value};

use super::{admin, annotation, bindings, offboard, renewing, site, SUSPENDED};
use crate::support::{Run, Site};

fn resume(site: &Site, args: &[&str]) -> Run {
    Run::of(&mut site.command(&[&["resume", &site.user], args].concat()))
}

#[test]
fn a_suspended_user_is_not_let_in_until_resumed_and_data_and_home_stay() {
    let site = site();
    let record = renewing(&site);
    site.pre_hook().ok();
    assert!(record.exists());
    let account = site.cluster.object(&site.core("serviceaccounts/default")).unwrap();
    let home = site.user_kubeconfig();
    let dry = offboard(&site, &[&site.user, "--suspend", "--dry-run"]).ok();
    assert!(dry.stdout.contains("deleted (server dry run)"), "{dry:?}");
    assert_eq!(annotation(&site, SUSPENDED), Value::Null);

    offboard(&site, &[&site.user, "--suspend", "--yes"]).ok();
    assert_eq!(bindings(&site), ["job-pod-reaper"], "the reaper still ends what runs");
    let now = site.cluster.object(&site.core("serviceaccounts/default"));
    assert!(
        now.is_none_or(|now| now["metadata"]["uid"] != account["metadata"]["uid"]),
        "tokens of pods"
    );
    assert_eq!(site.user_kubeconfig(), home, "only access");
    assert!(!record.exists());

    let stamp = annotation(&site, "openondemand.org/last-hook-execution");
    let words = ["was suspended", "to restore it, run: ood-k8s resume --cluster prod"];
    site.pre_hook().fails(4, &words);
    let kept: Value = serde_json::from_str(&std::fs::read_to_string(&record).unwrap()).unwrap();
    assert_eq!(kept["token_ends"], json!({}), "no renewal writes anything");
    site.bootstrap(&[]).fails(4, &words);
    site.bootstrap(&["--adopt"]).fails(4, &words);
    assert_eq!(bindings(&site), ["job-pod-reaper"]);
    assert_eq!(annotation(&site, "openondemand.org/last-hook-execution"), stamp);

    // Once more, it is nothing new.
    let since = annotation(&site, SUSPENDED);
    offboard(&site, &[&site.user, "--suspend", "--yes"]).ok();
    assert_eq!(annotation(&site, SUSPENDED), since);

    let dry = resume(&site, &["--dry-run"]).ok();
    assert!(dry.stdout.contains("changed (server dry run)"), "{dry:?}");
    site.pre_hook().fails(4, &words);
    resume(&site, &[]).ok();
    site.pre_hook().ok();
    assert_eq!(bindings(&site), ["job-pod-reaper", "ood-initializer", "ood-user"]);
    let before = site.cluster.requests().len();
    site.pre_hook().ok();
    assert_eq!(site.cluster.requests().len() - before, 8);
    let again = resume(&site, &["-o", "json"]).ok();
    assert_eq!(again.json()["results"][0]["objects"][0]["outcome"], "unchanged");
}

#[test]
fn whatever_the_mark_says_and_whatever_else_is_wrong_it_lets_nobody_in() {
    let site = site();
    site.pre_hook().ok();
    for since in ["1", "", "soon", "99999999999999"] {
        let own = json!({ SUSPENDED: since });
        let unstamped = json!({ SUSPENDED: since, "openondemand.org/uid": null });
        let unclaimed = json!({ SUSPENDED: since, "openondemand.org/owner": null });
        for annotations in [own, unstamped, unclaimed] {
            let body = json!({ "metadata": { "annotations": annotations } });
            site.cluster.merge(&site.namespace_path(), &body);
            for change in ["refuse", "warn", "follow"] {
                site.set(&format!("UID_CHANGE={change}"));
                site.pre_hook().fails(4, &["was suspended"]);
                site.bootstrap(&["--adopt"]).fails(4, &["was suspended"]);
            }
            let back = json!({ "openondemand.org/uid": crate::support::account().uid.to_string(), "openondemand.org/owner": site.user });
            site.cluster
                .merge(&site.namespace_path(), &json!({ "metadata": { "annotations": back } }));
        }
    }
    resume(&site, &[]).ok();
    site.pre_hook().ok();
}

#[test]
fn a_user_cannot_take_the_mark_away() {
    let site = site();
    site.pre_hook().ok();
    let kubeconfig = admin(&site);
    offboard(
        &site,
        &[&site.user, "--suspend", "--yes", "--admin-kubeconfig", &kubeconfig],
    );
    assert!(annotation(&site, SUSPENDED).is_string());
    let body = json!({ "metadata": { "annotations": { SUSPENDED: null } } });
    let patch = Some(("application/merge-patch+json", &body));
    let status = if site.cluster.is_real() {
        site.cluster
            .ask_as_user(&site.user, "PATCH", &site.namespace_path(), patch)
            .0
    } else {
        let token = &site.cluster.as_user()[1].clone();
        site.cluster.ask_as(token, "PATCH", &site.namespace_path(), patch).0
    };
    assert_eq!(status, 403);
    assert!(annotation(&site, SUSPENDED).is_string());
}

#[test]
fn who_has_no_namespace_cannot_be_resumed_and_others_are() {
    let site = site();
    site.pre_hook().ok();
    offboard(&site, &[&site.user, "--suspend", "--yes"]).ok();
    let run = resume(&site, &["nobody-at-all"]);
    assert!(run.status == 4 && run.stderr.contains("nobody-at-all"), "{run:?}");
    site.pre_hook().ok();
}

/// Has suspensions noted in a file of root's, and returns it.
fn noting(site: &Site) -> std::path::PathBuf {
    let file = site.path("suspended");
    site.set(&format!("SUSPENDED_FILE={}", file.display()));
    file
}

#[test]
fn with_a_file_neither_a_deleted_namespace_nor_a_mark_that_is_gone_gives_access_back() {
    let site = site();
    let file = noting(&site);
    site.pre_hook().ok();
    let home = site.user_kubeconfig();
    let dry = offboard(&site, &[&site.user, "--suspend", "--dry-run"]).ok();
    assert!(
        dry.stdout.contains("changed (server dry run)") && !file.exists(),
        "{dry:?}"
    );
    offboard(&site, &[&site.user, "--suspend", "--yes"]).ok();
    let text = std::fs::read_to_string(&file).unwrap();
    assert!(
        text.lines().any(|line| line.starts_with(&format!("{} 2", site.user))),
        "{text}"
    );
    // As after the restoration of an older copy of the cluster.
    let body = json!({ "metadata": { "annotations": { SUSPENDED: null } } });
    site.cluster.merge(&site.namespace_path(), &body);
    let before = site.cluster.requests().len();
    let words = ["was suspended", "according to /", "to restore it, run: ood-k8s resume"];
    site.pre_hook().fails(4, &words);
    assert_eq!(site.cluster.requests().len(), before, "no cluster is asked");
    site.bootstrap(&["--adopt"]).fails(4, &words);
    let user = &site.user;
    Run::of(site.command(&["set-creds", user]).env("OOD_OIDC_ACCESS_TOKEN", "x")).fails(4, &words);
    assert_eq!(site.user_kubeconfig(), home);
    let listed = Run::of(&mut site.command(&["users", "--suspended", "-o", "name"])).done();
    assert_eq!(listed.stdout.trim(), *user);
    let before = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, format!("# of Puppet\n{before}somebody-else\n")).unwrap();
    resume(&site, &[]).ok();
    let left = std::fs::read_to_string(&file).unwrap();
    assert!(
        left.contains("# of Puppet") && left.contains("somebody-else") && !left.contains(&format!("{user} ")),
        "{left}"
    );
    site.pre_hook().ok();
}

#[test]
fn a_file_of_suspended_users_that_cannot_be_trusted_lets_nobody_in_and_check_says_so() {
    use std::os::unix::fs::PermissionsExt;
    let site = site();
    let file = noting(&site);
    site.pre_hook().ok();
    std::fs::write(&file, "").unwrap();
    for (mode, is_good) in [(0o600, true), (0o644, true), (0o666, false), (0o602, false)] {
        std::fs::set_permissions(&file, PermissionsExt::from_mode(mode)).unwrap();
        if is_good {
            site.pre_hook().ok();
            continue;
        }
        site.pre_hook()
            .fails(3, &["cannot read SUSPENDED_FILE, so every login is refused"]);
        let run = Run::of(&mut site.command(&["check"]));
        assert!(
            run.stdout.contains("cannot read SUSPENDED_FILE"),
            "{mode:o}: {}",
            run.stdout
        );
    }
    std::fs::remove_file(&file).unwrap();
    site.pre_hook().ok();
    site.set(&format!(
        "SUSPENDED_FILE={}",
        site.path("not-mounted/suspended").display()
    ));
    site.pre_hook()
        .fails(3, &["every login is refused", "mount or make its directory"]);
    site.set(&format!("SUSPENDED_FILE={}", file.display()));
    std::fs::create_dir(&file).unwrap();
    site.pre_hook().fails(3, &["every login is refused"]);
    site.set("SUSPENDED_FILE=suspended");
    site.pre_hook().fails(3, &["SUSPENDED_FILE", "is not an absolute path"]);
}

#[test]
fn check_tells_which_lines_of_the_file_of_suspended_users_name_nobody() {
    let site = Site::new();
    let file = noting(&site);
    std::fs::write(&file, "# who left\nann 2026-11-26T18:20:00Z\nbob carl\ndora,emil\n").unwrap();
    let run = Run::of(&mut site.command(&["check"]));
    for words in ["3 suspended users are in", "line 3 of", "line 4 of", "OK8S-143"] {
        assert!(run.stdout.contains(words), "{words}: {}", run.stdout);
    }
    for good in ["line 1 of", "line 2 of"] {
        assert!(!run.stdout.contains(good), "{good}: {}", run.stdout);
    }
}

#[test]
fn the_file_alone_suspends_a_user_without_a_namespace_and_resume_finds_whoever_is_in_it() {
    let site = site();
    let file = noting(&site);
    resume(&site, &[]).fails(4, &["has no namespace"]);
    offboard(&site, &[&site.user, "--suspend", "--yes"]).ok();
    site.pre_hook().fails(4, &["was suspended"]);
    assert!(site.cluster.object(&site.namespace_path()).is_none());
    resume(&site, &[]).ok();
    assert!(!std::fs::read_to_string(&file).unwrap().contains(&site.user));
    site.pre_hook().ok();
}

#[test]
fn the_tokens_of_a_user_whom_the_file_alone_suspends_are_renewed_no_more() {
    let site = site();
    let record = renewing(&site);
    let file = noting(&site);
    let nginx = super::with_nginx(&site);
    site.pre_hook().ok();
    assert!(record.exists());
    let renew = || Run::of(&mut site.command(&["renew-creds", "-o", "json"]));
    renew().ok();
    assert!(record.exists(), "nginx runs");
    // As configuration management writes it, on a node where nobody ran offboard.
    std::fs::write(&file, format!("{}\n", site.user)).unwrap();
    let home = site.user_kubeconfig();
    let run = renew().ok();
    assert!(
        run.stdout.contains("access is suspended") && !record.exists(),
        "{run:?}"
    );
    assert_eq!(site.user_kubeconfig(), home);
    std::fs::remove_file(&file).unwrap();
    std::fs::create_dir(&file).unwrap();
    renew().fails(3, &["cannot read SUSPENDED_FILE"]);
    drop(nginx);
}

#[test]
fn a_name_that_another_person_has_now_is_not_noted() {
    let site = site();
    let file = noting(&site);
    site.pre_hook().ok();
    let other = json!({ "metadata": { "annotations": { "openondemand.org/uid": "4000000" } } });
    site.cluster.merge(&site.namespace_path(), &other);
    offboard(&site, &[&site.user, "--suspend", "--yes"]).done();
    assert!(annotation(&site, SUSPENDED).is_string());
    let noted = std::fs::read_to_string(&file).unwrap_or_default();
    assert!(!noted.contains(&site.user), "{noted}");
}
