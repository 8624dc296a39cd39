//! `offboard`: access first, then what renews it, the home, the namespaces; whatever stops it, it can be run again.

use std::process::{Child, Stdio};

use ood_k8s_sandbox::{Fault, Sandbox};
use serde_json::{json, Value};

use super::{admin, annotation, bindings, is_going, offboard, renewing, site, with_nginx, SUSPENDED};
use crate::support::{account, is_root, wait_until, with_input, Cluster, Run, Site, Terminal};

/// The rows, as `object` and outcome.
fn rows(run: &Run) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let mut rows = Vec::new();
    for result in run.json()["results"].as_array().unwrap() {
        for object in result["objects"].as_array().unwrap() {
            rows.push((text(&object["kind"]), text(&object["outcome"])));
        }
        if result["kubeconfig"].is_object() {
            rows.push(("kubeconfig".into(), text(&result["kubeconfig"]["outcome"])));
        }
    }
    rows
}

#[test]
fn everything_goes_and_a_dry_run_says_so_before() {
    let site = site();
    let record = renewing(&site);
    site.pre_hook().ok();
    let cached = site.path("home/cache/ood-k8s/prod.json");
    assert!(record.exists() && cached.exists());
    let before = (bindings(&site), site.user_kubeconfig());

    let dry = offboard(&site, &[&site.user, "--dry-run", "-o", "json"]).ok();
    assert_eq!(dry.json()["dry_run"], true);
    let planned = rows(&dry);
    assert_eq!((bindings(&site), site.user_kubeconfig()), before, "a dry run");
    assert!(record.exists() && annotation(&site, SUSPENDED) == Value::Null && !is_going(&site));

    let run = offboard(&site, &[&site.user, "--yes", "-o", "json"]).ok();
    assert_eq!(rows(&run), planned, "{run:?}");
    for kind in ["RoleBinding", "ServiceAccount", "Session"] {
        assert!(
            planned.contains(&(kind.into(), "deleted".into())),
            "{kind}: {planned:?}"
        );
    }
    assert!(
        planned.contains(&("kubeconfig".into(), "changed".into())),
        "{planned:?}"
    );
    assert!(planned.contains(&("Namespace".into(), "deleted".into())), "{planned:?}");
    assert!(is_going(&site) && !record.exists() && !cached.exists());
    let left = site.user_kubeconfig().unwrap();
    assert_eq!((&left["users"], &left["contexts"]), (&json!([]), &json!([])));

    // Nothing is left to do, and a second run says just that.
    let again = offboard(&site, &[&site.user, "--yes", "-o", "json"]).done();
    assert!(
        rows(&again)
            .iter()
            .all(|(kind, outcome)| outcome == "unchanged" || kind == "ServiceAccount"),
        "{again:?}"
    );
}

#[test]
fn a_kept_namespace_lets_nobody_in_and_keeps_its_data() {
    let site = site();
    site.pre_hook().ok();
    let data = json!({ "metadata": { "name": "data" }, "type": "Opaque" });
    site.cluster.create(&site.core("secrets"), &data);
    offboard(&site, &[&site.user, "--yes", "--keep-namespace"]).ok();
    assert!(site.cluster.object(&site.core("secrets/data")).is_some() && !is_going(&site));
    assert_eq!(bindings(&site), ["job-pod-reaper"]);
    assert_eq!(site.user_kubeconfig().unwrap()["users"], json!([]));
    site.pre_hook()
        .fails(4, &["was suspended", "ood-k8s resume --cluster prod"]);
    assert_eq!(
        site.user_kubeconfig().unwrap()["users"],
        json!([]),
        "no credentials either"
    );
}

#[test]
fn what_the_account_may_not_do_is_told_before_anything_is_begun() {
    let site = site();
    site.pre_hook().ok();
    let before = bindings(&site);
    let account = |args: &[&str]| Run::of(&mut site.command(&[&["offboard", &site.user, "--yes"], args].concat()));
    for more in [&[][..], &["--suspend"], &["--keep-namespace"], &["--dry-run"]] {
        account(more).fails(
            5,
            &[
                "delete rolebindings",
                "cluster-roles --with offboarding",
                "--admin-kubeconfig",
            ],
        );
    }
    assert_eq!(bindings(&site), before);
    assert_eq!(annotation(&site, SUSPENDED), Value::Null);
}

