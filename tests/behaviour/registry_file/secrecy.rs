//! The password is in the file and nowhere else.

use std::process::Command;

use serde_json::json;

use crate::secrecy::no_process_shows;
use crate::support::{with_input, Node, Run, CANARY};

#[test]
fn nothing_but_the_file_holds_the_password_while_and_after_it_is_written() {
    // Unlike the secret of all other tests, which run at the same time with theirs in their environment.
    let password = "wAtChEdPaSsWoRd";
    let node = Node::new();
    node.write("secret", json!({ "Username": "robot", "Secret": password }).to_string());
    let helper = node.write_mode("ood-k8s-helper", "#!/bin/sh\nread -r server\ncat secret\n", 0o700);
    no_process_shows(password, 5, || {
        for round in 0..10 {
            node.log_in("r.example.org", "robot", format!("{password}{round}")).ok();
            let args = [
                "--registry",
                "s.example.org",
                "--credential-command",
                helper.to_str().unwrap(),
                "--log-level",
                "debug",
            ];
            Run::of(&mut node.write_command(&args)).done();
        }
    });
    assert_eq!(node.names(), ["ood-k8s-helper", "registry.json", "secret"]);
}

#[test]
fn the_record_of_a_write_has_the_registries_and_no_password() {
    let node = Node::new();
    let args = [
        "--registry",
        "r.example.org",
        "--username",
        "robot",
        "--password-stdin",
        "--log-level",
        "info",
    ];
    let run = with_input(&mut node.write_command(&args), CANARY.as_bytes()).done();
    for word in [
        "msg=mint-registry-secret",
        "registry.json",
        "created=r.example.org",
        "milliseconds=",
    ] {
        assert!(run.stderr.contains(word), "no {word} in {}", run.stderr);
    }
    let help = Run::of(Command::new(env!("CARGO_BIN_EXE_ood-k8s")).args(["mint-registry-secret", "--help"])).ok();
    assert!(
        help.stdout.contains("Examples:") && help.stdout.contains("--password-stdin"),
        "{}",
        help.stdout
    );
}
