//! The promises, and whether a run with a fault kept them.

use std::fs::{self, File, FileTimes};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use serde_json::Value;

use crate::case::{token_in, Case, Kind, Round, Target};
use crate::cluster;
use crate::error::Error;
use crate::ground::{CANARY, DEADLINE};
use crate::run::{run, Ran};
use crate::tally::{Promise, Tally};

/// What a busy machine may take longer, and the watchdog's half second; and five seconds, which renew-creds gives each step.
const MARGIN: Duration = Duration::from_secs(9);
/// In the line that says why a session is over.
const WHY: &str = "before it was stored";

/// In what state a file is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum State {
    /// As it was before.
    Old,
    /// Whole, with what the run was to write.
    New,
    /// Neither.
    Torn(String),
}

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
                &format!("0, and the file is the old one: {}{}", ran.stdout, ran.stderr),
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
        // An escape is what a line that could not be written ends in.
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

/// Whether the file is the old one or the new one, whole, and its owner's alone.
fn state(round: &Round<'_>, target: &Target) -> State {
    let now = fs::read(&target.path).ok();
    let ground = round.stage.ground;
    if let Ok(metadata) = fs::metadata(&target.path) {
        let owner = if target.kind == Kind::Config {
            ground.user.uid.as_raw()
        } else {
            0
        };
        let mode = metadata.permissions().mode() & 0o7777;
        if (metadata.uid(), mode) != (owner, 0o600) {
            return State::Torn(format!("owner {} and mode {mode:o}", metadata.uid()));
        }
    }
    if now == target.old {
        return State::Old;
    }
    let Some(text) = now.and_then(|bytes| String::from_utf8(bytes).ok()) else {
        return State::Torn("gone".into());
    };
    match target.kind {
        Kind::Config => of_config(round, &text),
        Kind::Record => of_record(round, target, &text),
        Kind::Root => of_root(round, &text),
        Kind::Registry if text.as_bytes() == round.stage.registry => State::New,
        Kind::Registry => State::Torn(text),
    }
}

/// The same as after an undisturbed login, but for the token.
fn of_config(round: &Round<'_>, text: &str) -> State {
    let is_whole = serde_yaml::from_str::<Value>(text).is_ok() && masked(text) == masked(&round.stage.config);
    if is_whole {
        State::New
    } else {
        State::Torn(masked(text))
    }
}

fn of_record(round: &Round<'_>, target: &Target, text: &str) -> State {
    let parse = |bytes: &[u8]| serde_json::from_slice::<Value>(bytes).unwrap_or_default();
    let (now, old) = (parse(text.as_bytes()), parse(target.old.as_deref().unwrap_or_default()));
    let user = round.stage.ground.user.name.as_str();
    let is_known = [&round.tokens.refresh, old["handed_over"].as_str().unwrap_or_default()]
        .contains(&now["handed_over"].as_str().unwrap_or_default());
    if now["user"] != user || !now["refresh_token"].is_string() || !is_known {
        return State::Torn(masked(text));
    }
    // A note about the old token is an old record.
    let is_old = [&old["refresh_token"], &Value::from(round.tokens.refresh.as_str())].contains(&&now["refresh_token"]);
    if is_old {
        State::Old
    } else {
        State::New
    }
}

/// The same as after an undisturbed run, with a token that works.
fn of_root(round: &Round<'_>, text: &str) -> State {
    let stage = round.stage;
    if masked(text) != masked(&stage.root) || !cluster::takes(&stage.ground.sandbox, token_in(text)) {
        return State::Torn(masked(text));
    }
    State::New
}

fn is_of_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || "-_.:".contains(c)
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c| !is_of_word(c))
}

/// The text with tokens and times replaced, and without quotes.
fn masked(text: &str) -> String {
    let mut masked = text.to_owned();
    for word in words(text) {
        let is_time = word.len() == 20 && word.ends_with('Z') && word.as_bytes()[10] == b'T';
        if word.starts_with("eyJ") {
            masked = masked.replace(word, "TOKEN");
        } else if is_time {
            masked = masked.replace(word, "TIME");
        }
    }
    masked.replace(['\'', '"'], "")
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
        tally.broke(
            Promise::Next,
            &format!("the session is over, and no login says why: {said}"),
        );
    }
    let tokens = stage.ground.provider.log_in(&stage.ground.user.name);
    let new = run(&mut stage.login(&tokens))?;
    if new.status != Some(0) {
        tally.broke(Promise::Next, &format!("a new session does not work: {}", new.stderr));
    }
    Ok(())
}

/// Temporary files and locks, in all folders.
fn strays(round: &Round<'_>) -> Vec<PathBuf> {
    let ground = round.stage.ground;
    let folders = ["", "home", "renewal"].map(|name| ground.path(name));
    let entries = folders
        .iter()
        .flat_map(|folder| fs::read_dir(folder).into_iter().flatten().flatten());
    let is_stray = |path: &PathBuf| {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        name.contains(".ood-k8s-") || is_lock(path)
    };
    entries.map(|entry| entry.path()).filter(is_stray).collect()
}

/// Their names without what is random in them.
fn kinds_of(paths: &[PathBuf]) -> String {
    let name = |path: &PathBuf| path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let mut kinds: Vec<_> = paths
        .iter()
        .map(|path| name(path).split(".ood-k8s-").next().unwrap_or_default().to_owned())
        .collect();
    kinds.sort();
    kinds.join(", ")
}

fn is_lock(path: &Path) -> bool {
    path.extension().is_some_and(|end| end == "lock")
}

/// A temporary file is swept up by whoever comes a minute later. A lock is broken at once.
fn age(path: &Path) {
    if let Some(file) = File::options().write(true).open(path).ok().filter(|_| !is_lock(path)) {
        let then = SystemTime::now() - Duration::from_secs(120);
        let _ = file.set_times(FileTimes::new().set_modified(then));
    }
}
