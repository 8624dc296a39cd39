//! Files, passwords, names and flags that cannot be used are refused, and the file is left alone.

use std::fs;

use serde_json::json;

use super::entry;
use crate::support::{Node, Run, CANARY};

#[test]
fn what_is_no_docker_configuration_is_refused_and_left_alone() {
    let node = Node::new();
    for (text, words) in [
        (CANARY.to_owned(), "not JSON (line 1, column 1)"),
        (format!("[\"{CANARY}\"]"), "no \"auths\""),
        (format!("{{\"{CANARY}\":1}}"), "no \"auths\""),
        (
            format!("{{\"auths\":{{\"s.example.org\":\"{CANARY}\"}}}}"),
            "it is not an object",
        ),
        (
            json!({ "auths": { "s.example.org": entry("", CANARY) } }).to_string(),
            "its user is empty",
        ),
        (
            json!({ "auths": { "s.example.org": entry("robot", "") } }).to_string(),
            "its password is empty",
        ),
        (
            json!({ "auths": { "s.example.org": { "auth": [CANARY] } } }).to_string(),
            "its auth is not a string",
        ),
    ] {
        node.write("registry.json", &text);
        node.log_in("r.example.org", "robot", CANARY)
            .fails(3, &["registry.json", words]);
        let source = node.file();
        let mut copy = node.mint(&[
            "--no-verify",
            "--write",
            "other.json",
            "--from-docker-config",
            source.to_str().unwrap(),
        ]);
        Run::of(&mut copy).fails(3, &["registry.json", words]);
        assert_eq!(fs::read_to_string(node.file()).unwrap(), text);
        assert_eq!(node.names(), ["registry.json"]);
    }
}

#[test]
fn a_wrong_password_name_or_user_is_refused_on_one_line() {
    let node = Node::new();
    for (password, words) in [
        ("", "empty"),
        ("\n", "empty"),
        ("cAnArY\ncAnArY\n", "control character"),
        ("cAnArY\u{1b}[A", "control character"),
    ] {
        node.log_in("r.example.org", "robot", password)
            .fails(6, &["the password", words]);
    }
    node.log_in("r.example.org", "robot", b"cAnArY\xff")
        .fails(6, &["UTF-8"]);
    node.log_in("r.example.org", "robot", vec![b'x'; 200_000])
        .fails(6, &["longer than"]);
    for (registry, words) in [
        ("https://r.example.org/v2/", "write r.example.org/v2/"),
        ("", "empty"),
        ("r.example.org x", "blank"),
        ("registry", "Docker Hub"),
        ("r.example.org:http", "port"),
        ("2001:db8::1", "brackets"),
    ] {
        node.log_in(registry, "robot", CANARY).fails(2, &[words]);
    }
    // Unlike the secret of all other tests: one of them looks at command lines.
    let in_the_name = node
        .log_in("robot:unfit@r.example.org", "robot", CANARY)
        .fails(2, &["--username"]);
    assert!(!in_the_name.stderr.contains("unfit"), "{in_the_name:?}");
    node.log_in("r.example.org", "ro:bot", CANARY)
        .fails(2, &["--username", "colon"]);
    node.log_in("r.example.org", "", CANARY).fails(2, &["--username"]);
    assert_eq!(node.names(), [""; 0]);
}

#[test]
fn what_was_left_out_on_the_command_line_is_named() {
    let node = Node::new();
    Run::of(&mut node.mint(&[])).fails(2, &["--write FILE", "--list"]);
    Run::of(&mut node.write_command(&[])).fails(2, &["--registry HOST"]);
    Run::of(&mut node.write_command(&["--remove"])).fails(2, &["--registry HOST"]);
    Run::of(&mut node.write_command(&["--registry", "r.example.org"]))
        .fails(2, &["--username", "--credential-command"]);
    let no_terminal = ["--registry", "r.example.org", "--username", "robot"];
    Run::of(&mut node.write_command(&no_terminal)).fails(2, &["no terminal", "--password-stdin"]);
    for together in [
        &["--list", "--write", "x"][..],
        &["--registry", "r.example.org"],
        &["--write", "x", "--password-stdin"],
    ] {
        assert_eq!(Run::of(&mut node.mint(together)).status, 2, "{together:?}");
    }
    let argument = ["--registry", "r.example.org", "--username", "robot", "--password", "x"];
    let refused = Run::of(&mut node.write_command(&argument));
    assert!(
        refused.status == 2 && refused.stderr.contains("--password"),
        "no password in argv: {refused:?}"
    );
}
