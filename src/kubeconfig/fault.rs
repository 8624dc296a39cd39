//! What is wrong with an entry of a kubeconfig: where, what, and what to do; never with a value from it.

/// Why an entry cannot be used, in words that go on behind the file's name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EntryFault {
    /// From one; 0 where it is not known.
    line: usize,
    /// `the user "ondemand"`.
    entry: String,
    /// What is wrong, then a semicolon and what to do.
    reason: String,
}

impl EntryFault {
    pub(super) fn new(line: usize, entry: String, reason: impl Into<String>) -> Self {
        Self {
            line,
            entry,
            reason: reason.into(),
        }
    }
}

impl EntryFault {
    /// The same with more words.
    #[must_use]
    pub fn because(mut self, more: &str) -> Self {
        self.reason.push_str(more);
        self
    }
}

impl std::fmt::Display for EntryFault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.line > 0 {
            write!(f, "line {}: ", self.line)?;
        }
        write!(f, "{} {}", self.entry, self.reason)
    }
}

impl std::error::Error for EntryFault {}

/// Makes a fault of one entry, at a key of it.
pub(super) type Fault<'f> = &'f dyn Fn(&str, String) -> EntryFault;
