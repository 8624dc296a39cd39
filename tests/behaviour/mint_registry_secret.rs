//! `mint-registry-secret` in users' namespaces: one user's, and everybody's.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::time::Duration;

use base64::Engine as _;
use ood_k8s_sandbox::{Fault, Sandbox};
use serde_json::{json, Value};

use super::support::{alone, wait_until, Cluster, Run, Site, CANARY};

impl Site {
    fn mint_secret(&self, more: &[&str]) -> Run {
        Run::of(&mut self.command(&[&["mint-registry-secret"], more].concat()))
    }

    /// Another password in the registry file.
    fn write_password(&self, password: &str) -> String {
        let auth = base64::engine::general_purpose::STANDARD.encode(format!("robot:{password}"));
        let text = json!({ "auths": { "registry.example.org": { "auth": auth } } }).to_string();
        self.write("registry.json", &text);
        text
    }

    /// What the kubelet would log in with.
    fn password_in(&self, path: &str) -> String {
        let secret = self.cluster.object(path).unwrap();
        let data = secret["data"][".dockerconfigjson"].as_str().unwrap();
        String::from_utf8(base64::engine::general_purpose::STANDARD.decode(data).unwrap()).unwrap()
    }

    fn listed(&self, account: &str) -> Vec<String> {
        let account = self
            .cluster
            .object(&self.core(&format!("serviceaccounts/{account}")))
            .unwrap();
        let list = account["imagePullSecrets"].as_array().cloned().unwrap_or_default();
        list.iter()
            .map(|entry| entry["name"].as_str().unwrap().to_owned())
            .collect()
    }

    /// A namespace as a login leaves it, for somebody who is in no passwd database.
    fn make_namespace(&self, name: &str, owner: Option<&str>) {
        let owner = owner.map(|owner| json!({ "openondemand.org/owner": owner }));
        self.cluster.create(
            "/api/v1/namespaces",
            &json!({ "metadata": {
                "name": name, "labels": { "app.kubernetes.io/name": "open-ondemand" }, "annotations": owner,
            } }),
        );
    }

    /// Requests of the account since `before`, as methods.
    fn methods_since(&self, before: usize) -> Vec<String> {
        let requests = self.cluster.requests();
        requests[before..].iter().map(|seen| seen.method.clone()).collect()
    }
}

fn outcomes(run: &Run) -> Vec<(String, String)> {
    let objects = run.json()["results"][0]["objects"].as_array().unwrap().clone();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    objects
        .iter()
        .map(|object| (text(&object["kind"]), text(&object["outcome"])))
        .collect()
}

fn pairs(expected: &[(&str, &str)]) -> Vec<(String, String)> {
    expected
        .iter()
        .map(|(a, b)| ((*a).to_owned(), (*b).to_owned()))
        .collect()
}

#[test]
fn a_namespace_without_the_secret_gets_it_and_a_second_run_writes_nothing() {
    let site = Site::new();
    site.set("IMAGE_PULL_SECRET=");
    site.bootstrap(&[]).ok();
    assert!(site.cluster.object(&site.core("secrets/registry")).is_none());
    site.set("IMAGE_PULL_SECRET=registry");
    let before = site.cluster.requests().len();
    let run = site.mint_secret(&[&site.user, "-o", "json"]).ok();
    assert_eq!(
        outcomes(&run),
        pairs(&[("Secret", "created"), ("ServiceAccount", "changed")])
    );
    // Whose the namespace is; then three: the Secret looked for and made, the list filled.
    assert_eq!(site.methods_since(before), ["GET", "GET", "PATCH", "PATCH"]);
    assert!(site
        .password_in(&site.core("secrets/registry"))
        .contains("registry.example.org"));
    assert_eq!(site.listed("default"), ["registry"]);

    let before = site.cluster.requests().len();
    let run = site.mint_secret(&[&site.user, "-o", "json"]).ok();
    assert_eq!(
        outcomes(&run),
        pairs(&[("Secret", "unchanged"), ("ServiceAccount", "unchanged")])
    );
    assert_eq!(site.methods_since(before), ["GET"; 3], "whose it is, and then two");
}

