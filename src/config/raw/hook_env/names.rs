//! The names that bash reserves, and those that it sets by itself.

use super::error::{Reason, SyntaxError};

/// Bash's manual, "Shell Variables": those that it sets or uses in a non-interactive shell.
/// A `*` matches any suffix, since later versions add names.
#[rustfmt::skip]
const OWN: &[&str] = &[
    "_", "BASH", "BASHOPTS", "BASHPID", "BASH_*", "CHILD_MAX", "COLUMNS", "COMP_*", "DIRSTACK", "EPOCHREALTIME",
    "EPOCHSECONDS", "EUID", "EXECIGNORE", "FUNCNAME", "FUNCNEST", "GLOBIGNORE", "GLOBSORT", "GROUPS", "HISTCMD",
    "HISTCONTROL", "HISTFILE", "HISTFILESIZE", "HISTIGNORE", "HISTSIZE", "HISTTIMEFORMAT", "HOSTTYPE", "IFS",
    "IGNOREEOF", "LINENO", "LINES", "MACHTYPE", "MAPFILE", "OLDPWD", "OPTARG", "OPTERR", "OPTIND", "OSTYPE",
    "PIPESTATUS", "POSIXLY_CORRECT", "PPID", "PS0", "PS1", "PS2", "PS3", "PS4", "PWD", "RANDOM", "READLINE_*", "REPLY",
    "SECONDS", "SHELLOPTS", "SHLVL", "SRANDOM", "UID", "histchars", "ignoreeof",
];

/// Refuses a name that bash sets itself, makes read-only or does not inherit, since its value cannot be known here; and
/// one whose assignment changes how bash reads the rest of the file. The error has the entry of the list instead of the
/// name, which may be part of an unquoted secret.
pub(super) fn refuse_bashs_own(name: &str, line: usize) -> Result<(), SyntaxError> {
    let is_meant = |own: &str| match own.strip_suffix('*') {
        Some(start) => name.starts_with(start),
        None => name == own,
    };
    match OWN.iter().find(|own| is_meant(own)) {
        Some(own) => Err(Reason::ShellVariable(own).at(line)),
        None => Ok(()),
    }
}

/// Names that are set even if the environment lacks them: bash sets the first four, and the stock scripts set the
/// others before they source the file.
pub(super) fn is_made_up(name: &str) -> bool {
    // The tokens are removed from our environment before this is read; bash would have seen them.
    if name.to_ascii_uppercase().starts_with("OOD_OIDC_") {
        return true;
    }
    matches!(
        name,
        "HOSTNAME" | "PATH" | "SHELL" | "TERM" | "HOOK_ENV" | "ONDEMAND_USERNAME"
    )
}
