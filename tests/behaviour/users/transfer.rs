//! `users transfer`: a renamed account keeps its namespace, and the old name can do nothing.

use std::process::Stdio;

use ood_k8s_sandbox::{Fault, Sandbox};
use serde_json::{json, Value};

use super::{admin, annotation, bindings, login, renewing, site, with_account, SUSPENDED};
use crate::support::{is_root, skip, wait_until, Cluster, Run, Site, Terminal};

const OLD: &str = "ann.lee";
const NEW: &str = "ann-lee";
const OWNER: &str = "openondemand.org/owner";

/// A site whose user was called `ann.lee` when the namespace was made, and is called `ann-lee`.
fn renamed() -> Option<Site> {
    if !is_root() {
        skip("only root may mount another passwd database");
        return None;
    }
    let mut site = site();
    site.user = NEW.into();
    login(&site, OLD).ok();
    assert_eq!(annotation(&site, OWNER), OLD);
    Some(site)
}

/// `users transfer OLD NEW`, with an administrator's kubeconfig, after the rename.
fn transfer(site: &Site, more: &[&str]) -> Run {
    let kubeconfig = admin(site);
    let args = ["users", "transfer", OLD, NEW, "--admin-kubeconfig", &kubeconfig];
    let command = site.command(&[&args[..], more].concat());
    Run::of(with_account(site, NEW, &command).stdin(Stdio::null()))
}

fn path_of_bindings(site: &Site) -> String {
    format!(
        "/apis/rbac.authorization.k8s.io/v1/namespaces/{}/rolebindings",
        site.namespace()
    )
}

/// Everybody whom a binding names.
fn subjects(site: &Site) -> Vec<String> {
    let items = site.cluster.items(&path_of_bindings(site));
    let subjects = items.iter().flat_map(|it| it["subjects"].as_array().unwrap().clone());
    let mut names: Vec<_> = subjects.map(|it| it["name"].as_str().unwrap().to_owned()).collect();
    names.sort();
    names
}

fn bind(site: &Site, name: &str, role: &str, users: &[&str]) {
    let subject = |name: &&str| json!({ "kind": "User", "name": name, "apiGroup": "rbac.authorization.k8s.io" });
    let body = json!({
        "metadata": { "name": name }, "subjects": users.iter().map(subject).collect::<Vec<_>>(),
        "roleRef": { "apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": role },
    });
    site.cluster.create(&path_of_bindings(site), &body);
}

/// The new name has what a login makes, and the old one nothing.
fn is_whole(site: &Site) {
    assert_eq!(annotation(site, OWNER), NEW);
    assert_eq!(bindings(site), ["job-pod-reaper", "ood-initializer", "ood-user"]);
    assert_eq!(subjects(site), [NEW, "default", "job-pod-reaper"]);
}

#[test]
fn a_renamed_account_is_handed_over_and_the_old_name_can_do_nothing() {
    let Some(site) = renamed() else { return };
    let record = renewing(&site).with_file_name(format!("{OLD}.json"));
    login(&site, OLD).ok();
    assert!(record.exists());
    bind(&site, "mine", "view", &[OLD]);
    bind(&site, "friends", "ood-user", &["eve"]);
    let account = site.cluster.object(&site.core("serviceaccounts/default")).unwrap();
    let words = format!("hand it over: ood-k8s users transfer --cluster prod {OLD} {NEW}");
    login(&site, NEW).fails(4, &["belongs to user \"ann.lee\"", &words]);

    let before = subjects(&site);
    let dry = transfer(&site, &["--dry-run"]).ok();
    for step in [
        "rolebinding/friends",
        "rolebinding/mine",
        "serviceaccount/default",
        "session/ann.lee",
    ] {
        assert!(dry.stdout.contains(step), "no {step} in {}", dry.stdout);
    }
    assert!(subjects(&site) == before && annotation(&site, OWNER) == OLD && record.exists());

    transfer(&site, &["--yes"]).ok();
    is_whole(&site);
    assert!(!record.exists(), "nothing renews the old name's tokens");
    let now = site.cluster.object(&site.core("serviceaccounts/default")).unwrap();
    assert_ne!(now["metadata"]["uid"], account["metadata"]["uid"], "tokens of pods");
    login(&site, NEW).ok();
    login(&site, OLD).fails(4, &["belongs to user \"ann-lee\""]);
    if site.cluster.is_real() {
        let pods = site.core("pods");
        assert_eq!(site.cluster.ask_as_user(OLD, "GET", &pods, None).0, 403);
        assert_eq!(site.cluster.ask_as_user(NEW, "GET", &pods, None).0, 200);
    }
    let again = transfer(&site, &["--yes", "-o", "json"]).ok().json();
    let outcomes = again["results"][0].to_string();
    assert!(
        ["deleted", "created", "\"changed"]
            .iter()
            .all(|it| !outcomes.contains(it)),
        "nothing is to do: {again}"
    );
    is_whole(&site);
}

