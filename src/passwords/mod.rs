//! Registries' passwords on their way into root's file: from a person, another program or another file.

mod error;
pub mod helper;
pub mod password;
pub mod prompt;
mod words;

pub use error::RegistryError;
pub use words::WordsError;