#[test]
fn the_rights_of_offboarding_alone_are_enough_and_none_is_too_many() {
    let site = site();
    site.pre_hook().ok();
    // An account that has nothing but the role that is rendered.
    let name = format!("leave-{}", site.cluster.mark);
    let printed = Run::of(&mut site.command(&[
        "cluster-roles",
        "--with",
        "offboarding",
        "--service-account",
        &format!("ondemand/{name}"),
        "-o",
        "json",
    ]));
    let printed = printed.ok().json();
    let items = printed["items"].as_array().unwrap().clone();
    let role = format!("{name}-offboarding");
    let of_role: Vec<_> = items
        .iter()
        .filter(|it| it["metadata"]["name"] == role.as_str())
        .collect();
    assert_eq!(of_role.len(), 2, "{printed}");
    let accounts = "/api/v1/namespaces/ondemand/serviceaccounts";
    site.cluster.create(accounts, &json!({ "metadata": { "name": name } }));
    let rbac = "/apis/rbac.authorization.k8s.io/v1";
    site.cluster.create(&format!("{rbac}/clusterroles"), of_role[0]);
    site.cluster.create(&format!("{rbac}/clusterrolebindings"), of_role[1]);
    let token = site.cluster.token_of(&name);
    site.write("leave.kubeconfig", &site.kubeconfig(&site.cluster.url(), &token));
    let run = |args: &[&str]| {
        let args = [&["offboard", &site.user, "--yes"], args].concat();
        Run::of(&mut site.command_of(&site.path("leave.kubeconfig"), &args))
    };
    let pod = json!({ "metadata": { "name": "on" }, "spec": { "containers": [{ "name": "c", "image": "i" }] } });
    site.cluster.create(&site.core("pods"), &pod);
    run(&["--suspend", "--stop"]).ok();
    assert_eq!(bindings(&site), ["job-pod-reaper"]);
    assert!(site
        .cluster
        .items(&site.core("pods"))
        .iter()
        .all(|pod| !pod["metadata"]["deletionTimestamp"].is_null()));
    let resumed = Run::of(&mut site.command_of(&site.path("leave.kubeconfig"), &["resume", &site.user]));
    resumed.ok();
    site.pre_hook().ok();
    // Each right is used: without it, it does not work.
    let rules = of_role[0]["rules"].as_array().unwrap();
    for (nth, rule) in rules.iter().enumerate() {
        let way: &[&str] = if rule["resources"][0] == "pods" {
            &["--suspend", "--stop", "--dry-run"]
        } else {
            &["--dry-run"]
        };
        for verb in rule["verbs"].as_array().unwrap() {
            let mut fewer = of_role[0].clone();
            let verbs = fewer["rules"][nth]["verbs"].as_array_mut().unwrap();
            verbs.retain(|it| it != verb);
            site.cluster.merge(&format!("{rbac}/clusterroles/{role}"), &fewer);
            let mut status = 0;
            wait_until("the right is gone", || {
                status = run(way).status;
                status != 0
            });
            assert_eq!(status, 5, "{rule} without {verb}");
        }
    }
    site.cluster.merge(&format!("{rbac}/clusterroles/{role}"), of_role[0]);
    wait_until("the rights are back", || run(&[]).status == 0);
    assert!(is_going(&site));
}

#[test]
fn who_is_in_no_passwd_database_is_offboarded_by_the_claim_and_a_wrong_name_stops_nobody() {
    let site = site();
    site.make_namespace("user-gone", Some("no-such-user"));
    // Under a prefix that no setting has.
    site.make_namespace("older-gone", Some("no-such-user"));
    site.make_namespace("user-other", Some("another"));
    let run = offboard(&site, &["no-such-user", "nobody-at-all", "a;b", "--yes"]);
    assert_eq!(run.status, 4, "{run:?}");
    assert!(
        run.stderr.contains("\"nobody-at-all\" has no namespace") && run.stderr.contains("a;b"),
        "{run:?}"
    );
    let state = |name: &str| site.cluster.object(&format!("/api/v1/namespaces/{name}"));
    let going = |name: &str| state(name).is_none_or(|it| !it["metadata"]["deletionTimestamp"].is_null());
    assert!(going("user-gone") && going("older-gone") && !going("user-other"));
}

