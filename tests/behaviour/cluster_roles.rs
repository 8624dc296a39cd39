//! The account's rights: enough for a login, refused beyond that, printed and applied by `cluster-roles`.

use std::io::Write as _;
use std::process::{Command, Stdio};

use ood_k8s::objects::cluster_roles::{cluster_roles, DEFAULT_PULL_SECRET, SHIPPED};
use serde_json::{json, Value};

use super::support::{Run, Site};

const RBAC: &str = "/apis/rbac.authorization.k8s.io/v1";

/// `cluster-roles` with this site's files, for an account of the test's own.
fn roles(site: &Site, more: &[&str]) -> Run {
    let account = format!("portal-{0}/robot-{0}", site.cluster.mark);
    let args = [&["cluster-roles", "--service-account", &account], more].concat();
    Run::of(&mut site.command(&args))
}

fn apply(site: &Site, more: &[&str]) -> Run {
    let url = site.cluster.url();
    site.write("admin.kubeconfig", &site.kubeconfig(&url, site.cluster.admin_token()));
    let admin = site.path("admin.kubeconfig");
    let flags = ["--apply", "--admin-kubeconfig", admin.to_str().unwrap()];
    roles(site, &[&flags, more].concat())
}

/// The result of each object, in the order of the manifest.
fn outcomes(run: &Run) -> Vec<String> {
    let report = run.json()["results"][0].clone();
    assert!(report.get("user").is_none(), "it is about the cluster: {report}");
    let objects = report["objects"].as_array().unwrap().clone();
    let outcome = |object: Value| object["outcome"].as_str().unwrap().to_owned();
    objects.into_iter().map(outcome).collect()
}

fn own_role(site: &Site) -> String {
    format!("{RBAC}/clusterroles/robot-{}", site.cluster.mark)
}

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
fn a_login_with_everything_in_it_works_with_exactly_the_shipped_rights() {
    let site = Site::new();
    let account = site.cluster.account();
    let role = site.cluster.object(&format!("{RBAC}/clusterroles/{}", account.name));
    let shipped = cluster_roles(&account, &["registry".into()]).unwrap();
    assert_eq!(role.unwrap()["rules"], shipped[2].body["rules"]);

    site.pre_hook().ok();
    for path in site.all_paths() {
        assert!(site.cluster.object(&path).is_some(), "{path} is not there");
    }
    site.pre_hook().ok();
    let refused: Vec<_> = site
        .cluster
        .requests()
        .into_iter()
        .filter(|r| r.status == 403)
        .collect();
    assert!(refused.is_empty(), "{refused:?}");
}

#[test]
fn with_the_rights_of_the_stock_role_logins_work_as_well() {
    let site = Site::new();
    let kubeconfig = site.kubeconfig(&site.cluster.url(), &site.cluster.stock_token());
    site.write("root.kubeconfig", &kubeconfig);
    site.pre_hook().ok();
    for path in site.all_paths() {
        assert!(site.cluster.object(&path).is_some(), "{path} is not there");
    }
    site.pre_hook().ok();
    // As the stock hook leaves it: no owner, and a binding that says whose it is. It may not be listed.
    let owner = json!({ "metadata": { "annotations": { "openondemand.org/owner": null } } });
    site.cluster.merge(&site.namespace_path(), &owner);
    site.pre_hook().ok();
    let namespace = site.cluster.object(&site.namespace_path()).unwrap();
    assert_eq!(
        namespace["metadata"]["annotations"]["openondemand.org/owner"],
        site.user
    );
}

/// A binding in the user's namespace.
fn binding(role: &str) -> Value {
    json!({
        "metadata": { "name": format!("test-{role}") },
        "roleRef": { "apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": role },
        "subjects": [{ "kind": "User", "name": "somebody", "apiGroup": "rbac.authorization.k8s.io" }],
    })
}

fn pod() -> Value {
    json!({ "metadata": { "name": "p" }, "spec": { "containers": [{ "name": "c", "image": "i" }] } })
}

/// A secret that the server would fill with a token of the account that it names.
fn token_secret() -> Value {
    json!({
        "apiVersion": "v1", "kind": "Secret", "type": "kubernetes.io/service-account-token",
        "metadata": { "name": "stolen", "annotations": { "kubernetes.io/service-account.name": "default" } },
    })
}

