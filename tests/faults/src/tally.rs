//! The counts of a row, and what broke a promise.

use std::collections::BTreeMap;

use crate::case::Case;
use crate::explained::explained;
use crate::struck::Struck;

/// What is promised of every run with a fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Promise {
    /// Each file is the old one or the new one, whole, with its owner and mode.
    File,
    /// A failure is one line.
    Line,
    /// The status is a documented one, and 0 only where everything was written.
    Status,
    /// It ends by its deadline.
    Deadline,
    /// No secret is said.
    Secret,
    /// The next run works, or says why it cannot.
    Next,
}

impl Promise {
    /// In the order of the columns.
    pub const ALL: [Self; 6] = [
        Self::File,
        Self::Line,
        Self::Status,
        Self::Deadline,
        Self::Secret,
        Self::Next,
    ];
}

/// How a run is told that succeeded and left an old file; what it said follows.
pub const OLD_ALL_THE_SAME: &str = "0, and the file is the old one: ";
/// How a session is told that is over without a word by the program; what the login said follows.
pub const UNTOLD: &str = "the session is over, and no login says why: ";

/// A way in which a promise was broken; and why it cannot be otherwise, if that is so.
type Broken = (Promise, String, Option<&'static str>);

/// The counts.
#[derive(Debug)]
pub struct Tally {
    /// Of which command.
    case: Case,
    /// Runs, each with a fault.
    pub runs: u32,
    /// Runs that failed.
    pub failed: u32,
    /// Runs that a signal ended.
    pub died: u32,
    /// Runs after which all files were new.
    pub new: u32,
    /// Sessions that were over.
    pub lost: u32,
    /// Those whose fault did not come to pass: the run had not so many calls.
    pub missed: u32,
    /// What broke which promise, how often, and by which fault first.
    pub broken: BTreeMap<Broken, (u32, String)>,
    /// The fault of this run.
    pub fault: Struck,
}

impl Tally {
    /// Nothing is counted yet.
    pub fn new(case: Case) -> Self {
        Self {
            case,
            runs: 0,
            failed: 0,
            died: 0,
            new: 0,
            lost: 0,
            missed: 0,
            broken: BTreeMap::new(),
            fault: Struck::Nothing,
        }
    }

    /// Notes a broken promise.
    pub fn broke(&mut self, promise: Promise, how: &str) {
        let why = explained(self.case, &self.fault, promise, how);
        let how: String = how.chars().take(600).collect();
        let entry = self.broken.entry((promise, how, why));
        entry.or_insert_with(|| (0, self.fault.to_string())).0 += 1;
    }

    /// How often a promise was broken without a reason.
    pub fn count(&self, promise: Promise) -> u32 {
        let of_it = self.broken.iter();
        let of_it = of_it.filter(|((broken, _, why), _)| *broken == promise && why.is_none());
        of_it.map(|(_, (count, _))| count).sum()
    }

    /// How often one was broken with a reason.
    pub fn explained(&self) -> u32 {
        let with_reason = self.broken.iter().filter(|((_, _, why), _)| why.is_some());
        with_reason.map(|(_, (count, _))| count).sum()
    }

    /// Whether all that was broken has a reason.
    pub fn is_good(&self) -> bool {
        self.broken.keys().all(|(_, _, why)| why.is_some())
    }
}
