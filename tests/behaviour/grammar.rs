//! One grammar for the command line, held by walking its definition; and old spellings that go on working.

use std::collections::BTreeMap;
use std::process::{Command, Stdio};

use clap::{CommandFactory as _, Parser as _};
use ood_k8s::cli::Cli;

use super::support::{with_input, Run, Site};

/// Commands that only read, that are run by OnDemand and kubectl as they always were, or that say what they would do
/// until --apply is given.
const WITHOUT_DRY_RUN: [&str; 17] = [
    "pre-hook",
    "set-creds",
    "credential",
    "audit",
    "check",
    "show",
    "import",
    "validate",
    "render",
    "diff",
    "completion",
    "uninstall",
    "cluster-policies",
    "users",
    "namespace",
    "logs",
    "version",
];

/// All commands that people see, without those that only have subcommands.
fn commands() -> Vec<clap::Command> {
    fn leaves(command: &clap::Command, found: &mut Vec<clap::Command>) {
        let mut visible = command
            .get_subcommands()
            .filter(|sub| !sub.is_hide_set() && sub.get_name() != "help")
            .peekable();
        if visible.peek().is_none() {
            return found.push(command.clone());
        }
        visible.for_each(|sub| leaves(sub, found));
    }
    let mut root = Cli::command();
    root.build();
    let mut found = Vec::new();
    leaves(&root, &mut found);
    found
}

fn visible(command: &clap::Command) -> impl Iterator<Item = &clap::Arg> {
    command.get_arguments().filter(|arg| !arg.is_hide_set())
}

#[test]
fn a_dry_run_is_written_with_an_equals_sign_on_every_command_that_changes_something() {
    for command in commands() {
        let name = command.get_name().to_owned();
        let dry_run = command.get_arguments().find(|arg| arg.get_long() == Some("dry-run"));
        let Some(dry_run) = dry_run else {
            assert!(WITHOUT_DRY_RUN.contains(&name.as_str()), "{name} has no --dry-run");
            continue;
        };
        assert!(
            dry_run.is_require_equals_set(),
            "{name}: --dry-run VALUE would take a user's name"
        );
        let values: Vec<_> = dry_run
            .get_possible_values()
            .iter()
            .map(|value| value.get_name().to_owned())
            .collect();
        assert!(values.contains(&"server".to_owned()), "{name}: {values:?}");
        let help = dry_run.get_help().unwrap().to_string();
        assert!(
            help.contains("without a value: "),
            "{name} does not say what it means: {help}"
        );
    }
}

#[test]
fn quiet_is_one_flag_of_every_command() {
    for command in commands() {
        let name = command.get_name();
        let quiet = command.get_arguments().find(|arg| arg.get_long() == Some("quiet"));
        let quiet = quiet.unwrap_or_else(|| panic!("{name} has no --quiet"));
        assert!(quiet.is_global_set(), "{name} has a --quiet of its own");
        assert_eq!(quiet.get_short(), Some('q'), "{name}");
    }
}

#[test]
fn users_are_positional_and_an_administrators_kubeconfig_has_one_name() {
    for command in commands() {
        let name = command.get_name();
        for arg in visible(&command) {
            let long = arg.get_long().unwrap_or_default();
            assert!(long != "user" || name == "pre-hook", "{name} --user");
            assert!(!long.starts_with("minter"), "{name} --{long}");
        }
    }
}

#[test]
fn a_flag_has_one_kind_of_value_everywhere() {
    // Whose token, and an account in users' namespaces.
    let two_meanings = ["service-account"];
    let mut kinds: BTreeMap<String, (String, String)> = BTreeMap::new();
    for command in commands() {
        for arg in visible(&command) {
            let Some(long) = arg.get_long().filter(|long| !two_meanings.contains(long)) else {
                continue;
            };
            let values = arg
                .get_value_names()
                .unwrap_or_default()
                .iter()
                .map(ToString::to_string);
            let kind = format!("{:?} {}", arg.get_short(), values.collect::<Vec<_>>().join(" "));
            let first = kinds
                .entry(long.to_owned())
                .or_insert_with(|| (command.get_name().to_owned(), kind.clone()));
            assert_eq!(first.1, kind, "--{long} of {} and of {}", first.0, command.get_name());
        }
    }
    assert!(kinds.len() > 30);
}

