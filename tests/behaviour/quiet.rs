//! `--quiet` means the same on every command: only warnings and errors are printed, and the exit status stays.

use super::support::{Run, Site};

/// Commands that print something if all is well, with what they need to do so.
fn talkative(site: &Site) -> Vec<Vec<&str>> {
    let user = site.user.as_str();
    vec![
        vec!["bootstrap-user", user],
        vec!["bootstrap-user", user, "-o", "json"],
        vec!["bootstrap-user", user, "--dry-run=client"],
        vec!["users"],
        vec!["users", "-o", "json"],
        vec!["users", "-o", "name"],
        vec!["users", "restamp", user],
        vec!["namespace", "ann"],
        vec!["mint-registry-secret", user],
        vec!["mint-registry-secret", "--list"],
        vec!["refresh-token", "-o", "table"],
        vec!["cluster-roles"],
        vec!["cluster-policies", "--kubernetes", "1.30"],
        vec!["config", "show"],
        vec!["config", "show", "-o", "yaml"],
        vec!["version"],
        vec!["completion", "bash"],
    ]
}

#[test]
fn quietly_no_command_prints_a_result_and_the_exit_status_stays() {
    let site = Site::new();
    for args in talkative(&site) {
        let loud = Run::of(&mut site.command(&args));
        let quiet = Run::of(&mut site.command(&[&args[..], &["-q"]].concat()));
        assert_ne!(loud.stdout, "", "{args:?} {loud:?}");
        assert_eq!(
            (quiet.stdout.as_str(), quiet.status),
            ("", loud.status),
            "{args:?} {quiet:?}"
        );
    }
}

#[test]
fn quietly_errors_and_warnings_are_still_printed() {
    let site = Site::new();
    let run = Run::of(&mut site.command(&["-q", "bootstrap-user", "no-such-user"]));
    assert_eq!(run.stdout, "");
    run.fails(4, &["no-such-user", "is not in the passwd database"]);
    site.set("UNKNOWN_KEY=1");
    let run = Run::of(&mut site.command(&["bootstrap-user", &site.user, "--quiet"])).done();
    assert!(run.stdout.is_empty() && run.stderr.contains("UNKNOWN_KEY"), "{run:?}");
}

#[test]
fn quietly_a_setting_for_more_messages_is_left_out_and_a_flag_for_them_is_not() {
    let site = Site::new();
    site.set("LOG_LEVEL=debug");
    let run = |more: &[&str]| Run::of(&mut site.command(&[&["bootstrap-user", &site.user], more].concat())).done();
    assert_ne!(run(&[]).stderr, "");
    assert_eq!(run(&["-q"]).stderr, "");
    assert_ne!(run(&["-q", "--log-level", "info"]).stderr, "");
}
