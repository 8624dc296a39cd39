//! The last logins from systemd's journal: `journalctl`, the one program that this module starts, with arguments of ours.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Read as _};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, UNIX_EPOCH};

use serde_json::Value;

use super::error::LogsError;
use super::line::fields;
use super::row::{Author, LogRow};
use super::Choice;
use crate::exit::RESULTS;
use crate::foreign::Foreign;
use crate::log;
use crate::time::{rfc3339, unix_seconds};

const JOURNALCTL: &str = "/usr/bin/journalctl";
/// Rows that are shown at a time.
const PAGE: usize = 100;
/// Of a line, in bytes: our longest, with all its characters escaped.
const LONGEST: u64 = 1 << 20;
/// Of what it says on standard error, in bytes.
const LONGEST_WORDS: u64 = 400;

/// Only what root's processes wrote: the field with the underscore is journald's own, from the kernel, while the
/// identifier is anybody's choice.
fn arguments(choice: &Choice) -> Vec<String> {
    let mut arguments: Vec<String> = [
        "--no-pager",
        "--quiet",
        "--output=json",
        // Without it, a long line is left out.
        "--all",
        "--output-fields=MESSAGE,OOD_K8S_USER",
        "_UID=0",
        "SYSLOG_IDENTIFIER=ood-k8s",
    ]
    .map(Into::into)
    .into();
    arguments.push(format!("--lines={}", choice.lines));
    arguments.push(format!("MESSAGE_ID={}", log::LOGIN_ID));
    if let Some(since) = choice.since {
        arguments.push(format!("--since=@{}", unix_seconds(since)));
    }
    arguments.extend(choice.user.iter().map(|user| format!("OOD_K8S_USER={user}")));
    if choice.failed {
        // Several values of one field: any of them.
        arguments.extend(RESULTS[1..].iter().map(|result| format!("OOD_K8S_RESULT={result}")));
    }
    arguments
}

/// Shows the chosen logins, a page at a time.
pub(super) fn read(choice: &Choice, show: &mut impl FnMut(&[LogRow])) -> Result<(), LogsError> {
    let start = |cause| LogsError::Start {
        program: JOURNALCTL,
        cause,
    };
    let mut child = Command::new(JOURNALCTL)
        .args(arguments(choice))
        .env_clear()
        .current_dir("/")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(start)?;
    show_all(&mut child, show);
    let mut words = Vec::new();
    if let Some(stderr) = child.stderr.take() {
        let _ = stderr.take(LONGEST_WORDS).read_to_end(&mut words);
    }
    let status = child.wait().map_err(start)?;
    if status.success() {
        return Ok(());
    }
    let words = Foreign::new(String::from_utf8_lossy(&words));
    Err(LogsError::Journal { status, words })
}

fn show_all(child: &mut Child, show: &mut impl FnMut(&[LogRow])) {
    let Some(stdout) = child.stdout.take() else { return };
    let mut reader = BufReader::new(stdout);
    let (mut page, mut line) = (Vec::new(), Vec::new());
    while (&mut reader)
        .take(LONGEST)
        .read_until(b'\n', &mut line)
        .is_ok_and(|length| length > 0)
    {
        page.extend(row_of(&line));
        line.clear();
        if page.len() == PAGE {
            show(&page);
            page.clear();
        }
    }
    show(&page);
}

/// One entry of `journalctl --output=json`. A value that is not text is a list of bytes there, and none of ours.
fn row_of(line: &[u8]) -> Option<LogRow> {
    let entry: BTreeMap<String, Value> = serde_json::from_slice(line).ok()?;
    let text = |name: &str| entry.get(name).and_then(Value::as_str);
    let micros = text("__REALTIME_TIMESTAMP")?.parse().ok()?;
    let time = UNIX_EPOCH.checked_add(Duration::from_micros(micros))?;
    LogRow::of(rfc3339(time), &fields(text("MESSAGE")?), Author::Root)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_is_a_row_and_what_is_no_login_is_none() {
        let entry = |message: &str| {
            serde_json::json!({ "__REALTIME_TIMESTAMP": "1795291950000000", "MESSAGE": message }).to_string()
        };
        let row =
            row_of(entry("level=info msg=login user=ann cluster=prod result=ok milliseconds=11").as_bytes()).unwrap();
        assert_eq!(
            (
                row.time.as_str(),
                row.user.as_str(),
                row.result.as_str(),
                row.milliseconds
            ),
            ("2026-11-21T20:12:30Z", "ann", "ok", Some(11))
        );
        for message in [
            "msg=renew-creds user=ann result=ok",
            "level=error user=ann msg=text",
            "{}",
            "",
        ] {
            assert_eq!(row_of(entry(message).as_bytes()), None, "{message}");
        }
        assert_eq!(row_of(b"{\"MESSAGE\":[1,2]}"), None);
    }
}
