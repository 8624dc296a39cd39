//! The counts of a row, and what broke a promise.

use std::collections::BTreeMap;

use crate::explained::explained;

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

/// The counts.
#[derive(Debug, Default)]
pub struct Tally {
    /// Runs with a fault.
    pub runs: u32,
    /// Runs that failed.
    pub failed: u32,
    /// Runs that a signal ended.
    pub died: u32,
    /// Runs after which all files were new.
    pub new: u32,
    /// Sessions that were over.
    pub lost: u32,
    /// Faults that did not come to pass: the run had not so many calls.
    pub missed: u32,
    /// What broke which promise, how often, and by which fault first.
    pub broken: BTreeMap<(Promise, String), (u32, String)>,
    /// The fault of this run.
    pub fault: String,
}

impl Tally {
    /// Notes a broken promise.
    pub fn broke(&mut self, promise: Promise, how: &str) {
        let how: String = how.chars().take(600).collect();
        let entry = self
            .broken
            .entry((promise, how))
            .or_insert_with(|| (0, self.fault.clone()));
        entry.0 += 1;
    }

    /// How often a promise was broken without a reason.
    pub fn count(&self, promise: Promise) -> u32 {
        let of_it = self
            .broken
            .iter()
            .filter(|((broken, how), (_, fault))| *broken == promise && explained(promise, how, fault).is_none());
        of_it.map(|(_, (count, _))| count).sum()
    }

    /// How often one was broken with a reason.
    pub fn explained(&self) -> u32 {
        let all: u32 = self.broken.values().map(|(count, _)| count).sum();
        all - Promise::ALL.iter().map(|promise| self.count(*promise)).sum::<u32>()
    }

    /// Whether all that was broken has a reason.
    pub fn is_good(&self) -> bool {
        Promise::ALL.iter().all(|promise| self.count(*promise) == 0)
    }
}
