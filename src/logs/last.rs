//! The last lines of this program as they stand in the log, whatever they say: for a support bundle.

use std::path::Path;

use super::error::LogsError;
use super::{file, journal};
use crate::foreign::Foreign;
use crate::log;

/// How many lines are kept.
const MOST_LINES: usize = 200;

/// The last lines, the oldest first.
#[derive(Debug)]
pub struct LastLines {
    /// The file's name; `journal` for those that the journal has from root's processes, and nobody else's.
    pub from: String,
    /// The lines, each with its time. Nothing in them looks like a token.
    pub lines: Vec<String>,
}

/// The last lines: from `file`, from the journal, or where there is none from syslog's file.
pub async fn last_lines(file: Option<&Path>) -> Result<LastLines, LogsError> {
    let (from, lines) = if file.is_none() && log::has_journal() {
        ("journal".into(), journal::last_lines(MOST_LINES).await?)
    } else {
        let path = file::named_or_usual(file)?;
        (path.display().to_string(), file::last_lines(path, MOST_LINES)?)
    };
    // Any account can write to syslog's file, in our name as well.
    let lines = lines.into_iter().map(|line| Foreign::from(line).on_a_line()).collect();
    Ok(LastLines { from, lines })
}
