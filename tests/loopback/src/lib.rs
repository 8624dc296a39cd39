//! Shared parts of the tests' servers: a process that never outlives the test process, an authority that signs
//! certificates, secrets that cannot be guessed, which kind of API server is asked for, a server that
//! is far away, and the program that is measured.

mod authority;
mod delay;
mod error;
mod kind;
mod program;
mod secret;
mod supervised;

pub use authority::{Authority, Certificate};
pub use delay::Forwarder;
pub use error::Error;
pub use kind::{ServerKind, VARIABLE as SERVER_KIND};
pub use program::{first_line, release_build};
pub use secret::random_secret;
pub use supervised::Supervised;
