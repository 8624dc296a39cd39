//! One run of the program: its status, its words and its time.

use std::os::unix::process::CommandExt as _;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use nix::sys::signal::{killpg, Signal};
use nix::unistd::Pid;

use crate::error::Error;

/// What a run left behind.
#[derive(Debug)]
pub struct Ran {
    /// The exit status; `None` if a signal ended it.
    pub status: Option<i32>,
    /// Standard output.
    pub stdout: String,
    /// Standard error.
    pub stderr: String,
    /// From the start to the end.
    pub took: Duration,
}

/// Runs it to its end.
pub fn run(command: &mut Command) -> Result<Ran, Error> {
    let started = Instant::now();
    let output = start(command)?.wait_with_output();
    Ok(Ran::of(
        &output.map_err(|error| Error::Process("wait", error))?,
        started,
    ))
}

/// Kills it with its children after this time.
pub fn run_and_kill(command: &mut Command, after: Duration) -> Result<Ran, Error> {
    let started = Instant::now();
    let child = start(command)?;
    std::thread::sleep(after);
    kill_all(&child);
    let output = child.wait_with_output();
    Ok(Ran::of(
        &output.map_err(|error| Error::Process("wait", error))?,
        started,
    ))
}

/// Starts it in a process group of its own, with the child in the home.
fn start(command: &mut Command) -> Result<Child, Error> {
    let command = command.process_group(0).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
        .spawn()
        .map_err(|error| Error::Process("start the program", error))
}

fn kill_all(child: &Child) {
    if let Ok(pid) = i32::try_from(child.id()) {
        // It may have ended by itself.
        let _ = killpg(Pid::from_raw(pid), Signal::SIGKILL);
    }
}

impl Ran {
    fn of(output: &Output, started: Instant) -> Self {
        Self {
            status: output.status.code(),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
            took: started.elapsed(),
        }
    }
}
