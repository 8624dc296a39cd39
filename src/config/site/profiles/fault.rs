//! What is wrong in the profiles file, and in which line.

use crate::foreign::Foreign;

/// The first thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// The line, counted from 1; 0 if it is not known.
    pub line: usize,
    /// What stands there, and what to write.
    pub reason: String,
}

impl Fault {
    /// A fault in a line.
    pub fn at(line: usize, reason: impl Into<String>) -> Self {
        let reason = reason.into();
        Self { line, reason }
    }
}

/// Text of the file in a message.
pub fn quoted(text: &str) -> Foreign {
    Foreign::from(text)
}
