//! Results on standard output: the format that was asked for, tables, and progress while there is none yet.

mod progress;
mod result;
mod table;

pub use progress::{progress, Progress};
pub use result::{manifests, print, text, Output};
pub use table::{columns, or_dash};
