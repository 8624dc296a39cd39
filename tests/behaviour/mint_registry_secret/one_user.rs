//! One user's namespace gets the secret, an account's list gets its name, and a second run writes nothing.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::time::Duration;

use base64::Engine as _;
use serde_json::json;

use super::{outcomes, pairs};
use crate::support::{alone, wait_until, Run, Site, CANARY};

#[test]
fn a_namespace_without_the_secret_gets_it_and_a_second_run_writes_nothing() {
    let site = Site::new();
    site.set("IMAGE_PULL_SECRET=");
    site.bootstrap(&[]).ok();
    assert!(site.cluster.object(&site.core("secrets/registry")).is_none());
    // No login without a pull secret makes it, so it comes when the cluster gets round to it.
    wait_until("the account default is there", || {
        site.cluster.object(&site.core("serviceaccounts/default")).is_some()
    });
    site.set("IMAGE_PULL_SECRET=registry");
    let before = site.cluster.requests().len();
    let run = site.mint_secret(&[&site.user, "-o", "json"]).ok();
    assert_eq!(
        outcomes(&run),
        pairs(&[("Secret", "created"), ("ServiceAccount", "changed")])
    );
    // The namespace's owner is read; then three: the Secret is looked for and made, the list filled.
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
        "--no-verify",
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
        findings.contains("the first password in it expires in 1h59m"),
        "{findings}"
    );
    assert!(
        findings.contains("a password in secret/registry expires in 1h59m"),
        "{findings}"
    );
    // Soon, but not before the check has run on a busy machine.
    site.mint_secret(&[&write[..], &["--expires-in", "30m"]].concat())
        .done();
    let check = Run::of(&mut site.command(&["check", "-o", "json"]));
    assert!(
        check.json()["findings"].to_string().contains("credential-command"),
        "{}",
        check.stdout
    );
}
