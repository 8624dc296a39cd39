//! A file of clusters.d: it is read without a panic, every message about it is one line, and what is a cluster has a name.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::sync::OnceLock;

use ood_k8s::config::clusters::{judged_by_ondemand, ClusterFiles};
use ood_k8s::config::settings::Settings;
use tempfile::TempDir;

/// Reads it as the only file of the directory.
pub fn holds(data: &[u8]) {
    static FOLDER: OnceLock<TempDir> = OnceLock::new();
    let folder = FOLDER.get_or_init(|| tempfile::tempdir().expect("a directory"));
    let file = folder.path().join("dev.yml");
    fs::write(&file, data).expect("written");
    fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).expect("readable");
    let found = ClusterFiles::load(folder.path(), &Settings::empty(Path::new("hook.env")), false);
    for error in found.broken.iter().chain(&found.doubtful) {
        is_one_line(&error.to_string());
    }
    found
        .warnings
        .iter()
        .chain(&found.fatal)
        .for_each(|said| is_one_line(said));
    // The stock hook's one cluster stands in where there is no file of a cluster.
    assert!(
        found
            .clusters
            .iter()
            .all(|cluster| !cluster.id.is_empty() || data.is_empty()),
        "a cluster without a name"
    );
    let judged = judged_by_ondemand(folder.path());
    for (_, said) in judged.fatal.iter().chain(&judged.invalid) {
        is_one_line(said);
    }
}

fn is_one_line(said: &str) {
    assert!(!said.contains('\n'), "{said:?}");
}
