//! What commands make of declared secrets: none shows one, `check` warns in time, and `sync-secret` fits together with them.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use serde_json::Value;

use super::{content, declare, handed_out, proxy, secret, site, ALL};
use crate::support::{Run, Site};

/// Of a declared secret, what `check` finds: the severity, the code and the text.
fn found(site: &Site) -> Vec<(String, String, String)> {
    let run = Run::of(&mut site.command(&["check", "-o", "json"]));
    let findings = run.json()["findings"].as_array().unwrap().clone();
    let text = |finding: &Value, key: &str| finding[key].as_str().unwrap_or_default().to_owned();
    let about = findings.iter().filter(|finding| finding["area"] == "declared secrets");
    about
        .map(|it| (text(it, "severity"), text(it, "code"), text(it, "text")))
        .collect()
}

#[test]
fn no_command_shows_the_content_of_one() {
    // Every run is searched for it, and for the canary in root's files.
    let site = site(ALL);
    let admin = site.path("admin.kubeconfig").display().to_string();
    let commands: &[&[&str]] = &[
        &["bootstrap-user", &site.user, "--dry-run=client"],
        &["bootstrap-user", &site.user, "--dry-run=server", "-o", "json"],
        &["bootstrap-user", &site.user, "-o", "json", "-v"],
        &["profile", "show", &site.user, "-o", "json"],
        &["manifests", "render", &site.user],
        &["manifests", "diff", &site.user, "-o", "json"],
        &["users", "show", &site.user, "-o", "json"],
        &["check", &site.user, "-o", "json"],
        &["config", "show", "-o", "json"],
        &["cluster-roles"],
        &["cluster-policies", "--kubernetes", "1.34"],
        &["audit", "--admin-kubeconfig", &admin, "-o", "json"],
    ];
    let key = content(&site, "x509up").lines().nth(2).unwrap().to_owned();
    for text in [content(&site, "x509up"), proxy(-1), String::new()] {
        site.write("x509up", &text);
        for command in commands {
            let run = Run::of(&mut site.command(command));
            let said = format!("{}{}", run.stdout, run.stderr);
            assert!(!said.contains(&key) && !said.contains("BEGIN"), "{command:?}: {said}");
            assert!(
                !said.contains("a licence") && !said.contains("YSBsaWNlbmNl"),
                "{command:?}: {said}"
            );
        }
    }
}

#[test]
fn profile_show_names_them_and_users_show_says_whether_they_are_there() {
    let site = site(ALL);
    let shown = Run::of(&mut site.command(&["profile", "show", &site.user])).ok();
    assert!(
        shown.stdout.contains("secrets") && shown.stdout.contains("proxy, ca"),
        "{shown:?}"
    );
    site.bootstrap(&[]).ok();
    let state = |name: &str| {
        let value = Run::of(&mut site.command(&["users", "show", &site.user, "-o", "json"])).json();
        let objects = value["clusters"][0]["objects"].as_array().unwrap().clone();
        let found = objects.iter().find(|object| object["name"] == name);
        found.map(|object| object["state"].as_str().unwrap().to_owned())
    };
    assert_eq!(state("grid-proxy").as_deref(), Some("there"));
    site.write("x509up", &proxy(48));
    assert_eq!(state("grid-proxy").as_deref(), Some("differs"));
    site.cluster.delete(&site.core("secrets/site-ca"));
    assert_eq!(state("site-ca").as_deref(), Some("missing"));
}

