//! The version of OnDemand's kubectl: the one program that a check starts, and only if nobody but root could have changed it.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use serde_json::Value;

use crate::config::files;
use crate::program::Program;

/// It reads no file and asks no server.
const LONGEST: Duration = Duration::from_secs(3);
/// What an answer may be long at most, in bytes.
const LONGEST_ANSWER: usize = 64 * 1024;
const ARGUMENTS: [&str; 4] = ["version", "--client", "-o", "json"];

/// What `kubectl version --client` says; `None` if it is not there, not to be trusted, or no kubectl.
pub(super) async fn version(bin: &Path) -> Option<String> {
    if !bin.is_absolute() || files::check_trust(bin).is_err() {
        return None;
    }
    let mut command = Command::new(bin);
    let command = command.args(ARGUMENTS).env_clear().current_dir("/");
    let mut kubectl = Program::start(command.env("KUBECONFIG", "/dev/null"), LONGEST_ANSWER).ok()?;
    let spoken = tokio::time::timeout(LONGEST, kubectl.converse(&[])).await;
    let said: Value = serde_json::from_slice(&spoken.ok()?.ok()?.out).ok()?;
    let version = said["clientVersion"]["gitVersion"].as_str()?;
    let is_plain = version.len() <= 64 && version.chars().all(|c| c.is_ascii_alphanumeric() || ".+-_".contains(c));
    is_plain.then(|| version.to_owned())
}
