//! Messages for the person at the terminal, and log lines for the journal or syslog; results are printed by `print/`.

mod journal;

use std::io::Write as _;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{PoisonError, RwLock};

use journal::Fate;
use nix::syslog::{Facility, LogFlags, Severity};
use serde_json::Value;

/// The longest line, in characters: more than the errors of many clusters need.
const LONGEST_LINE: usize = 4000;
/// Of it, what is left of the end, where the remedy is.
const LONGEST_END: usize = 600;

/// The longest of all, in bytes: below the size of a datagram (`net.core.wmem_default`, 208 KiB).
const LONGEST_RECORD: usize = 64 << 10;

/// What the line of a login says was done.
pub const LOGIN: &str = "login";

/// Where journald listens, if it runs.
pub use journal::{LOGIN as LOGIN_ID, SOCKET as JOURNAL};

/// How much is written to standard error.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, clap::ValueEnum)]
pub enum Level {
    /// Failures only.
    Error,
    /// Also what works, but probably not as intended.
    Warn,
    /// Also the log line that goes to syslog.
    Info,
    /// Also every request.
    Debug,
}

/// The format of the log line, as in OSC's own tools.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// `key=value`.
    Logfmt,
    /// One JSON object per line.
    Json,
}

impl Level {
    /// A level by its name on the command line.
    pub fn parse(word: &str) -> Result<Self, String> {
        clap::ValueEnum::from_str(word, false).map_err(|_| "is not error, warn, info or debug".into())
    }
}

impl Format {
    /// A format by its name on the command line.
    pub fn parse(word: &str) -> Result<Self, String> {
        clap::ValueEnum::from_str(word, false).map_err(|_| "is neither logfmt nor json".into())
    }
}

#[derive(Clone, Copy)]
struct Log {
    level: Level,
    format: Format,
}

/// Whether only warnings and errors are printed (`--quiet`).
static IS_QUIET: AtomicBool = AtomicBool::new(false);

/// Whom the run is for, for the lines that do not say it themselves.
static ABOUT: RwLock<String> = RwLock::new(String::new());

/// Who runs the command, for commands of which it matters.
static BY: RwLock<String> = RwLock::new(String::new());

static LOG: RwLock<Log> = RwLock::new(Log {
    level: Level::Warn,
    format: Format::Logfmt,
});

/// Sets the program's name in syslog. Without a syslog daemon the C library drops the lines.
pub fn open() {
    // The connection is made with the first line.
    let _ = nix::syslog::openlog(Some(c"ood-k8s"), LogFlags::LOG_PID, Facility::LOG_DAEMON);
}

/// Puts the user into every line from now on.
pub fn about(user: &str) {
    one_line(user).clone_into(&mut ABOUT.write().unwrap_or_else(PoisonError::into_inner));
}

/// Puts who runs the command into every line of the log from now on.
pub fn by(caller: &str) {
    one_line(caller).clone_into(&mut BY.write().unwrap_or_else(PoisonError::into_inner));
}

/// Sets level and format: at first as the flags say, and again when hook.env is known.
pub fn init(level: Level, format: Format) {
    *LOG.write().unwrap_or_else(PoisonError::into_inner) = Log { level, format };
}

fn log() -> Log {
    *LOG.read().unwrap_or_else(PoisonError::into_inner)
}

fn level() -> Level {
    log().level
}

/// Reports a failure on one line: OnDemand puts all of standard error into one syslog message.
pub fn failure(text: &str) {
    let line = one_line(text);
    to_stderr("error", anstyle::AnsiColor::Red, &line);
    to_log(Severity::LOG_ERR, journal::FAILURE, vec![("msg", line.into())]);
}

/// Reports a failure to a user who runs this program themselves: on their terminal, not in root's log.
pub fn to_the_user(text: &str) {
    to_stderr("error", anstyle::AnsiColor::Red, &one_line(text));
}

/// Reports what works, but probably not as intended.
pub fn warning(text: &str) {
    let line = one_line(text);
    if level() >= Level::Warn {
        to_stderr("warning", anstyle::AnsiColor::Yellow, &line);
    }
    to_log(Severity::LOG_WARNING, journal::WARNING, vec![("msg", line.into())]);
}

/// When to colour messages and results: `auto`, `always` or `never`.
pub fn colour(when: &str) {
    match when {
        "always" => anstream::ColorChoice::Always,
        "never" => anstream::ColorChoice::Never,
        _ => return,
    }
    .write_global();
}

/// Has nothing printed but warnings and errors from now on, neither here nor by `print/`.
pub fn quietly() {
    IS_QUIET.store(true, Ordering::Relaxed);
}

/// Whether only warnings and errors are printed.
pub fn is_quiet() -> bool {
    IS_QUIET.load(Ordering::Relaxed)
}

/// Asks the person at the terminal; the answer is not echoed.
pub fn question(text: &str) {
    let mut terminal = anstream::stderr().lock();
    let _ = write!(terminal, "{text}").and_then(|()| terminal.flush());
}

/// Tells the person at the terminal what to bear in mind with a result; it is of no use in the log.
pub fn note(text: &str) {
    if level() >= Level::Warn && !is_quiet() {
        to_stderr("note", anstyle::AnsiColor::Cyan, &one_line(text));
    }
}

/// Whether journald takes lines on this machine.
pub fn has_journal() -> bool {
    journal::connect().is_some()
}

