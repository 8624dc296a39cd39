//! A server process that never outlives the test process, even if that is killed.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use nix::sys::signal::{kill, Signal};
use nix::unistd::Pid;

use crate::Error;

/// A shell that waits on its standard input: `PR_SET_PDEATHSIG` would need unsafe code.
const SUPERVISOR: &str = include_str!("supervised.sh");
const LOG_LINES: usize = 20;

/// A running server. Dropping it kills it: what it wrote goes with it.
#[derive(Debug)]
pub struct Supervised {
    name: &'static str,
    supervisor: Child,
    pid: Pid,
    log: PathBuf,
}

impl Supervised {
    /// Starts `program` in `folder`, which also gets its log.
    pub fn start(name: &'static str, program: &Path, arguments: &[String], folder: &Path) -> Result<Self, Error> {
        let log = folder.join(name).with_extension("log");
        let not_started = |source| Error::Start {
            program: program.display().to_string(),
            source,
        };
        let mut supervisor = Command::new("/bin/sh")
            .args(["-c", SUPERVISOR, "supervised"])
            .args([folder, &log, program])
            .args(arguments)
            .current_dir(folder)
            // Ctrl-C in a terminal goes to the test process only, which then stops the servers.
            .process_group(0)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .map_err(not_started)?;
        let pid = announced_pid(&mut supervisor).map_err(not_started)?;
        Ok(Self {
            name,
            supervisor,
            pid,
            log,
        })
    }

    /// The server's process id.
    pub fn pid(&self) -> u32 {
        self.pid.as_raw().unsigned_abs()
    }

    /// Waits until `ready` returns true; if the server exits or `deadline` passes, the error has the log's last lines.
    pub fn wait_until(&self, deadline: Instant, mut ready: impl FnMut() -> bool) -> Result<(), Error> {
        while !ready() {
            if !self.is_running() {
                return Err(self.not_ready("exited at once"));
            }
            if Instant::now() > deadline {
                return Err(self.not_ready("was not ready in time"));
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        Ok(())
    }

    /// Freezes the server, and returns once it is frozen.
    pub fn freeze(&self) {
        self.signal(Signal::SIGSTOP);
        let deadline = Instant::now() + Duration::from_secs(5);
        while self.state() != Some('T') && Instant::now() < deadline {
            std::thread::sleep(Duration::from_millis(1));
        }
    }

    /// Resumes a frozen server.
    pub fn thaw(&self) {
        self.signal(Signal::SIGCONT);
    }

    fn signal(&self, signal: Signal) {
        // The only possible error is that it has exited, which its users will notice.
        let _ = kill(self.pid, signal);
    }

    /// The supervisor reaps its server only when it stops it: a server that exited is a zombie.
    fn is_running(&self) -> bool {
        !matches!(self.state(), None | Some('Z'))
    }

    /// The letter after the last `)` in /proc/PID/stat (proc(5)).
    fn state(&self) -> Option<char> {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.pid)).ok()?;
        stat.rsplit_once(") ")?.1.chars().next()
    }

    fn not_ready(&self, what: &str) -> Error {
        let log = fs::read(&self.log).unwrap_or_default();
        let log = String::from_utf8_lossy(&log);
        let lines: Vec<_> = log.lines().collect();
        let tail = &lines[lines.len().saturating_sub(LOG_LINES)..];
        Error::NotReady {
            program: self.name,
            what: what.to_owned(),
            log: tail.join("\n"),
        }
    }
}

impl Drop for Supervised {
    fn drop(&mut self) {
        if let Some(mut stdin) = self.supervisor.stdin.take() {
            // It fails only if the supervisor has exited already.
            let _ = stdin.write_all(b"stop\n");
        }
        let _ = self.supervisor.wait();
    }
}

/// The server's process id, which is the first line that its supervisor writes.
fn announced_pid(supervisor: &mut Child) -> std::io::Result<Pid> {
    let stdout = supervisor.stdout.take().expect("the supervisor's output is a pipe");
    let mut line = String::new();
    BufReader::new(stdout).read_line(&mut line)?;
    let pid = line.trim().parse().map_err(std::io::Error::other)?;
    Ok(Pid::from_raw(pid))
}
