//! The same state gives the same findings in the same order, whatever the order of the answers, and however much there is.

use ood_k8s_sandbox::Sandbox;
use serde_json::json;

use super::{audit, bind, bind_everywhere, open_policy, pod, site_on, subject};
use crate::support::{Cluster, Site};

/// Something of everything, some of it more than a page.
fn troubled() -> Site {
    let site = site_on(Cluster::sandbox(Sandbox::start()));
    for number in 0..270 {
        let who = json!([subject("User", &format!("u{number}")), subject("Group", "staff")]);
        bind(&site, &format!("b{number}"), "view", &who);
    }
    for number in 0..60 {
        let mount = json!([{ "name": "v", "hostPath": { "path": format!("/data/{number}") } }]);
        pod(
            &site,
            &format!("p{number}"),
            &json!({ "volumes": mount, "securityContext": { "runAsUser": number } }),
        );
    }
    for name in ["a", "b", "c", "d"] {
        open_policy(&site, name, &json!([]));
        bind_everywhere(
            &site,
            name,
            "view",
            &json!([subject("Group", "x"), subject("User", "y")]),
        );
        site.make_namespace(&format!("user-{name}"), None);
    }
    site
}

#[test]
fn shuffled_answers_give_the_same_findings_in_the_same_order() {
    let site = troubled();
    let first = audit(&site, &["-o", "json"]).stdout;
    for code in ["OK8S-701", "OK8S-702", "OK8S-704", "OK8S-705", "OK8S-706", "OK8S-707"] {
        assert!(first.contains(code), "{code}: {first}");
    }
    assert!(first.contains("and 267 more"), "{first}");
    for seed in 1..6 {
        site.cluster.faults().shuffle_lists(seed);
        assert!(audit(&site, &["-o", "json"]).stdout == first, "seed {seed}");
        assert!(
            audit(&site, &["-o", "json"]).stdout == first,
            "seed {seed}, the second time"
        );
    }
}

#[test]
fn pages_are_bounded_and_smaller_where_objects_are_large() {
    let site = troubled();
    // Together they are more than one answer may have.
    let filler = "x".repeat(200_000);
    for number in 0..45 {
        let path = site.core("pods");
        let metadata = json!({ "name": format!("large{number}"), "annotations": { "filler": filler } });
        let spec = json!({ "containers": [{ "name": "c", "image": "i" }], "securityContext": { "runAsUser": 7 } });
        site.cluster
            .create(&path, &json!({ "metadata": metadata, "spec": spec }));
    }
    site.cluster.faults().forget_requests();
    let run = audit(&site, &["-o", "json"]);
    assert!(!run.stdout.contains("OK8S-902"), "all of them were looked at: {run:?}");
    let requests = site.cluster.faults().requests();
    let of_pods = requests.iter().filter(|it| it.path == "/api/v1/pods");
    let queries: Vec<_> = of_pods.map(|it| it.query.as_str()).collect();
    assert!(
        queries[0].contains("limit=50") && queries[1].contains("limit=6"),
        "{queries:#?}"
    );
    let mut lists = requests.iter().filter(|it| !it.path.contains("validatingadmission"));
    assert!(lists.all(|it| it.query.contains("limit=")), "{requests:#?}");
}

/// The most memory that a run of `audit` took, in KiB.
fn peak(site: &Site) -> u64 {
    let kubeconfig = site.kubeconfig(&site.cluster.url(), site.cluster.admin_token());
    site.write("admin.kubeconfig", &kubeconfig);
    let path = site.path("admin.kubeconfig").display().to_string();
    let command = site.command(&["audit", "--admin-kubeconfig", &path, "-q", "-o", "json"]);
    let mut measured = std::process::Command::new("/usr/bin/env");
    measured.arg("-i").arg(command.get_program()).args(command.get_args());
    let started = std::time::Instant::now();
    let mut child = measured.stdout(std::process::Stdio::null()).spawn().unwrap();
    let status = format!("/proc/{}/status", child.id());
    let mut peak = 0;
    while child.try_wait().unwrap().is_none() {
        let text = std::fs::read_to_string(&status).unwrap_or_default();
        let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let kib = line.and_then(|line| line.trim().trim_end_matches(" kB").parse::<u64>().ok());
        peak = kib.unwrap_or(0).max(peak);
        std::thread::sleep(std::time::Duration::from_millis(2));
    }
    println!("{peak} KiB, {:?}", started.elapsed());
    peak
}

#[test]
fn memory_is_that_of_the_names_of_namespaces_however_much_is_in_them() {
    let site = site_on(Cluster::sandbox(Sandbox::start()));
    let sandbox = site.cluster.faults();
    for number in 0..3_000 {
        let name = format!("user-{number:05}");
        let metadata = json!({
            "labels": { "app.kubernetes.io/name": "open-ondemand" },
            "annotations": { "openondemand.org/owner": format!("u{number}"), "openondemand.org/uid": "7" },
        });
        sandbox.put(&format!("/api/v1/namespaces/{name}"), json!({ "metadata": metadata }));
        for nth in 0..3 {
            let binding = super::binding("x", "view", &json!([subject("User", "bob")]));
            sandbox.put(
                &format!("{}/namespaces/{name}/rolebindings/b{nth}", super::RBAC),
                binding,
            );
        }
    }
    let peak = peak(&site);
    // Not optimized, and with a finding for each namespace.
    assert!(peak < 64 * 1024, "{peak} KiB");
}