#[test]
fn what_makes_another_namespace_is_refused_with_what_to_do_before_anything_is_changed() {
    let Some(site) = renamed() else { return };
    let before = subjects(&site);
    let kubeconfig = admin(&site);
    let run = |old: &str, new: &str| {
        let args = [
            "users",
            "transfer",
            old,
            new,
            "--yes",
            "--admin-kubeconfig",
            &kubeconfig,
        ];
        Run::of(&mut with_account(&site, new, &site.command(&args)))
    };
    run(OLD, "ann").fails(4, &["cannot be renamed", "let ann log in", "ood-k8s offboard ann.lee"]);
    run(OLD, OLD).fails(2, &["give two names"]);
    run("bob.lee", "bob-lee").fails(4, &["\"bob.lee\" has no namespace"]);
    run("ann@lee", NEW).fails(4, &["belongs to user \"ann.lee\"", "not to ann@lee"]);
    let args = [
        "users",
        "transfer",
        OLD,
        NEW,
        "--yes",
        "--admin-kubeconfig",
        &kubeconfig,
    ];
    let nobody = Run::of(&mut site.command(&args));
    nobody.fails(4, &["ann-lee is not in the passwd database"]);
    transfer(&site, &[]).fails(2, &["--dry-run", "--yes"]);
    assert_eq!((subjects(&site), annotation(&site, OWNER)), (before, json!(OLD)));
}

#[test]
fn a_suspension_is_not_left_behind_with_the_old_name() {
    let Some(site) = renamed() else { return };
    let mark = |value: Value| {
        let body = json!({ "metadata": { "annotations": { SUSPENDED: value } } });
        site.cluster.merge(&site.namespace_path(), &body);
    };
    mark(json!("1790000000"));
    transfer(&site, &["--yes"]).fails(4, &["suspended", "ood-k8s resume --cluster prod ann.lee"]);
    mark(Value::Null);
    site.write("suspended", &format!("{OLD}\n"));
    site.set(&format!("SUSPENDED_FILE={}", site.path("suspended").display()));
    transfer(&site, &["--yes"]).fails(4, &["was suspended", "ood-k8s resume ann.lee"]);
    assert_eq!(annotation(&site, OWNER), OLD);
    site.write("suspended", "");
    transfer(&site, &["--yes"]).ok();
}

#[test]
fn it_is_whole_after_a_death_at_any_step_and_a_second_run() {
    let Some(site) = renamed() else { return };
    // What is there after each step, in their order.
    let stages: [&dyn Fn(); 5] = [
        &|| {
            site.cluster
                .delete(&format!("{}/{OLD}-ood-user", path_of_bindings(&site)));
        },
        &|| site.cluster.delete(&site.core("serviceaccounts/default")),
        &|| {
            site.cluster
                .delete(&format!("{}/{OLD}-ood-initializer", path_of_bindings(&site)));
        },
        &|| {
            let body = json!({ "metadata": { "annotations": { OWNER: NEW } } });
            site.cluster.merge(&site.namespace_path(), &body);
        },
        &|| bind(&site, "late", "ood-user", &[OLD]),
    ];
    for last in 0..stages.len() {
        stages.iter().take(last + 1).for_each(|stage| stage());
        transfer(&site, &["--yes"]).ok();
        is_whole(&site);
        login(&site, NEW).ok();
        // Back to the beginning.
        let items = site.cluster.items(&path_of_bindings(&site));
        for it in items {
            site.cluster.delete(&format!(
                "{}/{}",
                path_of_bindings(&site),
                it["metadata"]["name"].as_str().unwrap()
            ));
        }
        let body = json!({ "metadata": { "annotations": { OWNER: OLD } } });
        site.cluster.merge(&site.namespace_path(), &body);
        login(&site, OLD).ok();
    }
}

/// On a sandbox of its own, which can hang.
fn renamed_on_a_sandbox() -> Option<Site> {
    if !is_root() {
        skip("only root may mount another passwd database");
        return None;
    }
    let mut site = Site::on(Cluster::sandbox(Sandbox::start()));
    site.user = NEW.into();
    login(&site, OLD).ok();
    Some(site)
}

#[test]
fn killed_at_any_step_it_is_finished_by_a_second_run() {
    for (method, part) in [
        ("DELETE", "/rolebindings/ann.lee-ood-user"),
        ("DELETE", "/rolebindings/ann.lee-job-pod-reaper"),
        ("DELETE", "/serviceaccounts/default"),
        ("DELETE", "/rolebindings/ann.lee-ood-initializer"),
        ("PATCH", "/api/v1/namespaces/"),
        ("PATCH", "/rolebindings/ann-lee-ood-user"),
    ] {
        let Some(site) = renamed_on_a_sandbox() else { return };
        let kubeconfig = admin(&site);
        let args = ["users", "transfer", OLD, NEW, "--admin-kubeconfig", &kubeconfig];
        let mut terminal = Terminal::new();
        let mut child = terminal.start(&mut with_account(&site, NEW, &site.command(&args)), Stdio::null());
        let question = terminal.shows("[y/N] ");
        assert!(
            question.contains("Transfer from ann.lee to ann-lee") && question.contains("in prod"),
            "{question}"
        );
        site.cluster
            .faults()
            .fail(Fault::hang().containing(part).method(method));
        terminal.types("y\n");
        let hangs = |it: &ood_k8s_sandbox::Record| it.method == method && it.path.contains(part) && it.status.is_none();
        wait_until(&format!("{method} {part} hangs"), || {
            site.cluster.faults().requests().iter().any(hangs)
        });
        child.kill().unwrap();
        child.wait().unwrap();
        site.cluster.faults().clear_faults();
        transfer(&site, &["--yes"]).done();
        is_whole(&site);
        login(&site, NEW).ok();
    }
}

