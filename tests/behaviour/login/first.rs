//! The first login: the namespace with everything in it, and the kubeconfig.

use base64::Engine as _;
use serde_json::json;

use crate::support::{skip, Run, Site, CANARY};

#[test]
fn a_first_login_makes_the_namespace_and_all_that_belongs_in_it() {
    let site = Site::new();
    site.pre_hook().ok();

    let namespace = site.cluster.object(&site.namespace_path()).unwrap();
    assert_eq!(
        namespace["metadata"]["labels"]["app.kubernetes.io/name"],
        "open-ondemand"
    );
    assert_eq!(
        namespace["metadata"]["annotations"]["openondemand.org/owner"],
        site.user
    );
    let seconds = namespace["metadata"]["annotations"]["openondemand.org/last-hook-execution"]
        .as_str()
        .unwrap();
    assert!(
        seconds.parse::<u64>().unwrap() > 1_700_000_000,
        "the reaper parses Unix seconds: {seconds}"
    );

    let policy = site.cluster.object(&site.policy()).unwrap();
    assert_eq!(
        policy["spec"],
        json!({
            "podSelector": {},
            "ingress": [{ "from": [
                { "podSelector": {} },
                { "ipBlock": { "cidr": "10.0.0.0/8" } },
                { "ipBlock": { "cidr": "192.0.2.7/32" } },
            ]}],
            "policyTypes": ["Ingress"],
        })
    );

    let user = site.cluster.object(&site.binding("ood-user")).unwrap();
    assert_eq!(user["roleRef"]["name"], "ood-user");
    assert_eq!(
        user["subjects"],
        json!([{ "kind": "User", "name": site.user, "apiGroup": "rbac.authorization.k8s.io" }])
    );
    let initializer = site.cluster.object(&site.binding("ood-initializer")).unwrap();
    assert_eq!(initializer["roleRef"]["name"], "ood-initializer");
    assert_eq!(
        initializer["subjects"],
        json!([{ "kind": "ServiceAccount", "name": "default", "namespace": site.namespace() }])
    );
    let reaper = site
        .cluster
        .object(&site.binding("job-pod-reaper-rolebinding"))
        .unwrap();
    assert_eq!(reaper["roleRef"]["name"], "job-pod-reaper");
    assert_eq!(
        reaper["subjects"],
        json!([{ "kind": "ServiceAccount", "name": "job-pod-reaper", "namespace": "job-pod-reaper" }])
    );

    let secret = site.cluster.object(&site.core("secrets/registry")).unwrap();
    assert_eq!(secret["type"], "kubernetes.io/dockerconfigjson");
    let file = std::fs::read(site.path("registry.json")).unwrap();
    assert_eq!(
        secret["data"][".dockerconfigjson"],
        base64::engine::general_purpose::STANDARD.encode(file)
    );
    let account = site.cluster.object(&site.core("serviceaccounts/default")).unwrap();
    assert_eq!(account["imagePullSecrets"], json!([{ "name": "registry" }]));
}

#[test]
fn a_first_login_writes_cluster_context_and_credentials_as_the_dashboard_would() {
    let site = Site::new();
    site.pre_hook().ok();
    let kubeconfig = site.user_kubeconfig().unwrap();
    let mark = json!([{ "name": "ood-k8s", "extension": { "cluster": "prod", "site": "ood" } }]);
    assert_eq!(
        kubeconfig["clusters"],
        json!([{ "name": "ood-prod", "cluster": {
            "server": site.cluster.url(), "certificate-authority": site.path("ca.pem"), "extensions": mark,
        }}])
    );
    let entry = format!("prod-{}", site.user);
    assert_eq!(
        kubeconfig["contexts"],
        json!([{ "name": "ood-prod", "context": {
            "cluster": "ood-prod", "user": entry, "namespace": site.namespace(), "extensions": mark,
        }}])
    );
    assert_eq!(kubeconfig["current-context"], "ood-prod");
    assert_eq!(kubeconfig["users"][0]["name"], entry);
    let provider = &kubeconfig["users"][0]["user"]["auth-provider"];
    assert_eq!(provider["name"], "oidc");
    assert_eq!(
        provider["config"]["idp-issuer-url"],
        "https://idp.example.org/realms/main"
    );
    assert_eq!(provider["config"]["client-id"], "ood");
    assert_eq!(provider["config"]["client-secret"], format!("{CANARY}-client"));
    assert_eq!(provider["config"]["refresh-token"], format!("{CANARY}-refresh"));
    assert!(provider["config"]["id-token"].as_str().unwrap().ends_with(CANARY));
}

#[test]
fn the_api_servers_oidc_prefix_stands_before_the_subject() {
    let site = Site::new();
    site.set("OIDC_USERNAME_PREFIX=oidc:");
    site.bootstrap(&[]).ok();
    let binding = site.cluster.object(&site.binding("ood-user")).unwrap();
    assert_eq!(binding["subjects"][0]["name"], format!("oidc:{}", site.user));
}

#[test]
fn without_a_registry_and_without_the_reaper_neither_is_made() {
    let site = Site::new();
    site.set("IMAGE_PULL_SECRET=\nUSE_JOB_POD_REAPER=false");
    site.bootstrap(&[]).ok();
    assert!(site.cluster.object(&site.core("secrets/registry")).is_none());
    assert!(site
        .cluster
        .object(&site.binding("job-pod-reaper-rolebinding"))
        .is_none());
    assert!(site.cluster.object(&site.binding("ood-user")).is_some());
}

