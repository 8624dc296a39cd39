//! What the real servers of the tests have in common: a process that never outlives the test process, an authority
//! that signs their certificates, and secrets that nobody can guess.

mod authority;
mod error;
mod secret;
mod supervised;

pub use authority::{Authority, Certificate};
pub use error::Error;
pub use secret::random_secret;
pub use supervised::Supervised;
