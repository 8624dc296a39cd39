//! `version`: what this program is, and what it was built from.

use serde_json::{json, Value};

use crate::cli::VersionArgs;
use crate::print;

/// The commit, if whoever built it said so.
const COMMIT: Option<&str> = option_env!("OOD_K8S_COMMIT");

const RELEASE: &str = env!("CARGO_PKG_VERSION");
const ARCH: &str = std::env::consts::ARCH;

/// Prints it.
pub(super) fn run(args: &VersionArgs) {
    print::print(args.output, value, || {
        let commit = COMMIT.map_or(String::new(), |commit| format!(" ({commit})"));
        format!("ood-k8s {RELEASE}{commit} {ARCH}\n")
    });
}

/// The same for scripts.
pub(super) fn value() -> Value {
    json!({ "release": RELEASE, "commit": COMMIT, "arch": ARCH })
}
