//! The program that is measured: built from the current sources, and what programs say of themselves.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Builds ood-k8s for release and returns its path; cargo does nothing if it is built already. `None` if cargo failed,
/// which has printed the reason.
pub fn release_build() -> Option<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let status = Command::new(cargo)
        .args(["build", "--release", "--bin", "ood-k8s"])
        .current_dir(&root)
        .status();
    if !status.is_ok_and(|status| status.success()) {
        return None;
    }
    let target = env::var_os("CARGO_TARGET_DIR").unwrap_or_else(|| "target".into());
    Some(root.join(target).join("release/ood-k8s"))
}

/// The first line of a program's output, which names its version for most; empty if it cannot be run.
pub fn first_line(command: &mut Command) -> String {
    let output = command.output().map(|output| output.stdout).unwrap_or_default();
    String::from_utf8_lossy(&output)
        .lines()
        .next()
        .unwrap_or_default()
        .to_owned()
}