#[test]
fn a_new_password_takes_three_requests_and_the_old_one_is_nowhere_in_the_object() {
    let site = Site::new();
    site.bootstrap(&[]).ok();
    let path = site.core("secrets/registry");
    let old = site.cluster.object(&path).unwrap()["data"][".dockerconfigjson"]
        .as_str()
        .unwrap()
        .to_owned();
    // As the stock hook leaves it: with a copy of the whole object, and another manager's fields.
    site.cluster.merge(
        &path,
        &json!({ "metadata": { "annotations": {
        "kubectl.kubernetes.io/last-applied-configuration": format!("{{\"data\":\"{old}\"}}"),
    } } }),
    );
    let text = site.write_password(&format!("new-{CANARY}"));
    site.mint_secret(&[&site.user]).ok();
    assert_eq!(site.password_in(&path), text);
    assert!(
        !site.cluster.object(&path).unwrap().to_string().contains(&old),
        "not in an annotation either"
    );

    let text = site.write_password(&format!("newer-{CANARY}"));
    let before = site.cluster.requests().len();
    let run = site.mint_secret(&[&site.user, "-o", "json"]).ok();
    assert_eq!(
        outcomes(&run),
        pairs(&[("Secret", "changed"), ("ServiceAccount", "unchanged")])
    );
    assert_eq!(site.methods_since(before), ["GET", "GET", "PATCH", "GET"]);
    assert_eq!(site.password_in(&path), text);
}

#[test]
fn pull_secrets_of_others_stay_and_other_accounts_are_served_where_they_are() {
    let site = Site::new();
    site.set("IMAGE_PULL_SECRET=");
    site.bootstrap(&[]).ok();
    let account = site.core("serviceaccounts/default");
    wait_until("its controller has made it", || site.cluster.object(&account).is_some());
    site.cluster
        .merge(&account, &json!({ "imagePullSecrets": [{ "name": "theirs" }] }));
    site.cluster.create(
        &site.core("serviceaccounts"),
        &json!({ "metadata": { "name": "jupyter" } }),
    );
    // The shipped rights are for the account `default` alone.
    site.write(
        "root.kubeconfig",
        &site.kubeconfig(&site.cluster.url(), site.cluster.admin_token()),
    );
    site.set("IMAGE_PULL_SECRET=registry");
    let accounts = ["--service-account", "jupyter", "--service-account", "absent"];
    let run = site
        .mint_secret(&[&[site.user.as_str(), "-o", "json"], &accounts[..]].concat())
        .ok();
    assert_eq!(
        outcomes(&run),
        pairs(&[
            ("Secret", "created"),
            ("ServiceAccount", "changed"),
            ("ServiceAccount", "changed")
        ])
    );
    assert_eq!(site.listed("default"), ["theirs", "registry"]);
    assert_eq!(site.listed("jupyter"), ["registry"]);
    assert!(site.cluster.object(&site.core("serviceaccounts/absent")).is_none());
}

#[test]
fn a_namespace_that_is_not_the_users_does_not_get_the_password() {
    let site = Site::new();
    let name = &site.user;
    site.mint_secret(&[name])
        .fails(4, &["it is not there", &format!("ood-k8s bootstrap-user {name}")]);
    site.make_namespace(&site.namespace(), None);
    site.mint_secret(&[name]).fails(4, &["nobody has claimed it"]);
    site.cluster.merge(
        &site.namespace_path(),
        &json!({ "metadata": { "annotations": { "openondemand.org/owner": "other" } } }),
    );
    site.mint_secret(&[name]).fails(4, &["it belongs to user other"]);
    site.mint_secret(&["a/b"]).fails(4, &["a/b"]);
    assert!(site.cluster.object(&site.core("secrets/registry")).is_none());
}

