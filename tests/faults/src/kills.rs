//! `kill -9` of the program and its child at random moments.

use std::time::Duration;

use crate::case::{works, Case, Stage};
use crate::error::Error;
use crate::judge::judge;
use crate::run::{run, run_and_kill};
use crate::struck::Struck;
use crate::tally::Tally;

/// The undisturbed runs whose time is the measure.
const MEASURED: usize = 9;

/// Kills so many runs, each at a moment of its own between the start and the end of an undisturbed one.
pub fn kills(stage: &Stage<'_>, case: Case, number: u32) -> Result<Tally, Error> {
    let mut tally = Tally::new(case);
    let whole = duration(stage, case)?;
    let mut random = Random::new();
    for _ in 0..number {
        let round = stage.begin(case)?;
        let after = whole.mul_f64(random.next() * 1.1);
        tally.fault = Struck::Killed(format!("after {after:?} of {whole:?}"));
        let ran = run_and_kill(&mut round.command()?, after)?;
        judge(&round, &ran, true, &mut tally)?;
        stage.ground.provider.forget_requests();
        stage.ground.sandbox.forget_requests();
    }
    Ok(tally)
}

/// The median of some undisturbed runs.
fn duration(stage: &Stage<'_>, case: Case) -> Result<Duration, Error> {
    let mut all = Vec::new();
    for _ in 0..MEASURED {
        let round = stage.begin(case)?;
        all.push(works(case.name(), &run(&mut round.command()?)?)?);
    }
    all.sort();
    Ok(all[all.len() / 2])
}

/// A xorshift, seeded by the process: the moments differ from run to run.
pub struct Random(u64);

impl Random {
    /// A new one.
    pub fn new() -> Self {
        Self(u64::from(std::process::id()) << 17 | 1)
    }

    /// At least 0, and below 1.
    pub fn next(&mut self) -> f64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        f64::from(u32::try_from(self.0 >> 32).unwrap_or_default()) / (f64::from(u32::MAX) + 1.0)
    }
}
