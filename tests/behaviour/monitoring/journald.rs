//! A real journald of the test's own, in a mount namespace in which nobody else is.

use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::support::{is_root, skip, Run};

const JOURNALD: &str = "/lib/systemd/systemd-journald";
/// Empty directories where journald has its sockets and its files, and nothing of this machine's.
const LAY_OUT: &str = "mount -t tmpfs none /run/systemd; mkdir /run/systemd/journal; mkdir -p /run/log; \
                       mount -t tmpfs none /run/log; mkdir /run/log/journal";

/// The namespace; what runs in it ends with it.
pub struct Journald(Child);

impl Journald {
    /// Starts it, or says why not.
    pub fn start() -> Option<Self> {
        if !is_root() || !Path::new(JOURNALD).exists() || !Path::new("/usr/bin/journalctl").exists() {
            skip("needs root, who may mount, and systemd's journald");
            return None;
        }
        Some(Self::with(&format!("{LAY_OUT}; exec {JOURNALD}"), |journal| {
            journal
                .run("test", &["-S", "/run/systemd/journal/socket"])
                .status
                .success()
        }))
    }

    /// A namespace in which somebody else listens in the place of journald: the directory with the socket.
    pub fn with_socket_in(folder: &Path) -> Self {
        let script = format!(
            "{LAY_OUT}; mount --bind {} /run/systemd/journal; exec sleep 1000",
            folder.display()
        );
        Self::with(&script, |journal| {
            journal
                .run("test", &["-S", "/run/systemd/journal/socket"])
                .status
                .success()
        })
    }

    fn with(script: &str, is_ready: impl Fn(&Self) -> bool) -> Self {
        let mut command = Command::new("unshare");
        command.args(["--mount", "--propagation", "private", "sh", "-ec", script]);
        let journal = Self(command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap());
        let end = Instant::now() + Duration::from_secs(20);
        while !is_ready(&journal) {
            assert!(Instant::now() < end, "nobody listens");
            std::thread::sleep(Duration::from_millis(10));
        }
        journal
    }

    /// The same command, in the namespace.
    pub fn inside(&self, command: &Command) -> Command {
        let mut inside = Command::new("nsenter");
        inside.env_clear().env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin");
        for (name, value) in command.get_envs() {
            inside.env(name, value.unwrap_or_default());
        }
        inside.arg(format!("--mount=/proc/{}/ns/mnt", self.0.id()));
        inside.arg(command.get_program()).args(command.get_args());
        inside
    }

    pub fn run(&self, program: &str, args: &[&str]) -> Output {
        self.inside(Command::new(program).args(args)).output().unwrap()
    }

    #[must_use = "a run says nothing unless it is asserted"]
    pub fn run_of(&self, command: &Command) -> Run {
        Run::of(&mut self.inside(command))
    }

    /// What the real journalctl finds, once journald has written all that it was sent.
    pub fn find(&self, matches: &[&str]) -> Vec<Value> {
        assert!(self.run("journalctl", &["--sync"]).status.success());
        let output = self.run(
            "journalctl",
            &[&["--all", "--output=json", "--quiet"], matches].concat(),
        );
        assert!(output.status.success(), "{output:?}");
        let text = String::from_utf8(output.stdout).unwrap();
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }
}

impl Drop for Journald {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
