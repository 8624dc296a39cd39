//! The command lines that are waited for, a login's and kubectl's, parsed without the definitions of all other commands.
//!
//! The flags are those of the one definition. What is not understood here is parsed again as a whole, which says why: help,
//! a slip of the finger, another command.

use std::ffi::OsString;

use clap::{Parser, Subcommand};

use super::{Cli, Command, CredentialArgs, Global, PreHookArgs};

/// [`Cli`] with these two commands alone.
#[derive(Parser)]
#[command(name = "ood-k8s", disable_help_flag = true, disable_help_subcommand = true)]
struct Soon {
    #[command(flatten)]
    global: Global,
    #[command(subcommand)]
    command: Waited,
}

#[derive(Subcommand)]
#[command(disable_help_flag = true)]
enum Waited {
    PreHook(PreHookArgs),
    Credential(CredentialArgs),
}

/// The command line, if it is one of these and has no mistake.
pub(super) fn parse(args: &[OsString]) -> Option<Cli> {
    let is_one = args.iter().any(|arg| arg == "pre-hook" || arg == "credential");
    let Soon { global, command } = is_one.then(|| Soon::try_parse_from(args).ok()).flatten()?;
    Some(Cli {
        help: None,
        global,
        command: match command {
            Waited::PreHook(args) => Command::PreHook(args),
            Waited::Credential(args) => Command::Credential(args),
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(line: &str) -> Vec<OsString> {
        line.split(' ').map(OsString::from).collect()
    }

    #[test]
    fn what_is_parsed_here_is_what_the_whole_definition_makes_of_it() {
        for line in [
            "ood-k8s pre-hook --user ann",
            "ood-k8s --quiet pre-hook --user=-ann --cluster a --cluster b --timeout 3s",
            "ood-k8s pre-hook --hook-env /x --clusters-dir /y --kubeconfig /z --user ann --log-level info --log-format json",
            "ood-k8s credential --cluster prod",
            "ood-k8s --color never --no-headers credential --cluster prod",
        ] {
            let whole = Cli::try_parse_from(words(line)).unwrap();
            let soon = parse(&words(line)).unwrap_or_else(|| panic!("not parsed: {line}"));
            assert_eq!(format!("{soon:?}"), format!("{whole:?}"));
        }
    }

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
            assert!(parse(&words(line)).is_none(), "{line}");
        }
    }
}
