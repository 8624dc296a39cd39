//! Changes a file on disk so that, whatever happens, either the old file or the new one is there, complete.

mod claim;
mod error;
mod lock;
mod owner;
mod scratch;
mod sighting;
mod update;

pub use error::{FileError, StoreError};
pub use update::{publish, update, LARGEST};
