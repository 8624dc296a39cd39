//! Temporary files and locks that a run has left behind.

use std::fs::{self, File, FileTimes};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use crate::case::Round;

/// Temporary files and locks, in all folders.
pub fn strays(round: &Round<'_>) -> Vec<PathBuf> {
    let ground = round.stage.ground;
    let folders = ["", "home", "renewal"].map(|name| ground.path(name));
    let entries = folders
        .iter()
        .flat_map(|folder| fs::read_dir(folder).into_iter().flatten().flatten());
    let is_stray = |path: &PathBuf| {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        name.contains(".ood-k8s-") || is_lock(path)
    };
    entries.map(|entry| entry.path()).filter(is_stray).collect()
}

/// Their names without what is random in them.
pub fn kinds_of(paths: &[PathBuf]) -> String {
    let name = |path: &PathBuf| path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let mut kinds: Vec<_> = paths
        .iter()
        .map(|path| name(path).split(".ood-k8s-").next().unwrap_or_default().to_owned())
        .collect();
    kinds.sort();
    kinds.join(", ")
}

fn is_lock(path: &Path) -> bool {
    path.extension().is_some_and(|end| end == "lock")
}

/// A temporary file is swept up by whoever comes a minute later. A lock is broken at once.
pub fn age(path: &Path) {
    if let Some(file) = File::options().write(true).open(path).ok().filter(|_| !is_lock(path)) {
        let then = SystemTime::now() - Duration::from_secs(120);
        let _ = file.set_times(FileTimes::new().set_modified(then));
    }
}
