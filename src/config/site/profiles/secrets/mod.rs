//! Declared secrets (`SECRETS_DIR`): root's files that users get as a Secret in their namespace, chosen by profiles.

mod content;
mod declaration;
mod end;
mod folder;
mod keys;

pub use content::{ReadSecret, SecretContent, SecretFault};
pub use declaration::Declaration;
pub use end::End;
pub use folder::{in_folder, parse, Secrets};

#[cfg(test)]
mod tests;
