//! Each system call of a run in turn: it fails, or the program is killed before it, or the disk is full at its bytes.

use std::path::PathBuf;
use std::time::Duration;

use crate::calls::find;
use crate::case::{works, Case, Stage};
use crate::error::Error;
use crate::fault::{Fault, Seen};
use crate::judge::judge;
use crate::struck::Struck;
use crate::tally::Tally;
use crate::trace::trace;

/// Longer than any run: the tracer ends one that hangs.
pub const LIMIT: Duration = Duration::from_secs(20);

/// Each call fails once with each error that it may have, one at a time, in the program and in its child.
pub fn fail_each(stage: &Stage<'_>, case: Case, step: usize) -> Result<Tally, Error> {
    let mut tally = Tally::new(case);
    let seen = undisturbed(stage, case)?;
    let calls = seen
        .calls
        .iter()
        .filter_map(|(&(process, number), &count)| Some((process, find(number)?, count)));
    let all = calls.flat_map(|(process, call, count)| {
        (1..=count).flat_map(move |nth| call.errors.iter().map(move |errno| (process, call, nth, *errno)))
    });
    for (process, call, nth, errno) in all.step_by(step) {
        let fault = Fault::Call {
            process,
            call,
            nth,
            errno,
        };
        one(stage, case, &fault, &mut tally)?;
    }
    Ok(tally)
}

/// The program and its child are killed before each of their calls.
pub fn kill_at_each(stage: &Stage<'_>, case: Case, step: usize) -> Result<Tally, Error> {
    let mut tally = Tally::new(case);
    let seen = undisturbed(stage, case)?;
    for nth in (1..=seen.all).step_by(step) {
        one(stage, case, &Fault::Kill { nth }, &mut tally)?;
    }
    Ok(tally)
}

/// The disk takes no more than so many bytes of all that a run writes.
pub fn fill_at_each(stage: &Stage<'_>, case: Case, step: usize) -> Result<Tally, Error> {
    let mut tally = Tally::new(case);
    let seen = undisturbed(stage, case)?;
    for room in (0..seen.written).step_by(step) {
        one(stage, case, &Fault::Disk { room }, &mut tally)?;
    }
    Ok(tally)
}

fn one(stage: &Stage<'_>, case: Case, fault: &Fault, tally: &mut Tally) -> Result<(), Error> {
    let round = stage.begin(case)?;
    let (ran, seen) = trace(&round.command()?, fault, LIMIT)?;
    // Threads take turns as they like: not every call comes every time.
    if !seen.has_struck {
        tally.missed += 1;
    }
    tally.fault = struck(fault, seen.place);
    stage.ground.provider.forget_requests();
    stage.ground.sandbox.forget_requests();
    judge(&round, &ran, matches!(fault, Fault::Kill { .. }), tally)
}

fn struck(fault: &Fault, place: PathBuf) -> Struck {
    match *fault {
        Fault::None => Struck::Nothing,
        Fault::Call {
            process,
            call,
            nth,
            errno,
        } => Struck::Call {
            process,
            call: call.name,
            nth,
            errno,
            place,
        },
        Fault::Kill { nth } => Struck::Killed(format!("before call {nth}")),
        Fault::Disk { room } => Struck::Full(room),
    }
}

fn undisturbed(stage: &Stage<'_>, case: Case) -> Result<Seen, Error> {
    let round = stage.begin(case)?;
    let (ran, seen) = trace(&round.command()?, &Fault::None, LIMIT)?;
    works(case.name(), &ran)?;
    Ok(seen)
}