#[test]
fn names_come_from_users_and_thousands_with_a_wrong_one_among_them_are_served() {
    let site = Site::on(Cluster::sandbox(Sandbox::start()));
    for number in 0..150 {
        site.make_namespace(&format!("user-{number}"), Some(&format!("gone-{number}")));
    }
    let list = Run::of(&mut site.command(&["users", "--orphaned", "-o", "name"])).done();
    assert_eq!(list.stdout.lines().count(), 150);
    let mut names = list.stdout.clone();
    names.extend((0..2_850).map(|number| format!("unknown-{number}\n")));
    names.push_str("wr;ong\n");
    let args = [
        "offboard",
        "-",
        "--suspend",
        "--yes",
        "--admin-kubeconfig",
        &admin(&site),
        "-o",
        "json",
    ];
    let run = with_input(&mut site.command(&args), names.as_bytes());
    assert_eq!(run.status, 4, "{}", run.stderr.lines().next().unwrap_or_default());
    assert_eq!(run.json()["results"].as_array().unwrap().len(), 150);
    assert_eq!(run.stderr.lines().count(), 2_851, "each is told once");
    let suspended = Run::of(&mut site.command(&["users", "--suspended", "-o", "name"])).done();
    assert_eq!(suspended.stdout.lines().count(), 150);
    let run = with_input(
        &mut site.command(&["resume", "-", "-o", "json"]),
        suspended.stdout.as_bytes(),
    );
    assert_eq!((run.status, run.json()["results"].as_array().unwrap().len()), (0, 150));
}

#[test]
fn nobody_is_offboarded_without_an_answer() {
    let site = site();
    site.pre_hook().ok();
    let kubeconfig = admin(&site);
    let args = ["offboard", site.user.as_str(), "--admin-kubeconfig", &kubeconfig];
    with_input(&mut site.command(&args), b"y\n").fails(2, &["--dry-run", "--yes"]);
    for (answer, status) in [("n\n", 2), ("\n", 2), ("yess\n", 2), ("y\n", 0)] {
        assert!(!is_going(&site), "{answer:?}");
        let mut terminal = Terminal::new();
        let mut child = terminal.start(&mut site.command(&args), Stdio::null());
        let question = terminal.shows("[y/N] ");
        assert!(
            question.contains("delete 1 namespaces") && question.contains(&site.user),
            "{question}"
        );
        terminal.types(answer);
        assert_eq!(child.wait().unwrap().code(), Some(status), "{answer:?}");
    }
    assert!(is_going(&site));
}

#[test]
fn a_namespace_that_somebody_else_has_claimed_meanwhile_is_left_alone() {
    let site = site();
    site.pre_hook().ok();
    let before = bindings(&site);
    let mut terminal = Terminal::new();
    let kubeconfig = admin(&site);
    let args = ["offboard", site.user.as_str(), "--admin-kubeconfig", &kubeconfig];
    let mut child = terminal.start(&mut site.command(&args), Stdio::null());
    terminal.shows("[y/N] ");
    let other = json!({ "metadata": { "annotations": { "openondemand.org/owner": "somebody.else" } } });
    site.cluster.merge(&site.namespace_path(), &other);
    terminal.types("y\n");
    child.wait().unwrap();
    assert_eq!((bindings(&site), annotation(&site, SUSPENDED)), (before, Value::Null));
    assert!(!is_going(&site));
}

#[test]
fn a_name_that_another_person_has_now_costs_that_person_nothing() {
    let site = site();
    let record = renewing(&site);
    site.pre_hook().ok();
    let stamp = json!({ "metadata": { "annotations": { "openondemand.org/uid": "3999" } } });
    site.cluster.merge(&site.namespace_path(), &stamp);
    let before = site.user_kubeconfig();
    let run = offboard(&site, &[&site.user, "--yes"]).done();
    assert!(run.stderr.contains("another person"), "{run:?}");
    assert!(is_going(&site));
    assert_eq!(site.user_kubeconfig(), before);
    assert!(record.exists());
}

#[test]
fn a_home_in_which_nothing_can_be_done_is_told_and_the_rest_goes() {
    let site = site();
    site.pre_hook().ok();
    site.write_home("config.lock", "");
    let run = offboard(&site, &[&site.user, "--yes"]);
    assert_eq!(run.status, 6, "{run:?}");
    assert!(run.stderr.contains("lock") && is_going(&site), "{run:?}");
    std::fs::remove_file(site.path("home/config.lock")).unwrap();
    offboard(&site, &[&site.user, "--yes"]).done();
    assert_eq!(site.user_kubeconfig().unwrap()["users"], json!([]));
}