#[test]
fn help_fits_a_screen() {
    let too_long = |mut command: clap::Command| {
        let name = command.get_name().to_owned();
        let lines = |text: String| text.lines().count();
        let (short, long) = (
            lines(command.render_help().to_string()),
            lines(command.render_long_help().to_string()),
        );
        let longest = 120;
        (short > 40 || long > longest).then(|| format!("{name}: {short} and {long} lines"))
    };
    let mut root = Cli::command();
    root.build();
    let all = commands().into_iter().chain([root]);
    let wrong: Vec<_> = all.filter_map(|command| too_long(command.term_width(100))).collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn what_every_command_accepts_is_a_help_page_of_its_own() {
    let run = Run::of(Command::new(env!("CARGO_BIN_EXE_ood-k8s")).args(["help", "global"])).ok();
    for flag in [
        "--hook-env",
        "--clusters-dir",
        "--kubeconfig",
        "--cluster",
        "--timeout",
        "--log-level",
        "--color",
    ] {
        assert!(run.stdout.contains(flag), "{flag}: {}", run.stdout);
    }
}

#[test]
fn old_spellings_go_on_working_and_are_not_shown() {
    for line in [
        "ood-k8s check --user alice --admin-kubeconfig a",
        "ood-k8s refresh-token --minter-kubeconfig a --minter-context b --dry-run",
        "ood-k8s setup-root --minter-kubeconfig a",
        "ood-k8s cluster-roles --apply --dry-run --admin-kubeconfig a --secret b",
        "ood-k8s mint-registry-secret --all --dry-run",
        "ood-k8s bootstrap-user --dry-run alice",
    ] {
        Cli::try_parse_from(line.split(' ')).unwrap_or_else(|error| panic!("{line}: {error}"));
    }
    for line in [
        "ood-k8s check alice --user bob",
        "ood-k8s check --admin-kubeconfig a",
        "ood-k8s refresh-token --dry-run=client",
    ] {
        assert!(Cli::try_parse_from(line.split(' ')).is_err(), "{line}");
    }
}

#[test]
fn users_are_read_from_standard_input() {
    let site = Site::new();
    let names = format!("{0}\nno-such-user-1 no-such-user-2\n", site.user);
    let mut command = site.command(&["bootstrap-user", "-", "-o", "json"]);
    let run = with_input(&mut command, names.as_bytes());
    let users: Vec<_> = run.json()["results"]
        .as_array()
        .unwrap()
        .iter()
        .map(|result| result["user"].clone())
        .collect();
    assert_eq!((run.status, users.len()), (4, 3), "{run:?}");
    assert!(users.contains(&site.user.as_str().into()), "{users:?}");
    let run = with_input(&mut site.command(&["stamp-uids", "-"]), b" \n");
    run.fails(2, &["no users on standard input", "one user name on each line"]);
    let run = Run::of(site.command(&["bootstrap-user", "-"]).stdin(Stdio::null()));
    run.fails(2, &["no users on standard input"]);
}

#[test]
fn the_version_is_told_to_scripts_too() {
    let program = || Command::new(env!("CARGO_BIN_EXE_ood-k8s"));
    let told = Run::of(program().args(["version", "-o", "json"])).ok().json();
    assert_eq!(told["release"], env!("CARGO_PKG_VERSION"));
    let line = Run::of(program().arg("version")).ok().stdout;
    assert!(
        line.starts_with(&format!("ood-k8s {}", env!("CARGO_PKG_VERSION"))),
        "{line}"
    );
}

#[test]
fn a_table_of_objects_for_kubectl_is_refused_rather_than_something_else_printed() {
    let site = Site::new();
    let user = site.user.as_str();
    for args in [
        &["cluster-roles"][..],
        &["cluster-policies", "--kubernetes", "1.30"],
        &["bootstrap-user", "--dry-run=client", user],
    ] {
        for format in ["table", "wide"] {
            let run = Run::of(&mut site.command(&[args, &["-o", format]].concat()));
            assert_eq!(run.stdout, "");
            run.fails(2, &["cannot be printed as a table", "use -o yaml or -o json"]);
        }
    }
}

#[test]
fn colour_can_be_asked_for_and_refused() {
    let error = |when: &str| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_ood-k8s"));
        command
            .env_clear()
            .args(["--color", when, "config", "validate", "--hook-env", "/nowhere/hook.env"]);
        Run::of(&mut command).stderr
    };
    assert!(error("always").contains("\u{1b}["));
    assert!(!error("never").contains('\u{1b}') && !error("auto").contains('\u{1b}'));
}
