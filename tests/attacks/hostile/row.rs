//! Checks that apply to every run, and the table of results.

use std::collections::VecDeque;
use std::sync::Mutex;
use std::time::Duration;

use base64::Engine as _;

use super::{Run, Stand};
use crate::support::CANARY;

/// `HOOK_TIMEOUT` of the stand.
const DEADLINE: Duration = Duration::from_secs(3);
/// The watchdog's grace period, and time for a busy machine.
const SLACK: Duration = Duration::from_secs(3);
/// Runs in parallel: they mostly wait.
const SIDE_BY_SIDE: usize = 8;

/// The result of one kind.
pub struct Row {
    /// Kinds of a group are counted together.
    pub group: &'static str,
    pub kind: String,
    /// The checks that failed.
    pub broken: Vec<String>,
    pub run: Run,
}

impl Row {
    /// Makes the checks that apply to every run; `memory` is the limit in MiB.
    pub fn new(group: &'static str, kind: &str, run: Run, memory: u64) -> Self {
        let mut row = Self {
            group,
            kind: kind.to_owned(),
            broken: Vec::new(),
            run,
        };
        let said = String::from_utf8_lossy(&row.run.stderr).into_owned();
        let run = &row.run;
        let checks = [
            (!(2..=7).contains(&run.status) && run.status != 0, "status"),
            (run.took > DEADLINE + SLACK, "took too long"),
            (run.memory > memory, "too much memory"),
            (said.contains("panicked"), "panic"),
            (said.lines().count() > 1, "more than one line"),
            (run.status != 0 && said.is_empty(), "fails without a message"),
            (
                is_deceptive(said.strip_suffix('\n').unwrap_or(&said)),
                "prints deceptive characters",
            ),
            (says_secret(run), "prints a secret"),
            (
                said.contains("; run: evil") || said.contains(": run: evil"),
                "repeats the server's command as a remedy",
            ),
        ];
        let broken = checks.into_iter().filter(|(is_broken, _)| *is_broken);
        row.broken = broken.map(|(_, promise)| promise.to_owned()).collect();
        row
    }

    /// Whether standard error contains these words.
    pub fn says(&self, words: &str) -> bool {
        String::from_utf8_lossy(&self.run.stderr).contains(words)
    }

    /// Adds a check for this kind.
    pub fn expect(&mut self, holds: bool, promise: &str) {
        if !holds {
            self.broken.push(format!("not so: {promise}"));
        }
    }
}

/// Characters that forge, split, hide or reorder a line, or look like the semicolon before a remedy.
fn is_deceptive(text: &str) -> bool {
    text.chars().any(|c| {
        c.is_control()
            || matches!(
                c,
                '\u{ad}' | '\u{37e}' | '\u{61c}' | '\u{180e}' | '\u{3164}' | '\u{feff}' | '\u{ff1b}'
            )
            || ('\u{200b}'..='\u{200f}').contains(&c)
            || ('\u{2028}'..='\u{202e}').contains(&c)
            || ('\u{2060}'..='\u{206f}').contains(&c)
            || ('\u{fff9}'..='\u{fffb}').contains(&c)
            || ('\u{e0000}'..='\u{e007f}').contains(&c)
    })
}

/// Whether the output contains a secret, plain or disguised.
fn says_secret(run: &Run) -> bool {
    let said = [&run.stdout[..], &run.stderr].concat();
    let said = String::from_utf8_lossy(&said);
    let secrets = [Stand::root_token(), Stand::client_secret(), Stand::refresh_token()];
    let disguised = |secret: &String| {
        let reversed: String = secret.chars().rev().collect();
        let spelled: Vec<_> = secret.chars().map(String::from).collect();
        [encoded(secret), reversed, spelled.join(" ")]
    };
    let mut forms = secrets.iter().flat_map(disguised);
    said.contains(CANARY) || forms.any(|form| said.contains(&form))
}

/// In base64.
fn encoded(secret: &str) -> String {
    base64::engine::general_purpose::STANDARD.encode(secret)
}

/// Tries all kinds, some in parallel; prints a row per group, and panics with all failed checks.
pub fn table<T: Send>(what: &str, kinds: impl IntoIterator<Item = T>, attempt: impl Fn(T) -> Row + Sync) {
    let left = Mutex::new(kinds.into_iter().collect::<VecDeque<_>>());
    let rows = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..SIDE_BY_SIDE {
            scope.spawn(|| loop {
                let next = left.lock().unwrap().pop_front();
                let Some(kind) = next else { break };
                let row = attempt(kind);
                rows.lock().unwrap().push(row);
            });
        }
    });
    let rows = rows.into_inner().unwrap();
    print(what, &rows);
    let broken: Vec<_> = rows.iter().filter(|row| !row.broken.is_empty()).collect();
    let lines = broken.iter().map(|row| {
        let run = &row.run;
        let said: String = String::from_utf8_lossy(&run.stderr).chars().take(1000).collect();
        format!(
            "{}, {}: {}: status {}, {:?}, {} MiB, {said:?}",
            row.group,
            row.kind,
            row.broken.join(", "),
            run.status,
            run.took,
            run.memory
        )
    });
    let lines: Vec<_> = lines.collect();
    assert!(
        lines.is_empty(),
        "{} of {}:\n{}",
        lines.len(),
        rows.len(),
        lines.join("\n")
    );
}

fn print(what: &str, rows: &[Row]) {
    let mut groups: Vec<_> = rows.iter().map(|row| row.group).collect();
    groups.sort_unstable();
    groups.dedup();
    // The harness begins the line with the test's name.
    println!();
    for group in groups {
        line(what, group, rows.iter().filter(|row| row.group == group));
    }
    line(what, "all", rows.iter());
}

fn line<'a>(what: &str, group: &str, rows: impl Iterator<Item = &'a Row> + Clone) {
    let broken = rows.clone().filter(|row| !row.broken.is_empty()).count();
    let took = rows.clone().map(|row| row.run.took).max().unwrap_or_default();
    let processor = rows.clone().map(|row| row.run.processor).max().unwrap_or_default();
    let memory = rows.clone().map(|row| row.run.memory).max().unwrap_or_default();
    println!(
        "| {what}: {group} | {} | {broken} | at most {:.2} s, {:.2} s of processor, {memory} MiB |",
        rows.count(),
        took.as_secs_f64(),
        processor.as_secs_f64()
    );
}
