//! What cannot be otherwise, and why: of a command, with a fault in a place, exactly what is seen then. Whatever else breaks a
//! promise is counted, also where something else is explained.

use crate::case::Case;
use crate::struck::Struck;
use crate::tally::Promise;

/// A promise that cannot be kept.
struct Reason {
    /// Of these commands.
    cases: &'static [Case],
    /// With this fault, in this place.
    struck: fn(&Struck) -> bool,
    promise: Promise,
    /// What is seen.
    how: fn(&str) -> bool,
    why: &'static str,
}

const ALL: &[Case] = &[Case::SetCreds, Case::RefreshToken, Case::Mint, Case::RenewCreds];
const OF_SESSIONS: &[Case] = &[Case::SetCreds, Case::RenewCreds];
const RENEWAL: &[Case] = &[Case::RenewCreds];

/// How a session is told that is over without a word by the program: it was the provider's to say.
const UNTOLD: &str = "the session is over, and no login says why: ";

const REASONS: &[Reason] = &[
    Reason {
        cases: ALL,
        struck: is_of_standard_error,
        promise: Promise::Line,
        how: |how| is_a_beginning(how, "ood-k8s: warning: "),
        why: "standard error itself failed",
    },
    Reason {
        cases: ALL,
        struck: is_of_runtime,
        promise: Promise::Line,
        how: |how| how.starts_with("status Some(1): ") && is_of_tokio(how),
        why: "a library that cannot start says so by a panic, which is told twice",
    },
    Reason {
        cases: ALL,
        struck: is_of_runtime,
        promise: Promise::Status,
        how: |how| how.starts_with("1: ") && is_of_tokio(how),
        why: "a library that cannot start says so by a panic",
    },
    Reason {
        cases: OF_SESSIONS,
        struck: |struck| matches!(struck, Struck::ServersClock(1..)),
        promise: Promise::File,
        how: |how| how == "Record: gone",
        why: "by that clock the session is over",
    },
    Reason {
        cases: OF_SESSIONS,
        struck: |struck| matches!(struck, Struck::ServersClock(1..)),
        promise: Promise::Next,
        how: |how| how.strip_prefix(UNTOLD) == Some(""),
        why: "by that clock the session is over",
    },
    Reason {
        cases: OF_SESSIONS,
        struck: |struck| matches!(struck, Struck::ServersClock(..=-1)),
        promise: Promise::Next,
        how: |how| how.strip_prefix(UNTOLD).is_some_and(is_refused_as_over),
        why: "by that clock the next token was over when it was given",
    },
    Reason {
        cases: RENEWAL,
        struck: is_early_node,
        promise: Promise::Status,
        how: is_kept,
        why: "by that clock nothing is due yet",
    },
    Reason {
        cases: RENEWAL,
        struck: is_of_passwd,
        promise: Promise::Status,
        how: is_kept,
        why: "the passwd database knew nobody once: nothing is done then, and nobody forgotten",
    },
];

/// A write to standard error.
fn is_of_standard_error(struck: &Struck) -> bool {
    matches!(struck, Struck::Call { call: "write" | "writev", place, .. } if place.ends_with("standard error"))
}

/// What tokio makes for itself before it does anything.
fn is_of_runtime(struck: &Struck) -> bool {
    const CALLS: [&str; 6] = [
        "epoll_create1",
        "epoll_ctl",
        "eventfd2",
        "socketpair",
        "clone",
        "clone3",
    ];
    matches!(struck, Struck::Call { call, .. } if CALLS.contains(call))
}

fn is_early_node(struck: &Struck) -> bool {
    matches!(struck, Struck::NodesClock { at, .. } if at.starts_with('-'))
}

/// The files by which glibc looks for an account.
fn is_of_passwd(struck: &Struck) -> bool {
    const FILES: [&str; 3] = ["/etc/passwd", "/etc/nsswitch.conf", "/etc/group"];
    matches!(struck, Struck::Call { place, .. } if FILES.iter().any(|file| place.ends_with(file)))
}

/// A warning that ends too early.
fn is_a_beginning(how: &str, whole: &str) -> bool {
    let told = how
        .strip_prefix("status Some(0): \"")
        .and_then(|rest| rest.strip_suffix('"'));
    told.is_some_and(|told| whole.starts_with(told) || told.starts_with(whole) && !told.contains("\\n"))
}

fn is_of_tokio(how: &str) -> bool {
    how.contains("a fault in this program: tokio") || how.contains("a fault in this program: failed to spawn thread")
}

/// The one line of a login whose refresh token is over, or whose session ended with such a token.
fn is_refused_as_over(said: &str) -> bool {
    let words = ["Token is not active", "Maximum allowed refresh token reuse exceeded"];
    let is_refusal = |words: &&str| said.contains(&format!("says invalid_grant (\"{words}\"); "));
    said.starts_with("ood-k8s: error: cannot refresh the access token: ")
        && words.iter().any(|words| is_refusal(&words))
}

fn is_kept(how: &str) -> bool {
    how.trim_end() == "0, and the file is the old one: 1 user: 1 kept"
}

/// The reason, if there is one.
pub fn explained(case: Case, struck: &Struck, promise: Promise, how: &str) -> Option<&'static str> {
    let is_it = |reason: &&Reason| {
        reason.cases.contains(&case) && reason.promise == promise && (reason.struck)(struck) && (reason.how)(how)
    };
    REASONS.iter().find(is_it).map(|reason| reason.why)
}
