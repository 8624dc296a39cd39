//! The password is asked for at a terminal, without echo.

use std::fs;
use std::io::{Read as _, Write as _};
use std::process::Stdio;

use super::entry;
use crate::support::{Node, CANARY};

#[test]
fn at_a_terminal_the_password_is_asked_for_and_not_shown() {
    let node = Node::new();
    for flags in [&[][..], &["--password-stdin"]] {
        let pty = nix::pty::openpty(None, None).unwrap();
        let mut command =
            node.write_command(&[&["--registry", "r.example.org", "--username", "robot"], flags].concat());
        let slave = || Stdio::from(pty.slave.try_clone().unwrap());
        let mut child = command
            .stdin(slave())
            .stdout(Stdio::piped())
            .stderr(slave())
            .spawn()
            .unwrap();
        let mut terminal = fs::File::from(pty.master.try_clone().unwrap());
        let mut shown = read_until(&mut terminal, "Password of robot at r.example.org: ");
        terminal.write_all(format!("{CANARY}x\x7f\r").as_bytes()).unwrap();
        shown.push_str(&read_until(&mut terminal, "\n"));
        assert!(child.wait().unwrap().success(), "{shown}");
        assert!(!shown.contains(CANARY), "{shown}");
        assert_eq!(node.registries()["auths"]["r.example.org"], entry("robot", CANARY));
        let settings = nix::sys::termios::tcgetattr(&pty.slave).unwrap();
        assert!(
            settings.local_flags.contains(nix::sys::termios::LocalFlags::ECHO),
            "the terminal is as before"
        );
        fs::remove_file(node.file()).unwrap();
    }
}

#[test]
fn ctrl_c_at_the_prompt_puts_the_terminal_right_and_writes_nothing() {
    let node = Node::new();
    let pty = nix::pty::openpty(None, None).unwrap();
    let mut command = node.write_command(&["--registry", "r.example.org", "--username", "robot"]);
    let slave = || Stdio::from(pty.slave.try_clone().unwrap());
    let mut child = command
        .stdin(slave())
        .stdout(Stdio::piped())
        .stderr(slave())
        .spawn()
        .unwrap();
    let mut terminal = fs::File::from(pty.master.try_clone().unwrap());
    read_until(&mut terminal, "r.example.org: ");
    terminal.write_all(b"half\x03").unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(6));
    let settings = nix::sys::termios::tcgetattr(&pty.slave).unwrap();
    assert!(settings.local_flags.contains(nix::sys::termios::LocalFlags::ECHO));
    assert_eq!(node.names(), [""; 0]);
}

/// Reads what a terminal shows, up to and with `end`.
fn read_until(terminal: &mut fs::File, end: &str) -> String {
    let mut shown = Vec::new();
    let mut byte = [0];
    while !shown.ends_with(end.as_bytes()) {
        assert_eq!(
            terminal.read(&mut byte).unwrap(),
            1,
            "{}",
            String::from_utf8_lossy(&shown)
        );
        shown.push(byte[0]);
    }
    String::from_utf8(shown).unwrap()
}