#[test]
fn who_is_logged_in_now_is_told() {
    if !is_root() {
        return;
    }
    let site = site();
    site.pre_hook().ok();
    let nginx = with_nginx(&site);
    let run = offboard(&site, &[&site.user, "--yes", "--suspend"]).done();
    assert!(
        run.stderr.contains("is logged in to OnDemand now") && run.stderr.contains("--signal stop"),
        "{run:?}"
    );
    drop(nginx);
    Run::of(&mut site.command(&["resume", &site.user])).ok();
    offboard(&site, &[&site.user, "--yes", "--suspend"]).ok();
}

#[test]
fn a_binding_of_the_users_alone_goes_and_one_that_others_share_is_told() {
    let site = site();
    site.pre_hook().ok();
    let path = format!(
        "/apis/rbac.authorization.k8s.io/v1/namespaces/{}/rolebindings",
        site.namespace()
    );
    let bind = |name: &str, users: &[&str]| {
        let subject = |name: &&str| json!({ "kind": "User", "name": name, "apiGroup": "rbac.authorization.k8s.io" });
        let body = json!({
            "metadata": { "name": name }, "subjects": users.iter().map(subject).collect::<Vec<_>>(),
            "roleRef": { "apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "view" },
        });
        site.cluster.create(&path, &body);
    };
    bind("own", &[&site.user]);
    bind("others", &["reviewer"]);
    bind("shared", &[&site.user, "reviewer"]);
    let run = offboard(&site, &[&site.user, "--yes", "--suspend"]);
    assert!(run.status == 4 && run.stderr.contains("\"shared\""), "{run:?}");
    assert_eq!(bindings(&site), ["job-pod-reaper", "view", "view"]);
    site.cluster.delete(&format!("{path}/shared"));
    offboard(&site, &[&site.user, "--yes", "--suspend"]).ok();
}

/// Starts an offboarding that nobody waits for.
fn start(site: &Site) -> Child {
    let kubeconfig = admin(site);
    let args = ["offboard", &site.user, "--yes", "--admin-kubeconfig", &kubeconfig];
    let mut command = site.command(&args);
    command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}

#[test]
fn killed_at_any_step_it_is_finished_by_a_second_run() {
    for step in [
        "PATCH /api/v1/namespaces/",
        "DELETE /rolebindings/",
        "DELETE /serviceaccounts/default",
        "DELETE last",
    ] {
        let site = Site::on(Cluster::sandbox(Sandbox::start()));
        site.pre_hook().ok();
        let (method, part) = step.split_once(' ').unwrap();
        let part = if part == "last" {
            site.namespace_path() + "?"
        } else {
            part.to_owned()
        };
        let fault = Fault::hang().containing(&part).method(method);
        site.cluster.faults().fail(fault);
        let mut child = start(&site);
        let admins = || {
            site.cluster
                .faults()
                .requests()
                .into_iter()
                .filter(|it| it.method == method)
        };
        let part = part.trim_end_matches('?').to_owned();
        wait_until("it hangs there", || {
            admins().any(|it| it.path.contains(&part) && it.status.is_none())
        });
        child.kill().unwrap();
        child.wait().unwrap();
        site.cluster.faults().clear_faults();
        assert!(!is_going(&site), "{step}");
        offboard(&site, &[&site.user, "--yes"]).done();
        wait_until("the namespace is gone", || {
            site.cluster.object(&site.namespace_path()).is_none()
        });
        assert_eq!(site.user_kubeconfig().unwrap()["users"], json!([]), "{step}");
    }
}

#[test]
fn two_at_once_do_what_one_does() {
    let site = site();
    for _ in 0..3 {
        site.pre_hook().ok();
        let children = [start(&site), start(&site)];
        for child in children {
            let run = Run::finish(child);
            assert_eq!((run.status, run.stderr.as_str()), (0, ""), "{run:?}");
        }
        assert!(is_going(&site));
        if !site.cluster.is_real() {
            return;
        }
        wait_until("the namespace is gone", || {
            site.cluster.object(&site.namespace_path()).is_none()
        });
    }
}

#[test]
fn a_namespace_that_does_not_go_is_told_with_what_holds_it() {
    let site = site();
    site.pre_hook().ok();
    let held = json!({ "metadata": { "finalizers": ["example.org/held"] } });
    site.cluster.merge(&site.namespace_path(), &held);
    offboard(&site, &[&site.user, "--yes"]).ok();
    assert!(is_going(&site));
    // Deleted a moment ago: that is no failure.
    offboard(&site, &[&site.user, "--yes"]).ok();
    let users = Run::of(&mut site.command(&["users", "-o", "json"])).done();
    assert_eq!(users.json()["results"][0]["state"], "terminating");
    assert_eq!(account().name, site.user);
}
