//! The child's side: what runs as the user, in the user's home.

use std::io::Read as _;
use std::path::Path;
use std::time::Instant;

use secrecy::{ExposeSecret, SecretString};

use super::order::{Answer, FileOrder, Order, SUBCOMMAND};
use crate::credential;
use crate::door::shown;
use crate::kubeconfig::{self, Edit};
use crate::outcome::Outcome;
use crate::privilege::{self, AsUser};

/// No order is longer: tokens are a few kilobytes. In bytes.
const MAX_ORDER: u64 = 4 * 1024 * 1024;

/// After this a child that was left behind ends itself, in seconds.
const LONGEST_LIFE_SECONDS: u32 = 120;

/// The answer of the child, where this process is one.
///
/// Looked for before the command line is parsed: every login starts a child, and waits for it.
pub fn serve_if_child() -> Option<String> {
    let is_child = std::env::args_os().nth(1).is_some_and(|arg| arg == SUBCOMMAND);
    is_child.then(serve)
}

/// The child's whole life: take the order, become the user, do it, answer.
///
/// Returns the answer as JSON; nothing is printed here.
fn serve() -> String {
    close_inherited();
    // Left behind by a login that could not wait for it, it must not stay for ever.
    nix::unistd::alarm::set(LONGEST_LIFE_SECONDS);
    nix::sys::stat::umask(nix::sys::stat::Mode::from_bits_truncate(0o077));
    let reply = take_order().and_then(|order| obey(&order));
    serde_json::to_string(&reply).unwrap_or_default()
}

fn take_order() -> Result<Order, String> {
    let mut text = String::new();
    std::io::stdin()
        .take(MAX_ORDER)
        .read_to_string(&mut text)
        .map_err(|error| format!("cannot read the order: {error}"))?;
    let text = SecretString::from(text);
    // The error of serde_json could quote what it could not read.
    serde_json::from_str(text.expose_secret())
        .map_err(|_| "the order cannot be understood; this subcommand is not for people".into())
}

fn obey(order: &Order) -> Answer {
    let as_user = privilege::become_user(&order.ids).map_err(|error| error.to_string())?;
    let end = Instant::now() + order.lock_wait;
    let write = |file: &FileOrder| {
        check_home(&order.home, &file.path)?;
        file.write(&as_user, end)
    };
    Ok(order.files.iter().map(write).collect())
}

impl FileOrder {
    /// The tokens first: an entry that calls for one must not come before it.
    fn write(&self, as_user: &AsUser, end: Instant) -> Result<Outcome, String> {
        let wait = || end.saturating_duration_since(Instant::now());
        let mut is_token_new = false;
        for (path, token) in &self.tokens {
            let token = SecretString::from(token.as_str());
            let outcome = credential::put(as_user, path, &token, wait()).map_err(|error| error.to_string())?;
            is_token_new |= outcome != Outcome::Unchanged;
        }
        let edits: Vec<Edit> = self.edits.iter().map(Into::into).collect();
        let outcome = kubeconfig::set(as_user, &self.path, &edits, wait()).map_err(|error| error.to_string())?;
        Ok(match outcome {
            // The person asks for the login, and not for one file of it.
            Outcome::Unchanged if is_token_new => Outcome::Changed,
            outcome => outcome,
        })
    }
}

/// A home that is missing is not made here: its maker sets its owner, mode and quota.
fn check_home(home: &Path, file: &Path) -> Result<(), String> {
    match std::fs::metadata(home) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound && file.starts_with(home) => Err(format!(
            "the home {} does not exist; make it before the first login (pam_mkhomedir, autofs)",
            shown(home)
        )),
        _ => Ok(()),
    }
}

/// Closes what a careless caller left open: a pipe of Apache's held by a child that hangs would hang Apache.
fn close_inherited() {
    let Ok(entries) = std::fs::read_dir("/proc/self/fd") else {
        return;
    };
    let open: Vec<i32> = entries
        .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
        .filter(|fd| *fd > 2)
        .collect();
    for fd in open {
        // The folder's own descriptor is closed by now: EBADF is expected for one of them.
        let _ = nix::unistd::close(fd);
    }
}
