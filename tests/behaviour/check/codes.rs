//! The codes of findings: where they stand, and what `--explain` says of them without a site.

use std::fs;
use std::process::Command;

use super::Node;
use crate::support::{Run, Terminal};

fn explain(code: &str) -> Run {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ood-k8s"));
    command.env_clear().current_dir("/").args(["check", "--explain", code]);
    Run::of(&mut command)
}

#[test]
fn a_code_is_explained_where_there_is_no_site() {
    for code in ["OK8S-207", "ok8s-207", "207"] {
        let run = explain(code).ok();
        assert!(
            run.stdout
                .starts_with("OK8S-207: root's token has expired, or soon will\n"),
            "{run:?}"
        );
        for part in ["Why it matters: ", "What to do: Run ood-k8s refresh-token every hour"] {
            assert!(run.stdout.contains(part), "{part}: {run:?}");
        }
    }
}

#[test]
fn an_unknown_code_is_refused_with_the_nearest_and_printed_harmlessly() {
    for (code, nearest) in [
        ("OK8S-270", "OK8S-2"),
        ("OK8S-999", "OK8S-9"),
        ("x\u{1b}[31m; rm", "OK8S-101"),
    ] {
        let run = explain(code);
        assert_eq!((run.status, run.stdout.as_str()), (2, ""), "{run:?}");
        assert!(run.stderr.contains(&format!("did you mean {nearest}")), "{run:?}");
        assert!(
            !run.stderr.contains('\u{1b}') && run.stderr.lines().count() == 1,
            "{run:?}"
        );
    }
}

#[test]
fn to_explain_a_code_goes_with_no_other_flag() {
    let run = Run::of(Command::new(env!("CARGO_BIN_EXE_ood-k8s")).args(["check", "alice", "--explain", "207"]));
    assert_eq!(run.status, 2, "{run:?}");
}

#[test]
fn the_code_stands_behind_the_severity_and_is_the_same_in_json() {
    let node = Node::on_sandbox();
    fs::remove_file(node.site.path("sudoers")).unwrap();
    let run = node.check(&["-q"]);
    let error = run.stdout.lines().find(|line| line.starts_with("error")).unwrap();
    assert!(error.starts_with("error     OK8S-101   sudoers"), "{error}");
    assert!(
        error.contains("no such file; install"),
        "one line, the remedy behind the text: {error}"
    );
    let (_, found) = node.findings(&["-q"]);
    let codes: Vec<_> = found
        .iter()
        .filter(|it| it["severity"] == "error")
        .map(|it| &it["code"])
        .collect();
    assert_eq!(codes, ["OK8S-101"]);
}

#[test]
fn on_a_terminal_the_remedy_is_a_line_of_its_own() {
    let node = Node::on_sandbox();
    fs::remove_file(node.site.path("sudoers")).unwrap();
    let (conf, sudoers) = (node.site.path("ood-portal.conf"), node.site.path("sudoers"));
    let files = [
        "--portal-conf",
        super::text(&conf),
        "--sudoers",
        super::text(&sudoers),
        "--color",
        "never",
    ];
    let mut command = node.site.command(&[&["check", "-q"], &files[..]].concat());
    command.env("SSL_CERT_FILE", node.site.path("provider.pem"));
    let mut terminal = Terminal::new();
    let mut child = terminal.start(&mut command, terminal.end());
    let shown = terminal.shows(" ok\r\n");
    assert_eq!(child.wait().unwrap().code(), Some(3), "{shown}");
    let lines: Vec<_> = shown.lines().collect();
    let at = lines.iter().position(|line| line.starts_with("error")).unwrap();
    assert!(lines[at].trim_end().ends_with("no such file"), "{shown}");
    assert!(
        lines[at + 1].starts_with("                     install OnDemand"),
        "{shown}"
    );
}
