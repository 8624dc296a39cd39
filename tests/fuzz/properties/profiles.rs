//! The profiles file: it is read without a panic, and whatever is wrong with it is said on one line.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::sync::OnceLock;

use ood_k8s::config::policies::ProfilesFile;
use tempfile::TempDir;

/// Reads it.
pub fn holds(data: &[u8]) {
    static FOLDER: OnceLock<TempDir> = OnceLock::new();
    let folder = FOLDER.get_or_init(|| tempfile::tempdir().expect("a directory"));
    let file = folder.path().join("profiles.yml");
    fs::write(&file, data).expect("written");
    fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).expect("readable");
    if let Err(error) = ProfilesFile::load(&file) {
        let said = error.to_string();
        assert!(!said.contains('\n'), "{said:?}");
    }
}
