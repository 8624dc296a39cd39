//! Bounds on what servers and users can make a run cost: pauses, sizes, memory, time.

use ood_k8s_sandbox::{Fault, Sandbox};
use serde_json::json;

use super::{credentials_are_written, sandbox_site};
use crate::support::{Cluster, Run, Site};

#[test]
fn a_server_that_asks_for_no_pause_gets_the_usual_one() {
    let site = sandbox_site();
    site.set("HOOK_TIMEOUT=2s");
    site.cluster
        .faults()
        .fail(Fault::too_many_requests(0).containing("rolebindings"));
    site.pre_hook().fails(5, &["too busy", "429"]);
    let asked = site.cluster.faults().requests();
    let asked = asked
        .iter()
        .filter(|request| request.path.contains("rolebindings"))
        .count();
    // 0.1, 0.2, 0.4 and 0.8 seconds apart, for each of the bindings; without a pause it would be hundreds.
    assert!(asked <= 18, "{asked} requests");
}

/// A Secret of the user's that is longer than anybody's: one byte of U+0001 is six of JSON.
fn make_long_secret(site: &Site) {
    let long = json!({
        "metadata": { "name": "registry", "annotations": { "a": "\u{1}".repeat(200_000) } },
        "type": "kubernetes.io/dockerconfigjson",
        "data": { ".dockerconfigjson": "e30=", "more": "AAAA".repeat(250_000) },
    });
    site.cluster.create(&site.core("secrets"), &long);
}

#[test]
fn a_secret_that_is_too_long_is_named_with_the_command_that_removes_it() {
    let site = sandbox_site();
    site.set("IMAGE_PULL_SECRET=");
    site.bootstrap(&[]).ok();
    make_long_secret(&site);
    site.set("IMAGE_PULL_SECRET=registry");
    let namespace = site.namespace();
    let remedy =
        format!("larger than 2 MiB as the server sends it; delete it: kubectl delete secret registry -n {namespace}");
    let run = site.pre_hook().fails(5, &["the Secret registry in", &remedy]);
    assert!(!run.stderr.contains("cannot reach"), "{}", run.stderr);
    credentials_are_written(&site);
}

#[test]
fn what_a_user_did_in_the_own_namespace_fails_no_run_for_everybody() {
    let site = Site::on(Cluster::sandbox(Sandbox::start()));
    site.set("IMAGE_PULL_SECRET=");
    site.bootstrap(&[]).ok();
    make_long_secret(&site);
    let secret = json!({ "metadata": { "name": "registry" }, "type": "kubernetes.io/dockerconfigjson", "immutable": true, "data": { ".dockerconfigjson": "e30=" } });
    for name in ["user-immutable", "user-held"] {
        let claimed = json!({ "metadata": {
            "name": name, "labels": { "app.kubernetes.io/name": "open-ondemand" }, "annotations": { "openondemand.org/owner": name },
        } });
        site.cluster.create("/api/v1/namespaces", &claimed);
        site.cluster
            .create(&format!("/api/v1/namespaces/{name}/secrets"), &secret);
    }
    let held = json!({ "metadata": { "finalizers": ["example.org/held"] } });
    site.cluster
        .merge("/api/v1/namespaces/user-held/secrets/registry", &held);
    site.set("IMAGE_PULL_SECRET=registry");
    site.write(
        "root.kubeconfig",
        &site.kubeconfig(&site.cluster.url(), site.cluster.admin_token()),
    );
    let all = |more: &[&str]| {
        Run::of(&mut site.command(&[&["mint-registry-secret", "--all", "--include-gone"], more].concat())).done()
    };
    let run = all(&[]);
    assert_eq!(run.stdout, "3 namespaces: 3 blocked\n");
    assert_eq!(
        run.stderr.matches("ood-k8s: warning: cluster prod, namespace ").count(),
        3,
        "{}",
        run.stderr
    );
    assert!(
        run.stderr.contains("is marked immutable") && run.stderr.contains("kubectl delete secret registry"),
        "{}",
        run.stderr
    );
    let run = all(&["--replace", "-o", "json"]);
    assert_eq!(
        run.json()["summary"],
        json!({ "blocked": 2, "changed": 1 }),
        "{}",
        run.stdout
    );
    assert!(
        run.stderr.contains("has a finalizer") && run.stderr.contains("kubectl patch secret registry -n user-held"),
        "{}",
        run.stderr
    );
    Run::of(&mut site.command(&["mint-registry-secret", &site.user])).fails(5, &["kubectl delete secret registry"]);
}

