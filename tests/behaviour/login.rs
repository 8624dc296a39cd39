//! A login: what it leaves in the cluster and in the home, and what the next one does.

use std::collections::BTreeMap;

use base64::Engine as _;
use serde_json::{json, Value};

use super::support::{Site, CANARY};

/// The API requests that a login may cost, with registry secret and reaper binding.
const MOST_REQUESTS: usize = 9;

fn versions(site: &Site) -> BTreeMap<String, Value> {
    let version = |path: String| {
        let object = site
            .cluster
            .object(&path)
            .unwrap_or_else(|| panic!("{path} is not there"));
        (path, object["metadata"]["resourceVersion"].clone())
    };
    site.all_paths().into_iter().map(version).collect()
}

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
    assert_eq!(
        kubeconfig["clusters"],
        json!([{ "name": "ood-prod", "cluster": {
            "server": site.cluster.url(), "certificate-authority": site.path("ca.pem"),
        }}])
    );
    let entry = format!("prod-{}", site.user);
    assert_eq!(
        kubeconfig["contexts"],
        json!([{ "name": "ood-prod", "context": {
            "cluster": "ood-prod", "user": entry, "namespace": site.namespace(),
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
fn without_a_kubernetes_cluster_in_clusters_d_roots_current_context_is_worked_on() {
    let site = Site::new();
    std::fs::remove_file(site.path("clusters.d/prod.yml")).unwrap();
    let shown = super::support::Run::of(&mut site.command(&["config", "show", "-o", "json"]))
        .ok()
        .json();
    assert_eq!(shown["clusters"][0]["config_file"], "~/.kube/config");
    assert_eq!(shown["clusters"][0]["auth"], "oidc");
    site.bootstrap(&[]).ok();
    assert!(site.cluster.object(&site.namespace_path()).is_some());
}

#[test]
fn a_returning_login_writes_nothing_but_the_timestamp() {
    let site = Site::new();
    site.pre_hook().ok();
    let before = versions(&site);
    let annotation = json!({ "metadata": { "annotations": { "openondemand.org/last-hook-execution": "1" } } });
    site.cluster.merge(&site.namespace_path(), &annotation);

    site.pre_hook().ok();

    let mut after = versions(&site);
    let namespace = site.namespace_path();
    assert_ne!(
        after.insert(namespace.clone(), before[&namespace].clone()),
        before.get(&namespace).cloned()
    );
    assert_eq!(after, before);
    let namespace = site.cluster.object(&namespace).unwrap();
    assert_ne!(
        namespace["metadata"]["annotations"]["openondemand.org/last-hook-execution"],
        "1"
    );
}

#[test]
fn first_and_returning_logins_cost_at_most_nine_requests() {
    let site = Site::new();
    site.pre_hook().ok();
    let first = site.cluster.requests();
    assert!(first.len() <= MOST_REQUESTS, "{first:?}");
    site.pre_hook().ok();
    let returning = &site.cluster.requests()[first.len()..];
    assert!(returning.len() <= MOST_REQUESTS, "{returning:?}");
    assert_eq!(
        returning.iter().filter(|r| r.method != "GET" && r.status < 300).count(),
        1,
        "one write: {returning:?}"
    );
}

#[test]
fn what_was_changed_by_hand_is_set_right_and_named() {
    let site = Site::new();
    site.bootstrap(&[]).ok();
    site.cluster.merge(
        &site.binding("ood-user"),
        &json!({ "subjects": [
            { "kind": "User", "name": site.user, "apiGroup": "rbac.authorization.k8s.io" },
            { "kind": "User", "name": "mallory", "apiGroup": "rbac.authorization.k8s.io" },
        ]}),
    );
    site.cluster.delete(&site.policy());
    let results = site.bootstrap(&["-o", "json"]).ok().json();
    let outcomes: BTreeMap<String, String> = results["results"][0]["objects"]
        .as_array()
        .unwrap()
        .iter()
        .map(|o| {
            (
                o["name"].as_str().unwrap().to_owned(),
                o["outcome"].as_str().unwrap().to_owned(),
            )
        })
        .collect();
    assert_eq!(outcomes[&format!("{}-ood-user", site.user)], "changed");
    assert_eq!(outcomes["deny-from-other-namespaces"], "created");
    assert_eq!(outcomes["registry"], "unchanged");
    let subjects = site.cluster.object(&site.binding("ood-user")).unwrap()["subjects"].clone();
    assert_eq!(subjects.as_array().unwrap().len(), 1, "{subjects}");
}

#[test]
fn a_network_policy_that_was_opened_by_a_selector_is_closed_again() {
    let site = Site::new();
    site.bootstrap(&[]).ok();
    let before = site.cluster.object(&site.policy()).unwrap()["spec"].clone();
    let opened = json!({ "spec": { "ingress": [{ "from": [{ "podSelector": {}, "namespaceSelector": {} }] }] } });
    site.cluster.merge(&site.policy(), &opened);
    site.bootstrap(&[]).ok();
    assert_eq!(site.cluster.object(&site.policy()).unwrap()["spec"], before);
}

#[test]
fn pull_secrets_of_others_stay_in_the_service_account() {
    let site = Site::new();
    site.bootstrap(&[]).ok();
    site.cluster.merge(
        &site.core("serviceaccounts/default"),
        &json!({ "imagePullSecrets": [{ "name": "theirs" }] }),
    );
    site.bootstrap(&[]).ok();
    let account = site.cluster.object(&site.core("serviceaccounts/default")).unwrap();
    assert_eq!(
        account["imagePullSecrets"],
        json!([{ "name": "theirs" }, { "name": "registry" }])
    );
}

#[test]
fn objects_of_kubectl_apply_are_taken_over_and_lose_the_copy_of_the_password() {
    let site = Site::new();
    site.bootstrap(&[]).ok();
    let path = site.core("secrets/registry");
    site.cluster.delete(&path);
    let old = base64::engine::general_purpose::STANDARD
        .encode(format!("{{\"auths\":{{\"old\":{{\"auth\":\"{CANARY}\"}}}}}}"));
    site.cluster.create(&format!("{}?fieldManager=kubectl-client-side-apply", site.core("secrets")), &json!({
        "metadata": { "name": "registry", "annotations": { "kubectl.kubernetes.io/last-applied-configuration": CANARY } },
        "type": "kubernetes.io/dockerconfigjson",
        "data": { ".dockerconfigjson": old },
    }));

    site.bootstrap(&[]).ok();

    let secret = site.cluster.object(&path).unwrap();
    assert!(
        secret["metadata"]["annotations"]["kubectl.kubernetes.io/last-applied-configuration"].is_null(),
        "{secret}"
    );
    let managers: Vec<_> = secret["metadata"]["managedFields"]
        .as_array()
        .unwrap()
        .iter()
        .map(|m| m["manager"].as_str().unwrap())
        .collect();
    assert_eq!(managers, ["ood-k8s"]);
    assert_ne!(secret["data"][".dockerconfigjson"], old.as_str());
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
fn a_service_account_that_was_deleted_is_made_again_with_the_pull_secret() {
    let site = Site::new();
    site.bootstrap(&[]).ok();
    site.cluster.delete(&site.core("serviceaccounts/default"));
    site.bootstrap(&[]).ok();
    let account = site.cluster.object(&site.core("serviceaccounts/default")).unwrap();
    assert_eq!(account["imagePullSecrets"], json!([{ "name": "registry" }]));
}

#[test]
fn a_dry_run_on_the_server_changes_nothing_and_says_what_would_change() {
    let site = Site::new();
    let table = site.bootstrap(&["--dry-run=server"]).ok().stdout;
    assert!(
        table.contains(&format!("namespace/{}", site.namespace())) && table.contains("created"),
        "{table}"
    );
    assert!(site.cluster.object(&site.namespace_path()).is_none());

    site.bootstrap(&[]).ok();
    site.cluster.delete(&site.policy());
    let before: Vec<_> = site.all_paths().iter().map(|path| site.cluster.object(path)).collect();
    let table = site.bootstrap(&["--dry-run=server"]).ok().stdout;
    let row = table.lines().find(|line| line.contains("networkpolicy/")).unwrap();
    assert!(row.ends_with("created (server dry run)"), "{row}");
    let after: Vec<_> = site.all_paths().iter().map(|path| site.cluster.object(path)).collect();
    assert_eq!(after, before);
}

#[test]
fn a_dry_run_on_the_client_prints_the_objects_without_any_cluster() {
    let site = Site::new();
    std::fs::remove_file(site.path("root.kubeconfig")).unwrap();
    let yaml = site.bootstrap(&["--dry-run=client"]).ok().stdout;
    let kinds: Vec<_> = yaml.lines().filter_map(|line| line.strip_prefix("kind: ")).collect();
    assert_eq!(
        kinds,
        [
            "Namespace",
            "NetworkPolicy",
            "RoleBinding",
            "RoleBinding",
            "RoleBinding",
            "Secret",
            "ServiceAccount"
        ]
    );
    let list = site.bootstrap(&["--dry-run=client", "-o", "json"]).ok().json();
    assert_eq!(list["kind"], "List");
    assert_eq!(list["items"][5]["data"][".dockerconfigjson"], "eyJhdXRocyI6e319");
    assert!(site.cluster.object(&site.namespace_path()).is_none());
}

#[test]
fn what_a_dry_run_prints_the_api_server_accepts() {
    let site = Site::new();
    let list = site.bootstrap(&["--dry-run=client", "-o", "json"]).ok().json();
    for body in list["items"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|body| body["kind"] == "Secret")
    {
        site.bootstrap(&[]).ok();
        let path = site.core("secrets/registry");
        let (status, answer) = site.cluster.ask(
            "PATCH",
            &format!("{path}?dryRun=All"),
            Some(("application/merge-patch+json", body)),
        );
        assert_eq!(status, 200, "{answer}");
    }
}

#[test]
fn one_failing_user_does_not_stop_the_others() {
    let site = Site::new();
    let run = super::support::Run::of(&mut site.command(&["bootstrap-user", "no-such-user", &site.user, "-o", "json"]));
    let run = run.fails(4, &["no-such-user", "getent passwd"]);
    let results = run.json()["results"].as_array().unwrap().clone();
    let of = |name: &str| results.iter().find(|result| result["user"] == name).unwrap().clone();
    assert!(of("no-such-user")["error"].as_str().unwrap().contains("getent"));
    assert_eq!(of(&site.user)["objects"].as_array().unwrap().len(), 7);
    assert!(site.cluster.object(&site.binding("ood-user")).is_some());
}

#[test]
fn a_cluster_that_says_nothing_of_auth_leaves_the_kubeconfig_alone() {
    let site = Site::new();
    let file = site.cluster_file("prod", &site.cluster.url(), "oidc");
    let file = file.replace("    auth:\n      type: oidc\n", "");
    site.write("clusters.d/prod.yml", &file);
    super::support::Run::of(&mut site.command(&["pre-hook", "--user", &site.user])).ok();
    assert!(site.user_kubeconfig().is_none());
}

#[test]
fn one_cluster_of_several_can_be_named() {
    let site = Site::new();
    site.write(
        "clusters.d/other.yml",
        &site.cluster_file("other", "https://other.example.org", "oidc"),
    );
    site.bootstrap(&["--cluster", "prod"]).ok();
    site.bootstrap(&["--cluster", "other"])
        .fails(3, &["https://other.example.org"]);
}

#[test]
fn kubectl_reads_the_result_back() {
    let Ok(programs) = ood_k8s_control_plane::Programs::find() else {
        return super::support::skip("kubectl is not built; run tests/control-plane/build");
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
        super::support::Run::of(command.args(site.cluster.as_user()).args(args))
            .done()
            .stdout
    };
    assert_eq!(kubectl(&["config", "current-context"]).trim(), "ood-prod");
    let secrets = kubectl(&["get", "secrets", "-o", "name"]);
    assert!(secrets.lines().any(|line| line == "secret/registry"), "{secrets}");
    let can = kubectl(&["auth", "can-i", "create", "pods"]);
    assert_eq!(can.trim(), "yes", "the user's rights are bound");
}

#[test]
fn managed_clusters_leave_the_kubeconfig_alone() {
    let site = Site::new();
    site.write(
        "clusters.d/prod.yml",
        &site.cluster_file("prod", &site.cluster.url(), "managed"),
    );
    super::support::Run::of(&mut site.command(&["pre-hook", "--user", &site.user])).ok();
    assert!(site.user_kubeconfig().is_none());
    assert!(site.cluster.object(&site.namespace_path()).is_some());
}
