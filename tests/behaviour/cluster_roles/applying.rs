//! `cluster-roles --apply`: what is created, what is changed back, and which kubeconfig is used.

use serde_json::json;

use super::{apply, outcomes, own_role, roles, RBAC};
use crate::support::Site;

#[test]
fn applying_twice_creates_and_then_changes_nothing() {
    let site = Site::new();
    let tried = apply(&site, &["--dry-run", "-o", "json"]).ok();
    assert_eq!(tried.json()["dry_run"], true);
    assert!(site.cluster.object(&own_role(&site)).is_none());

    let first = apply(&site, &["-o", "json"]).ok();
    // The users' roles are there with OnDemand's own rights, and ours are the same.
    let created = [["created"; 6].as_slice(), &["unchanged"; 2]].concat();
    assert_eq!(outcomes(&tried), created);
    assert_eq!(outcomes(&first), created);
    let path = format!("/api/v1/namespaces/portal-{}", site.cluster.mark);
    let label = json!({ "metadata": { "labels": { "team": "storage" } } });
    site.cluster.merge(&path, &label);

    let second = apply(&site, &["-o", "json"]).ok();
    assert_eq!(outcomes(&second), ["unchanged"; 8]);
    assert_eq!(
        site.cluster.object(&path).unwrap()["metadata"]["labels"]["team"],
        "storage"
    );
    let table = apply(&site, &[]).ok().stdout;
    assert!(table.starts_with("CLUSTER   OBJECT"), "{table}");
    assert!(
        table.contains(&format!("prod      clusterrole/robot-{}", site.cluster.mark)),
        "{table}"
    );
}

#[test]
fn a_role_that_was_widened_is_as_it_should_be_again_and_other_bindings_are_warned_of() {
    let site = Site::new();
    apply(&site, &[]).ok();
    let rules = site.cluster.object(&own_role(&site)).unwrap()["rules"].clone();
    let stock = site.cluster.object(&format!("{RBAC}/clusterroles/ondemand")).unwrap();
    site.cluster
        .merge(&own_role(&site), &json!({ "rules": stock["rules"] }));

    let tried = apply(&site, &["--dry-run", "-o", "json"]).done();
    assert!(tried.stderr.contains("would be replaced"), "{}", tried.stderr);
    assert_eq!(outcomes(&tried)[2], "changed");
    assert_ne!(site.cluster.object(&own_role(&site)).unwrap()["rules"], rules);

    let run = apply(&site, &["-o", "json"]).done();
    assert!(run.stderr.contains("other bindings"), "{}", run.stderr);
    assert_eq!(outcomes(&run)[2], "changed");
    assert_eq!(site.cluster.object(&own_role(&site)).unwrap()["rules"], rules);
}

#[test]
fn a_binding_to_another_role_cannot_be_changed_and_the_way_out_is_named() {
    let site = Site::new();
    apply(&site, &[]).ok();
    let name = format!("robot-{}", site.cluster.mark);
    let path = format!("{RBAC}/clusterrolebindings/{name}");
    let mut binding = site.cluster.object(&path).unwrap();
    site.cluster.delete(&path);
    binding["metadata"] = json!({ "name": name });
    binding["roleRef"]["name"] = json!("view");
    site.cluster.create(&format!("{RBAC}/clusterrolebindings"), &binding);
    let remedy = format!("kubectl delete clusterrolebinding {name})");
    apply(&site, &[]).fails(5, &["ClusterRoleBinding", &remedy]);
}

#[test]
fn an_administrators_kubeconfig_that_cannot_be_used_is_named_as_such() {
    let site = Site::new();
    let apply = |file: &str, more: &[&str]| {
        let file = site.path(file);
        let flags = ["--apply", "--admin-kubeconfig", file.to_str().unwrap()];
        roles(&site, &[&flags, more].concat())
    };
    apply("nowhere", &[]).fails(3, &["the administrator's kubeconfig", "no such file"]);
    let lacking = apply("root.kubeconfig", &[]).fails(
        5,
        &[
            "the administrator's kubeconfig",
            "lacks the permission",
            "cluster-admin",
        ],
    );
    assert!(!lacking.stderr.contains("describe clusterrole"), "{}", lacking.stderr);
    site.write(
        "ended.kubeconfig",
        &site.kubeconfig(&site.cluster.url(), "no-such-token"),
    );
    apply("ended.kubeconfig", &[]).fails(5, &["the administrator's kubeconfig", "401"]);
    site.write("other.kubeconfig", &site.kubeconfig("https://other.example.org", "x"));
    apply("other.kubeconfig", &[]).fails(3, &["no context for", "--admin-context"]);
    apply("root.kubeconfig", &["--admin-context", "nobody"]).fails(3, &["no context \"nobody\""]);
    let usage = roles(&site, &["--apply"]);
    assert_eq!(usage.status, 2, "{usage:?}");
    assert!(usage.stderr.contains("--admin-kubeconfig"), "{usage:?}");
    let usage = roles(&site, &["--admin-kubeconfig", "admin.kubeconfig"]);
    assert_eq!(usage.status, 2, "nobody asked to apply: {usage:?}");
}

#[test]
fn a_context_is_for_one_cluster_and_may_have_another_address() {
    let site = Site::new();
    let elsewhere = site.cluster_file("test", "https://k8s.example.org:6443", "oidc");
    site.write("clusters.d/test.yml", &elsewhere);
    let context = ["--admin-context", "ondemand@kubernetes"];
    apply(&site, &context).fails(3, &["prod, test", "--cluster"]);
    let run = apply(&site, &[&context[..], &["--cluster", "test", "-o", "json"]].concat()).done();
    assert!(
        run.stderr.contains("make sure that they are the same cluster"),
        "{}",
        run.stderr
    );
    assert_eq!(outcomes(&run)[2], "created");
    // Without --admin-context there is no context for the second cluster, and the first is still applied.
    let run = apply(&site, &["-o", "json"]).fails(3, &["cluster test", "no context for https://k8s.example.org:6443"]);
    assert_eq!(outcomes(&run), ["unchanged"; 8]);
}
