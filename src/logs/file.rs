//! The last logins from the file of a syslog daemon: its end, since such a file may be of any size.

use std::collections::VecDeque;
use std::path::Path;
use std::time::SystemTime;

use super::choice::Choice;
use super::error::LogsError;
use super::line::{fields, of_syslog};
use super::row::{Author, LogRow};
use crate::door;
use crate::time::{parse_rfc3339, rfc3339};

/// Where syslog daemons write what `daemon` logs, on Enterprise Linux and on Debian.
const FILES: [&str; 2] = ["/var/log/messages", "/var/log/syslog"];
/// Of the file's end, in bytes: some 50,000 lines of ours.
const LONGEST: u64 = 16 << 20;

/// The file that was named, or else the first of the usual ones that is there.
pub(super) fn named_or_usual(named: Option<&Path>) -> Result<&Path, LogsError> {
    let is_there = |path: &&Path| door::read_end(path, 0).is_ok();
    let usual = || FILES.iter().map(Path::new).find(is_there);
    named.or_else(usual).ok_or(LogsError::Nowhere)
}

/// The chosen logins in the file.
pub(super) fn read(choice: &Choice, path: &Path) -> Result<Vec<LogRow>, LogsError> {
    let bytes = door::read_end(path, LONGEST)?;
    let mut rows = VecDeque::new();
    for line in String::from_utf8_lossy(&bytes).lines() {
        let Some((time, text)) = of_syslog(line) else { continue };
        let when = parse_rfc3339(time);
        let shown = when.map_or_else(|| time.to_owned(), rfc3339);
        let Some(row) = LogRow::of(shown, &fields(text), Author::Anybody) else {
            continue;
        };
        if !takes(choice, &row, when, path)? {
            continue;
        }
        rows.push_back(row);
        if rows.len() > choice.lines as usize {
            rows.pop_front();
        }
    }
    Ok(rows.into())
}

/// The last lines in it that are of this program, by what a syslog daemon put before them.
pub(super) fn last_lines(path: &Path, most: usize) -> Result<Vec<String>, LogsError> {
    let bytes = door::read_end(path, LONGEST)?;
    let text = String::from_utf8_lossy(&bytes);
    let mut lines: Vec<_> = text.lines().rev().filter(|line| of_syslog(line).is_some()).collect();
    lines.truncate(most);
    lines.reverse();
    Ok(lines.into_iter().map(str::to_owned).collect())
}

fn takes(choice: &Choice, row: &LogRow, when: Option<SystemTime>, path: &Path) -> Result<bool, LogsError> {
    let is_chosen =
        (!choice.failed || row.has_failed()) && choice.user.as_ref().is_none_or(|user| row.user == user.as_str());
    match (choice.since, when) {
        (None, _) => Ok(is_chosen),
        (Some(since), Some(when)) => Ok(is_chosen && when >= since),
        (Some(_), None) => Err(LogsError::Undated { path: path.to_owned() }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_all_lines_the_last_of_ours_are_kept_in_order() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("messages");
        let line = |number| {
            format!(
                "Nov 26 17:00:00 web ood-k8s[7]: line {number}\n\
                 Nov 26 17:00:00 web sshd[1]: ood-k8s[7]: other\n"
            )
        };
        let text: String = (0..300).map(line).collect();
        std::fs::write(&path, text).unwrap();
        let lines = last_lines(&path, 200).unwrap();
        assert_eq!(lines.len(), 200);
        assert!(
            lines[0].ends_with("line 100") && lines[199].ends_with("line 299"),
            "{lines:?}"
        );
    }
}
