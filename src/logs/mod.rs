//! The last logins as the log has them: from the journal, or from syslog's file.

mod choice;
mod error;
mod file;
mod journal;
mod last;
mod line;
mod row;

use std::path::Path;

use crate::log;

pub use choice::Choice;
pub use error::LogsError;
pub use last::{last_lines, LastLines};
pub use row::LogRow;

/// The chosen logins, the oldest first: from `file`, from the journal, or where there is none from syslog's file. With them
/// comes the file, if it was one: any account can write lines like ours to it.
pub async fn read<'a>(choice: &Choice, file: Option<&'a Path>) -> Result<(Vec<LogRow>, Option<&'a Path>), LogsError> {
    if file.is_none() && log::has_journal() {
        return Ok((journal::read(choice).await?, None));
    }
    let path = file::named_or_usual(file)?;
    Ok((file::read(choice, path)?, Some(path)))
}
