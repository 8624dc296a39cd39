//! Clocks that are wrong by an hour, a day or a year: those of the servers, the node's, and one that jumps during a run.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use crate::case::{Case, Stage};
use crate::error::Error;
use crate::judge::judge;
use crate::run::run;
use crate::struck::Struck;
use crate::tally::Tally;

/// By so many seconds, in both directions.
const JUMPS: [(i64, &str); 3] = [(3600, "1h"), (86_400, "1d"), (31_536_000, "365d")];
/// Moments of a run, in milliseconds.
const MOMENTS: [u64; 5] = [2, 5, 10, 20, 40];
/// Where Debian has it.
const LIBRARY: &str = "/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1";

/// All of them; those of the node only where libfaketime is installed.
pub fn turn_each(stage: &Stage<'_>, case: Case) -> Result<Tally, Error> {
    let mut tally = Tally::new(case);
    let library = Some(Path::new(LIBRARY)).filter(|path| path.exists());
    for (seconds, name) in JUMPS {
        for (seconds, sign) in [(seconds, '+'), (-seconds, '-')] {
            servers(stage, case, seconds, &mut tally)?;
            let Some(library) = library else { continue };
            let at = format!("{sign}{name}");
            node(stage, case, library, &at, None, &mut tally)?;
            for moment in MOMENTS {
                node(
                    stage,
                    case,
                    library,
                    &at,
                    Some(Duration::from_millis(moment)),
                    &mut tally,
                )?;
            }
        }
    }
    if library.is_none() {
        eprintln!("libfaketime is not installed: only the servers' clocks are turned");
    }
    Ok(tally)
}

/// Both servers are ahead by so many seconds, for one run.
fn servers(stage: &Stage<'_>, case: Case, seconds: i64, tally: &mut Tally) -> Result<(), Error> {
    let round = stage.begin(case)?;
    tally.fault = Struck::ServersClock(seconds);
    let set = |seconds| {
        stage.ground.sandbox.set_clock_skew(seconds);
        stage.ground.provider.set(|settings| settings.clock_skew = seconds);
    };
    set(seconds);
    let ran = run(&mut round.command()?);
    set(0);
    judge(&round, &ran?, false, tally)
}

/// The node's clock is wrong for one run, from the start or from a moment in it.
fn node(
    stage: &Stage<'_>,
    case: Case,
    library: &Path,
    at: &str,
    after: Option<Duration>,
    tally: &mut Tally,
) -> Result<(), Error> {
    let round = stage.begin(case)?;
    let at_clock = at.to_owned();
    tally.fault = Struck::NodesClock { at: at_clock, after };
    let file = stage.ground.path("clock");
    set(&file, if after.is_some() { "+0" } else { at })?;
    let mut command = round.command()?;
    faked(&mut command, library, &file);
    let ran = std::thread::scope(|scope| {
        if let Some(after) = after {
            let file: PathBuf = file.clone();
            scope.spawn(move || {
                std::thread::sleep(after);
                let _ = set(&file, at);
            });
        }
        run(&mut command)
    })?;
    judge(&round, &ran, false, tally)
}

/// In one step: a file that is being written would be no time.
fn set(file: &Path, at: &str) -> Result<(), Error> {
    let new = file.with_extension("new");
    fs::write(&new, at).map_err(Error::file("write", &new))?;
    fs::rename(&new, file).map_err(Error::file("write", file))
}

/// The clock that jumps is the one that people set; the monotonic one does not.
fn faked(command: &mut Command, library: &Path, file: &Path) {
    command.env("LD_PRELOAD", library).env("FAKETIME_TIMESTAMP_FILE", file);
    command
        .env("FAKETIME_NO_CACHE", "1")
        .env("FAKETIME_DONT_FAKE_MONOTONIC", "1");
}
