//! `mint-registry-secret --credential-command`: docker's credential helpers, good, bad and hanging.

use std::fs;
use std::time::Duration;

use base64::Engine as _;
use serde_json::json;

use super::support::{jwt, wait_until, Node, Run, CANARY};

/// A helper with this body, which is a shell script.
fn helper(node: &Node, body: &str) {
    node.write_mode("helper", format!("#!/bin/sh\n{body}\n"), 0o700);
}

#[must_use = "a run says nothing unless it is asserted"]
fn ask(node: &Node, registry: &str, command: &str, more: &[&str]) -> Run {
    let args = ["--registry", registry, "--credential-command", command];
    Run::of(&mut node.write_command(&[&args, more].concat()))
}

#[test]
fn a_helper_is_asked_as_docker_asks_and_its_answer_is_written() {
    let node = Node::new();
    helper(
        &node,
        "printf '%s|' \"$@\" > asked; cat >> asked; printf '%s' \"$ANSWER\"",
    );
    for (registry, server, key) in [
        (
            "r.example.org:5000/team",
            "r.example.org:5000",
            "r.example.org:5000/team",
        ),
        (
            "docker.io",
            "https://index.docker.io/v1/",
            "https://index.docker.io/v1/",
        ),
    ] {
        let answer = json!({ "ServerURL": server, "Username": "AWS", "Secret": CANARY, "More": 1 }).to_string();
        let args = [
            "--registry",
            registry,
            "--credential-command",
            "./helper --profile 'a b'",
        ];
        // The helper's settings are in the environment, as AWS's are.
        Run::of(node.write_command(&args).env("ANSWER", answer)).ok();
        assert_eq!(
            fs::read_to_string(node.path("asked")).unwrap(),
            format!("--profile|a b|get|{server}\n")
        );
        let auth = base64::engine::general_purpose::STANDARD.encode(format!("AWS:{CANARY}"));
        assert_eq!(node.registries()["auths"][key], json!({ "auth": auth }));
    }
}

#[test]
fn an_answer_that_says_when_it_ends_is_passed_on() {
    let node = Node::new();
    let now = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .unwrap()
        .as_secs();
    for (exp, ends, warned) in [(now + 3600, 3500..=3600, false), (now - 1, 0..=0, true)] {
        node.write(
            "answer",
            json!({ "Username": "robot", "Secret": jwt(&json!({ "exp": exp })) }).to_string(),
        );
        helper(&node, "cat answer");
        let run = ask(&node, "r.example.org", "./helper get", &["-o", "json"]).done();
        let left = run.json()["registries"][0]["ends_in_seconds"].as_u64().unwrap();
        assert!(ends.contains(&left), "{left}");
        assert_eq!(run.stderr.contains("has ended"), warned, "{run:?}");
    }
}

#[test]
fn an_identity_token_is_kept_as_docker_does_with_a_warning() {
    let node = Node::new();
    helper(
        &node,
        &format!("printf '%s' '{}'", json!({ "Username": "<token>", "Secret": CANARY })),
    );
    let run = ask(&node, "r.example.org", "./helper", &[]).done();
    assert!(run.stderr.contains("kubelet does not read"), "{run:?}");
    assert_eq!(
        node.registries()["auths"]["r.example.org"],
        json!({ "identitytoken": CANARY })
    );
}

