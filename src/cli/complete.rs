//! The flags of the commands behind Tab: `completion`, and what its scripts call.

use std::ffi::OsString;

use clap::{Args, ValueEnum};

pub(super) const COMPLETION_EXAMPLES: &str = "\
Examples:
  ood-k8s completion bash > /etc/bash_completion.d/ood-k8s
  ood-k8s completion zsh > /usr/share/zsh/site-functions/_ood-k8s
  ood-k8s completion fish > /etc/fish/completions/ood-k8s.fish";

/// `completion`.
#[derive(Debug, Args)]
pub struct CompletionArgs {
    /// The shell
    #[arg(value_enum, value_name = "SHELL")]
    pub shell: Shell,
}

/// The shells that have a script.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Shell {
    /// bash 4.4 or newer.
    Bash,
    /// zsh 5 or newer.
    Zsh,
    /// fish 3 or newer.
    Fish,
}

/// `__complete`.
#[derive(Debug, Args)]
pub struct CompleteArgs {
    /// The words of the command line up to the cursor, from the program's name on; the last may be empty
    #[arg(trailing_var_arg = true, allow_hyphen_values = true, value_name = "WORD")]
    pub words: Vec<OsString>,
}
