//! Runs one program and reports its wall time, CPU time and peak memory, as counted by the kernel.
//!
//! `getrusage(RUSAGE_CHILDREN)` counts all children that a process has waited for. So each program gets its own
//! parent: this same binary, which runs it, reads the count and writes it to standard output. In half of the logins the
//! child in the home outlives its parent, so this one adopts and waits for what the program leaves behind (prctl(2),
//! `PR_SET_CHILD_SUBREAPER`).

use std::ffi::OsString;
use std::process::{Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

use nix::sys::prctl::set_child_subreaper;
use nix::sys::resource::{getrusage, UsageWho};
use nix::sys::time::TimeValLike;
use nix::sys::wait::wait;
use serde_json::{json, Value};

use crate::error::Error;

/// The first argument with which this binary is such a parent.
pub const SUBCOMMAND: &str = "measured";

/// The figures of one run.
#[derive(Debug, Clone, Copy)]
pub struct Sample {
    /// From the start to the exit of the program.
    pub wall: Duration,
    /// User and system time of all its processes, those that outlive it as well.
    pub cpu: Duration,
    /// The largest resident size of any one process, in KiB; at least that of this binary (2 to 3 MiB).
    pub peak_kib: u64,
}

/// The figures of several runs.
#[derive(Debug, Default)]
pub struct Runs {
    /// Those of the successful runs.
    pub samples: Vec<Sample>,
    /// The number of failed runs.
    pub failed: usize,
}

/// Runs `command`, with its arguments and environment, as the child of a parent that measures it.
pub fn measure(scenario: &str, command: &Command) -> Result<Sample, Error> {
    let broken = |what: String| Error::Measure {
        program: command.get_program().to_string_lossy().into_owned(),
        what,
    };
    let output = below_a_parent(command)
        .and_then(|mut parent| parent.output())
        .map_err(|e| broken(e.to_string()))?;
    if !output.status.success() {
        let stderr = String::from_utf8_lossy(&output.stderr).trim().to_owned();
        return Err(Error::Failed {
            scenario: scenario.to_owned(),
            stderr,
        });
    }
    let figures: Value = serde_json::from_slice(&output.stdout).map_err(|e| broken(e.to_string()))?;
    let figure = |name: &str| figures[name].as_u64().ok_or_else(|| broken(format!("no {name}")));
    Ok(Sample {
        wall: Duration::from_micros(figure("wall_us")?),
        cpu: Duration::from_micros(figure("cpu_us")?),
        peak_kib: figure("peak_kib")?,
    })
}

/// Runs `command` below strace, and returns the number of system calls of all its processes.
pub fn count_calls(command: &Command) -> Result<u64, Error> {
    let broken = |what: String| Error::Measure {
        program: "strace".into(),
        what,
    };
    let mut strace = Command::new("strace");
    strace
        .args(["-f", "-c", "-U", "calls,name", "--"])
        .arg(command.get_program())
        .args(command.get_args())
        .env_clear()
        .envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))))
        .stdin(Stdio::null());
    let output = strace.output().map_err(|error| broken(error.to_string()))?;
    let table = String::from_utf8_lossy(&output.stderr).into_owned();
    let total = table.lines().rev().find_map(|line| line.trim().strip_suffix(" total"));
    let total = total.and_then(|calls| calls.trim().parse().ok());
    total.ok_or_else(|| broken(format!("no total in {table}")))
}

fn below_a_parent(command: &Command) -> std::io::Result<Command> {
    let mut parent = Command::new(std::env::current_exe()?);
    parent
        .arg(SUBCOMMAND)
        .arg(command.get_program())
        .args(command.get_args())
        .env_clear()
        .stdin(Stdio::null());
    for (name, value) in command.get_envs() {
        if let Some(value) = value {
            parent.env(name, value);
        }
    }
    Ok(parent)
}

/// The parent process. It fails if its program fails.
pub fn serve(arguments: &[OsString]) -> ExitCode {
    let Some((program, arguments)) = arguments.split_first() else {
        eprintln!("no program to measure");
        return ExitCode::FAILURE;
    };
    if let Err(error) = set_child_subreaper(true) {
        eprintln!("prctl: {error}");
        return ExitCode::FAILURE;
    }
    let start = Instant::now();
    let status = Command::new(program).args(arguments).stdout(Stdio::null()).status();
    let wall = start.elapsed();
    while wait().is_ok() {}
    let usage = match (status, getrusage(UsageWho::RUSAGE_CHILDREN)) {
        (Ok(status), Ok(usage)) if status.success() => usage,
        (Ok(status), Ok(_)) => {
            eprintln!("({status})");
            return ExitCode::FAILURE;
        }
        (Err(error), _) => {
            eprintln!("{error}");
            return ExitCode::FAILURE;
        }
        (_, Err(error)) => {
            eprintln!("getrusage: {error}");
            return ExitCode::FAILURE;
        }
    };
    let cpu = usage.user_time() + usage.system_time();
    println!(
        "{}",
        json!({
            "wall_us": u64::try_from(wall.as_micros()).unwrap_or(u64::MAX),
            "cpu_us": cpu.num_microseconds(),
            "peak_kib": usage.max_rss(),
        })
    );
    ExitCode::SUCCESS
}

/// For ratios, and means.
pub fn as_f64(number: usize) -> f64 {
    f64::from(u32::try_from(number).unwrap_or(u32::MAX))
}
