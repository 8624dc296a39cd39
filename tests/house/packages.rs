//! The packages that are linked into the program, as cargo lists them.

use std::collections::BTreeSet;
use std::process::Command;

use super::source::root;

/// Crates that judge ours in the tests: one of them with each package that only it needs.
pub const JUDGES: &[&str] = &[
    "dotenvy",
    "kube",
    "kube-client",
    "kube-core",
    "openidconnect",
    "oauth2",
    "p256",
    "p384",
    "rsa",
    "proptest",
];

/// The names of the packages below one of this workspace's, with these kinds of dependencies.
pub fn below(package: &str, kinds: &str) -> BTreeSet<String> {
    let output = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
        .args(["tree", "--locked", "--offline", "--prefix", "none", "--format", "{lib}"])
        .args(["--package", package, "--edges", kinds])
        .current_dir(root())
        .output()
        .expect("cargo starts");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success(),
        "cargo cannot list what is below {package}: {said}"
    );
    let names = String::from_utf8_lossy(&output.stdout);
    names.lines().map(|name| name.replace('_', "-")).collect()
}
