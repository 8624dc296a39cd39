//! Shared parts of the tests' real servers: a process that never outlives the test process, an authority that signs
//! certificates, and secrets that cannot be guessed.

mod authority;
mod error;
mod secret;
mod supervised;

pub use authority::{Authority, Certificate};
pub use error::Error;
pub use secret::random_secret;
pub use supervised::Supervised;
