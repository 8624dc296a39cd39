//! The files that run us without a person: cron's and systemd's have our commands, and are what their readers take.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use clap::Parser as _;
use ood_k8s::cli::{self, Cli};

use super::support::Run;

const PROGRAM: &str = "/usr/bin/ood-k8s ";
const CRON: &str = "hooks/cron.d/ood-k8s";
const UNITS: &str = "hooks/systemd";

fn project(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

fn read(path: &str) -> String {
    fs::read_to_string(project(path)).unwrap()
}

/// Every command of ours in a file, those in comments too.
fn commands(text: &str) -> Vec<Cli> {
    let lines = text.lines().filter_map(|line| line.split_once(PROGRAM));
    let parse = |(_, arguments): (&str, &str)| {
        let words = std::iter::once("ood-k8s").chain(arguments.split_whitespace());
        Cli::try_parse_from(words).unwrap_or_else(|error| panic!("{arguments}: {error}"))
    };
    lines.map(parse).collect()
}

#[test]
fn their_commands_renew_the_token_long_before_it_ends() {
    for (path, count) in [(CRON, 2), ("hooks/systemd/ood-k8s-refresh-token.service", 2)] {
        let commands = commands(&read(path));
        let commands: Vec<_> = commands
            .into_iter()
            .filter_map(|command| match command.command {
                cli::Command::RefreshToken(args) => Some(args),
                cli::Command::RenewCreds(_) => None,
                other => panic!("{path} runs {other:?}"),
            })
            .collect();
        assert_eq!(
            commands.len(),
            count,
            "{path}: the unit's comment names another directory for the metrics"
        );
        for args in commands {
            let hour = Duration::from_secs(3600);
            assert_eq!(args.interval, hour, "what is warned of is what cron and the timer do");
            assert!(args.if_remaining_below >= Some(3 * hour), "two runs may fail");
            assert!(args.source.duration > 3 * hour, "most runs do nothing");
            assert!(args.jitter.is_none_or(|jitter| jitter < hour));
        }
    }
}

#[test]
fn their_commands_renew_users_tokens_twice_in_the_life_of_one() {
    for (path, count) in [(CRON, 1), ("hooks/systemd/ood-k8s-renew-creds.service", 2)] {
        let commands = commands(&read(path)).into_iter();
        let renewals: Vec<_> = commands
            .filter_map(|command| match command.command {
                cli::Command::RenewCreds(args) => Some((args, command.global.quiet)),
                _ => None,
            })
            .collect();
        assert_eq!(renewals.len(), count, "{path}");
        for (args, is_quiet) in renewals {
            assert_eq!(args.interval, Duration::from_secs(120), "what cron and the timer do");
            assert!(is_quiet && !args.dry_run);
        }
    }
    assert!(read(CRON).contains("\n#*/2 * * * * root "), "off, as RENEWAL_DIR is");
    assert!(read("hooks/systemd/ood-k8s-renew-creds.timer").contains("\nOnCalendar=*:0/2\n"));
}

#[test]
fn the_unit_that_writes_into_homes_may_become_their_users_and_little_else() {
    let text = read("hooks/systemd/ood-k8s-renew-creds.service");
    for line in [
        "CapabilityBoundingSet=CAP_SETUID CAP_SETGID CAP_KILL CAP_DAC_READ_SEARCH",
        "ProtectHome=no",
        "ProtectSystem=full",
        "ProtectProc=default",
        "NoNewPrivileges=yes",
        // A process that cannot be killed in one user's home must not keep the next run from starting.
        "KillMode=process",
        // The child does nothing without its limits, and `~@resources` takes these away.
        "SystemCallFilter=@setuid getrlimit setrlimit prlimit64",
    ] {
        assert!(text.lines().any(|known| known == line), "no {line}");
    }
    let position = |line: &str| text.find(line).unwrap_or_else(|| panic!("no {line}"));
    assert!(
        position("\nSystemCallFilter=@setuid getrlimit") > position("\nSystemCallFilter=~@privileged @resources\n"),
        "of two lines on one call the later counts"
    );
}

#[test]
fn cron_takes_its_file() {
    let text = read(CRON);
    assert!(text.ends_with('\n'), "cron ignores a last line without its end");
    // Debian's cron passes over such names, crontab(5) says of % that it is the end of the line.
    assert!(!CRON.rsplit('/').next().unwrap().contains(['.', '~']));
    let lines: Vec<_> = text
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .collect();
    let (settings, entries): (Vec<_>, Vec<_>) = lines.into_iter().partition(|line| !line.contains(PROGRAM));
    assert_eq!(settings, ["SHELL=/bin/sh", "PATH=/usr/sbin:/usr/bin:/sbin:/bin"]);
    assert!(text.contains("\n#MAILTO="));
    let commented = text
        .lines()
        .filter_map(|line| line.strip_prefix('#').filter(|line| line.contains(PROGRAM)));
    let entries: Vec<_> = entries.into_iter().chain(commented).collect();
    assert_eq!(entries.len(), 3);
    for entry in entries {
        let fields: Vec<_> = entry.split_whitespace().collect();
        assert_eq!(fields[1..6], ["*", "*", "*", "*", "root"]);
        // The metrics' directory is made first: /run is empty after each start.
        let ours = fields[6..].rsplit(|field| *field == "&&").next().unwrap();
        assert_eq!(ours[0], PROGRAM.trim_end(), "root's PATH may be anything");
        assert!(!entry.contains('%'));
        if ours[1] == "renew-creds" {
            continue;
        }
        let minute: u32 = fields[0].parse().expect("a minute");
        assert!(minute < 60 && minute != 0, "not when everybody's jobs run");
    }
}

#[test]
fn systemd_takes_the_units() {
    let folder = tempfile::tempdir().unwrap();
    let mut names: Vec<std::ffi::OsString> = fs::read_dir(project(UNITS))
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .collect();
    names.sort();
    let expected = [
        "refresh-token.service",
        "refresh-token.timer",
        "renew-creds.service",
        "renew-creds.timer",
    ];
    assert_eq!(
        names,
        expected.map(|name| std::ffi::OsString::from(format!("ood-k8s-{name}")))
    );
    let mut verify = Command::new("systemd-analyze");
    // The manual page is not installed where tests run.
    verify.args(["verify", "--man=no"]);
    for name in &names {
        let text = fs::read_to_string(project(UNITS).join(name)).unwrap();
        let page = name.to_str().unwrap().split('.').next().unwrap();
        assert!(text.contains(&format!("\nDocumentation=man:{page}(8)\n")));
        let path = folder.path().join(name);
        fs::write(
            &path,
            text.replace(PROGRAM, concat!(env!("CARGO_BIN_EXE_ood-k8s"), " ")),
        )
        .unwrap();
        verify.arg(path);
    }
    if Command::new("systemd-analyze").arg("--version").output().is_err() {
        // Few containers have it; the units are checked where it is there.
        eprintln!("systemd-analyze is not installed: the units are not verified");
        return;
    }
    // An unknown key is only a line on standard error.
    assert_eq!(Run::of(&mut verify).ok().stdout, "");
}
