//! Changes a file on disk so that, whatever happens, either the old file or the new one is there, complete.

mod as_user;
mod claim;
mod create;
mod error;
mod gathered;
mod lock;
mod owner;
mod scratch;
mod sighting;
mod update;

pub use create::create_root;
pub use error::StoreError;
pub use gathered::gather;
pub use update::{publish, update, update_opened, update_root};