#[test]
fn a_helper_that_gives_no_password_is_told_apart_and_its_output_is_not_repeated() {
    let node = Node::new();
    for (body, status, words) in [
        (
            format!("echo 'the session\nhas   ended' >&2; echo {CANARY}; exit 3"),
            6,
            &["failed (exit status: 3)", "the session has ended"][..],
        ),
        (
            "seq 10000 >&2; echo 'at the end' >&2; exit 1".into(),
            6,
            &["9999 10000 at the end"],
        ),
        ("exit 1".into(), 6, &["failed", "nothing on standard error"]),
        ("kill -9 $$".into(), 6, &["signal: 9"]),
        (
            "echo 'credentials not found in native keychain'; exit 1".into(),
            6,
            &["has no password of r.example.org", "log in"],
        ),
        (format!("echo {CANARY}"), 6, &["something else"]),
        (String::new(), 6, &["something else"]),
        (
            format!("printf '%s' '{{\"Username\":\"{CANARY}\"}}'"),
            6,
            &["something else"],
        ),
        (
            format!("printf '%s' '{{\"Username\":7,\"Secret\":\"{CANARY}\"}}'"),
            6,
            &["something else"],
        ),
        (
            "printf '%s' '{\"Username\":\"\",\"Secret\":\"x\"}'".into(),
            6,
            &["user name"],
        ),
        (
            "printf '%s' '{\"Username\":\"a:b\",\"Secret\":\"x\"}'".into(),
            6,
            &["user name", "colon"],
        ),
        (
            "printf '%s' '{\"Username\":\"robot\",\"Secret\":\"\"}'".into(),
            6,
            &["password is empty"],
        ),
        (
            format!("printf '%s' '{{\"Username\":\"robot\",\"Secret\":\"{CANARY}\\n\\nx\"}}'"),
            6,
            &["control character"],
        ),
        (
            "head -c 1000000 /dev/zero | tr '\\0' x; head -c 1000000 /dev/zero >&2".into(),
            6,
            &["something else"],
        ),
    ] {
        helper(&node, &body);
        ask(&node, "r.example.org", "./helper", &[]).fails(status, &[&["./helper"], words].concat());
        assert!(!node.file().exists(), "{body}");
    }
}

#[test]
fn a_helper_that_is_not_there_or_no_program_is_named() {
    let node = Node::new();
    ask(&node, "r.example.org", "docker-credential-none", &[])
        .fails(6, &["no credential helper docker-credential-none", "PATH"]);
    node.write("helper", "no program");
    ask(&node, "r.example.org", "./helper", &[])
        .fails(6, &["cannot run the credential helper ./helper", "ermission denied"]);
    ask(&node, "r.example.org", "helper | cat", &[]).fails(2, &["--credential-command", "shell"]);
    ask(&node, "r.example.org", "", &[]).fails(2, &["--credential-command", "empty"]);
    ask(&node, "*.example.org", "helper", &[]).fails(2, &["pattern *.example.org"]);
}

#[test]
fn a_helper_that_hangs_is_ended_at_the_deadline_with_all_that_it_started() {
    let node = Node::new();
    // The grandchild holds the pipes open, and would for an hour.
    helper(&node, "sleep 3600 &\necho $! > grandchild; echo $$ > child; wait");
    let run = ask(&node, "r.example.org", "./helper", &["--timeout", "1s"])
        .fails(7, &["./helper", "did not answer", "--timeout"]);
    assert!(run.took < Duration::from_secs(5), "{:?}", run.took);
    for name in ["child", "grandchild"] {
        let pid = fs::read_to_string(node.path(name)).unwrap();
        let stat = format!("/proc/{}/stat", pid.trim());
        wait_until("the helper and its child have ended", || {
            fs::read_to_string(&stat).map_or(true, |stat| stat.contains(") Z "))
        });
    }
    assert!(!node.file().exists());
}

#[test]
fn ondemands_tokens_do_not_reach_a_helper() {
    let node = Node::new();
    helper(
        &node,
        "env > environment; printf '%s' '{\"Username\":\"robot\",\"Secret\":\"x\"}'",
    );
    let args = ["--registry", "r.example.org", "--credential-command", "./helper"];
    let mut command = node.write_command(&args);
    command.env("OOD_OIDC_ACCESS_TOKEN", CANARY).env("AWS_PROFILE", "site");
    Run::of(&mut command).ok();
    let environment = fs::read_to_string(node.path("environment")).unwrap();
    assert!(
        environment.contains("AWS_PROFILE=site") && !environment.contains(CANARY),
        "{environment}"
    );
}
