//! What cannot be otherwise, and why.

use crate::tally::Promise;

/// A promise, words of the fault or of what was seen, and the reason.
type Reason = (Promise, &'static str, &'static str);

const REASONS: [Reason; 0] = [];

/// The reason, if there is one.
pub fn explained(promise: Promise, how: &str, fault: &str) -> Option<&'static str> {
    let is_it = |(of, words, _): &&Reason| *of == promise && (how.contains(words) || fault.contains(words));
    REASONS.iter().find(is_it).map(|(_, _, reason)| *reason)
}
