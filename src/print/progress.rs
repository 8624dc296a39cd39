//! Progress of long work on standard error, for a person at a terminal.

use std::io::IsTerminal as _;

use indicatif::{ProgressBar, ProgressStyle};

use crate::log;

/// A progress bar. It disappears when it is dropped.
pub struct Progress(ProgressBar);

/// Progress over namespaces: a bar if their number is known, a counter otherwise.
///
/// Hidden with `--quiet` and unless standard error is a terminal, and for a single namespace, which is done at once.
pub fn progress(total: Option<usize>) -> Progress {
    let is_single = total.is_some_and(|total| total < 2);
    if is_single || log::is_quiet() || !std::io::stderr().is_terminal() {
        return Progress(ProgressBar::hidden());
    }
    let (bar, template) = match total {
        Some(total) => (
            ProgressBar::new(total as u64),
            "{bar:40} {pos}/{len} namespaces, {eta} left",
        ),
        None => (ProgressBar::no_length(), "{spinner} {pos} namespaces, {elapsed}"),
    };
    let style = ProgressStyle::with_template(template);
    Progress(bar.with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar())))
}

impl Progress {
    /// Counts one more as done.
    pub fn advance(&self) {
        self.0.inc(1);
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}
