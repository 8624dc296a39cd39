//! What cannot be otherwise, and why.

use crate::tally::Promise;

/// A promise, words of the fault or of what was seen, and the reason.
type Reason = (Promise, &'static str, &'static str);

const REASONS: [Reason; 9] = [
    (Promise::Line, "Some(0): \"ood-k8s: \"", "standard error itself failed"),
    (
        Promise::Line,
        "Some(0): \"ood-k8s: warning\"",
        "standard error itself failed",
    ),
    (
        Promise::Line,
        "a fault in this program: tokio",
        "a library that cannot start says so by a panic, which is told twice",
    ),
    (
        Promise::Status,
        "a fault in this program: tokio",
        "a library that cannot start says so by a panic",
    ),
    (
        Promise::Status,
        "the node's clock is at -",
        "by that clock nothing is due yet",
    ),
    (
        Promise::File,
        "the servers' clocks are",
        "by that clock the session is over",
    ),
    (
        Promise::Next,
        "the servers' clocks are",
        "by that clock the session is over, or its next token was",
    ),
    (
        Promise::Next,
        "the node's clock is at",
        "the provider's own answer: by that clock the session is over",
    ),
    (
        Promise::Status,
        "1 user: 1 kept",
        "the passwd database knew nobody once: nothing is done then, and nobody forgotten",
    ),
];

/// The reason, if there is one.
pub fn explained(promise: Promise, how: &str, fault: &str) -> Option<&'static str> {
    let is_it = |(of, words, _): &&Reason| *of == promise && (how.contains(words) || fault.contains(words));
    REASONS.iter().find(is_it).map(|(_, _, reason)| *reason)
}