#[test]
fn two_at_once_do_what_one_does() {
    let Some(site) = renamed() else { return };
    let kubeconfig = admin(&site);
    let args = [
        "users",
        "transfer",
        OLD,
        NEW,
        "--yes",
        "--admin-kubeconfig",
        &kubeconfig,
    ];
    let start = || {
        let mut command = with_account(&site, NEW, &site.command(&args));
        command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap()
    };
    for _ in 0..5 {
        for child in [start(), start()] {
            let output = child.wait_with_output().unwrap();
            assert!(output.status.success(), "{output:?}");
        }
        is_whole(&site);
        login(&site, NEW).ok();
        let body = json!({ "metadata": { "annotations": { OWNER: OLD } } });
        site.cluster.merge(&site.namespace_path(), &body);
        login(&site, OLD).ok();
    }
}

#[test]
fn roots_account_needs_the_role_of_offboarding_and_nothing_else() {
    let Some(site) = renamed() else { return };
    let run = || {
        let command = site.command(&["users", "transfer", OLD, NEW, "--yes"]);
        Run::of(&mut with_account(&site, NEW, &command))
    };
    let before = subjects(&site);
    run().fails(5, &["cluster-roles --with offboarding", "--admin-kubeconfig"]);
    assert_eq!((subjects(&site), annotation(&site, OWNER)), (before, json!(OLD)));
    let account = site.cluster.account();
    let named = account.to_string();
    let printed = Run::of(&mut site.command(&[
        "cluster-roles",
        "--with",
        "offboarding",
        "--service-account",
        &named,
        "-o",
        "json",
    ]));
    let printed = printed.ok().json();
    let role = format!("{}-offboarding", account.name);
    let rbac = "/apis/rbac.authorization.k8s.io/v1";
    for it in printed["items"].as_array().unwrap() {
        let kind = it["kind"].as_str().unwrap().to_lowercase();
        if it["metadata"]["name"] == role.as_str() {
            site.cluster.create(&format!("{rbac}/{kind}s"), it);
        }
    }
    let mut last = None;
    wait_until("the rights are there", || last.insert(run()).status == 0);
    assert!(
        last.unwrap().stderr.contains("may not list Secrets"),
        "it is told what was not looked for"
    );
    is_whole(&site);
}

#[test]
fn another_uid_and_an_old_name_that_is_still_there_are_told_before_and_a_shared_binding_stops_it() {
    let Some(site) = renamed() else { return };
    let body = json!({ "metadata": { "annotations": { "openondemand.org/uid": "3999" } } });
    site.cluster.merge(&site.namespace_path(), &body);
    let dry = transfer(&site, &["--dry-run"]).done();
    assert!(
        dry.stderr.contains("made for the uid \"3999\"") && dry.stderr.contains("the same person"),
        "{dry:?}"
    );
    bind(&site, "shared", "view", &[OLD, "reviewer"]);
    let run = transfer(&site, &["--yes"]);
    assert!(
        run.status == 4
            && run.stderr.contains("RoleBinding \"shared\" in namespace")
            && run.stderr.contains("to user \"ann.lee\" and to others"),
        "{run:?}"
    );
    assert_eq!(annotation(&site, OWNER), OLD);
    site.cluster.delete(&format!("{}/shared", path_of_bindings(&site)));
    transfer(&site, &["--yes"]).done();
    is_whole(&site);
    assert_eq!(
        annotation(&site, "openondemand.org/uid"),
        crate::support::account().uid.to_string()
    );
}

#[test]
fn its_lines_say_who_ran_it_and_both_names() {
    let Some(site) = renamed() else { return };
    let run = transfer(&site, &["--yes", "--log-level", "info"]).done();
    let lines: Vec<_> = run
        .stderr
        .lines()
        .filter(|line| line.contains("msg=users-transfer"))
        .collect();
    assert_eq!(lines.len(), 2, "{run:?}");
    assert!(lines.iter().all(|line| line.contains(" by=")), "{lines:?}");
    assert!(
        lines[0].contains("user=ann-lee") && lines[0].contains("result=ok"),
        "{lines:?}"
    );
    assert!(lines[1].contains("user=ann.lee result=ok to=ann-lee"), "{lines:?}");
}
