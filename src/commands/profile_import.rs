//! `profile import`: Posit's profiles as ours, on standard output; what has no counterpart, on standard error.

use super::error::{only, Failures};
use crate::cli::ProfileImportArgs;
use crate::config::profiles::{self, ImportFault};
use crate::config::{files, ConfigError};
use crate::log;
use crate::print;

/// Converts the file, whoever may have written it: nothing of it is used here. A result that cannot be used is printed all
/// the same, for somebody who corrects it.
pub(super) fn run(args: &ProfileImportArgs) -> Result<(), Failures> {
    let content = files::read(&args.file, "give the path of Launcher's profiles file").map_err(only)?;
    let text = String::from_utf8(content.bytes);
    let text = text.map_err(|_| only(files::unusable(&args.file, "it is not UTF-8")))?;
    let imported = profiles::import(&text);
    imported.warnings.iter().for_each(|warning| log::warning(warning));
    print::text(&imported.text);
    let fault = imported.fault.map(|fault| match fault {
        ImportFault::NoSection => files::unusable(&args.file, "it has no section, such as [*]"),
        ImportFault::Line(line, reason) => ConfigError::Profiles {
            path: "/dev/stdout".into(),
            line,
            reason,
        },
    });
    fault.map_or(Ok(()), |fault| Err(only(fault)))
}
