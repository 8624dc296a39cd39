//! Progress of long work on standard error, for a person at a terminal.

use std::cell::Cell;
use std::io::{IsTerminal as _, Write as _};
use std::time::{Duration, Instant};

use crate::log;
use crate::time::for_a_person;

/// Back to the beginning of the line, and what is on it erased.
const ERASE: &str = "\r\x1b[K";
/// So often the line is drawn at most.
const PAUSE: Duration = Duration::from_millis(100);
/// The length of the bar.
const BAR: usize = 40;

/// A progress bar. It disappears when it is dropped.
pub struct Progress {
    total: Option<usize>,
    started: Instant,
    done: Cell<usize>,
    drawn: Cell<Option<Instant>>,
    is_shown: bool,
}

/// Progress over namespaces: a bar if their number is known, a counter otherwise.
///
/// Hidden with `--quiet` and unless standard error is a terminal, and for a single namespace, which is done at once.
pub fn progress(total: Option<usize>) -> Progress {
    let is_single = total.is_some_and(|total| total < 2);
    Progress {
        total,
        started: Instant::now(),
        done: Cell::new(0),
        drawn: Cell::new(None),
        is_shown: !is_single && !log::is_quiet() && std::io::stderr().is_terminal(),
    }
}

impl Progress {
    /// Counts one more as done.
    pub fn advance(&self) {
        self.done.set(self.done.get() + 1);
        if self.is_shown && self.drawn.get().is_none_or(|drawn| drawn.elapsed() >= PAUSE) {
            self.drawn.set(Some(Instant::now()));
            let line = line(self.done.get(), self.total, self.started.elapsed());
            let _ = write!(std::io::stderr().lock(), "{ERASE}{line}");
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if self.drawn.get().is_some() {
            let _ = write!(std::io::stderr().lock(), "{ERASE}");
        }
    }
}

fn line(done: usize, total: Option<usize>, elapsed: Duration) -> String {
    let Some(total) = total.filter(|total| *total > 0) else {
        return format!("{done} namespaces, {}", for_a_person(elapsed));
    };
    let full = (BAR * done / total).min(BAR);
    let bar = format!("{}{}", "#".repeat(full), "-".repeat(BAR - full));
    // As long for each of the rest as for those that are done.
    let each = elapsed / u32::try_from(done.max(1)).unwrap_or(u32::MAX);
    let left = each * u32::try_from(total.saturating_sub(done)).unwrap_or(u32::MAX);
    format!("{bar} {done}/{total} namespaces, {} left", for_a_person(left))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bar_says_how_far_it_is_and_how_long_the_rest_takes_at_this_pace() {
        let said = line(250, Some(1000), Duration::from_secs(10));
        assert_eq!(
            said,
            format!("{}{} 250/1000 namespaces, 30s left", "#".repeat(10), "-".repeat(30))
        );
        assert!(line(7, Some(5), Duration::ZERO).starts_with(&format!("{} 7/5", "#".repeat(40))));
        assert_eq!(line(7, None, Duration::from_secs(61)), "7 namespaces, 1m1s");
    }
}
