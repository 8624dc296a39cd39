//! The password is asked for at a terminal, without echo.

use std::fs;
use std::process::Stdio;

use super::entry;
use crate::support::{Node, Terminal, CANARY};

const PROMPT: &str = "Password of robot at r.example.org: ";

#[test]
fn at_a_terminal_the_password_is_asked_for_and_not_shown() {
    let node = Node::new();
    for flags in [&[][..], &["--password-stdin"]] {
        let mut terminal = Terminal::new();
        let mut command =
            node.write_command(&[&["--registry", "r.example.org", "--username", "robot"], flags].concat());
        let mut child = terminal.start(&mut command, Stdio::piped());
        let mut shown = terminal.shows(PROMPT);
        terminal.types(&format!("{CANARY}x\x7f\r"));
        shown.push_str(&terminal.shows("\n"));
        assert!(child.wait().unwrap().success(), "{shown}");
        assert!(!shown.contains(CANARY), "{shown}");
        assert_eq!(node.registries()["auths"]["r.example.org"], entry("robot", CANARY));
        assert!(terminal.echoes(), "the terminal is as before");
        fs::remove_file(node.file()).unwrap();
    }
}

#[test]
fn ctrl_c_at_the_prompt_puts_the_terminal_right_and_writes_nothing() {
    let node = Node::new();
    let mut terminal = Terminal::new();
    let mut command = node.write_command(&["--registry", "r.example.org", "--username", "robot"]);
    let mut child = terminal.start(&mut command, Stdio::piped());
    terminal.shows(PROMPT);
    terminal.types("half\x03");
    assert_eq!(child.wait().unwrap().code(), Some(6));
    assert!(terminal.echoes());
    assert_eq!(node.names(), [""; 0]);
}
