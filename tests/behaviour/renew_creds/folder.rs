//! The folder with users' refresh tokens: root's alone, or not used.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;

use super::{Renewing, LONG, SHORT};
use crate::support::{is_root, Run};

#[test]
fn without_renewal_dir_nothing_is_kept_and_there_is_nothing_to_run() {
    let renewing = Renewing::new("RENEWAL_DIR=");
    renewing.log_in(SHORT);
    assert!(!renewing.site.path("renewal").exists());
    renewing
        .renew(&[])
        .fails(3, &["RENEWAL_DIR is not set", "/var/lib/ood-k8s/renewal"]);
}

#[test]
fn folder_and_files_are_made_for_root_alone() {
    let renewing = Renewing::new("");
    renewing.log_in(LONG);
    let mode = |name: &str| renewing.site.path(name).metadata().unwrap().permissions().mode() & 0o7777;
    assert_eq!(mode("renewal"), 0o700);
    let files = fs::read_dir(renewing.site.path("renewal")).unwrap();
    let names: Vec<_> = files
        .map(|file| file.unwrap().file_name().into_string().unwrap())
        .collect();
    assert_eq!(names.len(), 2, "{names:?}");
    for name in names {
        assert_eq!(mode(&format!("renewal/{name}")), 0o600, "{name}");
    }
}

#[test]
fn a_folder_that_others_can_look_into_is_refused_with_the_remedy_and_the_login_goes_on() {
    let renewing = Renewing::new("");
    renewing.log_in(SHORT);
    let folder = renewing.site.path("renewal");
    for (mode, command) in [
        (0o755, "chmod 0700"),
        (0o710, "chmod 0700"),
        (0o722, "mv --backup=numbered -T"),
    ] {
        fs::set_permissions(&folder, Permissions::from_mode(mode)).unwrap();
        let remedy = format!("run: {command} {}", folder.display());
        renewing.renew(&[]).fails(3, &["others can access it", &remedy]);
        let (kept, token) = (renewing.kept_token(), renewing.token());
        let tokens = renewing.provider.log_in(&renewing.site.user);
        renewing.set_creds(&tokens).fails(3, &[&remedy]);
        assert_eq!(renewing.kept_token(), kept, "nothing is put there");
        assert_ne!(renewing.token(), token, "the user can work");
    }
    fs::set_permissions(&folder, Permissions::from_mode(0o700)).unwrap();
    renewing.renews("1 user: 1 renewed");
}

#[test]
fn a_folder_or_a_way_to_it_of_somebody_elses_is_refused() {
    if !is_root() {
        return crate::support::skip("only root can make others' files");
    }
    let renewing = Renewing::new("");
    renewing.log_in(SHORT);
    let folder = renewing.site.path("renewal");
    std::os::unix::fs::chown(&folder, Some(65534), None).unwrap();
    renewing
        .renew(&[])
        .fails(3, &["uid 65534 owns it", "run: mv --backup=numbered -T "]);
    std::os::unix::fs::chown(&folder, Some(0), None).unwrap();
    fs::create_dir(renewing.site.path("open")).unwrap();
    fs::set_permissions(renewing.site.path("open"), Permissions::from_mode(0o777)).unwrap();
    renewing
        .site
        .set(&format!("RENEWAL_DIR={}", renewing.site.path("open/renewal").display()));
    let tokens = renewing.provider.log_in(&renewing.site.user);
    renewing
        .set_creds(&tokens)
        .fails(3, &["others can write it", "chmod o-w"]);
    assert!(!renewing.site.path("open/renewal").exists());
}

#[test]
fn values_that_cannot_be_used_are_named_with_what_to_write() {
    let renewing = Renewing::new("RENEWAL_DIR=renewal");
    renewing.renew(&[]).fails(3, &["RENEWAL_DIR is not an absolute path"]);
    let tokens = renewing.provider.log_in(&renewing.site.user);
    renewing
        .set_creds(&tokens)
        .fails(3, &["RENEWAL_DIR is not an absolute path"]);
    assert!(!renewing.token().is_empty(), "the login goes on");
    let renewing = Renewing::new("PUN_PID_PATH=/run/passenger.pid");
    renewing.renew(&[]).fails(3, &["PUN_PID_PATH", "%{user}"]);
}

