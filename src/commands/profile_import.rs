//! `profile import`: Posit's profiles as ours, on standard output; what has no counterpart, on standard error.

use super::error::{only, Failures};
use crate::cli::ProfileImportArgs;
use crate::config::{files, profiles};
use crate::log;
use crate::print;

/// Converts the file, whoever may have written it: nothing of it is used here.
pub(super) fn run(args: &ProfileImportArgs) -> Result<(), Failures> {
    let content = files::read(&args.file, "give the path of Launcher's profiles file").map_err(only)?;
    let text = String::from_utf8(content.bytes);
    let text = text.map_err(|_| only(files::unusable(&args.file, "it is not UTF-8")))?;
    let imported = profiles::import(&text);
    imported.warnings.iter().for_each(|warning| log::warning(warning));
    print::text(&imported.text);
    Ok(())
}