/// Reports details for troubleshooting.
pub fn debug(text: impl FnOnce() -> String) {
    if level() >= Level::Debug {
        to_stderr("debug", anstyle::AnsiColor::Cyan, &one_line(&text()));
    }
}

/// Writes the log line about what was done for a user, also on success: OnDemand hides a successful hook's output.
///
/// `fields` begin with `msg`, which says what was done; with `error` among them it failed.
pub fn record(fields: &[(&'static str, Value)]) {
    let fields: Vec<_> = fields.iter().map(|(key, value)| (*key, plain(value))).collect();
    let has_failed = fields.iter().any(|(key, _)| *key == "error");
    let is_login = fields.first().is_some_and(|(_, msg)| msg == LOGIN);
    let severity = if has_failed {
        Severity::LOG_ERR
    } else {
        Severity::LOG_INFO
    };
    let line = to_log(
        severity,
        if is_login { journal::LOGIN } else { journal::RECORD },
        fields,
    );
    if level() >= Level::Info {
        let _ = writeln!(anstream::stderr().lock(), "{line}");
    }
}

fn to_stderr(word: &str, colour: anstyle::AnsiColor, line: &str) {
    let style = anstyle::Style::new().fg_color(Some(colour.into()));
    let _ = writeln!(anstream::stderr().lock(), "ood-k8s: {style}{word}{style:#}: {line}");
}

/// Writes a line with its level and the user: to the journal, or to syslog where there is none. Returns the line.
fn to_log(severity: Severity, id: &str, mut fields: Vec<(&'static str, Value)>) -> String {
    let by = BY.read().unwrap_or_else(PoisonError::into_inner).clone();
    if !by.is_empty() {
        fields.insert(0, ("by", by.into()));
    }
    let user = ABOUT.read().unwrap_or_else(PoisonError::into_inner).clone();
    if !user.is_empty() && !fields.iter().any(|(key, _)| *key == "user") {
        fields.insert(0, ("user", user.into()));
    }
    fields.insert(0, ("level", word(severity).into()));
    let mut line = match log().format {
        Format::Logfmt => logfmt(&fields),
        Format::Json => json(&fields),
    };
    while line.len() > LONGEST_RECORD {
        line.pop();
    }
    match journal::write(severity as u8, id, &line, &fields) {
        Fate::Settled => {}
        Fate::Hangs if level() < Level::Warn => {}
        Fate::Hangs => {
            let text = "the journal does not accept messages; some log lines of this run will be missing from it";
            to_stderr("warning", anstyle::AnsiColor::Yellow, text);
        }
        Fate::NoJournal => {
            // syslog cannot send a NUL; one_line has turned control characters into spaces.
            let _ = nix::syslog::syslog(severity, &line);
        }
    }
    line
}

/// As in the messages at the terminal.
fn word(severity: Severity) -> &'static str {
    match severity {
        Severity::LOG_ERR => "error",
        Severity::LOG_WARNING => "warning",
        _ => "info",
    }
}

fn plain(value: &Value) -> Value {
    value
        .as_str()
        .map_or_else(|| value.clone(), |text| one_line(text).into())
}

fn json(fields: &[(&str, Value)]) -> String {
    let pairs: Vec<_> = fields.iter().map(|(key, value)| format!("\"{key}\":{value}")).collect();
    format!("{{{}}}", pairs.join(","))
}

fn logfmt(fields: &[(&str, Value)]) -> String {
    let mut line = String::new();
    for (key, value) in fields {
        let text = match value {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        let plain = !text.is_empty()
            && !text
                .chars()
                .any(|c| c.is_whitespace() || c.is_control() || "\"=".contains(c));
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(key);
        line.push('=');
        line.push_str(&if plain { text } else { Value::String(text).to_string() });
    }
    line
}

/// Replaces with a space whatever could forge, split or hide a line: line breaks, C0 and C1 control characters, and
/// characters that change the direction of text. Some of what root's log quotes is chosen by users.
pub fn one_line(text: &str) -> String {
    let spaced: String = text.chars().map(|c| if is_deceptive(c) { ' ' } else { c }).collect();
    let mut line = spaced.split_whitespace().collect::<Vec<_>>().join(" ");
    let length = line.chars().count();
    if length > LONGEST_LINE {
        let head: String = line.chars().take(LONGEST_LINE - LONGEST_END).collect();
        let end: String = line.chars().skip(length - LONGEST_END).collect();
        line = format!("{head}…{end}");
    }
    line
}

fn is_deceptive(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{ad}' | '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quoted_line_end_cant_forge_a_second_line() {
        assert_eq!(one_line("a\nOct 1 root: b\t\u{1b}[2Jc"), "a Oct 1 root: b [2Jc");
        assert_eq!(one_line("a\u{9b}2J\u{202e}b\u{2028}c"), "a 2J b c");
        assert!(one_line(&"x".repeat(100_000)).len() < 5000);
    }

    #[test]
    fn logfmt_quotes_what_would_be_read_as_another_field() {
        let fields = [
            ("user", "ann".into()),
            ("error", "x y=1".into()),
            ("none", "".into()),
            ("n", 12.into()),
        ];
        assert_eq!(logfmt(&fields), r#"user=ann error="x y=1" none="" n=12"#);
        assert_eq!(json(&fields), r#"{"user":"ann","error":"x y=1","none":"","n":12}"#);
    }
}
