//! Counts what faults do to ood-k8s, as a Markdown table: failed system calls, kills, full disks, failed requests, clocks.
#![cfg(target_arch = "x86_64")]

mod calls;
mod case;
mod clocks;
mod cluster;
mod error;
mod explained;
mod fault;
mod ground;
mod judge;
mod kills;
mod process;
mod requests;
mod run;
mod state;
mod strays;
mod struck;
mod system_calls;
mod table;
mod tally;
mod trace;
mod tracer;

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Instant;

use clap::{Parser, ValueEnum};
use ood_k8s_loopback::release_build;

use case::{Case, Stage};
use error::Error;
use ground::Ground;
use table::Row;
use tally::Tally;

/// Runs four commands of ood-k8s with a fault each time, and counts which promises they keep.
///
/// Requires root, and an account that is not root's.
#[derive(Parser)]
struct Arguments {
    /// Only this command; can be repeated.
    #[arg(long, value_enum)]
    case: Vec<Case>,
    /// Only this kind of fault; can be repeated.
    #[arg(long, value_enum)]
    kind: Vec<FaultKind>,
    /// The number of kills of each command.
    #[arg(long, default_value_t = 1000)]
    kills: u32,
    /// Fewer of everything: a sample in a few minutes.
    #[arg(long)]
    quick: bool,
    /// Only every so many of the faults; with `--quick`, 23.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    every: Option<u32>,
    /// The provider accepts each refresh token once more, as Keycloak with "Refresh Token Max Reuse" 1.
    #[arg(long)]
    reuse: bool,
    /// The program, by default a release build of ood-k8s.
    #[arg(long, value_name = "PROGRAM")]
    bin: Option<PathBuf>,
    /// The account that logs in.
    #[arg(long, default_value = "games")]
    user: String,
}

/// A kind of fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum FaultKind {
    /// Each system call fails once, with each error that it may have.
    Syscalls,
    /// `kill -9` at random moments.
    Kill,
    /// `kill -9` before each system call.
    KillAtCalls,
    /// The disk is full at each byte that is written.
    Disk,
    /// Each request to the API server and the identity provider fails.
    Requests,
    /// The clocks of the node and of the servers differ, or jump.
    Clock,
}

/// What the program does.
pub fn main() -> ExitCode {
    match run(&Arguments::parse()) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("ood-k8s-faults: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Prints the table, and what broke a promise; `false` if anything did.
fn run(arguments: &Arguments) -> Result<bool, Error> {
    if !nix::unistd::Uid::effective().is_root() {
        return Err(Error::NotRoot);
    }
    let program = match &arguments.bin {
        Some(program) => program.canonicalize().map_err(Error::file("find", program))?,
        None => release_build().ok_or(Error::Build)?,
    };
    let ground = Ground::new(&program, &arguments.user)?;
    if arguments.reuse {
        ground.provider.set(|settings| settings.refresh_token_reuse = 1);
    }
    let stage = Stage::new(&ground)?;
    let mut rows = Vec::new();
    for &case in chosen(&arguments.case, Case::value_variants()) {
        for &kind in chosen(&arguments.kind, FaultKind::value_variants()) {
            let started = Instant::now();
            let tally = count(arguments, &stage, case, kind)?;
            eprintln!(
                "{}, {kind:?}: {} runs in {:?}",
                case.name(),
                tally.runs,
                started.elapsed()
            );
            let what = kind.to_possible_value().map(|value| value.get_name().to_owned());
            rows.push(Row {
                case,
                kind: what.unwrap_or_default(),
                tally,
            });
        }
    }
    print!(
        "{}{}{}",
        table::heading(&program),
        table::markdown(&rows),
        table::exceptions(&rows)
    );
    Ok(rows.iter().all(|row| row.tally.is_good()))
}

fn count(arguments: &Arguments, stage: &Stage<'_>, case: Case, kind: FaultKind) -> Result<Tally, Error> {
    let every = |usual| {
        arguments
            .every
            .map_or(if arguments.quick { usual } else { 1 }, |every| every as usize)
    };
    match kind {
        FaultKind::Syscalls => system_calls::fail_each(stage, case, every(23)),
        FaultKind::Kill => kills::kills(stage, case, if arguments.quick { 100 } else { arguments.kills }),
        FaultKind::KillAtCalls => system_calls::kill_at_each(stage, case, every(23)),
        FaultKind::Disk => system_calls::fill_at_each(stage, case, every(151)),
        FaultKind::Requests => requests::fail_each(stage, case, every(5)),
        FaultKind::Clock => clocks::turn_each(stage, case),
    }
}

fn chosen<'a, T>(asked: &'a [T], all: &'a [T]) -> &'a [T] {
    if asked.is_empty() {
        all
    } else {
        asked
    }
}