#[test]
fn the_reaper_gets_its_rights_under_the_names_that_the_site_has_given_it() {
    let site = Site::new();
    site.set("JOB_POD_REAPER_ACCOUNT=tools/reaper");
    site.bootstrap(&[]).ok();
    let path = site.binding("job-pod-reaper-rolebinding");
    let subjects = json!([{ "kind": "ServiceAccount", "name": "reaper", "namespace": "tools" }]);
    let binding = site.cluster.object(&path).unwrap();
    assert_eq!(binding["subjects"], subjects);
    assert_eq!(binding["roleRef"]["name"], "job-pod-reaper");
    site.set("JOB_POD_REAPER_ACCOUNT=");
    let run = site.bootstrap(&[]).done();
    assert!(run.stderr.contains("gave rights to \"reaper\" as well"), "{run:?}");
    assert_eq!(
        site.cluster.object(&path).unwrap()["subjects"][0]["namespace"],
        "job-pod-reaper"
    );
}

#[test]
fn a_name_that_the_reaper_cannot_have_costs_its_binding_alone() {
    let site = Site::new();
    site.set("JOB_POD_REAPER_ACCOUNT=reaper");
    site.bootstrap(&[])
        .fails(3, &["JOB_POD_REAPER_ACCOUNT", "NAMESPACE/NAME"]);
    assert!(site.cluster.object(&site.binding("ood-user")).is_some());
    assert!(site
        .cluster
        .object(&site.binding("job-pod-reaper-rolebinding"))
        .is_none());
}

#[test]
fn the_nodes_may_connect_whatever_else_is_let_in() {
    let site = Site::new();
    let networks = || {
        let policy = site.cluster.object(&site.policy()).unwrap();
        let from = policy["spec"]["ingress"][0]["from"].as_array().unwrap().clone();
        let cidrs = from.iter().filter_map(|peer| peer["ipBlock"]["cidr"].as_str());
        cidrs.map(str::to_owned).collect::<Vec<_>>()
    };
    site.set("NETWORK_POLICY_ALLOW_CIDR=192.0.2.7/32,10.4.0.0/16\nNODE_CIDRS=10.4.0.0/16,10.5.0.0/16");
    site.bootstrap(&[]).ok();
    assert_eq!(networks(), ["192.0.2.7/32", "10.4.0.0/16", "10.5.0.0/16"]);
    site.set("NODE_CIDRS=everything");
    site.bootstrap(&[]).fails(3, &["NODE_CIDRS", "not a CIDR"]);
}

const LEVEL: &str = "pod-security.kubernetes.io/enforce";

#[test]
fn a_new_namespace_enforces_the_level_of_pod_security_that_is_set_and_an_old_one_keeps_its_own() {
    let site = Site::new();
    let label = || site.cluster.object(&site.namespace_path()).unwrap()["metadata"]["labels"][LEVEL].clone();
    site.bootstrap(&[]).ok();
    assert_eq!(label(), json!(null), "none by default");
    site.set("POD_SECURITY=restricted");
    site.bootstrap(&[]).ok();
    assert_eq!(label(), json!(null), "the namespace is not new");
    for level in ["restricted", "baseline", "privileged"] {
        let site = Site::new();
        site.set(&format!("POD_SECURITY={level}"));
        site.bootstrap(&[]).ok();
        let namespace = site.cluster.object(&site.namespace_path()).unwrap();
        assert_eq!(namespace["metadata"]["labels"][LEVEL], level);
        let none = json!({ "metadata": { "labels": { LEVEL: null } } });
        site.cluster.merge(&site.namespace_path(), &none);
        site.bootstrap(&[]).ok();
        let namespace = site.cluster.object(&site.namespace_path()).unwrap();
        assert_eq!(
            namespace["metadata"]["labels"][LEVEL],
            json!(null),
            "an administrator's choice stays"
        );
    }
}

#[test]
fn a_level_of_pod_security_that_does_not_exist_creates_no_namespace() {
    let site = Site::new();
    for word in ["Restricted", "true", "strict", "baseline,restricted"] {
        site.set(&format!("POD_SECURITY={word}"));
        site.pre_hook()
            .fails(3, &["POD_SECURITY", "write restricted, baseline or privileged"]);
        assert!(site.cluster.object(&site.namespace_path()).is_none());
    }
}

#[test]
fn kubectl_reads_the_result_back() {
    let Ok(programs) = ood_k8s_control_plane::Programs::find() else {
        return skip("kubectl is not built; run tests/control-plane/build");
    };
    let site = Site::new();
    site.pre_hook().ok();
    let kubectl = |args: &[&str]| {
        let mut command = std::process::Command::new(&programs.kubectl);
        // The context's server, authority and namespace are ours; the token is one that this server knows.
        command
            .env_clear()
            .env("HOME", site.path("home"))
            .arg("--kubeconfig")
            .arg(site.path("home/config"));
        Run::of(command.args(site.cluster.as_user()).args(args)).done().stdout
    };
    assert_eq!(kubectl(&["config", "current-context"]).trim(), "ood-prod");
    let secrets = kubectl(&["get", "secrets", "-o", "name"]);
    assert!(secrets.lines().any(|line| line == "secret/registry"), "{secrets}");
    let can = kubectl(&["auth", "can-i", "create", "pods"]);
    assert_eq!(can.trim(), "yes", "the user's rights are bound");
}
