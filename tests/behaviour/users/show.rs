//! `users show`: one person in all clusters, read in one flight, each missing thing with a remedy that works.

use std::process::Stdio;

use serde_json::{json, Value};

use super::{admin, annotation, bindings, offboard, renewing, site, SUSPENDED};
use crate::support::{account, Run, Site};

fn show(site: &Site, more: &[&str]) -> Run {
    let kubeconfig = admin(site);
    let args = [&["users", "show", "--admin-kubeconfig", &kubeconfig], more].concat();
    Run::of(site.command(&args).stdin(Stdio::null()))
}

/// As root's account, with the rights that are shipped.
fn own(site: &Site, more: &[&str]) -> Run {
    Run::of(&mut site.command(&[&["users", "show", site.user.as_str()], more].concat()))
}

/// What the findings say, a line each.
fn texts(told: &Value) -> String {
    let texts = told["findings"].as_array().unwrap().iter();
    let texts: Vec<_> = texts.map(|it| it["text"].as_str().unwrap()).collect();
    texts.join("\n")
}

/// Runs what a finding says is to be done.
fn do_what_it_says(site: &Site, run: &Run) {
    admin(site);
    let told = run.json();
    let mut remedies = told["findings"].as_array().unwrap().iter();
    let command = remedies.find_map(|it| it["remedy"].as_str()?.split("ood-k8s ").nth(1));
    let command = command.unwrap_or_else(|| panic!("no command: {told:#}"));
    let words: Vec<_> = command.split_whitespace().collect();
    Run::of(&mut site.command_of(&site.path("admin.kubeconfig"), &words)).done();
}

fn mark(site: &Site, annotations: &Value) {
    let body = json!({ "metadata": { "annotations": annotations } });
    site.cluster.merge(&site.namespace_path(), &body);
}

#[test]
fn all_is_well_in_words_and_for_scripts_and_only_read() {
    let site = site();
    let first = own(&site, &[]).ok();
    let words = format!("{} can log in; there is no namespace yet", site.user);
    assert!(first.stdout.contains(&words), "{first:?}");
    site.pre_hook().ok();
    let before = site.cluster.requests().len();
    let run = own(&site, &[]).ok();
    let words = format!("cluster prod: {} can log in; the last login was ", site.user);
    assert!(run.stdout.contains(&words), "{run:?}");
    for word in [
        "claimed on 2",
        "what a login makes is there: networkpolicy/",
        "secret/registry",
        "serviceaccount/default",
    ] {
        assert!(run.stdout.contains(word), "no {word} in {}", run.stdout);
    }
    assert!(!run.stdout.contains("what to do"), "{}", run.stdout);
    let requests = site.cluster.requests().split_off(before);
    assert!(requests.iter().all(|it| it.method == "GET"), "{requests:?}");
    assert_eq!(requests.len(), 8, "one flight: {requests:?}");
    let told = own(&site, &["-o", "json"]).ok().json();
    assert_eq!(told["clusters"][0]["can_log_in"], true, "{told}");
    assert_eq!(told["clusters"][0]["namespace"]["state"], "active");
    assert_eq!(told["account"]["uid"], account().uid);
    assert!(told["clusters"][0]["objects"]
        .as_array()
        .unwrap()
        .iter()
        .all(|it| it["state"] == "there"));
    let yaml = own(&site, &["-o", "yaml"]).ok();
    assert!(yaml.stdout.contains("can_log_in: true"), "{yaml:?}");
}

