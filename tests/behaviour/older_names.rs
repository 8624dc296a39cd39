//! A pull secret that got another name: the old one leaves the list, is told, and goes when an administrator says so.

use serde_json::{json, Value};

use super::support::{Run, Site};

/// A site whose role covers the new name as well.
fn renamed() -> Site {
    let site = Site::new();
    site.set("HOOK_TIMEOUT=1m");
    site.pre_hook().ok();
    let admin = site.kubeconfig(&site.cluster.url(), site.cluster.admin_token());
    site.write("admin.kubeconfig", &admin);
    site.set("IMAGE_PULL_SECRET=registry-2027");
    let service_account = site.cluster.account().to_string();
    let file = site.path("admin.kubeconfig").display().to_string();
    let args = [
        "cluster-roles",
        "--apply",
        "--admin-kubeconfig",
        &file,
        "--service-account",
        &service_account,
    ];
    Run::of(&mut site.command(&args)).done();
    site
}

fn listed(site: &Site) -> Vec<String> {
    let account = site.cluster.object(&site.core("serviceaccounts/default")).unwrap();
    let names = account["imagePullSecrets"].as_array().unwrap().iter();
    names.map(|it| it["name"].as_str().unwrap().to_owned()).collect()
}

fn login(site: &Site) -> Run {
    Run::of(&mut site.command_with_tokens(&["pre-hook", "--user", &site.user, "--log-level", "warn"]))
}

fn administrator(site: &Site, args: &[&str]) -> Run {
    Run::of(&mut site.command_of(&site.path("admin.kubeconfig"), args))
}

#[test]
fn the_older_name_leaves_the_list_and_is_told_once_with_the_command_that_deletes_it() {
    let site = renamed();
    let theirs = json!([{ "name": "registry" }, { "name": "theirs" }]);
    site.cluster.merge(
        &site.core("serviceaccounts/default"),
        &json!({ "imagePullSecrets": theirs }),
    );
    let run = login(&site).done();
    let command = "ood-k8s mint-registry-secret --delete-old registry --all --kubeconfig FILE";
    assert!(run.stderr.contains(command), "{run:?}");
    assert_eq!(listed(&site), ["theirs", "registry-2027"]);
    assert!(site.cluster.object(&site.core("secrets/registry")).is_some());
    let before = site.cluster.requests().len();
    login(&site).ok();
    assert_eq!(site.cluster.requests().len() - before, 8);
}

#[test]
fn the_command_deletes_what_we_made_and_nothing_else() {
    let site = renamed();
    login(&site).done();
    let user = site.user.clone();
    let account = Run::of(&mut site.command(&["mint-registry-secret", "--delete-old", "registry", &user]));
    assert_eq!(account.status, 5, "root's account may not: {account:?}");
    let secret = |name: &str| site.cluster.object(&site.core(&format!("secrets/{name}")));
    administrator(
        &site,
        &["mint-registry-secret", "--delete-old", "registry", "--dry-run", &user],
    )
    .done();
    assert!(secret("registry").is_some());
    let run = administrator(
        &site,
        &["mint-registry-secret", "--delete-old", "registry", &user, "-o", "json"],
    )
    .done();
    assert_eq!(run.json()["results"][0]["objects"][0]["outcome"], "deleted", "{run:?}");
    assert!(secret("registry").is_none());
    assert_eq!(listed(&site), ["registry-2027"]);
    // Again, and for one that somebody else made.
    administrator(&site, &["mint-registry-secret", "--delete-old", "registry", &user]).done();
    for (name, kind) in [("theirs", "Opaque"), ("also", "kubernetes.io/dockerconfigjson")] {
        let data = if kind == "Opaque" {
            Value::Null
        } else {
            json!({ ".dockerconfigjson": "e30=" })
        };
        site.cluster.create(
            &site.core("secrets"),
            &json!({ "metadata": { "name": name }, "type": kind, "data": data }),
        );
        administrator(&site, &["mint-registry-secret", "--delete-old", name, &user]).done();
        assert!(secret(name).is_some(), "{name}");
    }
    administrator(&site, &["mint-registry-secret", "--delete-old", "registry-2027", &user])
        .fails(2, &["that hook.env asks for"]);
    assert!(secret("registry-2027").is_some());
}

#[test]
fn a_list_of_an_older_version_is_left_as_it_is_and_check_tells_of_what_we_made() {
    let site = renamed();
    let without = json!({ "metadata": { "annotations": { "openondemand.org/pull-secrets": null } } });
    site.cluster.merge(&site.core("serviceaccounts/default"), &without);
    login(&site).ok();
    assert_eq!(listed(&site), ["registry", "registry-2027"]);
    // With a role that still covers it.
    let run = Run::of(&mut site.command_of(&site.path("admin.kubeconfig"), &["check", "--user", &site.user]));
    assert!(
        run.stdout.contains("registry is a pull secret of an older name"),
        "{run:?}"
    );
}

#[test]
fn a_registry_that_left_the_file_leaves_the_list_too() {
    let site = Site::new();
    site.set("HOOK_TIMEOUT=1m\nIMAGE_PULL_SECRET_PER_REGISTRY=true");
    let file = std::fs::read_to_string(site.path("registry.json")).unwrap();
    let mut both: Value = serde_json::from_str(&file).unwrap();
    both["auths"]["quay.io"] = both["auths"]["registry.example.org"].clone();
    site.write("registry.json", &both.to_string());
    site.write(
        "root.kubeconfig",
        &site.kubeconfig(&site.cluster.url(), site.cluster.admin_token()),
    );
    site.pre_hook().ok();
    assert_eq!(listed(&site), ["registry-quay-io", "registry-registry-example-org"]);
    site.write("registry.json", &file);
    login(&site).done();
    assert_eq!(listed(&site), ["registry-registry-example-org"]);
}
