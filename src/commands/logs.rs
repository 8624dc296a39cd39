//! `logs`: the last logins, from the journal or from syslog's file.

use std::time::{Duration, SystemTime};

use serde_json::json;

use super::error::{only, Failures};
use super::invocation::{guard, Invocation};
use crate::cli::LogsArgs;
use crate::door::shown;
use crate::log;
use crate::logs::{self, Choice};
use crate::naming::Username;
use crate::print::Rows;

/// A journal of years is read in less.
const LONGEST: Duration = Duration::from_secs(60);

/// Prints the chosen logins, the oldest first.
pub(super) async fn run(invocation: &Invocation, args: &LogsArgs) -> Result<(), Failures> {
    invocation.deadline.more_time("reading the log", LONGEST);
    guard(&invocation.deadline);
    let choice = Choice {
        user: args.user.as_deref().map(Username::parse).transpose().map_err(only)?,
        failed: args.failed,
        since: args.since.and_then(|ago| SystemTime::now().checked_sub(ago)),
        lines: args.lines,
    };
    let (found, file) = logs::read(&choice, args.file.as_deref()).await.map_err(only)?;
    invocation.deadline.lift();
    let mut rows = Rows::new(args.output);
    rows.add(&found);
    rows.end(json!({}));
    if let Some(file) = file {
        log::note(&format!(
            "every account of this machine can write lines like these to {}, and they may be forged; the journal says who wrote a line",
            shown(file)
        ));
    }
    Ok(())
}