#[test]
fn check_warns_before_the_end_says_what_is_over_and_who_can_read_a_key() {
    let site = site(ALL);
    assert!(
        found(&site).iter().all(|(severity, ..)| severity == "ok"),
        "{:?}",
        found(&site)
    );
    // A day's proxy is told a quarter of a day before.
    let warned_of = |site: &Site, code: &str, file: &str| {
        let all = found(site);
        let wrong: Vec<_> = all.iter().filter(|(severity, ..)| severity != "ok").collect();
        assert!(
            wrong.len() == 1 && wrong[0].1 == code && wrong[0].2.contains(file),
            "{code}: {all:?}"
        );
    };
    let warned = |site: &Site, code: &str| warned_of(site, code, "x509up");
    site.write("x509up", &proxy(5));
    warned(&site, "OK8S-642");
    site.write("x509up", &proxy(7));
    assert!(
        found(&site).iter().all(|(severity, ..)| severity == "ok"),
        "{:?}",
        found(&site)
    );
    declare(
        &site,
        "proxy",
        "name: grid-proxy\nwarnBefore: 8h\n",
        &[("x509up", "x509up")],
    );
    warned(&site, "OK8S-642");
    site.write("x509up", &proxy(-1));
    warned(&site, "OK8S-641");
    site.write("x509up", &proxy(20));
    fs::set_permissions(site.path("x509up"), fs::Permissions::from_mode(0o644)).unwrap();
    warned(&site, "OK8S-643");
    fs::set_permissions(site.path("x509up"), fs::Permissions::from_mode(0o600)).unwrap();
    // Of CAs the other ones decide, and it is told all the same.
    let odd = "-----BEGIN CERTIFICATE-----\nMAMCAQE=\n-----END CERTIFICATE-----\n";
    let root = rcgen::CertificateParams::new(Vec::new()).unwrap();
    let root = root.self_signed(&rcgen::KeyPair::generate().unwrap()).unwrap().pem();
    site.write("site-ca.pem", &format!("{odd}{root}"));
    warned_of(&site, "OK8S-644", "site-ca.pem");
    site.write("site-ca.pem", odd);
    warned_of(&site, "OK8S-641", "site-ca.pem");
}

#[test]
fn sync_secret_hands_out_what_is_declared_and_nothing_else_of_that_name() {
    let site = site(ALL);
    site.bootstrap(&[]).ok();
    let file = |name: &str| format!("x509up={}", site.path(name).display());
    let sync = |args: &[&str]| Run::of(&mut site.command(&[&["sync-secret", "grid-proxy", &site.user], args].concat()));
    site.write("x509up", &proxy(48));
    sync(&["--from-file", &file("x509up")]).ok();
    assert_eq!(handed_out(&site).unwrap(), content(&site, "x509up"));
    let version = secret(&site, "grid-proxy").unwrap()["metadata"]["resourceVersion"].clone();
    site.bootstrap(&[]).ok();
    let after = secret(&site, "grid-proxy").unwrap()["metadata"]["resourceVersion"].clone();
    assert_eq!(version, after, "a login finds it as it should be");
    let before = site.cluster.requests().len();
    sync(&["--from-file", &file("site-ca.pem")]).fails(2, &["declared in", "proxy.yaml", "would put that back"]);
    let typed = ["--from-file", &file("x509up"), "--type", "example.org/x"];
    sync(&typed).fails(2, &["another type"]);
    assert_eq!(site.cluster.requests().len(), before);
}

#[test]
fn what_sync_secret_has_made_before_is_the_logins_from_then_on() {
    let site = site("version: 1\n");
    site.bootstrap(&[]).ok();
    let root = site.kubeconfig(&site.cluster.url(), site.cluster.admin_token());
    site.write("as-admin.kubeconfig", &root);
    let file = format!("old={}", site.path("site-ca.pem").display());
    let args = ["sync-secret", "grid-proxy", &site.user, "--from-file", &file];
    Run::of(&mut site.command_of(&site.path("as-admin.kubeconfig"), &args)).ok();
    site.write("k8s-profiles.yml", ALL);
    site.grant_profiles();
    site.bootstrap(&[]).ok();
    let live = secret(&site, "grid-proxy").unwrap();
    assert_eq!(live["data"].as_object().unwrap().len(), 1);
    assert_eq!(handed_out(&site).unwrap(), content(&site, "x509up"));
}
