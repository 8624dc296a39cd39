//! Several runs at once, a lock that another program holds, and sudden death.

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::MetadataExt as _;
use std::process::Stdio;

use super::entry;
use crate::support::{wait_until, with_input, Node, CANARY};

#[test]
fn twenty_runs_at_once_lose_no_registry() {
    let node = Node::new();
    let names: Vec<_> = (0..20).map(|number| format!("r{number}.example.org")).collect();
    std::thread::scope(|scope| {
        for name in &names {
            let node = &node;
            scope.spawn(move || {
                let args = [
                    "--registry",
                    name,
                    "--username",
                    "robot",
                    "--password-stdin",
                    "--timeout",
                    "60s",
                ];
                with_input(&mut node.write_command(&args), CANARY.as_bytes()).ok();
            });
        }
    });
    let registries = node.registries();
    for name in &names {
        assert_eq!(registries["auths"][name], entry("robot", CANARY), "{name} is lost");
    }
    assert_eq!(fs::metadata(node.file()).unwrap().mode() & 0o7777, 0o600);
    assert_eq!(node.names(), ["registry.json"]);
}

#[test]
fn a_run_killed_at_any_moment_leaves_the_old_file_or_the_new_one() {
    const KILLS: u64 = 100;
    let node = Node::new();
    let passwords = ["short".to_owned(), "x".repeat(20_000)];
    node.log_in("r.example.org", "robot", &passwords[0]).ok();
    let started = std::time::Instant::now();
    node.log_in("r.example.org", "robot", &passwords[1]).ok();
    node.log_in("r.example.org", "robot", &passwords[0]).ok();
    let whole = started.elapsed() / 2;
    let (mut killed, mut written) = (0, 0);
    for kill in 0..KILLS {
        let before = fs::read(node.file()).unwrap();
        let new = &passwords[usize::from(before.len() < 10_000)];
        let mut command =
            node.write_command(&["--registry", "r.example.org", "--username", "robot", "--password-stdin"]);
        let mut run = command.stdin(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        run.stdin.take().unwrap().write_all(new.as_bytes()).unwrap();
        // Any moment will do; these are spread over slightly more than a whole run.
        std::thread::sleep(whole * u32::try_from(kill * 37 % 60).unwrap() / 40);
        run.kill().unwrap();
        killed += u32::from(!run.wait().unwrap().success());
        let after = fs::read(node.file()).unwrap();
        written += u32::from(after != before);
        assert!(
            after == before || node.registries()["auths"]["r.example.org"] == entry("robot", new),
            "after kill {kill}"
        );
        assert_eq!(fs::metadata(node.file()).unwrap().mode() & 0o7777, 0o600);
    }
    println!("{killed} of {KILLS} were killed in time, {written} had written");
    assert!(
        killed > 10 && written > 0,
        "all were killed before or after the write: nothing was proved"
    );
    node.log_in("r.example.org", "robot", "last").ok();
}

#[test]
fn a_file_that_another_program_locks_is_waited_for() {
    let node = Node::new();
    let lock = node.write("registry.json.lock", "");
    let args = ["--registry", "r.example.org", "--username", "robot", "--password-stdin"];
    let mut short = node.write_command(&args);
    with_input(short.args(["--timeout", "300ms"]), CANARY.as_bytes())
        .fails(3, &["another program", "registry.json.lock"]);
    std::thread::scope(|scope| {
        let waiting = scope.spawn(|| node.log_in("r.example.org", "robot", CANARY));
        wait_until("it waits beside the lock", || node.names().len() > 1);
        fs::remove_file(&lock).unwrap();
        waiting.join().unwrap().ok();
    });
    assert_eq!(node.names(), ["registry.json"]);
}
