//! The promises, and whether a run with a fault kept them.

use std::fs;
use std::time::Duration;

use crate::case::{Case, Round};
use crate::error::Error;
use crate::ground::{CANARY, DEADLINE};
use crate::run::{run, Ran};
use crate::state::{state, State};
use crate::strays::{age, kinds_of, strays};
use crate::tally::{Promise, Tally, OLD_ALL_THE_SAME, UNTOLD};

/// What a busy machine may take longer, and the watchdog's half second; and five seconds, which renew-creds gives each step.
const MARGIN: Duration = Duration::from_secs(9);
/// In the line that says why a session is over.
const WHY: &str = "before it was stored";

/// Judges a run, and the next one without a fault. `may_die` is for kills.
pub fn judge(round: &Round<'_>, ran: &Ran, may_die: bool, tally: &mut Tally) -> Result<(), Error> {
    tally.runs += 1;
    let states: Vec<_> = round.targets.iter().map(|target| state(round, target)).collect();
    for (target, state) in round.targets.iter().zip(&states) {
        if let State::Torn(why) = state {
            tally.broke(Promise::File, &format!("{:?}: {why}", target.kind));
        }
    }
    let is_new = states.iter().all(|state| *state == State::New);
    tally.new += u32::from(is_new);
    match ran.status {
        None if may_die => tally.died += 1,
        None => tally.broke(Promise::Status, "a signal"),
        // What is wrong in a home is a warning.
        Some(0) if !is_new && !is_lost(round, ran) && !ran.stdout.contains("1 blocked") => {
            tally.broke(
                Promise::Status,
                &format!("{OLD_ALL_THE_SAME}{}{}", ran.stdout, ran.stderr),
            );
        }
        Some(code) => {
            tally.failed += u32::from(code != 0);
            if !(0..=8).contains(&code) || code == 2 || ran.stderr.contains("a fault in this program") {
                tally.broke(Promise::Status, &format!("{code}: {}", ran.stderr.trim()));
            }
        }
    }
    if ran.status.is_some() {
        judge_words(ran, tally);
    }
    judge_secrets(round, ran, tally);
    if ran.took > DEADLINE + MARGIN {
        tally.broke(Promise::Deadline, &format!("{:?}", ran.took));
    }
    next(round, ran, may_die, tally)
}

/// A failure is one line, or one for root's record and one for the home; a success says nothing but warnings.
fn judge_words(ran: &Ran, tally: &mut Tally) {
    let lines: Vec<_> = ran.stderr.lines().collect();
    let is_good = if ran.status == Some(0) {
        lines.iter().all(|line| line.starts_with("ood-k8s: warning: "))
    } else {
        let is_of = |folder: &str| lines.iter().filter(|line| line.contains(folder)).count() == 1;
        let is_of_two_places = lines.len() == 2 && is_of("/renewal") && is_of("/home");
        // A token that was renewed and ends too soon all the same is a warning, with the status of an expired one.
        let is_told = |line: &&str| {
            line.starts_with("ood-k8s: error: ") || ran.status == Some(8) && line.starts_with("ood-k8s: warning: ")
        };
        let are_errors = lines.iter().all(is_told);
        are_errors && (lines.len() == 1 || is_of_two_places)
    };
    if !is_good {
        tally.broke(Promise::Line, &format!("status {:?}: {:?}", ran.status, ran.stderr));
    }
}

fn judge_secrets(round: &Round<'_>, ran: &Ran, tally: &mut Tally) {
    let provider = &round.stage.ground.provider;
    let said = format!("{}{}", ran.stdout, ran.stderr);
    let secrets = [
        CANARY.to_owned(),
        provider.ondemand().secret,
        provider.kubernetes().secret,
        "eyJ".to_owned(),
    ];
    if secrets.iter().any(|secret| said.contains(secret)) {
        tally.broke(Promise::Secret, &said);
    }
}

/// The next run, without a fault, makes everything good, or says that the session is over, and why.
fn next(round: &Round<'_>, before: &Ran, may_die: bool, tally: &mut Tally) -> Result<(), Error> {
    let ground = round.stage.ground;
    ground.provider.clear_faults();
    ground.sandbox.clear_faults();
    let left = strays(round);
    if !may_die && !left.is_empty() {
        tally.broke(Promise::File, &format!("left behind: {}", kinds_of(&left)));
    }
    left.iter().for_each(|path| age(path));
    let ran = run(&mut round.command()?)?;
    let is_new = round.targets.iter().all(|target| state(round, target) == State::New);
    if is_lost(round, &ran) || is_lost(round, before) {
        tally.lost += 1;
        say_why(round, &ran, tally)?;
    } else if ran.status != Some(0) || !is_new {
        // What the fault's own run made good needs nothing more.
        let said = format!("{:?} {}{}", ran.status, ran.stdout, ran.stderr);
        if !(ran.status == Some(0) && round.case == Case::RenewCreds && ran.stdout.contains("kept")) {
            tally.broke(Promise::Next, said.trim());
        }
    }
    let left = strays(round);
    if !left.is_empty() {
        tally.broke(Promise::Next, &format!("left behind: {}", kinds_of(&left)));
        left.iter().for_each(|path| drop(fs::remove_file(path)));
    }
    Ok(())
}

/// Whether the run found that the session is over.
fn is_lost(round: &Round<'_>, ran: &Ran) -> bool {
    match round.case {
        Case::RenewCreds => ran.stdout.contains("forgotten"),
        _ => round.case.spends() && ["invalid_grant", WHY].iter().any(|words| ran.stderr.contains(words)),
    }
}

/// The next login of the same session says in one line why it is over, and a new session works.
fn say_why(round: &Round<'_>, ran: &Ran, tally: &mut Tally) -> Result<(), Error> {
    let stage = round.stage;
    let said = match round.case {
        Case::RenewCreds => run(&mut stage.login(&round.tokens))?.stderr,
        _ => ran.stderr.clone(),
    };
    if said.lines().count() != 1 || !said.contains(WHY) {
        tally.broke(Promise::Next, &format!("{UNTOLD}{said}"));
    }
    let tokens = stage.ground.provider.log_in(&stage.ground.user.name);
    let new = run(&mut stage.login(&tokens))?;
    if new.status != Some(0) {
        tally.broke(Promise::Next, &format!("a new session does not work: {}", new.stderr));
    }
    Ok(())
}
