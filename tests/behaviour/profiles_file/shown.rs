//! `profile show`: what a user gets, and which section says so; and what `check` says of sections.

use serde_json::json;

use super::write;
use crate::support::{Run, Site};

fn show(site: &Site, more: &[&str]) -> Run {
    let flags = [&["profile", "show", &site.user], more].concat();
    Run::of(&mut site.command(&flags))
}

#[test]
fn each_value_is_shown_with_the_section_that_said_so_last() {
    let site = Site::new();
    let user = site.user.clone();
    write(
        &site,
        &format!("version: 1\nprofiles:\n- labels: {{team: a}}\n  limitRange: {{limits: [{{type: Container, max: {{nvidia.com/gpu: 1}}}}]}}\n- users: [{user}]\n  labels: {{team: b}}\n- clusters: [elsewhere]\n  labels: {{team: c}}\n"),
    );
    let run = show(&site, &["-o", "json"]).ok();
    let clusters = run.json()["clusters"].as_array().unwrap().clone();
    assert!(!clusters.is_empty());
    for cluster in clusters {
        let values = cluster["values"].as_array().unwrap();
        assert_eq!(
            values[0],
            json!({ "key": "labels.team", "value": "b", "section": 2, "whom": format!("users {user}"), "line": 6, "follows": false })
        );
        let filled: Vec<_> = values.iter().filter(|value| value["follows"] == true).collect();
        assert_eq!(filled.len(), 2, "default and defaultRequest of none: {values:?}");
        assert!(filled.iter().all(|value| value["value"] == "0"), "{filled:?}");
    }
    let table = show(&site, &[]).ok();
    assert!(
        table.stdout.contains(&format!("section 2 (users {user}), line 6")),
        "{table:?}"
    );
    show(&site, &["-o", "yaml"]).ok();
    let check = Run::of(&mut site.command(&["check", "-o", "json"]));
    assert!(
        check.stdout.contains("OK8S-145") && check.stdout.contains("cluster elsewhere"),
        "{check:?}"
    );
}

#[test]
fn sections_that_do_not_fit_together_are_told_by_show_and_check() {
    let site = Site::new();
    let user = site.user.clone();
    write(
        &site,
        &format!("version: 1\nprofiles:\n- limitRange: {{limits: [{{type: Container, default: {{cpu: 4}}}}]}}\n- users: [{user}]\n  limitRange: {{limits: [{{type: Container, max: {{cpu: 3}}}}]}}\n"),
    );
    let told = "section 1 (everybody), line 3 and section 2";
    let shown = show(&site, &[]).done();
    assert!(
        shown.stderr.contains(told) && shown.stderr.contains("default cpu 4 is more than max cpu 3"),
        "{shown:?}"
    );
    let check = Run::of(&mut site.command(&["check", "-o", "json"]));
    assert!(
        check.stdout.contains("OK8S-144") && check.stdout.contains(told),
        "{check:?}"
    );
}

#[test]
fn without_a_profiles_file_nothing_is_shown_and_a_wrong_one_fails_with_its_line() {
    let site = Site::new();
    let nothing = show(&site, &[]).ok();
    assert_eq!(nothing.stdout, "");
    for (text, line) in [
        (
            "version: 1\nprofiles:\n- lables: {a: b}\n",
            "k8s-profiles.yml:3: unknown key",
        ),
        (
            "version: 1\nprofiles:\n- resourceQuota:\n    hard: {limits.nvidia.com/gpu: 1}\n",
            "k8s-profiles.yml:4: ",
        ),
        ("version: 1\naccess:\n  allow: []\n", "k8s-profiles.yml:3: "),
    ] {
        write(&site, text);
        let validate = Run::of(&mut site.command(&["config", "validate"]));
        assert!(validate.status == 3 && validate.stderr.contains(line), "{validate:?}");
    }
    let unknown = Run::of(&mut site.command(&["profile", "show", "no-such-user"]));
    assert!(unknown.stderr.contains("getent passwd no-such-user"), "{unknown:?}");
}