#[test]
fn a_site_that_wants_it_has_a_secret_a_registry() {
    let site = Site::new();
    site.set("IMAGE_PULL_SECRET_PER_REGISTRY=true");
    let auth = base64::engine::general_purpose::STANDARD.encode(format!("robot:{CANARY}"));
    let entry = json!({ "auth": auth });
    site.write(
        "registry.json",
        &json!({ "auths": { "quay.io": entry, "r.example.org:5000": entry } }).to_string(),
    );
    let roles = Run::of(&mut site.command(&["cluster-roles", "-o", "json"])).ok();
    for name in ["registry-quay-io", "registry-r-example-org-5000"] {
        assert!(
            roles.stdout.contains(&format!("\"{name}\"")),
            "the rights are for {name}"
        );
    }
    site.write(
        "root.kubeconfig",
        &site.kubeconfig(&site.cluster.url(), site.cluster.admin_token()),
    );
    site.pre_hook().ok();
    assert_eq!(
        site.listed("default"),
        ["registry-quay-io", "registry-r-example-org-5000"]
    );
    let quay = site.password_in(&site.core("secrets/registry-quay-io"));
    assert!(
        quay.contains("quay.io") && !quay.contains("r.example.org"),
        "one registry alone"
    );
    let run = site.mint_secret(&[&site.user, "-o", "json"]).ok();
    assert!(
        outcomes(&run).iter().all(|(_, outcome)| outcome == "unchanged"),
        "one implementation"
    );
}

#[test]
fn a_secret_of_another_type_is_left_alone_unless_it_shall_be_replaced() {
    let site = Site::new();
    site.set("IMAGE_PULL_SECRET=");
    site.bootstrap(&[]).ok();
    site.cluster.create(
        &site.core("secrets"),
        &json!({ "metadata": { "name": "registry" }, "type": "Opaque" }),
    );
    site.set("IMAGE_PULL_SECRET=registry");
    site.mint_secret(&[&site.user])
        .fails(5, &["has the type Opaque", "--replace"]);
    site.bootstrap(&[]).fails(5, &["has the type Opaque", "--replace"]);
    site.mint_secret(&[&site.user, "--replace"])
        .fails(5, &["not allowed to delete", "cluster-roles"]);
    site.write(
        "root.kubeconfig",
        &site.kubeconfig(&site.cluster.url(), site.cluster.admin_token()),
    );
    let run = site
        .mint_secret(&[&site.user, "--replace", "--dry-run", "-o", "json"])
        .ok();
    assert_eq!(outcomes(&run)[0].1, "changed");
    assert_eq!(
        site.cluster.object(&site.core("secrets/registry")).unwrap()["type"],
        "Opaque"
    );
    site.mint_secret(&[&site.user, "--replace"]).ok();
    let secret = site.cluster.object(&site.core("secrets/registry")).unwrap();
    assert_eq!(secret["type"], "kubernetes.io/dockerconfigjson");
}

#[test]
fn what_is_wrong_with_the_settings_or_the_file_reaches_no_cluster() {
    let site = Site::new();
    let name = &site.user;
    site.mint_secret(&[]).fails(2, &["user names or --all", "--write FILE"]);
    site.write("registry.json", "{\"auths\":{}}");
    site.mint_secret(&[name])
        .fails(3, &["is not a docker configuration", "registry.json"]);
    site.write_password(CANARY);
    fs::set_permissions(site.path("registry.json"), fs::Permissions::from_mode(0o644)).unwrap();
    site.mint_secret(&[name])
        .fails(3, &["others can read it", "chmod 0600"]);
    site.set("REGISTRY_DOCKER_CONFIG_JSON=");
    site.mint_secret(&[name])
        .fails(3, &["REGISTRY_DOCKER_CONFIG_JSON is not set"]);
    site.set("IMAGE_PULL_SECRET=");
    site.mint_secret(&["--all"]).fails(3, &["IMAGE_PULL_SECRET is not set"]);
    assert_eq!(site.cluster.requests().len(), 0);
}

#[test]
fn an_account_without_rights_is_told_which_it_lacks() {
    let site = Site::new();
    site.bootstrap(&[]).ok();
    site.write_password(CANARY);
    let binding = format!(
        "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings/{}",
        site.cluster.account().name
    );
    site.cluster.delete(&binding);
    site.mint_secret(&[&site.user])
        .fails(5, &["not allowed to get", "ood-k8s check"]);
}

