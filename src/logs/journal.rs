//! The last logins from systemd's journal: `journalctl` is asked, with arguments of ours.

use std::collections::BTreeMap;
use std::process::Command;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use secrecy::zeroize::Zeroizing;
use serde_json::Value;

use super::choice::Choice;
use super::error::LogsError;
use super::line::fields;
use super::row::{Author, LogRow};
use crate::exit::RESULTS;
use crate::foreign::Foreign;
use crate::log;
use crate::program::Program;
use crate::time::rfc3339;

const JOURNALCTL: &str = "/usr/bin/journalctl";
/// What an answer may be long at most, in bytes: the most lines that can be asked for have a quarter of it.
const LONGEST_ANSWER: usize = 32 << 20;

/// Only what root's processes wrote: the field with the underscore is journald's own, from the kernel, while the
/// identifier is anybody's choice.
const OURS: [&str; 7] = [
    "--no-pager",
    "--quiet",
    "--output=json",
    // Without it, a long line is left out.
    "--all",
    "--output-fields=MESSAGE,OOD_K8S_USER",
    "_UID=0",
    "SYSLOG_IDENTIFIER=ood-k8s",
];

/// Without `--since`: together with `--lines`, journalctl before systemd 254 shows the first lines since then, and not the last.
fn arguments(choice: &Choice) -> Vec<String> {
    let mut arguments = vec![
        format!("--lines={}", choice.lines),
        format!("MESSAGE_ID={}", log::LOGIN_ID),
    ];
    arguments.extend(choice.user.iter().map(|user| format!("OOD_K8S_USER={user}")));
    if choice.failed {
        // Several values of one field: any of them.
        arguments.extend(RESULTS[1..].iter().map(|result| format!("OOD_K8S_RESULT={result}")));
    }
    arguments
}

/// The chosen logins.
pub(super) async fn read(choice: &Choice) -> Result<Vec<LogRow>, LogsError> {
    let answer = ask(&arguments(choice)).await?;
    let entries = answer.split(|byte| *byte == b'\n').filter_map(entry_of);
    Ok(entries.filter_map(|entry| row_of(&entry, choice.since)).collect())
}

/// The last lines, each behind its time.
pub(super) async fn last_lines(most: usize) -> Result<Vec<String>, LogsError> {
    let answer = ask(&[format!("--lines={most}")]).await?;
    let entries = answer.split(|byte| *byte == b'\n').filter_map(entry_of);
    Ok(entries
        .map(|entry| format!("{} {}", rfc3339(entry.time), entry.message))
        .collect())
}

/// What `journalctl` says of our lines.
async fn ask(more: &[String]) -> Result<Zeroizing<Vec<u8>>, LogsError> {
    let start = |cause| LogsError::Start {
        program: JOURNALCTL,
        cause,
    };
    let mut command = Command::new(JOURNALCTL);
    let command = command.args(OURS).args(more).env_clear().current_dir("/");
    let mut journalctl = Program::start(command, LONGEST_ANSWER).map_err(start)?;
    let spoken = journalctl.converse(&[]).await.map_err(start)?;
    if !spoken.status.success() {
        let words = Foreign::new(String::from_utf8_lossy(&spoken.err));
        let status = spoken.status;
        return Err(LogsError::Journal { status, words });
    }
    if spoken.out.len() >= LONGEST_ANSWER {
        return Err(LogsError::TooMuch);
    }
    Ok(spoken.out)
}

/// A line in the journal.
struct Entry {
    time: SystemTime,
    message: String,
}

/// One entry of `journalctl --output=json`. A value that is not text is a list of bytes there, and none of ours.
fn entry_of(line: &[u8]) -> Option<Entry> {
    let entry: BTreeMap<String, Value> = serde_json::from_slice(line).ok()?;
    let text = |name: &str| entry.get(name).and_then(Value::as_str);
    let micros = text("__REALTIME_TIMESTAMP")?.parse().ok()?;
    Some(Entry {
        time: UNIX_EPOCH.checked_add(Duration::from_micros(micros))?,
        message: text("MESSAGE")?.to_owned(),
    })
}

fn row_of(entry: &Entry, since: Option<SystemTime>) -> Option<LogRow> {
    if since.is_some_and(|since| entry.time < since) {
        return None;
    }
    LogRow::of(rfc3339(entry.time), &fields(&entry.message), Author::Root)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As `read` makes rows.
    fn row_of(line: &[u8], since: Option<SystemTime>) -> Option<LogRow> {
        super::row_of(&entry_of(line)?, since)
    }

    #[test]
    fn an_entry_is_a_row_and_what_is_no_login_is_none() {
        let entry = |message: &str| {
            serde_json::json!({ "__REALTIME_TIMESTAMP": "1795291950000000", "MESSAGE": message }).to_string()
        };
        let row = row_of(
            entry("level=info msg=login user=ann cluster=prod result=ok milliseconds=11").as_bytes(),
            None,
        )
        .unwrap();
        assert_eq!(
            (
                row.time.as_str(),
                row.user.as_str(),
                row.result.as_str(),
                row.milliseconds
            ),
            ("2026-11-21T20:12:30Z", "ann", "ok", Some(11))
        );
        let login = entry("level=info msg=login user=ann cluster=prod result=ok milliseconds=11");
        let at = |seconds| UNIX_EPOCH.checked_add(Duration::from_secs(seconds));
        assert!(row_of(login.as_bytes(), at(1_795_291_950)).is_some());
        assert!(
            row_of(login.as_bytes(), at(1_795_291_951)).is_none(),
            "before that time"
        );
        for message in [
            "msg=renew-creds user=ann result=ok",
            "level=error user=ann msg=text",
            "{}",
            "",
        ] {
            assert_eq!(row_of(entry(message).as_bytes(), None), None, "{message}");
        }
        assert_eq!(row_of(b"{\"MESSAGE\":[1,2]}", None), None);
    }
}
