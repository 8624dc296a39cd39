//! A command line that is not understood, told on one line: what is wrong with it, and where the right form is.

use std::ffi::OsString;

use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::Command;

use super::hook::is_hook;

/// How many slips of the finger (a letter more, less, another, two the wrong way round) make one word of another.
const SLIPS: usize = 3;

/// An invalid command line, or a request for help.
#[derive(Debug)]
pub struct UsageError {
    error: clap::Error,
    /// Whether OnDemand called the hook.
    pub is_hook: bool,
    /// `ood-k8s` and the subcommands that were recognized.
    command: String,
}

impl UsageError {
    pub(super) fn new(error: clap::Error, definition: Command, args: &[OsString]) -> Self {
        Self {
            error,
            is_hook: is_hook(args.iter().cloned()),
            command: command_in(definition, args),
        }
    }

    /// The error on one line. What is none, a request for help or for the version, is printed, and ends the program.
    pub fn line(&self) -> String {
        let is_help = self.error.kind() == ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand;
        if !self.error.use_stderr() || (is_help && !self.is_hook) {
            self.error.exit();
        }
        let what = self.what();
        if self.is_hook {
            return format!("{what}; OnDemand calls: pre-hook --user NAME");
        }
        let hint = self.suggestion().map(|word| format!("; did you mean {word}?"));
        format!("{what}{}; see: {} --help", hint.unwrap_or_default(), self.command)
    }

    /// clap's first paragraph: what follows are tips, the usage and where help is.
    fn what(&self) -> String {
        let text = self.error.to_string();
        let what = text.split("\n\n").next().unwrap_or_default();
        let what = what.trim_start_matches("error: ");
        match what.split_once('\n') {
            Some((what, list)) => {
                let list: Vec<_> = list.lines().map(|item| item.trim().trim_matches(['[', ']'])).collect();
                let between = if what.ends_with(':') { " " } else { "; " };
                format!("{what}{between}{}", list.join(", "))
            }
            None => sentence(what),
        }
    }

    /// What was probably meant; clap also suggests words that have little in common with what was written.
    fn suggestion(&self) -> Option<String> {
        use ContextKind::{
            InvalidArg, InvalidSubcommand, InvalidValue, SuggestedArg, SuggestedSubcommand, SuggestedValue,
        };
        let pairs = [
            (InvalidArg, SuggestedArg),
            (InvalidSubcommand, SuggestedSubcommand),
            (InvalidValue, SuggestedValue),
        ];
        let of = |kind| match self.error.get(kind)? {
            ContextValue::String(word) => Some(word.clone()),
            ContextValue::Strings(words) => words.first().cloned(),
            _ => None,
        };
        pairs.into_iter().find_map(|(wrong, right)| {
            let (wrong, right) = (of(wrong)?, of(right)?);
            (strsim::osa_distance(&wrong, &right) <= SLIPS).then_some(right)
        })
    }
}

/// Our own parsers say of a value what it "is" or "has": with clap's words before them, that makes a sentence.
fn sentence(what: &str) -> String {
    let parts = what.strip_prefix("invalid ").and_then(|what| what.split_once(": "));
    match parts {
        Some((value, verdict)) if verdict.starts_with("is ") || verdict.starts_with("has ") => {
            format!("{value} {verdict}")
        }
        _ => what.to_owned(),
    }
}

/// The deepest command that the arguments name.
fn command_in(mut command: Command, args: &[OsString]) -> String {
    let mut name = command.get_name().to_owned();
    for word in args.iter().skip(1).filter_map(|arg| arg.to_str()) {
        let Some(sub) = command.find_subcommand(word) else {
            continue;
        };
        name = format!("{name} {}", sub.get_name());
        command = sub.clone();
    }
    name
}
