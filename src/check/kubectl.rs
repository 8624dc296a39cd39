//! The version of OnDemand's kubectl: the one program that a check starts, and only if nobody but root could have changed it.

use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use serde_json::Value;

use crate::config::files;

/// It reads no file and asks no server.
const LONGEST: Duration = Duration::from_secs(3);
const ARGUMENTS: [&str; 4] = ["version", "--client", "-o", "json"];

/// What `kubectl version --client` says; `None` if it is not there, not to be trusted, or no kubectl.
pub(super) fn version(bin: &Path) -> Option<String> {
    if !bin.is_absolute() || files::check_trust(bin).is_err() {
        return None;
    }
    let mut child = Command::new(bin)
        .args(ARGUMENTS)
        .env_clear()
        .env("KUBECONFIG", "/dev/null")
        .current_dir("/")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .ok()?;
    let mut out = child.stdout.take()?;
    let (told, heard) = mpsc::channel();
    std::thread::spawn(move || {
        let mut text = Vec::new();
        let _ = std::io::Read::read_to_end(&mut std::io::Read::take(&mut out, 64 * 1024), &mut text);
        let _ = told.send(text);
    });
    let text = heard.recv_timeout(LONGEST);
    let _ = child.kill();
    let _ = child.wait();
    let said: Value = serde_json::from_slice(&text.ok()?).ok()?;
    let version = said["clientVersion"]["gitVersion"].as_str()?;
    let is_plain = version.len() <= 64 && version.chars().all(|c| c.is_ascii_alphanumeric() || ".+-_".contains(c));
    is_plain.then(|| version.to_owned())
}