#[test]
fn what_is_missing_is_named_and_its_remedy_works_when_typed() {
    let site = site();
    site.pre_hook().ok();
    for (path, state) in [
        (site.policy(), "missing: networkpolicy/"),
        (site.binding("ood-user"), "missing: rolebinding/"),
        (site.binding("ood-initializer"), "missing: rolebinding/"),
        (site.core("secrets/registry"), "missing: secret/registry"),
    ] {
        site.cluster.delete(&path);
        let run = own(&site, &["-o", "json"]).done();
        let text = texts(&run.json());
        assert!(text.contains(state) && run.json()["warnings"] == 1, "{path}: {text}");
        do_what_it_says(&site, &run);
        assert_eq!(own(&site, &["-o", "json"]).ok().json()["warnings"], 0, "{path}");
    }
    let wide = json!({ "spec": { "ingress": [{}] } });
    site.cluster.merge(&site.policy(), &wide);
    let unlisted = json!({ "imagePullSecrets": [] });
    site.cluster.merge(&site.core("serviceaccounts/default"), &unlisted);
    let run = own(&site, &["-o", "json"]).done();
    let text = texts(&run.json());
    assert!(
        text.contains("not as a login writes it: networkpolicy/") && text.contains("serviceaccount/default"),
        "{text}"
    );
    do_what_it_says(&site, &run);
    assert_eq!(own(&site, &["-o", "json"]).ok().json()["warnings"], 0);
}

#[test]
fn whoever_is_not_let_in_is_told_why_and_the_remedy_works_when_typed() {
    let site = site();
    site.pre_hook().ok();
    let uid = account().uid.to_string();
    let user = site.user.as_str();
    for (annotations, words) in [
        (json!({ "openondemand.org/uid": "1502" }), "with the uid \"1502\""),
        (json!({ SUSPENDED: "1790000000" }), "was suspended"),
        (
            json!({ "openondemand.org/owner": "old.name", "openondemand.org/uid": uid }),
            "belongs to user \"old.name\"",
        ),
    ] {
        mark(&site, &annotations);
        let run = own(&site, &["-o", "json"]);
        let told = run.json();
        assert_eq!(
            (run.status, &told["clusters"][0]["can_log_in"]),
            (4, &json!(false)),
            "{told}"
        );
        let text = texts(&told);
        assert!(
            text.contains(&format!("{user} cannot log in: ")) && text.contains(words),
            "{text}"
        );
        if annotations["openondemand.org/owner"].is_null() {
            do_what_it_says(&site, &run);
            site.pre_hook().ok();
            own(&site, &[]).ok();
        }
    }
    mark(
        &site,
        &json!({ "openondemand.org/owner": user, "openondemand.org/site": "north" }),
    );
    assert!(own(&site, &[]).stdout.contains("of the site \"north\""));
    mark(
        &site,
        &json!({ "openondemand.org/owner": null, "openondemand.org/site": null }),
    );
    let run = own(&site, &[]).done();
    assert!(
        run.stdout.contains("the next login of") && run.stdout.contains("claims it"),
        "{run:?}"
    );
    for binding in ["ood-user", "ood-initializer"] {
        site.cluster.delete(&site.binding(binding));
    }
    let run = own(&site, &["-o", "json"]);
    assert!(run.status == 4 && run.stdout.contains("says for whom"), "{run:?}");
    do_what_it_says(&site, &run);
    own(&site, &[]).ok();
}

#[test]
fn an_owner_with_control_characters_forges_no_line() {
    let site = site();
    site.pre_hook().ok();
    for owner in [
        "eve\nalice can log in",
        "eve\u{1b}[2J",
        "eve\u{202e}",
        "eve; run: rm -rf /",
        "eve\"; x",
    ] {
        mark(
            &site,
            &json!({ "openondemand.org/owner": owner, "openondemand.org/uid": owner }),
        );
        let run = own(&site, &[]);
        assert_eq!(run.status, 4);
        let line = run.stdout.lines().find(|line| line.contains("cannot log in")).unwrap();
        assert!(
            line.contains("belongs to user \"eve") && !line.contains('\u{1b}'),
            "{line}"
        );
        assert!(run.stdout.lines().all(|line| !line.starts_with("alice")), "{run:?}");
        let to_do: Vec<_> = run.stdout.lines().filter(|line| line.contains("what to do")).collect();
        assert!(to_do.iter().all(|line| !line.contains("rm -rf")), "{to_do:?}");
    }
}