#[test]
fn twenty_at_once_leave_one_entry_in_the_list() {
    let _alone = alone();
    let site = Site::new();
    site.set("IMAGE_PULL_SECRET=");
    site.bootstrap(&[]).ok();
    site.set("IMAGE_PULL_SECRET=registry");
    let start = |_| {
        let mut command = site.command(&["mint-registry-secret", &site.user, "--timeout", "60s"]);
        command.stdout(std::process::Stdio::null()).spawn().unwrap()
    };
    let runs: Vec<_> = (0..20).map(start).collect();
    for mut run in runs {
        assert!(run.wait().unwrap().success());
    }
    assert_eq!(site.listed("default"), ["registry"]);
}

/// A cluster of this test's own, since `--all` means all.
fn site_of_its_own() -> Site {
    Site::on(Cluster::own())
}

fn count(run: &Run, word: &str) -> u64 {
    run.json()["summary"][word].as_u64().unwrap_or(0)
}

#[test]
fn everybody_is_served_over_many_pages_and_a_second_run_does_only_what_is_left() {
    let site = site_of_its_own();
    let everybody = if site.cluster.is_real() { 40 } else { 600 };
    for number in 0..everybody {
        site.make_namespace(&format!("user-{number}"), Some(&format!("u{number}")));
    }
    site.make_namespace("unclaimed", None);
    site.cluster
        .create("/api/v1/namespaces", &json!({ "metadata": { "name": "foreign" } }));
    site.make_namespace("user-leaving", Some("leaving"));
    site.cluster.merge(
        "/api/v1/namespaces/user-leaving",
        &json!({ "metadata": { "finalizers": ["example.org/held"] } }),
    );
    site.cluster.delete("/api/v1/namespaces/user-leaving");

    let dry = site.mint_secret(&["--all", "--dry-run", "-o", "json"]).ok();
    assert_eq!(count(&dry, "created"), everybody, "{}", dry.stdout);
    let secret = "/api/v1/namespaces/user-1/secrets/registry";
    assert!(site.cluster.object(secret).is_none(), "a dry run");

    let run = site.mint_secret(&["--all"]).ok();
    let total = everybody + 2;
    let line = format!("{total} namespaces: {everybody} created, 1 terminating, 1 unclaimed\n");
    assert_eq!(run.stdout, line);
    assert!(site.cluster.object(secret).is_some());
    for left_out in ["unclaimed", "foreign", "user-leaving"] {
        assert!(site
            .cluster
            .object(&format!("/api/v1/namespaces/{left_out}/secrets/registry"))
            .is_none());
    }

    site.cluster.delete(secret);
    let run = site.mint_secret(&["--all", "-o", "json"]).ok();
    assert_eq!(
        (count(&run, "created"), count(&run, "unchanged")),
        (1, everybody - 1),
        "{}",
        run.stdout
    );
    assert_eq!(
        run.json()["results"].as_array().unwrap().len(),
        1,
        "only what was not as it should be"
    );
    assert_eq!(run.json()["results"][0]["user"], "u1");
}

#[test]
fn what_fails_in_one_namespace_is_told_and_the_others_are_served() {
    let site = site_of_its_own();
    for name in ["user-a", "user-b", "user-c"] {
        site.make_namespace(name, Some(name));
    }
    let opaque = json!({ "metadata": { "name": "registry" }, "type": "Opaque" });
    site.cluster.create("/api/v1/namespaces/user-b/secrets", &opaque);
    let run = site.mint_secret(&["--all"]);
    assert_eq!(run.status, 5, "{run:?}");
    assert!(
        run.stderr.contains("namespace user-b") && run.stderr.lines().count() == 1,
        "{}",
        run.stderr
    );
    assert_eq!(run.stdout, "3 namespaces: 2 created, 1 failed\n");
    assert!(site
        .cluster
        .object("/api/v1/namespaces/user-c/secrets/registry")
        .is_some());
}

