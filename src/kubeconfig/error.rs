//! What can be wrong with the text of a kubeconfig; the errors never contain a value from it.

use super::fault::EntryFault;
use crate::dialect::Otherwise;
use crate::foreign::Foreign;

/// Why the text of a kubeconfig cannot be edited. The file is left as it is.
#[derive(Debug, thiserror::Error)]
pub enum DocumentError {
    /// The text is not YAML. It is not quoted, since it may be a secret.
    #[error("line {line}, column {column} is not readable as yaml; correct it by hand, or move the file away")]
    Syntax {
        /// Counted from one.
        line: usize,
        /// Counted from one.
        column: usize,
    },
    /// Behind the document stands something that is neither part of it nor another document.
    #[error("line {line} goes on behind the end of the yaml document; remove what stands there, or put --- on a line before it")]
    Unmarked {
        /// Where.
        line: usize,
    },
    /// kubectl reads something else there, and would lose it by an edit.
    #[error("line {line} means something else to kubectl: {what}")]
    ReadOtherwise {
        /// Counted from one.
        line: usize,
        /// What, and what to do.
        what: Otherwise,
    },
    /// A key that is a list or a mapping. kubectl cannot read these either.
    #[error("line {line} has a list or a mapping as a key; correct it by hand")]
    KeyNotScalar {
        /// Where the key is.
        line: usize,
    },
    /// A merge key (`<<`) with something other than a mapping or a list of mappings.
    #[error("line {line} merges something that is not a mapping; correct it by hand")]
    MergeNotMapping {
        /// Where the merge key is.
        line: usize,
    },
    /// Too deeply nested, or too large once its aliases are expanded.
    #[error("line {line} makes the document too large or too deep; shorten it, or use fewer yaml aliases")]
    TooComplex {
        /// Where the limit was reached.
        line: usize,
    },
    /// A value does not have the type that it has in a kubeconfig.
    #[error("{place} is not a {expected}; correct it by hand, or move the file away")]
    WrongShape {
        /// Where, in words such as `the list of clusters`.
        place: String,
        /// What was expected there.
        expected: &'static str,
    },
    /// Two entries have the name of ours. kubectl rejects such a file as a whole (client-go `api/v1/conversion.go`).
    #[error("two entries of {list} are called {name}; kubectl refuses this too, so remove one")]
    DuplicateEntry {
        /// The list, as it is called in the file.
        list: &'static str,
        /// The name of both.
        name: Foreign,
    },
    /// kubectl refuses the file as a whole, whatever stands in our entries.
    #[error("kubectl refuses the whole file: {fault}")]
    Refused {
        /// Where, why, and what to do.
        fault: EntryFault,
    },
    /// The new text would not read back as the document that it was written from.
    #[error("the kubeconfig has a scalar that cannot be written back unchanged; put quotes around unusual values")]
    NotRepresentable,
}
