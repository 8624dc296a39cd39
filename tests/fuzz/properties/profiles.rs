//! The profiles file: it is read and merged without a panic, and whatever is wrong with it is said on one line.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::sync::OnceLock;

use ood_k8s::config::profiles::{Person, ProfilesFile, Quantity};
use ood_k8s::config::settings::Settings;
use tempfile::TempDir;

/// Reads it.
pub fn holds(data: &[u8]) {
    static FOLDER: OnceLock<TempDir> = OnceLock::new();
    let folder = FOLDER.get_or_init(|| tempfile::tempdir().expect("a directory"));
    let file = folder.path().join("profiles.yml");
    fs::write(&file, data).expect("written");
    fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).expect("readable");
    let mut settings = Settings::empty(&folder.path().join("hook.env"));
    settings.manifests_dir = folder.path().into();
    settings.secrets_dir = Some(folder.path().into());
    match ProfilesFile::load(&file, &settings) {
        Ok(file) => merges(&file),
        Err(error) => {
            let said = error.to_string();
            assert!(!said.contains('\n'), "{said:?}");
        }
    }
}

/// For a user whom every section's groups know, and in a cluster of no section's.
fn merges(file: &ProfilesFile) {
    let groups = file.groups().into_iter().collect();
    let person = Person {
        user: "alice",
        uid: 1000,
        groups: &groups,
    };
    let profile = file.profile_of(&person, "prod");
    for quarrel in profile.quarrels() {
        let said = quarrel.to_string();
        assert!(!said.contains('\n'), "{said:?}");
    }
    for (resource, quantity) in profile.quota() {
        let written = quantity.canonical();
        let again = Quantity::parse(&written).expect("what the API server writes can be read");
        assert_eq!(&again, quantity, "{resource}: {written}");
        assert_eq!(again.canonical(), written, "{resource}");
    }
}
