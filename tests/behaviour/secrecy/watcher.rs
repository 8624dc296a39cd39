//! A process that looks for a secret in every other process's command line and environment.

use std::fs;
use std::io::{Read as _, Write as _};
use std::os::unix::process::CommandExt as _;
use std::process::{Child, Command, Stdio};

/// Names the secret to look for, in the process that watches; see `the_watcher`.
const WATCH: &str = "OOD_K8S_TEST_WATCH";
/// Any account but the user's and root's.
const NOBODY: u32 = 65534;

/// This test binary, started again as the process that watches.
pub struct Watcher(Child);

/// What it saw.
pub struct Seen {
    /// How many processes of ours.
    pub processes: usize,
    /// How often the secret in one of them.
    pub secrets: usize,
}

impl Watcher {
    /// As whoever runs the tests; it watches once this returns.
    pub fn start(secret: &str) -> Self {
        Self::spawn(secret, |_| {})
    }

    /// As an account that is neither root nor the user.
    pub fn start_as_nobody(secret: &str) -> Self {
        Self::spawn(secret, |command| {
            command.uid(NOBODY).gid(NOBODY);
        })
    }

    fn spawn(secret: &str, change: impl FnOnce(&mut Command)) -> Self {
        let mut command = Command::new("/proc/self/exe");
        command
            .args(["secrecy::watcher::the_watcher", "--exact", "--nocapture"])
            .env(WATCH, secret);
        change(&mut command);
        let child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut watcher = Self(child);
        watcher.hear("WATCHING");
        watcher
    }

    /// Waits until it has seen the secret.
    pub fn wait_for_secret(&mut self) {
        self.hear("SEEN");
    }

    pub fn stop(mut self) -> Seen {
        self.0.stdin.take().unwrap().write_all(b"\n").unwrap();
        let result = self.hear("RESULT");
        self.0.wait().unwrap();
        let numbers: Vec<usize> = result.split_whitespace().skip(1).map(|n| n.parse().unwrap()).collect();
        Seen {
            processes: numbers[0],
            secrets: numbers[1],
        }
    }

    /// Waits for its next line of this kind.
    fn hear(&mut self, word: &str) -> String {
        let mut line = Vec::new();
        let mut byte = [0];
        loop {
            let read = self.0.stdout.as_mut().unwrap().read(&mut byte).unwrap();
            assert_eq!(read, 1, "the watcher ended");
            if byte[0] != b'\n' {
                line.push(byte[0]);
                continue;
            }
            let text = String::from_utf8_lossy(&line).into_owned();
            if text.starts_with(word) {
                return text;
            }
            line.clear();
        }
    }
}

/// Watches during `runs`: at least this many processes of ours are seen, and the secret in none of them.
#[track_caller]
pub fn no_process_shows(secret: &str, at_least: usize, runs: impl FnOnce()) {
    let watcher = Watcher::start(secret);
    runs();
    let seen = watcher.stop();
    assert!(
        seen.processes >= at_least,
        "it saw only {} processes of ours",
        seen.processes
    );
    assert_eq!(seen.secrets, 0, "a secret was in a command line or an environment");
}

/// Not a test of its own: the body of the process that watches, until its standard input ends.
#[test]
fn the_watcher() {
    let Ok(secret) = std::env::var(WATCH) else {
        return;
    };
    println!("WATCHING");
    let stop = std::sync::Arc::new(std::sync::atomic::AtomicBool::new(false));
    let stopped = stop.clone();
    std::thread::spawn(move || {
        let _ = std::io::stdin().read(&mut [0]);
        stopped.store(true, std::sync::atomic::Ordering::SeqCst);
    });
    let (mut seen, mut hooks) = (Vec::new(), std::collections::BTreeSet::new());
    while !stop.load(std::sync::atomic::Ordering::SeqCst) {
        for entry in fs::read_dir("/proc").unwrap().flatten() {
            let cmdline = fs::read(entry.path().join("cmdline")).unwrap_or_default();
            let text = String::from_utf8_lossy(&cmdline).into_owned();
            if text.contains("ood-k8s") {
                hooks.insert(entry.file_name());
                let environ = fs::read(entry.path().join("environ")).unwrap_or_default();
                if text.contains(&secret) || String::from_utf8_lossy(&environ).contains(&secret) {
                    seen.push(text);
                    println!("SEEN");
                }
            }
        }
    }
    println!("RESULT {} {}", hooks.len(), seen.len());
}