#[test]
fn the_account_is_refused_whatever_a_login_does_not_need() {
    let site = Site::new();
    site.bootstrap(&[]).ok();
    let token = site.cluster.token_of(&site.cluster.account().name);
    let namespace = site.namespace_path();
    let secrets = site.core("secrets");
    site.cluster
        .create(&secrets, &json!({ "metadata": { "name": "theirs" } }));
    let bindings = format!("{RBAC}/namespaces/{}/rolebindings", site.namespace());
    let token_request = json!({ "apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": {} });
    let theirs = format!("{secrets}/theirs");
    let role = json!({ "metadata": { "name": "r" }, "rules": [{ "apiGroups": [""], "resources": ["pods"], "verbs": ["get"] }] });
    let widened = json!({ "rules": [{ "apiGroups": ["*"], "resources": ["*"], "verbs": ["*"] }] });
    let own_role = format!("{RBAC}/clusterroles/{}", site.cluster.account().name);
    let empty = json!({ "metadata": { "name": "x" } });
    let other = format!("other-{}", site.cluster.mark);
    site.cluster.create(
        &format!("{RBAC}/clusterroles"),
        &json!({ "metadata": { "name": other }, "rules": [{ "apiGroups": [""], "resources": ["pods"], "verbs": ["list"] }] }),
    );
    let stolen = format!("{secrets}/stolen?fieldManager=test");
    let refused = [
        ("GET", theirs.as_str(), Value::Null),
        ("GET", &secrets, Value::Null),
        ("GET", "/api/v1/secrets", Value::Null),
        ("PATCH", &theirs, json!({ "data": {} })),
        ("POST", &secrets, token_secret()),
        ("APPLY", &stolen, token_secret()),
        ("POST", &site.core("pods"), pod()),
        ("GET", &site.core("pods"), Value::Null),
        ("POST", &site.core("configmaps"), empty.clone()),
        ("POST", &bindings, binding("cluster-admin")),
        ("POST", &bindings, binding(&other)),
        ("POST", &format!("{RBAC}/clusterrolebindings"), binding("ood-user")),
        ("POST", &format!("{RBAC}/clusterroles"), role.clone()),
        ("POST", &format!("{RBAC}/namespaces/{}/roles", site.namespace()), role),
        ("PATCH", &own_role, widened),
        (
            "POST",
            "/api/v1/namespaces/ondemand/serviceaccounts/default/token",
            token_request.clone(),
        ),
        (
            "POST",
            &site.core("serviceaccounts/default/token"),
            token_request.clone(),
        ),
        (
            "GET",
            "/api/v1/namespaces/ondemand/serviceaccounts/ondemand",
            Value::Null,
        ),
        ("DELETE", &namespace, Value::Null),
        ("DELETE", &site.binding("ood-user"), Value::Null),
        ("PUT", &namespace, site.cluster.object(&namespace).unwrap()),
    ];
    for (method, path, body) in &refused {
        let (status, answer) = ask(&site, &token, method, path, body);
        assert_eq!(status, 403, "{method} {path}: {answer}");
    }
    let own_token = format!(
        "/api/v1/namespaces/ondemand/serviceaccounts/{}/token",
        site.cluster.account().name
    );
    for (path, body) in [(bindings, binding("ood-user")), (own_token, token_request)] {
        let (status, answer) = ask(&site, &token, "POST", &path, &body);
        assert_eq!(status, 201, "{path}: {answer}");
    }
}

fn ask(site: &Site, token: &str, method: &str, path: &str, body: &Value) -> (u16, Value) {
    let (method, content_type) = match method {
        "APPLY" => ("PATCH", "application/apply-patch+yaml"),
        "PATCH" => ("PATCH", "application/merge-patch+json"),
        other => (other, "application/json"),
    };
    let body = (!body.is_null()).then_some((content_type, body));
    site.cluster.ask_as(token, method, path, body)
}

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
    // On an administrator's machine, where nothing of OnDemand is.
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
        return super::support::skip("this machine has a configuration of OnDemand");
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
        &["the administrator's kubeconfig", "lacks the right", "cluster-admin"],
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
        run.stderr.contains("make sure that they are one cluster"),
        "{}",
        run.stderr
    );
    assert_eq!(outcomes(&run)[2], "created");
    // Without a context the second cluster has none, and the first is done nevertheless.
    let run = apply(&site, &["-o", "json"]).fails(3, &["cluster test", "no context for https://k8s.example.org:6443"]);
    assert_eq!(outcomes(&run), ["unchanged"; 8]);
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
        return super::support::skip("kubectl is not built; run tests/control-plane/build");
    };
    if !site.cluster.is_real() {
        // Its client side needs the OpenAPI document, which the sandbox does not have.
        return;
    }
    site.write(
        "admin.kubeconfig",
        &site.kubeconfig(&site.cluster.url(), site.cluster.admin_token()),
    );
    let existing = cluster_roles(&site.cluster.account(), &["012".into(), "yes".into()]).unwrap();
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