#[test]
fn a_login_without_a_refresh_token_is_told_what_is_missing_and_keeps_nothing_but_a_session_before_it() {
    let renewing = Renewing::new("");
    let without = || {
        let mut tokens = renewing.provider.log_in(&renewing.site.user);
        tokens.refresh.clear();
        let run = renewing.set_creds(&tokens).done();
        let words = ["renew-creds cannot renew this session", "OIDCPassRefreshToken On"];
        assert!(words.iter().all(|word| run.stderr.contains(word)), "{run:?}");
    };
    without();
    assert_eq!(fs::read_dir(renewing.site.path("renewal")).unwrap().count(), 0);
    // A session before it is not over for that.
    renewing.log_in(SHORT);
    let kept = renewing.kept_token();
    without();
    assert_eq!(renewing.kept_token(), kept);
    renewing.renew(&["--interval", "1h"]).done();
    assert!(renewing.refreshes().last().is_some_and(|(_, status)| *status == 200));
}

#[test]
fn a_record_that_was_torn_is_named_and_the_next_login_replaces_it() {
    let renewing = Renewing::new("");
    renewing.log_in(SHORT);
    let name = renewing.record_name();
    renewing.site.write(&name, "{\"refresh_token\":\"cAnArY");
    renewing
        .renew(&["--quiet"])
        .fails(6, &[&name, "is not a valid record of renew-creds", "next login"]);
    renewing.log_in(SHORT);
    renewing.renews("1 user: 1 renewed");
}

/// After a downgrade, or with web nodes of two versions.
#[test]
fn a_record_of_a_newer_version_stays_as_it_is_until_the_next_login_replaces_it() {
    let renewing = Renewing::new("");
    renewing.log_in(SHORT);
    let name = renewing.record_name();
    let newer = r#"{"version":2,"tokens":{"of":"another kind"}}"#;
    renewing.site.write(&name, newer);
    renewing.renew(&["--quiet"]).fails(
        6,
        &[
            &name,
            "is a record of a newer ood-k8s (version 2 of the format)",
            "install that version again",
        ],
    );
    assert_eq!(fs::read_to_string(renewing.site.path(&name)).unwrap(), newer);
    renewing.log_in(SHORT);
    renewing.renews("1 user: 1 renewed");
}

/// The findings of `check` about the renewal.
fn found(renewing: &Renewing) -> Vec<(String, String)> {
    let findings = Run::of(&mut renewing.site.command(&["check", "-o", "json"])).json();
    let findings = findings["findings"].as_array().unwrap().clone().into_iter();
    let ours = findings.filter(|finding| finding["area"] == "renewal");
    let text = |finding: &serde_json::Value, key: &str| finding[key].as_str().unwrap_or_default().to_owned();
    ours.map(|finding| (text(&finding, "severity"), text(&finding, "text")))
        .collect()
}

#[test]
fn check_tells_what_a_renewal_lacks_and_that_nobody_renews() {
    let renewing = Renewing::new("");
    renewing.log_in(LONG);
    let is = |severity: &str, words: &str| {
        let found = found(&renewing);
        assert!(
            found.iter().any(|(s, text)| s == severity && text.contains(words)),
            "no {severity} {words:?} in {found:?}"
        );
    };
    is("ok", "tokens are renewed (1 in total)");
    let mut record = renewing.record().unwrap();
    record["token_ends"]["prod"] = "2026-01-01T00:00:00Z".into();
    renewing.write_record(&record);
    is("warning", "was not renewed");
    fs::set_permissions(renewing.site.path("renewal"), Permissions::from_mode(0o755)).unwrap();
    is("error", "others can access it");
    renewing.site.set("CREDENTIALS=auth-provider");
    is("warning", "kubectl itself renews");
    renewing.site.set("RENEWAL_DIR=");
    assert!(found(&renewing).is_empty());
}
