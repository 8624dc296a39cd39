//! `config validate`: what is wrong with hook.env and clusters.d, for configuration management; no cluster is asked.

use super::config_show::{failures, read};
use super::error::{Error, Failures};
use super::invocation::Invocation;
use crate::cli::ConfigValidateArgs;
use crate::config::ConfigError;
use crate::log;

/// `config validate`: prints nothing if the files are right, and otherwise what is wrong, each with its file.
pub(super) fn run(invocation: &Invocation, args: &ConfigValidateArgs) -> Result<(), Failures> {
    let (site, mut errors) = read(invocation);
    let warnings: Vec<_> = site.all_warnings().collect();
    errors.extend(site.profiles.fault().cloned().map(Error::from));
    warnings.iter().for_each(|warning| log::warning(warning));
    if args.strict && errors.is_empty() && !warnings.is_empty() {
        errors.push(ConfigError::Strict.into());
    }
    invocation.deadline.lift();
    failures(errors)
}
