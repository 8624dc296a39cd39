//! Registries' passwords on their way into root's file: from a person, another program or another file.

mod change;
mod error;
mod file;
mod helper;
mod password;
mod prompt;
mod request;
mod trial;
mod words;

pub use change::{Change, Changed, Login, Row};
pub use error::RegistryError;
pub use file::{read, RegistryFile};
pub use helper::{Credential, HelperCommand, HelperError};
pub use password::PasswordError;
pub use request::{PasswordSource, Request};
pub use trial::{try_all, Refused, Tried};
pub use words::WordsError;
