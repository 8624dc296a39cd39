//! `version`: what this program is, and what it was built from.

use serde_json::json;

use crate::cli::VersionArgs;
use crate::print;

/// The commit, if whoever built it said so.
const COMMIT: Option<&str> = option_env!("OOD_K8S_COMMIT");

/// Prints it.
pub(super) fn run(args: &VersionArgs) {
    let release = env!("CARGO_PKG_VERSION");
    let arch = std::env::consts::ARCH;
    print::print(
        args.output,
        || json!({ "release": release, "commit": COMMIT, "arch": arch }),
        || {
            let commit = COMMIT.map_or(String::new(), |commit| format!(" ({commit})"));
            format!("ood-k8s {release}{commit} {arch}\n")
        },
    );
}
