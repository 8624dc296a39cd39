//! What `cluster-roles` prints: the site's own names, the shipped file, and nothing that would take over another role.

use std::io::Write as _;
use std::process::{Command, Stdio};

use ood_k8s::objects::cluster_roles::{cluster_roles, DEFAULT_PULL_SECRET, SHIPPED};
use serde_json::{json, Value};

use super::roles;
use crate::support::{skip, Run, Site};

#[test]
fn what_is_printed_has_the_sites_names_everywhere_and_asks_no_cluster() {
    let site = Site::new();
    std::fs::remove_file(site.path("root.kubeconfig")).unwrap();
    let yaml = roles(&site, &[]).ok().stdout;
    let documents: Vec<Value> = ood_k8s::yaml::documents(&yaml).unwrap();
    let list = roles(&site, &["-o", "json"]).ok().json();
    assert_eq!(list["kind"], "List");
    assert_eq!(list["items"], json!(documents));
    let text = list.to_string();
    assert!(!text.contains("\"ondemand\""), "{text}");
    // hook.env's.
    assert!(text.contains(r#""resourceNames":["registry"]"#), "{text}");
    let several = roles(
        &site,
        &["--pull-secret", "b", "--pull-secret", "a", "--pull-secret", "b"],
    )
    .ok();
    let several: Vec<Value> = ood_k8s::yaml::documents(&several.stdout).unwrap();
    assert!(json!(several)
        .to_string()
        .contains(r#""resourceNames":["a","b","registry"]"#));
    site.set("IMAGE_PULL_SECRET=");
    let none = roles(&site, &[]).ok().stdout;
    assert!(!none.contains("registry") && none.contains("kind: Namespace"), "{none}");
    assert!(site.cluster.requests().is_empty());
}

#[test]
fn the_shipped_file_is_what_the_documents_names_give() {
    let shipped: Vec<Value> = ood_k8s::yaml::documents(SHIPPED).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_ood-k8s"));
    // As on an administrator's machine without OnDemand.
    command.args([
        "cluster-roles",
        "--service-account",
        "ondemand/ondemand",
        "--pull-secret",
        DEFAULT_PULL_SECRET,
    ]);
    let printed: Vec<Value> = ood_k8s::yaml::documents(&Run::of(&mut command).ok().stdout).unwrap();
    assert_eq!(printed, shipped);
}

#[test]
fn without_hook_env_nothing_is_known_of_a_pull_secret_but_a_named_file_must_be_there() {
    if std::path::Path::new("/etc/ood/config").exists() {
        return skip("this machine has a configuration of OnDemand");
    }
    let site = Site::new();
    let clusters = site.path("clusters.d");
    let mut command = Command::new(env!("CARGO_BIN_EXE_ood-k8s"));
    command.arg("cluster-roles").arg("--clusters-dir").arg(&clusters);
    let run = Run::of(&mut command).done();
    assert!(run.stderr.contains("--pull-secret"), "{}", run.stderr);
    assert!(
        !run.stdout
            .contains("\n  - secrets\n  verbs:\n  - get\n  - create\n  - patch\n---"),
        "{}",
        run.stdout
    );

    std::fs::remove_file(site.path("hook.env")).unwrap();
    roles(&site, &["--pull-secret", "registry"]).fails(3, &["hook.env", "no such file"]);
}

#[test]
fn clusters_with_different_accounts_are_printed_one_at_a_time() {
    let site = Site::new();
    let custom = |account: &str| format!("v2:\n  custom: {{ood_k8s: {{service_account: {account}}}}}\n");
    for (id, account) in [("prod", "portal/prod"), ("test", "portal/test")] {
        let file = site.cluster_file(id, &format!("https://{id}.example.org"), "oidc");
        site.write(
            &format!("clusters.d/{id}.yml"),
            &file.replace("v2:\n", &custom(account)),
        );
    }
    let print = |more: &[&str]| Run::of(&mut site.command(&[&["cluster-roles"], more].concat()));
    print(&[]).fails(3, &["prod: portal/prod, test: portal/test", "--cluster"]);
    let one = print(&["--cluster", "test"]).ok().stdout;
    assert!(one.contains("namespace: portal") && one.contains("name: test"), "{one}");
    print(&["--cluster", "nowhere"]).fails(3, &["nowhere"]);
}

#[test]
fn names_that_would_take_over_somebody_elses_role_are_refused() {
    let site = Site::new();
    for name in ["x/cluster-admin", "x/ood-user"] {
        let run = Run::of(&mut site.command(&["cluster-roles", "--service-account", name]));
        assert_eq!(run.fails(3, &[name, "replace the ClusterRole"]).stdout, "");
    }
    for (flag, value) in [("--pull-secret", "Registry"), ("--service-account", "ondemand")] {
        let run = Run::of(&mut site.command(&["cluster-roles", flag, value]));
        assert_eq!(run.status, 2, "{run:?}");
    }
}

#[test]
fn kubectl_takes_the_shipped_file_and_what_is_printed() {
    let site = Site::new();
    let Ok(programs) = ood_k8s_control_plane::Programs::find() else {
        return skip("kubectl is not built; run tests/control-plane/build");
    };
    if !site.cluster.is_real() {
        // Its client side needs the OpenAPI document, which the sandbox does not have.
        return;
    }
    site.write(
        "admin.kubeconfig",
        &site.kubeconfig(&site.cluster.url(), site.cluster.admin_token()),
    );
    let existing = cluster_roles(&site.cluster.account(), &["012".into(), "yes".into()], None).unwrap();
    let bodies: Vec<_> = existing
        .iter()
        .map(|object| ood_k8s::yaml::to_string(&object.body).unwrap())
        .collect();
    for text in [SHIPPED.to_owned(), bodies.join("---\n")] {
        let mut kubectl = Command::new(&programs.kubectl);
        kubectl.env_clear().env("KUBECACHEDIR", site.path("cache"));
        kubectl.arg("--kubeconfig").arg(site.path("admin.kubeconfig"));
        kubectl.args(["apply", "--dry-run=server", "-f", "-"]);
        let child = kubectl
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut child = child.spawn().unwrap();
        child.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
        let run = Run::from_output(child.wait_with_output().unwrap(), std::time::Duration::ZERO).done();
        assert_eq!(run.stdout.lines().count(), 8, "{run:?}");
    }
}
