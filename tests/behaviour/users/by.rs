//! Who ran a command that gives or takes access: in each of its log lines, and in no login's.

use std::process::{Command, Stdio};

use super::{offboard, site};
use crate::support::{in_mounts, is_root, skip, Run, Site};

/// The log lines, which `--log-level info` prints.
fn lines(site: &Site, args: &[&str], sudo: Option<&str>) -> Vec<String> {
    let mut command = site.command(&[args, &["--log-level", "info"]].concat());
    command.stdin(Stdio::null());
    sudo.into_iter().for_each(|name| _ = command.env("SUDO_USER", name));
    said(&Run::of(&mut command))
}

fn said(run: &Run) -> Vec<String> {
    let lines = run.stderr.lines().map(str::to_owned);
    let lines: Vec<_> = lines.filter(|line| line.starts_with("level=")).collect();
    assert!(!lines.is_empty(), "{run:?}");
    lines
}

/// The same command by somebody with this login, whatever the kernel of this machine keeps.
fn with_login(site: &Site, uid: &str, command: &Command) -> Command {
    site.write("loginuid", uid);
    let file = site.path("loginuid");
    in_mounts(&format!("mount --bind {} /proc/$$/loginuid", file.display()), command)
}

#[test]
fn every_command_that_gives_or_takes_access_says_who_ran_it_and_a_login_does_not() {
    if !is_root() {
        return skip("only root is believed what sudo says");
    }
    let site = site();
    let by = "by=\"\\\"carol\\\" by SUDO_USER\"";
    for args in [
        &["bootstrap-user", site.user.as_str()][..],
        &["users", "restamp", "--all"],
        &["mint-registry-secret", "--all"],
        &["bootstrap-user", "no-such-user"],
    ] {
        for line in lines(&site, args, Some("carol")) {
            // An account that somebody has logged in to beside what sudo says.
            assert!(
                line.contains(by) || line.contains(", \\\"carol\\\" by SUDO_USER\""),
                "{args:?}: {line}"
            );
        }
        for line in lines(&site, args, None) {
            assert!(line.contains(" by=") && !line.contains("SUDO_USER"), "{args:?}: {line}");
        }
    }
    let run = offboard(&site, &[&site.user, "--suspend", "--yes", "--log-level", "info"]).done();
    assert!(said(&run).iter().all(|line| line.contains(" by=")));
    let resumed = lines(&site, &["resume", &site.user], Some("carol"));
    assert!(resumed.iter().all(|line| line.contains(" by=")), "{resumed:?}");
    let mut login = site.command_with_tokens(&["pre-hook", "--user", &site.user, "--log-level", "info"]);
    let login = said(&Run::of(login.env("SUDO_USER", "carol")));
    assert!(
        login
            .iter()
            .all(|line| !line.contains("by=") && !line.contains("carol")),
        "{login:?}"
    );
}

#[test]
fn what_sudo_says_forges_no_line_no_field_and_no_colour() {
    if !is_root() {
        return skip("only root is believed what sudo says");
    }
    let site = site();
    let long = "x".repeat(100_000);
    for claim in [
        "carol\nlevel=info msg=login user=root result=ok",
        "carol\" msg=login user=\"root",
        "\u{1b}[2J\u{9b}31mcarol",
        "carol\u{202e}toor\u{2028}level=info",
        "carol\r\nOOD_K8S_BY=root",
        &long,
    ] {
        let lines = lines(&site, &["bootstrap-user", &site.user], Some(claim));
        assert_eq!(lines.len(), 1, "{lines:?}");
        let line = &lines[0];
        assert!(
            line.starts_with("level=info by=\"") && line.contains(" msg=bootstrap-user "),
            "{line}"
        );
        assert!(
            line.chars().all(|c| matches!(c, ' '..='~' | '…')) && line.len() < 3000,
            "{line}"
        );
        let rest = line.split(" by SUDO_USER\"").nth(1).unwrap();
        assert!(
            rest.starts_with(" msg=bootstrap-user ") && !rest.contains("carol"),
            "{line}"
        );
    }
    assert!(lines(&site, &["users", "restamp", "--all"], Some(""))[0].contains(" by="));
}

#[test]
fn the_login_uid_counts_whatever_sudo_says_and_an_unset_one_is_none() {
    if !is_root() {
        return skip("only root may mount");
    }
    let site = site();
    let by = |uid: &str, sudo: Option<&str>| {
        let mut command = site.command(&["users", "restamp", "--all", "--log-level", "info"]);
        sudo.into_iter().for_each(|name| _ = command.env("SUDO_USER", name));
        let lines = said(&Run::of(&mut with_login(&site, uid, &command)));
        let (_, rest) = lines[0].split_once(" by=").unwrap();
        rest.split_once(" msg=").unwrap().0.to_owned()
    };
    assert_eq!(by("0", None), "root");
    assert_eq!(by("0", Some("root")), "root");
    assert_eq!(by("0", Some("carol")), "\"root, \\\"carol\\\" by SUDO_USER\"");
    assert_eq!(by("3999999999", None), "\"uid 3999999999\"");
    for unset in ["4294967295", "", "carol", "-1"] {
        assert_eq!(by(unset, None), "\"root without a login\"");
        assert_eq!(by(unset, Some("carol")), "\"\\\"carol\\\" by SUDO_USER\"");
    }
}
