//! The command lines that are waited for, a login's and kubectl's, parsed without the definitions of all other commands.
//!
//! The flags are those of the one definition. What is not understood here is parsed again as a whole, which says why: help,
//! a mistyped word, another command.

use std::ffi::OsString;

use clap::{Parser, Subcommand};

use super::global::Global;
use super::login::{CredentialArgs, PreHookArgs};

/// `Cli` with these two commands alone.
#[derive(Parser)]
#[command(name = "ood-k8s", disable_help_flag = true, disable_help_subcommand = true)]
struct Reduced {
    #[command(flatten)]
    global: Global,
    #[command(subcommand)]
    command: Waited,
}

/// A command that is waited for.
#[derive(Subcommand)]
#[command(disable_help_flag = true)]
pub(super) enum Waited {
    PreHook(PreHookArgs),
    Credential(CredentialArgs),
}

/// The command line, if it is one of these and has no mistake.
pub(super) fn parse(args: &[OsString]) -> Option<(Global, Waited)> {
    let is_one = args.iter().any(|arg| arg == "pre-hook" || arg == "credential");
    let Reduced { global, command } = is_one.then(|| Reduced::try_parse_from(args).ok()).flatten()?;
    Some((global, command))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_whole_definition_refuses_or_answers_is_left_to_it() {
        for line in [
            "ood-k8s pre-hook",
            "ood-k8s pre-hook --user",
            "ood-k8s pre-hook --help",
            "ood-k8s --version pre-hook",
            "ood-k8s help pre-hook",
            "ood-k8s pre-hook --user ann --no-such-flag",
            "ood-k8s pre-hook --user ann --user ben",
            "ood-k8s credential --timeout soon",
            "ood-k8s set-creds pre-hook",
            "ood-k8s",
        ] {
            let words: Vec<_> = line.split(' ').map(OsString::from).collect();
            assert!(parse(&words).is_none(), "{line}");
        }
    }
}
