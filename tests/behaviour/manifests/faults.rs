//! Manifests that cannot be read or written, and objects that are somebody else's.

use serde_json::{json, Value};

use crate::profiles_file::{login, with_own_state};
use crate::support::{is_root, skip, Site};

use super::{applied, claim, helpdesk, manifest, settings, site, ALL, SETTINGS};

/// What a login that fails says of the site's settings.
fn line_about_the_settings(site: &Site) -> String {
    let run = site.bootstrap(&[]);
    assert_eq!(run.status, 5, "{run:?}");
    let line = run.stderr.lines().find(|line| line.contains("ConfigMap site-settings"));
    line.unwrap().to_owned()
}

#[test]
fn a_broken_file_stops_nobodys_login_and_what_was_last_read_well_goes_on() {
    let site = site(ALL);
    if !is_root() {
        return skip("only root may mount, and keeps what it has read");
    }
    login(&site).ok();
    let greeting = settings(&site).unwrap()["data"]["GREETING"].clone();
    manifest(&site, "settings", "kind: [\n");
    site.cluster.delete(&site.core("configmaps/site-settings"));
    login(&site).ok();
    assert_eq!(settings(&site).unwrap()["data"]["GREETING"], greeting);
    assert!(helpdesk(&site).is_some());
    let run = with_own_state(&site, &site.command(&["profile", "show", &site.user]));
    assert!(run.status == 3 && run.stderr.contains("settings.yaml:"), "{run:?}");
    assert!(
        run.stderr.contains("last read") && run.stdout.contains("settings, scratch, helpdesk"),
        "{run:?}"
    );
}

#[test]
fn an_object_that_somebody_else_made_stays_theirs_and_the_rest_is_done() {
    let site = site("version: 1\n");
    site.bootstrap(&[]).ok();
    let theirs = json!({ "metadata": { "name": "site-settings" }, "data": { "GREETING": "mine" } });
    site.cluster.create(&site.core("configmaps"), &theirs);
    site.write("k8s-profiles.yml", ALL);
    site.grant_profiles();
    let line = line_about_the_settings(&site);
    assert!(
        line.contains("no login did") && line.contains("kubectl delete configmap site-settings"),
        "{line}"
    );
    assert_eq!(settings(&site).unwrap()["data"], json!({ "GREETING": "mine" }));
    assert!(claim(&site).is_some() && helpdesk(&site).is_some());
    // Nor is it deleted once it is wanted no more.
    site.write(
        "k8s-profiles.yml",
        "version: 1\nprofiles: [{manifests: [scratch]}, {manifests: null}]\n",
    );
    site.bootstrap(&[]).done();
    assert!(settings(&site).is_some());
    assert_eq!(applied(&site), Value::Null);
}

#[test]
fn an_object_that_an_administrator_looks_after_is_left_alone() {
    let site = site(ALL);
    site.bootstrap(&[]).ok();
    let theirs = json!({
        "metadata": { "annotations": { "openondemand.org/hands-off": "true" } }, "data": { "GREETING": "theirs" },
    });
    site.cluster.merge(&site.core("configmaps/site-settings"), &theirs);
    site.bootstrap(&[]).ok();
    assert_eq!(settings(&site).unwrap()["data"]["GREETING"], "theirs");
    site.cluster.merge(
        &site.core("configmaps/site-settings"),
        &json!({ "metadata": { "annotations": { "openondemand.org/hands-off": null } } }),
    );
    site.bootstrap(&[]).ok();
    assert_ne!(settings(&site).unwrap()["data"]["GREETING"], "theirs");
}

#[test]
fn a_field_that_cannot_change_costs_that_object_alone_and_the_line_says_what_to_do() {
    let site = site(ALL);
    manifest(&site, "settings", &format!("{SETTINGS}immutable: true\n"));
    site.bootstrap(&[]).ok();
    manifest(
        &site,
        "settings",
        &format!("{SETTINGS}immutable: true\n").replace(" in ", " at "),
    );
    site.cluster.delete(&super::helpdesk_path(&site));
    let line = line_about_the_settings(&site);
    assert!(line.contains("kubectl delete configmap site-settings -n"), "{line}");
    assert!(helpdesk(&site).is_some());
}

#[test]
fn what_names_no_file_or_the_same_object_twice_is_an_error_of_the_profiles_file() {
    let site = site("version: 1\n");
    site.set("JOB_POD_REAPER_ROLE=reaper");
    for (profiles, word) in [
        ("version: 1\nprofiles:\n- manifests: [none]\n", "none.yaml"),
        ("version: 1\nprofiles:\n- manifests: [helpdesk]\n", "manifests.bind"),
        ("version: 1\nmanifests: {bind: [cluster-admin]}\n", "cannot be given"),
        (
            "version: 1\nmanifests: {bind: [ondemand-profiles]}\n",
            "cannot be given",
        ),
        (
            "version: 1\nmanifests: {bind: [reaper]}\nprofiles: [{manifests: [again]}]\n",
            "JOB_POD_REAPER_ROLE",
        ),
        ("version: 1\nmanifests: {bond: [view]}\n", "did you mean bind"),
        (
            "version: 1\nprofiles:\n- manifests: [settings, again]\n",
            "both have ConfigMap/site-settings",
        ),
    ] {
        manifest(&site, "again", SETTINGS);
        site.write("k8s-profiles.yml", profiles);
        let run = crate::support::Run::of(&mut site.command(&["config", "validate"]));
        assert!(
            run.status == 3 && run.stderr.contains(word) && run.stderr.contains("k8s-"),
            "{run:?}"
        );
    }
}
