//! Manifests (`MANIFESTS_DIR`): objects that users get in their namespace, chosen by profiles.

mod folder;
mod kinds;
mod manifest;
mod template;

pub use folder::{in_folder, parse, Manifests};
pub use kinds::ApiKind;
pub use manifest::{Manifest, Rules, TAKEN, TAKEN_ENDINGS};
pub use template::Facts;

#[cfg(test)]
mod tests;
