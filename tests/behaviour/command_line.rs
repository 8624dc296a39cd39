//! The command line: its two doors for OnDemand, its shims, and the files that are derived from it.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use clap::CommandFactory as _;
use ood_k8s::cli::Cli;

use super::support::{access_token, Run, Site};

fn project(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

#[test]
fn a_link_whose_name_ends_in_pre_hook_is_the_hook() {
    let site = Site::new();
    let link = site.path("ood-pre-hook");
    std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_ood-k8s"), &link).unwrap();
    let mut command = Command::new(link);
    command
        .env_clear()
        .env("OOD_OIDC_ACCESS_TOKEN", access_token())
        .args(["--user", &site.user]);
    site.flags(&mut command);
    let run = Run::of(&mut command).ok();
    assert_eq!(run.stdout, "");
    assert!(site.cluster.object(&site.binding("ood-user")).is_some());
}

#[test]
fn without_a_user_the_hook_says_how_it_is_called() {
    for args in [&[][..], &["--usr", "alice"]] {
        let run = Run::of(
            Command::new(env!("CARGO_BIN_EXE_ood-k8s"))
                .arg0("/opt/site/pre-hook")
                .args(args),
        );
        run.fails(2, &["OnDemand calls: pre-hook --user NAME"]);
    }
    let run = Run::of(Command::new(env!("CARGO_BIN_EXE_ood-k8s")).arg("set-creds"));
    run.fails(2, &["ood-k8s: error: ", "<USER>", "see: ood-k8s set-creds --help"]);
}

fn wrong(args: &str) -> String {
    let run = Run::of(Command::new(env!("CARGO_BIN_EXE_ood-k8s")).args(args.split(' ')));
    run.fails(2, &[]).stderr
}

#[test]
fn a_command_line_that_is_not_understood_is_told_on_one_line_with_the_command_whose_help_to_see() {
    for (args, expected) in [
        (
            "check --foo",
            "unexpected argument '--foo' found; see: ood-k8s check --help",
        ),
        (
            "--cluster prod bootstrap-user",
            "the following required arguments were not provided: <USER>...; see: ood-k8s bootstrap-user --help",
        ),
        (
            "users -o jsn",
            "invalid value 'jsn' for '--output <FORMAT>'; possible values: table, wide, json, yaml, name; did you mean \
             json?; see: ood-k8s users --help",
        ),
        (
            "mint-registry-secret --all --jobs x",
            "value 'x' for '--jobs <N>' is not a whole number from 1 to 256; see: ood-k8s mint-registry-secret --help",
        ),
        (
            "chek",
            "unrecognized subcommand 'chek'; did you mean check?; see: ood-k8s --help",
        ),
        (
            "users --orphand",
            "unexpected argument '--orphand' found; did you mean --orphaned?; see: ood-k8s users --help",
        ),
        (
            "users --idle 5",
            "value '5' for '--idle <DURATION>' is not a duration; write for example 30m, 9h or 2d; see: ood-k8s users --help",
        ),
    ] {
        assert_eq!(wrong(args), format!("ood-k8s: error: {expected}\n"));
    }
}

#[test]
fn a_word_that_has_little_in_common_with_the_wrong_one_is_not_suggested() {
    for args in [
        "config show --format json",
        "set-creds alice --dry",
        "check --\u{1b}[31m",
    ] {
        let line = wrong(args);
        assert!(
            !line.contains("did you mean") && !line.contains("as a value") && !line.contains('\u{1b}'),
            "{line}"
        );
    }
}

/// A copy of one of the shell scripts that calls the program under test.
fn shim(site: &Site, name: &str) -> PathBuf {
    let text = fs::read_to_string(project(name)).unwrap();
    assert!(
        text.contains("exec /usr/bin/ood-k8s "),
        "{name} calls the program by its whole path: root's PATH may be anything"
    );
    let path = site.path("shim");
    fs::write(&path, text.replace("/usr/bin/ood-k8s", env!("CARGO_BIN_EXE_ood-k8s"))).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    path
}

#[test]
fn the_wrapper_passes_ondemands_arguments_on() {
    let site = Site::new();
    let mut command = Command::new(shim(&site, "hooks/pre-hook"));
    command
        .env_clear()
        .env("OOD_OIDC_ACCESS_TOKEN", access_token())
        .args(["--user", &site.user]);
    site.flags(&mut command);
    Run::of(&mut command).ok();
    assert!(site.user_kubeconfig().is_some());
}

#[test]
fn the_stock_scripts_names_and_arguments_go_on_working() {
    let site = Site::new();
    // They know nothing of flags, so hook.env is all that they can name; the rest is refused or shown.
    for name in [
        "hooks/k8s-bootstrap/k8s-bootstrap-ondemand.sh",
        "hooks/k8s-bootstrap/set-k8s-creds.sh",
    ] {
        let script = shim(&site, name);
        let run = Run::of(Command::new(&script).env_clear());
        assert_eq!((run.status, run.stderr.trim()), (1, "Must specify username"));
        let run = Run::of(Command::new(&script).env_clear().arg("alice"));
        assert_eq!((run.status, run.stderr.trim()), (1, "Must specify hook.env path"));
        let run = Run::of(
            Command::new(&script)
                .env_clear()
                .arg("no-such-user")
                .arg(site.path("hook.env")),
        );
        run.fails(4, &["no-such-user"]);
        let run = Run::of(Command::new(&script).env_clear().args(["alice", "/nowhere/hook.env"]));
        run.fails(3, &["/nowhere/hook.env"]);
    }
}

#[test]
fn results_for_scripts_are_json_also_when_there_are_none() {
    let site = Site::new();
    let created = Run::of(&mut site.command_with_tokens(&["set-creds", &site.user, "-o", "json"]))
        .ok()
        .json();
    assert_eq!(created["results"][0]["kubeconfig"]["outcome"], "created");
    let run =
        Run::of(&mut site.command(&["set-creds", &site.user, "--output", "json"])).fails(6, &["pun_pre_hook_exports"]);
    assert!(run.json()["results"][0]["error"]
        .as_str()
        .unwrap()
        .contains("OOD_OIDC_ACCESS_TOKEN"));
    let run = Run::of(&mut site.command(&["bootstrap-user", "no-such-user", "--jobs", "1", "-o", "yaml"]));
    let run = run.fails(4, &["no-such-user"]);
    assert!(run.stdout.contains("results:"), "{}", run.stdout);
}

#[test]
fn tables_have_no_headings_where_none_are_asked_for() {
    let site = Site::new();
    let both = |args: &[&str]| {
        let with = Run::of(&mut site.command(args)).done().stdout;
        let without = Run::of(&mut site.command(&[args, &["--no-headers"]].concat()))
            .done()
            .stdout;
        (with, without)
    };
    site.bootstrap(&[]).ok();
    for args in [
        &["bootstrap-user", &site.user][..],
        &["users"],
        &["namespace", "ann", "-o", "wide"],
        &["mint-registry-secret", "--list"],
    ] {
        let (with, without) = both(args);
        let first = |text: &str| text.split_whitespace().next().unwrap_or_default().to_owned();
        assert!(
            ["USER", "REGISTRY"].contains(&first(&with).as_str()),
            "{args:?}: {with}"
        );
        assert_eq!(with.lines().count(), without.lines().count() + 1, "{args:?}: {without}");
        assert!(
            !["USER", "REGISTRY"].contains(&first(&without).as_str()),
            "{args:?}: {without}"
        );
    }
}

#[test]
fn help_has_examples_and_the_exit_statuses() {
    for subcommand in ["pre-hook", "bootstrap-user", "set-creds"] {
        let run = Run::of(Command::new(env!("CARGO_BIN_EXE_ood-k8s")).args([subcommand, "--help"])).ok();
        assert!(run.stdout.contains("Examples:"), "{subcommand}");
    }
    let run = Run::of(Command::new(env!("CARGO_BIN_EXE_ood-k8s")).arg("--help")).ok();
    assert!(run.stdout.contains("Exit status:"), "{}", run.stdout);
    assert!(
        !run.stdout.contains("\n  home"),
        "the child's subcommand is not for people"
    );
}

#[test]
fn the_definition_of_the_command_line_is_consistent() {
    Cli::command().debug_assert();
}

#[test]
fn the_example_of_hook_env_is_read_and_explains_every_key() {
    let text = fs::read_to_string(project("hooks/hook.env.example")).unwrap();
    let assigned = ood_k8s::config::hook_env::parse(text.as_bytes(), &|_| None).unwrap();
    for key in ood_k8s::config::settings::KEYS {
        let line = text
            .lines()
            .position(|line| line.trim_start_matches("# ").starts_with(&format!("{key}=")));
        let line = line.unwrap_or_else(|| panic!("{key} is not in the example"));
        let mut above = text.lines().take(line).collect::<Vec<_>>().into_iter().rev();
        let explained = above
            .by_ref()
            .take_while(|line| !line.is_empty())
            .any(|line| line.starts_with("# "));
        assert!(
            explained || above.next().is_some_and(|line| line.starts_with('#')),
            "{key} is not explained"
        );
    }
    for assignment in assigned {
        assert!(
            ood_k8s::config::settings::KEYS.contains(&assignment.name.as_str()),
            "{}",
            assignment.name
        );
    }
}

#[test]
fn a_user_name_that_looks_like_a_flag_or_is_no_text_gives_the_hook_one_line() {
    use std::os::unix::ffi::OsStrExt as _;

    let site = Site::new();
    let names: [&[u8]; 6] = [b"-x", b"--help", b"-h", b"--version", b"--", b"\xff\xfe"];
    for name in names {
        for program in [env!("CARGO_BIN_EXE_ood-k8s").into(), shim(&site, "hooks/pre-hook")] {
            let mut command = Command::new(&program);
            if program.ends_with("ood-k8s") {
                command.arg("pre-hook");
            }
            command.env_clear().arg("--user").arg(std::ffi::OsStr::from_bytes(name));
            let run = Run::of(&mut command);
            assert_eq!((run.status, run.stdout.as_str()), (2, ""), "{name:?}: {run:?}");
            assert_eq!(run.stderr.lines().count(), 1, "{name:?}: {run:?}");
            if name.starts_with(b"-") {
                assert!(run.stderr.contains("no user name begins with a dash"), "{run:?}");
            }
        }
    }
}
