//! `config show`: what was understood, complete or not, and where it came from.

use std::fs;

use super::support::{Run, Site, CANARY};

fn show(site: &Site, more: &[&str]) -> Run {
    Run::of(&mut site.command(&[&["config", "show"], more].concat()))
}

#[test]
fn every_key_has_its_value_and_its_line_and_the_secret_is_hidden() {
    let site = Site::new();
    let shown = show(&site, &["-o", "json"]).ok().json();
    assert_eq!(shown["hook_env"]["CLIENT_ID"], "ood");
    assert_eq!(shown["hook_env"]["CLIENT_SECRET"], "<redacted>");
    assert_eq!(shown["hook_env"]["HOOK_TIMEOUT"], "10s");
    assert_eq!(shown["hook_env_sources"]["HOOK_TIMEOUT"], "default");
    let source = shown["hook_env_sources"]["CLIENT_ID"].as_str().unwrap();
    assert!(source.ends_with("hook.env:4"), "{source}");
    assert_eq!(
        shown["hook_env"].as_object().unwrap().len(),
        ood_k8s::config::settings::KEYS.len()
    );
    assert_eq!(shown["clusters"][0]["id"], "prod");
    assert_eq!(shown["clusters"][0]["endpoint"], site.cluster.url());
    assert_eq!(shown["clusters"][0]["username_prefix"], "prod-");
    let source = shown["clusters"][0]["sources"]["namespace_prefix"].as_str().unwrap();
    assert!(source.ends_with("hook.env:1"), "the fallback is hook.env: {source}");
}

#[test]
fn the_secret_is_shown_to_whoever_asks_for_it() {
    let site = Site::new();
    let output = site
        .command(&["config", "show", "-o", "json", "--show-secrets"])
        .output()
        .unwrap();
    let shown: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(shown["hook_env"]["CLIENT_SECRET"], format!("{CANARY}-client"));
}

#[test]
fn table_and_yaml_say_the_same() {
    let site = Site::new();
    let table = show(&site, &[]).ok().stdout;
    let row = table.lines().find(|line| line.starts_with("CLIENT_SECRET")).unwrap();
    assert!(row.contains("<redacted>") && row.ends_with("hook.env:5"), "{row}");
    let yaml: serde_json::Value = ood_k8s::yaml::from_str(&show(&site, &["--output", "yaml"]).ok().stdout).unwrap();
    assert_eq!(yaml, show(&site, &["-o", "json"]).ok().json());
}

#[test]
fn what_can_be_read_is_shown_although_the_rest_can_not() {
    let site = Site::new();
    fs::remove_file(site.path("hook.env")).unwrap();
    site.write("clusters.d/torn.yml", "v2: {job: {adapter: kubernetes");
    let run = show(&site, &["-o", "json"]);
    let lines: Vec<_> = run.stderr.lines().collect();
    assert_eq!(
        (run.status, lines.len()),
        (3, 2),
        "a line a failure, for people: {run:?}"
    );
    assert!(
        lines[0].contains("hook.env: no such file") && lines[1].contains("torn.yml"),
        "{run:?}"
    );
    let shown = run.json();
    assert_eq!(shown["clusters"][0]["id"], "prod");
    assert_eq!(shown["errors"].as_array().unwrap().len(), 2);
    assert_eq!(shown["hook_env"]["CLIENT_ID"], "");
}

#[test]
fn the_prefix_of_clusters_d_wins_over_hook_env() {
    let site = Site::new();
    site.write(
        "clusters.d/prod.yml",
        &format!(
            "{}    namespace_prefix: own-\n",
            site.cluster_file("prod", &site.cluster.url(), "oidc")
        ),
    );
    let shown = show(&site, &["-o", "json"]).ok().json();
    assert_eq!(shown["clusters"][0]["namespace_prefix"], "own-");
    let source = shown["clusters"][0]["sources"]["namespace_prefix"].as_str().unwrap();
    assert!(source.ends_with("prod.yml"), "{source}");
}

#[test]
fn yaml_merge_keys_are_resolved_as_by_ondemand() {
    let site = Site::new();
    let file = site.cluster_file("prod", &site.cluster.url(), "oidc");
    let file = file
        .replace("  job:\n", "  job:\n    <<: *shared\n")
        .replace("v2:", "shared: &shared\n  namespace_prefix: merged-\nv2:");
    site.write("clusters.d/prod.yml", &file);
    let shown = show(&site, &["-o", "json"]).ok().json();
    assert_eq!(shown["clusters"][0]["namespace_prefix"], "merged-");
}

fn validate(site: &Site, more: &[&str]) -> Run {
    Run::of(&mut site.command(&[&["config", "validate"], more].concat()))
}

#[test]
fn a_configuration_that_is_right_is_validated_without_a_word_and_without_a_cluster() {
    let site = Site::new();
    // Nobody is asked, so nobody has to be there.
    fs::remove_file(site.path("root.kubeconfig")).unwrap();
    assert_eq!(validate(&site, &["--strict"]).ok().stdout, "");
    assert!(site.cluster.requests().is_empty());
}

#[test]
fn what_is_wrong_is_told_with_file_and_line_and_status_3() {
    let site = Site::new();
    site.set("NETWORK_POLICY_ALLOW_CIDR=everybody");
    let line = fs::read_to_string(site.path("hook.env")).unwrap().lines().count();
    validate(&site, &[]).fails(3, &[&format!("hook.env:{line}"), "everybody"]);
    let site = Site::new();
    site.set("X=$(id)");
    validate(&site, &[]).fails(3, &["hook.env: line "]);
    let site = Site::new();
    site.write("clusters.d/torn.yml", "v2: {job: {adapter: kubernetes");
    validate(&site, &[]).fails(3, &["torn.yml"]);
    let site = Site::new();
    fs::remove_file(site.path("hook.env")).unwrap();
    validate(&site, &[]).fails(3, &["hook.env: no such file"]);
}

#[test]
fn a_warning_fails_only_the_strict() {
    let site = Site::new();
    site.set("CREDENTALS=token");
    let run = validate(&site, &[]).done();
    assert!(run.stderr.contains("CREDENTALS"), "{}", run.stderr);
    let run = validate(&site, &["--strict"]);
    assert_eq!((run.status, run.stderr.lines().count()), (3, 2), "{}", run.stderr);
}

#[test]
fn truths_and_numbers_are_such_in_json() {
    let site = Site::new();
    site.set("USE_JOB_POD_REAPER=true\nMIN_UID=500\nCLUSTERS_D_FALLBACK=false");
    let shown = show(&site, &["-o", "json"]).json();
    let settings = &shown["hook_env"];
    assert_eq!(settings["USE_JOB_POD_REAPER"], true);
    assert_eq!(settings["CLUSTERS_D_FALLBACK"], false);
    assert_eq!(settings["IMAGE_PULL_SECRET_PER_REGISTRY"], false);
    assert_eq!(settings["MIN_UID"], 500);
    // A name that looks like one is text.
    site.set("SITE=true");
    assert_eq!(show(&site, &["-o", "json"]).json()["hook_env"]["SITE"], "true");
}
