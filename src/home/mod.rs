//! The child in the user's home: the same program, which becomes the user before it opens anything.
//!
//! Root may not be able to read a home (`root_squash`), must not trust what is in it (links), and must
//! not wait for it (a dead file server). So a separate process works there, receives its order on a pipe, and is left
//! behind if it does not answer in time.

mod ahead;
mod child;
mod error;
mod idle;
mod limits;
mod order;
mod parent;

pub use ahead::start_ahead;
pub use child::serve_if_child;
pub use error::HomeError;
pub use idle::IdleChild;
pub use order::Fault;
pub use parent::{expand, spawn, start, FileEdits, FileReport, HomeChild};
