//! One assignment of `hook.env`: a name, its value and the line.

use std::fmt;

/// One `NAME=value`, as bash would have assigned it.
#[derive(Clone, PartialEq, Eq)]
pub struct Assignment {
    /// The variable's name.
    pub name: String,
    /// The value, with quotes and references resolved. It may be a secret.
    pub value: String,
    /// The line of the name, counted from 1.
    pub line: usize,
    /// Whether the value refers to a name that is not set. The name is not kept: it may be the end of a password.
    pub refers_to_unset: bool,
}

/// Omits the value, since it may be a secret.
impl fmt::Debug for Assignment {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Assignment")
            .field("name", &self.name)
            .field("line", &self.line)
            .finish_non_exhaustive()
    }
}
