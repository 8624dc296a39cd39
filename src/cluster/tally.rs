//! What a server has answered so far on one connection: whether it does, how soon, and whether the work gets on.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Instant;

/// The counts of one connection; clones share them.
#[derive(Debug, Clone, Default)]
pub(super) struct Tally(Arc<Counts>);

#[derive(Debug, Default)]
struct Counts {
    all: AtomicUsize,
    /// All but those that say to ask again later.
    final_ones: AtomicUsize,
    was_too_busy: AtomicBool,
    is_awaiting_a_deletion: AtomicBool,
    first_final: OnceLock<Instant>,
}

impl Tally {
    /// Counts an answer, of which nothing is known yet.
    pub fn add(&self) {
        self.0.all.fetch_add(1, Ordering::Relaxed);
    }

    /// Counts an answer with which the server did what it was asked, or refused it for good.
    pub fn add_final(&self) {
        self.0.final_ones.fetch_add(1, Ordering::Relaxed);
        self.0.first_final.get_or_init(Instant::now);
    }

    /// Notes that the server said that it is too busy (429).
    pub fn note_busy(&self) {
        self.0.was_too_busy.store(true, Ordering::Relaxed);
    }

    /// Notes whether all that is asked is whether a namespace that is being deleted is gone.
    pub fn set_awaiting_a_deletion(&self, is_it: bool) {
        self.0.is_awaiting_a_deletion.store(is_it, Ordering::Relaxed);
    }

    /// How many requests were answered.
    pub fn all(&self) -> usize {
        self.0.all.load(Ordering::Relaxed)
    }

    /// How many answers brought the work on; `None` while it waits for a deletion.
    pub fn progress(&self) -> Option<usize> {
        let is_on = !self.0.is_awaiting_a_deletion.load(Ordering::Relaxed);
        is_on.then(|| self.0.final_ones.load(Ordering::Relaxed))
    }

    /// Whether the server ever said that it is too busy.
    pub fn was_too_busy(&self) -> bool {
        self.0.was_too_busy.load(Ordering::Relaxed)
    }

    /// When the first final answer came.
    pub fn first_final(&self) -> Option<Instant> {
        self.0.first_final.get().copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_final_answers_bring_the_work_on_and_none_does_while_a_deletion_is_awaited() {
        let tally = Tally::default();
        tally.add();
        tally.note_busy();
        assert_eq!((tally.all(), tally.progress(), tally.first_final()), (1, Some(0), None));
        tally.clone().add_final();
        assert_eq!(tally.progress(), Some(1));
        assert!(tally.first_final().is_some() && tally.was_too_busy());
        tally.set_awaiting_a_deletion(true);
        assert_eq!(tally.progress(), None);
        tally.set_awaiting_a_deletion(false);
        tally.add_final();
        assert_eq!(tally.progress(), Some(2), "each of them");
    }
}
