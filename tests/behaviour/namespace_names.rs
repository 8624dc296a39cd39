//! `NAMESPACE_NAMES=slug`: users whose names make no namespace get one, and nobody else's changes.

use std::fs;

use serde_json::json;

use super::support::{Run, Site};

/// An account of Debian's whose name makes no namespace.
const ODD: &str = "_apt";
const INITIALIZER: &str = "apps/dashboard/initializers/ood_k8s_namespace.rb";

fn initializer() -> String {
    fs::read_to_string(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/hooks/initializers/ood_k8s_namespace.rb"
    ))
    .unwrap()
}

/// The slug of the odd account at this site.
fn slug(site: &Site) -> String {
    let run = Run::of(&mut site.command(&["namespace", ODD, "-o", "name"])).done();
    assert!(run.stdout.contains("apt---"), "{run:?}");
    run.stdout.trim().to_owned()
}

#[test]
fn a_user_whose_name_makes_no_namespace_is_refused_with_what_helps_and_gets_one_with_slugs() {
    let site = Site::new();
    site.set("MIN_UID=0");
    Run::of(&mut site.command(&["bootstrap-user", ODD]))
        .fails(4, &["has a character other than", "set NAMESPACE_NAMES=slug"]);
    site.set("NAMESPACE_NAMES=slug");
    Run::of(&mut site.command(&["bootstrap-user", ODD])).ok();
    let name = slug(&site);
    let namespace = site.cluster.object(&format!("/api/v1/namespaces/{name}")).unwrap();
    assert_eq!(namespace["metadata"]["annotations"]["openondemand.org/owner"], ODD);
    let bindings = site.cluster.items(&format!(
        "/apis/rbac.authorization.k8s.io/v1/namespaces/{name}/rolebindings"
    ));
    assert!(bindings.len() >= 2, "{bindings:?}");
    // The other commands find it by the same rule.
    Run::of(&mut site.command(&["mint-registry-secret", ODD])).ok();
    site.pre_hook().ok();
    assert!(site
        .cluster
        .object(&format!("/api/v1/namespaces/{}", site.namespace()))
        .is_some());
}

#[test]
fn the_names_are_printed_with_the_rule_and_what_makes_none_is_a_failure_of_its_own() {
    let site = Site::new();
    let plain = Run::of(&mut site.command(&["namespace", "-o", "json", &site.user, ODD]))
        .fails(4, &["user _apt", "NAMESPACE_NAMES=slug"]);
    let said = plain.json();
    assert_eq!(said["results"][0]["namespace"], site.namespace());
    assert_eq!(said["results"][0]["rule"], "plain");
    assert!(said["errors"][0].as_str().unwrap().contains(ODD), "{said}");
    site.set("NAMESPACE_NAMES=slug");
    let run = Run::of(&mut site.command(&["namespace", "-o", "json", &site.user, ODD])).done();
    let said = run.json();
    assert_eq!(said["results"][0]["namespace"], site.namespace());
    assert_eq!(said["results"][1]["rule"], "slug");
    assert_eq!(
        said["results"][1]["reason"],
        json!("has a character other than a-z, 0-9 and -")
    );
    Run::of(&mut site.command(&["namespace", "a/b"])).fails(4, &["has a character other than letters"]);
}

#[test]
fn a_word_that_is_none_stops_the_login_and_names_the_words() {
    let site = Site::new();
    site.set("NAMESPACE_NAMES=hash");
    site.pre_hook()
        .fails(3, &["NAMESPACE_NAMES", "is \"hash\"; write plain or slug"]);
}

#[test]
fn check_compares_the_dashboards_initializer_with_ours() {
    let site = Site::new();
    let finding = |words: &[&str]| {
        let run = Run::of(&mut site.command(&["check"]));
        let lines: Vec<_> = run.stdout.lines().filter(|line| line.contains("dashboard")).collect();
        let found = lines.iter().any(|line| words.iter().all(|word| line.contains(word)));
        assert!(found, "no {words:?} in {lines:?}");
    };
    site.set("NAMESPACE_NAMES=slug");
    finding(&["error", "there is no", INITIALIZER, "install -D -m 644"]);
    fs::create_dir_all(site.path("apps/dashboard/initializers")).unwrap();
    site.write(INITIALIZER, "# another\n");
    finding(&["error", "is not the one of this version"]);
    site.write(INITIALIZER, &initializer());
    finding(&["ok", "knows the namespaces"]);
    site.set("NAMESPACE_NAMES=plain");
    finding(&["warning", "NAMESPACE_NAMES is not slug"]);
}
