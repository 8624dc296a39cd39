//! `completion` and the hidden `__complete`: what Tab offers, from the one definition of the command line.
//!
//! clap's engine knows subcommands, flags, fixed values and paths; [`values`] adds what this site has. The scripts that
//! clap generates are not used: in bash they offer nothing after a subcommand of a program with a hyphen in its name
//! (clap-rs/clap 6386). Ours only pass the words on, as kubectl's do.

mod values;

use std::ffi::{OsStr, OsString};
use std::path::Path;

use clap_complete::engine::{self, CompletionCandidate};

use crate::cli::{Cli, CompleteArgs, CompletionArgs, Shell};
use crate::exit::ExitStatus;
use crate::foreign::is_harmless_letter;
use crate::print;
use values::{Asked, Words};

/// Prints the script of a shell.
pub(super) fn script(args: &CompletionArgs) -> ExitStatus {
    print::text(match args.shell {
        Shell::Bash => include_str!("../../../completions/ood-k8s.bash"),
        Shell::Zsh => include_str!("../../../completions/_ood-k8s"),
        Shell::Fish => include_str!("../../../completions/ood-k8s.fish"),
    });
    ExitStatus::Success
}

/// Prints the candidates for the last word, one a line: the word, a tab, and the first line of its help. A line
/// that begins with a tab is for the script: `users MIN_UID PREFIX` asks for the accounts of the passwd database, each with
/// that prefix. No candidate has a tab in it, whatever files and contexts are called.
pub(super) fn run(args: &CompleteArgs) -> ExitStatus {
    let words = with_home(&args.words);
    let Some(word) = words.last() else {
        return ExitStatus::Success;
    };
    let asked = Asked::default();
    let mut command = values::add(Cli::with_global_options(), &Words::of(&words), &asked);
    let at = words.len() - 1;
    // The engine fails only where nothing can follow.
    let found = engine::complete(&mut command, words.clone(), at, Some(Path::new("."))).unwrap_or_default();
    let mut lines: Vec<_> = offered(word, found).iter().filter_map(line).collect();
    lines.extend(asked.users(word));
    if !lines.is_empty() {
        print::text(&lines.join("\n"));
    }
    ExitStatus::Success
}

/// Flags are offered once a dash is typed, or if nothing else can follow, as kubectl does.
fn offered(word: &OsStr, mut found: Vec<CompletionCandidate>) -> Vec<CompletionCandidate> {
    let is_flag = |candidate: &CompletionCandidate| candidate.get_value().as_encoded_bytes().starts_with(b"-");
    if word.is_empty() && !found.iter().all(is_flag) {
        found.retain(|candidate| !is_flag(candidate));
    }
    found
}

/// One candidate as a line; `None` if a shell or a terminal could take it for something else than a word.
fn line(candidate: &CompletionCandidate) -> Option<String> {
    let value = candidate.get_value().to_str()?;
    if !value.chars().all(is_shown) {
        return None;
    }
    let help = candidate.get_help().map(ToString::to_string).unwrap_or_default();
    Some(format!("{value}\t{}", help.lines().next().unwrap_or_default()))
}

/// Printable ASCII, which the scripts quote, and letters that look like what they are.
fn is_shown(letter: char) -> bool {
    letter == ' ' || letter.is_ascii_graphic() || is_harmless_letter(letter)
}

/// The words, with the home in place of a tilde at the start of the last one.
fn with_home(words: &[OsString]) -> Vec<OsString> {
    let mut words = words.to_vec();
    let home = std::env::var("HOME").ok().filter(|home| home.starts_with('/'));
    let (Some(word), Some(home)) = (words.last_mut(), home) else {
        return words;
    };
    let Some(text) = word.to_str() else {
        return words;
    };
    let start = if text.starts_with("--") {
        text.find('=').map_or(0, |at| at + 1)
    } else {
        0
    };
    if !text[start..].starts_with("~/") {
        return words;
    }
    *word = format!("{}{home}{}", &text[..start], &text[start + 1..]).into();
    words
}
