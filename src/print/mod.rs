//! Results on standard output in the requested format, and progress on standard error.

mod fit;
mod progress;
mod result;
mod rows;
mod table;

pub use progress::{progress, Progress};
pub use result::{before_a_question, manifests, print, text, warnings, Output};
pub use rows::{ListOutput, Row, Rows};
pub use table::{columns, or_dash, without_headings, MOST_ROWS};
