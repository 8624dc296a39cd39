//! What cannot be otherwise, and why: of a command, with a fault in a place, exactly what is seen then. Whatever else breaks a
//! promise is counted, also where something else is explained.

use crate::case::Case;
use crate::fault::Process;
use crate::struck::Struck;
use crate::tally::{Promise, OLD_ALL_THE_SAME, UNTOLD};

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
    matches!(struck, Struck::Call { call: "write" | "writev", place, .. } if place.as_os_str() == "standard error")
}

/// The pair of sockets that tokio makes for signals, before the program does anything.
fn is_of_runtime(struck: &Struck) -> bool {
    matches!(
        struck,
        Struck::Call {
            process: Process::Program,
            call: "socketpair",
            ..
        }
    )
}

fn is_early_node(struck: &Struck) -> bool {
    matches!(struck, Struck::NodesClock { at, .. } if at.starts_with('-'))
}

/// The file in which glibc looks for an account.
fn is_of_passwd(struck: &Struck) -> bool {
    matches!(struck, Struck::Call { place, .. } if place.as_os_str() == "/etc/passwd")
}

/// A warning that ends too early.
fn is_a_beginning(how: &str, whole: &str) -> bool {
    let told = how
        .strip_prefix("status Some(0): \"")
        .and_then(|rest| rest.strip_suffix('"'));
    told.is_some_and(|told| whole.starts_with(told) || told.starts_with(whole) && !told.contains("\\n"))
}

fn is_of_tokio(how: &str) -> bool {
    how.contains("ood-k8s: error: a fault in this program: tokio-") && how.contains("/src/signal/unix.rs:")
}

/// The one line of a login whose refresh token is over, or whose session ended with such a token.
fn is_refused_as_over(said: &str) -> bool {
    let words = ["Token is not active", "Maximum allowed refresh token reuse exceeded"];
    let is_refusal = |words: &&str| said.contains(&format!("says invalid_grant (\"{words}\"); "));
    said.starts_with("ood-k8s: error: cannot refresh the access token: ") && words.iter().any(is_refusal)
}

fn is_kept(how: &str) -> bool {
    how.strip_prefix(OLD_ALL_THE_SAME).map(str::trim_end) == Some("1 user: 1 kept")
}

/// The reason, if there is one.
pub fn explained(case: Case, struck: &Struck, promise: Promise, how: &str) -> Option<&'static str> {
    let is_it = |reason: &&Reason| {
        reason.cases.contains(&case) && reason.promise == promise && (reason.struck)(struck) && (reason.how)(how)
    };
    REASONS.iter().find(is_it).map(|reason| reason.why)
}

#[cfg(test)]
mod tests {
    use nix::errno::Errno;

    use super::*;

    fn failed(call: &'static str, place: &str) -> Struck {
        Struck::Call {
            process: Process::Program,
            call,
            nth: 1,
            errno: Errno::EIO,
            place: place.into(),
        }
    }

    const KEPT: &str = "0, and the file is the old one: 1 user: 1 kept\n";

    #[test]
    fn what_is_explained_of_one_command_fault_and_place_is_not_explained_of_another() {
        let passwd = failed("read", "/etc/passwd");
        let (of, status) = (Case::RenewCreds, Promise::Status);
        assert!(explained(of, &passwd, status, KEPT).is_some());
        for (case, struck, promise, how) in [
            (Case::SetCreds, &passwd, status, KEPT),
            (of, &failed("read", "/renewal/games.json"), status, KEPT),
            (of, &Struck::Full(7), status, KEPT),
            (
                of,
                &Struck::NodesClock {
                    at: "+1h".into(),
                    after: None,
                },
                status,
                KEPT,
            ),
            (of, &passwd, Promise::File, KEPT),
            (
                of,
                &passwd,
                status,
                "0, and the file is the old one: 1 user: 1 renewed\n",
            ),
            (
                of,
                &passwd,
                status,
                "0, and the file is the old one: 1 user: 1 kept\nood-k8s: warning: x",
            ),
        ] {
            assert_eq!(explained(case, struck, promise, how), None, "{struck} {how}");
        }
    }

    #[test]
    fn a_line_that_is_cut_off_is_explained_only_where_standard_error_failed() {
        let cut = "status Some(0): \"ood-k8s: \"";
        let stderr = failed("write", "standard error");
        assert!(explained(Case::RefreshToken, &stderr, Promise::Line, cut).is_some());
        assert_eq!(
            explained(
                Case::RefreshToken,
                &failed("write", "standard output"),
                Promise::Line,
                cut
            ),
            None
        );
        for how in [
            "status Some(0): \"thread main panicked\"",
            "status Some(6): \"ood-k8s: \"",
        ] {
            assert_eq!(
                explained(Case::RefreshToken, &stderr, Promise::Line, how),
                None,
                "{how}"
            );
        }
    }

    #[test]
    fn of_a_wrong_clock_only_the_end_of_the_session_is_explained() {
        let (ahead, behind) = (Struck::ServersClock(3600), Struck::ServersClock(-3600));
        let file = |struck, how| explained(Case::SetCreds, struck, Promise::File, how);
        assert!(file(&ahead, "Record: gone").is_some());
        for (struck, how) in [
            (&behind, "Record: gone"),
            (&ahead, "Config: gone"),
            (&ahead, "Record: {"),
            (&ahead, "left behind: x"),
        ] {
            assert_eq!(file(struck, how), None, "{how}");
        }
        let next = |struck, how: &str| explained(Case::RenewCreds, struck, Promise::Next, how);
        let refused = "ood-k8s: error: cannot refresh the access token: https://x/token says invalid_grant (\"Token is not active\"); log in";
        assert!(next(&behind, &format!("{UNTOLD}{refused}")).is_some() && next(&ahead, UNTOLD).is_some());
        for how in ["left behind: config", "Some(3) error", "a new session does not work: x"] {
            assert_eq!(next(&behind, how), None, "{how}");
            assert_eq!(next(&ahead, how), None, "{how}");
        }
    }
}