#[test]
fn who_is_in_no_passwd_database_is_shown_with_the_namespace_or_has_nothing() {
    let site = site();
    let mark = &site.cluster.mark;
    site.make_namespace(&format!("{mark}-gone-away"), Some("gone.away"));
    let run = show(&site, &["gone.away"]);
    assert_eq!(run.status, 4, "{run:?}");
    for words in [
        "gone.away is not in the passwd database",
        "cluster prod: gone.away cannot log in, and ",
        "what to do: if gone.away has left, run: ood-k8s offboard gone.away",
    ] {
        assert!(run.stdout.contains(words), "no {words} in {}", run.stdout);
    }
    let run = show(&site, &["nobody-at-all"]);
    assert!(
        run.status == 4 && run.stdout.contains("nobody-at-all has no namespace there"),
        "{run:?}"
    );
    for name in ["a;b", "../x", "a\nb", "root/x", "a b"] {
        let run = show(&site, &[name]);
        assert!(run.status == 4 && run.stdout.is_empty(), "{name:?}: {run:?}");
    }
}

#[test]
fn a_cluster_that_does_not_answer_is_told_and_hides_no_other() {
    let site = site();
    site.pre_hook().ok();
    let dead = "https://127.0.0.1:9";
    site.write("clusters.d/dead.yml", &site.cluster_file("dead", dead, "oidc"));
    let root = site.kubeconfig(&site.cluster.url(), &site.cluster.ondemand_token());
    let more = format!(
        "clusters:\n- name: dead\n  cluster: {{server: '{dead}', certificate-authority: '{}'}}\n",
        site.path("ca.pem").display()
    );
    let root = root.replacen("clusters:\n", &more, 1).replacen(
        "contexts:\n",
        "contexts:\n- name: dead\n  context: {cluster: dead, user: ondemand@kubernetes}\n",
        1,
    );
    site.write("root.kubeconfig", &root);
    let run = own(&site, &["-o", "json"]);
    let told = run.json();
    let clusters = told["clusters"].as_array().unwrap();
    assert_eq!(run.status, 5, "{told}");
    assert!(
        clusters[0]["cluster"] == "dead" && clusters[0]["can_log_in"].is_null() && clusters[0]["error"].is_string()
    );
    assert!(
        clusters[1]["cluster"] == "prod" && clusters[1]["can_log_in"] == true,
        "{told}"
    );
}

#[test]
fn the_kept_session_and_roots_file_of_suspended_users_are_part_of_it() {
    let site = site();
    let record = renewing(&site);
    let none = own(&site, &[]).ok();
    assert!(none.stdout.contains("no session of"), "{none:?}");
    site.pre_hook().ok();
    let told = own(&site, &["-o", "json"]).done().json();
    assert!(
        told["session"]["logged_in"].is_string() && told["session"]["running"] == false,
        "{told}"
    );
    assert!(texts(&told).contains("has ended"), "{told}");
    std::fs::write(&record, "{").unwrap();
    let run = own(&site, &[]);
    assert!(run.status != 0 && run.stdout.contains("not a valid record"), "{run:?}");
    std::fs::remove_file(&record).unwrap();

    let file = site.path("suspended");
    site.set(&format!("SUSPENDED_FILE={}", file.display()));
    offboard(&site, &[&site.user, "--suspend", "--yes"]).ok();
    mark(&site, &json!({ SUSPENDED: null }));
    assert_eq!(bindings(&site), ["job-pod-reaper"]);
    assert!(annotation(&site, SUSPENDED).is_null());
    let run = own(&site, &["-o", "json"]);
    let told = run.json();
    assert_eq!((run.status, &told["account"]["suspended"]), (4, &json!(true)), "{told}");
    assert_eq!(told["clusters"][0]["can_log_in"], false);
    do_what_it_says(&site, &run);
    site.pre_hook().ok();
    own(&site, &[]).ok();
}

#[test]
fn a_cluster_that_is_not_offered_is_told() {
    let site = site();
    site.pre_hook().ok();
    let file = site.cluster_file("prod", &site.cluster.url(), "oidc");
    let acl = "v2:\n  acls:\n  - adapter: group\n    groups: [no-such-group]\n    type: whitelist\n";
    site.write("clusters.d/prod.yml", &file.replacen("v2:\n", acl, 1));
    let run = own(&site, &["-o", "json"]);
    let told = run.json();
    assert_eq!(told["clusters"][0]["can_log_in"], false, "{told}");
    assert!(texts(&told).contains("OnDemand does not offer it"), "{told}");
}
