//! Whose a namespace is: nothing of anybody else's is touched, and what the stock hook made is taken over.

use serde_json::{json, Value};

use super::support::Site;

fn make_namespace(site: &Site, labels: &Value, annotations: &Value) {
    let metadata = json!({ "name": site.namespace(), "labels": labels, "annotations": annotations });
    site.cluster
        .create("/api/v1/namespaces", &json!({ "metadata": metadata }));
}

fn ondemand_label() -> Value {
    json!({ "app.kubernetes.io/name": "open-ondemand" })
}

/// As the stock hook leaves it.
fn bind(site: &Site, user: &str) {
    let bindings = format!(
        "/apis/rbac.authorization.k8s.io/v1/namespaces/{}/rolebindings",
        site.namespace()
    );
    site.cluster.create(
        &bindings,
        &json!({
            "metadata": { "name": format!("{user}-ood-user") },
            "roleRef": { "apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "ood-user" },
            "subjects": [{ "kind": "User", "name": user }],
        }),
    );
}

/// Everything in the namespace but what its controllers put there.
fn contents(site: &Site) -> Vec<Value> {
    let namespace = site.namespace();
    let mut all = vec![site.cluster.object(&site.namespace_path()).unwrap()];
    all.extend(site.cluster.items(&format!(
        "/apis/rbac.authorization.k8s.io/v1/namespaces/{namespace}/rolebindings"
    )));
    all.extend(site.cluster.items(&format!(
        "/apis/networking.k8s.io/v1/namespaces/{namespace}/networkpolicies"
    )));
    all.extend(site.cluster.items(&site.core("secrets")));
    all
}

#[test]
fn a_namespace_of_another_user_is_refused_and_nothing_in_it_is_touched() {
    let site = Site::new();
    make_namespace(
        &site,
        &ondemand_label(),
        &json!({ "openondemand.org/owner": "some.body" }),
    );
    let before = contents(&site);
    for more in [&[][..], &["--adopt"]] {
        site.bootstrap(more).fails(
            4,
            &[
                &site.namespace(),
                "belongs to user \"some.body\"",
                "--take-over-from some.body",
            ],
        );
    }
    site.pre_hook().fails(4, &["belongs to user \"some.body\""]);
    assert_eq!(contents(&site), before);
}

#[test]
fn a_namespace_that_ondemand_did_not_make_is_refused_unless_adopted() {
    let site = Site::new();
    make_namespace(&site, &json!({ "team": "storage" }), &json!({}));
    let before = contents(&site);
    site.bootstrap(&[]).fails(4, &["OnDemand did not create it", "--adopt"]);
    assert_eq!(contents(&site), before);
    site.bootstrap(&["--adopt"]).ok();
    let namespace = site.cluster.object(&site.namespace_path()).unwrap();
    assert_eq!(
        namespace["metadata"]["annotations"]["openondemand.org/owner"],
        site.user
    );
    assert_eq!(namespace["metadata"]["labels"]["team"], "storage");
}

#[test]
fn a_namespace_of_the_stock_hook_is_taken_over_where_its_binding_proves_whose_it_is() {
    let site = Site::new();
    let applied = json!({ "kubectl.kubernetes.io/last-applied-configuration": "{}", "openondemand.org/last-hook-execution": "1" });
    make_namespace(&site, &ondemand_label(), &applied);
    bind(&site, &site.user);
    site.pre_hook().ok();
    let namespace = site.cluster.object(&site.namespace_path()).unwrap();
    assert_eq!(
        namespace["metadata"]["annotations"]["openondemand.org/owner"],
        site.user
    );
    assert!(namespace["metadata"]["annotations"]["kubectl.kubernetes.io/last-applied-configuration"].is_null());
    assert_ne!(
        namespace["metadata"]["annotations"]["openondemand.org/last-hook-execution"],
        "1"
    );
    assert!(site.cluster.object(&site.core("secrets/registry")).is_some());
}

#[test]
fn a_namespace_of_the_stock_hook_without_a_binding_is_refused_unless_adopted() {
    let site = Site::new();
    make_namespace(&site, &ondemand_label(), &json!({}));
    let before = contents(&site);
    site.bootstrap(&[])
        .fails(4, &["no RoleBinding in it says for whom", "--adopt"]);
    assert_eq!(contents(&site), before);
    site.bootstrap(&["--adopt"]).ok();
}

#[test]
fn a_namespace_that_the_stock_hook_gave_to_a_namesake_is_refused() {
    let site = Site::new();
    make_namespace(&site, &ondemand_label(), &json!({}));
    bind(&site, "name.sake");
    bind(&site, &site.user);
    let before = contents(&site);
    site.bootstrap(&[])
        .fails(4, &["grants permissions to \"user name.sake\""]);
    site.bootstrap(&["--adopt"])
        .fails(4, &["grants permissions to \"user name.sake\""]);
    assert_eq!(contents(&site), before);
}

#[test]
fn a_group_with_the_users_role_is_no_proof_but_a_reason_to_refuse() {
    let site = Site::new();
    make_namespace(&site, &ondemand_label(), &json!({}));
    bind(&site, &site.user);
    site.cluster.merge(
        &site.binding("ood-user"),
        &json!({ "subjects": [
            { "kind": "User", "name": site.user, "apiGroup": "rbac.authorization.k8s.io" },
            { "kind": "Group", "name": "staff", "apiGroup": "rbac.authorization.k8s.io" },
        ]}),
    );
    let before = contents(&site);
    site.bootstrap(&[]).fails(4, &["grants permissions to \"group staff\""]);
    assert_eq!(contents(&site), before);
}

#[test]
fn reserved_namespaces_get_no_binding_even_when_they_do_not_exist() {
    let site = Site::new();
    for prefix in ["kube-", "openshift-"] {
        site.write(
            "clusters.d/prod.yml",
            &format!(
                "{}    namespace_prefix: '{prefix}'\n",
                site.cluster_file("prod", &site.cluster.url(), "oidc")
            ),
        );
        site.pre_hook().fails(4, &["reserved", "NAMESPACE_PREFIX"]);
        assert!(site
            .cluster
            .object(&format!("/api/v1/namespaces/{prefix}{}", site.user))
            .is_none());
    }
    site.write(
        "clusters.d/prod.yml",
        &site.cluster_file("prod", &site.cluster.url(), "oidc"),
    );
    site.set(&format!("RESERVED_NAMESPACES='portal,{}-*'", site.cluster.mark));
    site.bootstrap(&[]).fails(4, &["reserved"]);
    assert!(site.cluster.requests().is_empty(), "no cluster is asked");
}

#[test]
fn a_name_that_makes_no_valid_namespace_is_refused_before_any_cluster_is_asked() {
    let site = Site::new();
    site.set("NAMESPACE_PREFIX='User_'");
    site.bootstrap(&[]).fails(4, &["User_", "a-z, 0-9 and -"]);
    assert!(site.cluster.requests().is_empty());
}

#[test]
fn a_namespace_that_is_being_deleted_is_waited_for_and_made_anew() {
    let site = Site::new();
    site.bootstrap(&[]).ok();
    // An object with a finalizer keeps the namespace in Terminating for as long as we like.
    let path = site.core("configmaps/holds");
    site.cluster.create(
        &site.core("configmaps"),
        &json!({ "metadata": { "name": "holds", "finalizers": ["example.org/held"] } }),
    );
    if !site.cluster.is_real() {
        site.cluster.faults().hold_termination();
    }
    site.cluster.delete(&site.namespace_path());
    let old = site.cluster.object(&site.namespace_path()).unwrap()["metadata"]["uid"].clone();

    // Long enough for a busy machine to get as far as the namespace.
    site.set("HOOK_TIMEOUT=3s");
    site.bootstrap(&[]).fails(7, &["is being deleted", &site.namespace()]);

    site.set("HOOK_TIMEOUT=1m");
    let mut login = site.command(&["bootstrap-user", &site.user]);
    let login = login
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    if site.cluster.is_real() {
        site.cluster.merge(&path, &json!({ "metadata": { "finalizers": [] } }));
    } else {
        site.cluster.faults().release_termination();
    }
    let output = login.wait_with_output().unwrap();
    super::support::Run::from_output(output, std::time::Duration::ZERO).ok();
    let namespace = site.cluster.object(&site.namespace_path()).unwrap();
    assert_ne!(namespace["metadata"]["uid"], old);
    assert!(site.cluster.object(&site.core("secrets/registry")).is_some());
}