#[test]
fn a_server_that_asks_for_patience_gets_it() {
    let site = Site::on(Cluster::sandbox(Sandbox::start()));
    for number in 0..20 {
        site.make_namespace(&format!("user-{number}"), Some("u"));
    }
    let busy = Fault::too_many_requests(1).containing("/secrets/").times(10);
    site.cluster.faults().fail(busy);
    let run = site.mint_secret(&["--all"]).ok();
    assert_eq!(run.stdout, "20 namespaces: 20 created\n");
    assert!(run.took >= Duration::from_secs(1), "{:?}", run.took);
}

#[test]
fn all_together_may_take_longer_than_the_deadline_of_one() {
    let site = Site::on(Cluster::sandbox(Sandbox::start()));
    for number in 0..260 {
        site.make_namespace(&format!("user-{number}"), Some("u"));
    }
    // 17 rounds of 16 at once, over two pages.
    site.cluster
        .faults()
        .fail(Fault::slow(Duration::from_millis(150)).containing("/secrets/"));
    site.write("password", CANARY);
    let (file, password) = (site.path("registry.json"), site.path("password"));
    fs::set_permissions(&password, fs::Permissions::from_mode(0o600)).unwrap();
    let run = site
        .mint_secret(&[
            "--write",
            file.to_str().unwrap(),
            "--registry",
            "r.example.org",
            "--username",
            "robot",
            "--password-file",
            password.to_str().unwrap(),
            "--all",
            "--timeout",
            "2s",
        ])
        .ok();
    assert_eq!(run.stdout, "260 namespaces: 260 created\n");
    assert!(
        run.took > Duration::from_secs(3),
        "the deadline was not over: {:?}",
        run.took
    );
}

#[test]
fn a_listing_that_the_server_forgot_in_the_middle_goes_on() {
    let site = Site::on(Cluster::sandbox(Sandbox::start()));
    for number in 0..300 {
        site.make_namespace(&format!("user-{number}"), Some("u"));
    }
    // Kubernetes answers 410 with a new token; here the fault gives none, and the listing begins anew.
    site.cluster
        .faults()
        .fail(Fault::status(410).containing("continue=").times(1));
    let run = site.mint_secret(&["--all", "-o", "json"]).ok();
    assert_eq!(count(&run, "created"), 300, "{}", run.stdout);
}

#[test]
fn the_end_of_a_helpers_password_goes_with_it_and_check_tells_it() {
    let site = Site::new();
    let helper = site.path("docker-credential-test");
    fs::write(
        &helper,
        "#!/bin/sh\ncat >/dev/null\necho '{\"ServerURL\":\"x\",\"Username\":\"robot\",\"Secret\":\"pass\"}'\n",
    )
    .unwrap();
    fs::set_permissions(&helper, fs::Permissions::from_mode(0o755)).unwrap();
    site.bootstrap(&[]).ok();
    let file = site.path("registry.json").display().to_string();
    let write = [
        "--write",
        &file,
        "--registry",
        "registry.example.org",
        "--credential-command",
        helper.to_str().unwrap(),
    ];
    site.mint_secret(&[&write[..], &["--expires-in", "2h", &site.user]].concat())
        .ok();
    let secret = site.cluster.object(&site.core("secrets/registry")).unwrap();
    let end = secret["metadata"]["annotations"]["openondemand.org/credential-end"]
        .as_str()
        .unwrap();
    let left = ood_k8s::time::parse_rfc3339(end)
        .unwrap()
        .duration_since(std::time::SystemTime::now())
        .unwrap();
    assert!(
        left > Duration::from_secs(7000) && left <= Duration::from_secs(7200),
        "{end}"
    );
    let check = Run::of(&mut site.command(&["check", "--user", &site.user, "-o", "json"]));
    let findings = check.json()["findings"].to_string();
    assert!(
        findings.contains("the first password in it ends in 1h59m"),
        "{findings}"
    );
    assert!(
        findings.contains("secret/registry has a password that ends in 1h59m"),
        "{findings}"
    );
    site.mint_secret(&[&write[..], &["--expires-in", "1s"]].concat()).done();
    let check = Run::of(&mut site.command(&["check", "-o", "json"]));
    assert!(
        check.json()["findings"].to_string().contains("credential-command"),
        "{}",
        check.stdout
    );
}