#[test]
fn a_secret_that_its_user_filled_up_is_told_as_such_and_fails_no_run_for_everybody() {
    let site = Site::new();
    site.set("IMAGE_PULL_SECRET=");
    site.bootstrap(&[]).ok();
    let full = json!({
        "metadata": { "name": "registry" }, "type": "kubernetes.io/dockerconfigjson",
        "data": { ".dockerconfigjson": "e30=", "more": "AAAA".repeat(1_048_570 / 3) },
    });
    site.cluster.create(&site.core("secrets"), &full);
    site.set("IMAGE_PULL_SECRET=registry");
    let remedy = format!("kubectl delete secret registry -n {}", site.namespace());
    let words = [
        "the Secret registry in",
        "has no room for what is to be written to it",
        &remedy,
    ];
    // The sandbox takes secrets of any length; what API servers say, word for word: 1.30, and the newest.
    let in_words = [
        "Too long: must have at most 1048576 bytes",
        "Too long: may not be more than 1048576 bytes",
    ];
    for said in in_words {
        if !site.cluster.is_real() {
            site.cluster.faults().clear_faults();
            let said = json!({
                "kind": "Status", "apiVersion": "v1", "status": "Failure", "reason": "Invalid", "code": 422,
                "message": format!("Secret \"registry\" is invalid: data: {said}"),
            });
            let fault = Fault::json(422, &said);
            site.cluster
                .faults()
                .fail(fault.on("PATCH", "").containing("secrets/registry"));
        }
        site.pre_hook().fails(5, &words);
    }
    site.write(
        "root.kubeconfig",
        &site.kubeconfig(&site.cluster.url(), site.cluster.admin_token()),
    );
    let user = &site.user;
    Run::of(&mut site.command(&["mint-registry-secret", user])).fails(5, &words);
    if site.cluster.is_shared() {
        return;
    }
    let run = Run::of(&mut site.command(&["mint-registry-secret", "--all"])).done();
    assert_eq!(run.stdout, "1 namespaces: 1 blocked\n", "{run:?}");
}

#[test]
fn answers_that_would_fill_the_memory_are_not_parsed() {
    let site = sandbox_site();
    site.bootstrap(&[]).ok();
    let hostile = json!({ "items": vec![json!({ "a": 0 }); 200_000] });
    site.cluster.faults().fail(Fault::json(200, &hostile).on("GET", "/"));
    site.pre_hook()
        .fails(5, &["too large together", "the largest of them to get"]);
    let longer = json!({ "items": "a".repeat(3 * 1024 * 1024) });
    site.cluster.faults().clear_faults();
    site.cluster
        .faults()
        .fail(Fault::json(200, &longer).on("GET", "/apis/networking"));
    site.pre_hook().fails(5, &["with more than 2048 KiB"]);
}

#[test]
fn a_cluster_with_too_large_answers_spends_nothing_of_what_another_one_needs() {
    let (site, good) = (sandbox_site(), Cluster::sandbox(Sandbox::start()));
    let tokens = [&site.cluster, &good].map(Cluster::ondemand_token);
    site.put_beside(&good, "good", [&tokens[0], &tokens[1]], "");
    site.pre_hook().done();
    let hostile = json!({ "items": vec![json!({ "a": 0 }); 200_000] });
    site.cluster.faults().fail(Fault::json(200, &hostile).on("GET", "/"));
    // It answers when the other one has had its share.
    let late = std::time::Duration::from_secs(2);
    good.faults().fail(Fault::slow(late).on("GET", "/"));
    let run = site.pre_hook().fails(5, &["cluster prod: ", "too large together"]);
    assert!(!run.stderr.contains("cluster good"), "{run:?}");
}

#[test]
fn commands_for_many_have_the_watchdog_of_the_hook() {
    let site = sandbox_site();
    site.write("proxy", "x");
    let proxy = site.path("proxy").display().to_string();
    for args in [
        &["bootstrap-user", &site.user][..],
        &["mint-registry-secret", "--all"],
        &["sync-secret", "grid-proxy", "--from-file", &proxy, "--all"],
    ] {
        site.cluster.faults().fail(Fault::hang());
        let mut command = site.command(&[args, &["--timeout", "1s"]].concat());
        let (out, err) = (std::process::Stdio::null(), std::process::Stdio::null());
        let mut child = command.stdout(out).stderr(err).spawn().unwrap();
        let tasks = format!("/proc/{}/task", child.id());
        crate::support::wait_until("the watchdog", || {
            let names = std::fs::read_dir(&tasks).into_iter().flatten().flatten();
            names
                .filter_map(|task| std::fs::read_to_string(task.path().join("comm")).ok())
                .any(|name| name.trim_end() == "watchdog")
        });
        child.wait().unwrap();
    }
}
