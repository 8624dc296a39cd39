//! The profiles file (`PROFILES_FILE`): the settings of the admission policies, who may, and what users get.

mod access;
mod changes;
mod copy;
mod declared;
mod fault;
mod file;
mod folder;
mod kept;
mod leaf;
mod letting_in;
mod manifests;
mod names;
mod network;
mod node;
mod person;
mod policies;
mod posit;
mod profile;
mod quantity;
mod quarrel;
mod remembered;
mod resources;
mod resources_of;
mod rules;
mod secrets;
mod section;
mod state;

pub use access::{Access, Decision, Rule};
pub use declared::Declared;
pub use file::ProfilesFile;
pub use kept::{Profiles, DIRECTORY as COPIES};
pub use leaf::{Egress, Origin, Path, Said, Value};
pub use letting_in::{AccessError, Judged, Known};
pub use manifests::{
    in_folder as manifests_in, parse as parse_manifests, ApiKind, Facts, Manifest, Manifests, Rules, TAKEN,
    TAKEN_ENDINGS,
};
pub use person::{Conditions, Person};
pub use policies::Policies;
pub use posit::{import, ImportFault, Imported};
pub use profile::{Bounds, Profile};
pub use quantity::Quantity;
pub use quarrel::Quarrel;
pub use remembered::{GroupsError, DIRECTORY as GROUPS};
pub use secrets::{
    in_folder as secrets_in, parse as parse_secret, Declaration, End, ReadSecret, SecretContent, SecretFault, Secrets,
};
pub use section::Section;

#[cfg(test)]
mod tests;
