//! The child's side: what runs as the user, in the user's home.

use std::io::Read as _;
use std::path::Path;
use std::time::Instant;

use secrecy::{ExposeSecret, SecretString};

use super::limits;
use super::order::{Answer, Done, Fault, FileOrder, Order, SUBCOMMAND};
use crate::credential;
use crate::door::shown;
use crate::kubeconfig::{self, Edit, Moved};
use crate::outcome::Outcome;
use crate::privilege::{self, AsUser};

/// The longest order, in bytes: tokens are a few kilobytes.
const MAX_ORDER: u64 = 4 * 1024 * 1024;

/// Runs the child and returns its answer, if this process is one.
///
/// Checked before the command line is parsed: this subcommand is not in clap's definition.
pub fn serve_if_child() -> Option<String> {
    let is_child = std::env::args_os().nth(1).is_some_and(|arg| arg == SUBCOMMAND);
    is_child.then(serve)
}

/// The whole run of the child: read the order, become the user, carry the order out, answer.
///
/// Returns the answer as JSON; nothing is printed here.
pub(super) fn serve() -> String {
    nix::sys::stat::umask(nix::sys::stat::Mode::from_bits_truncate(0o077));
    // With descriptors of others, or without its limits, it does nothing.
    let reply = close_inherited()
        .and_then(|()| limits::bound_this_process())
        .and_then(|()| take_order())
        .and_then(|order| limits::bound_the_life().map(|()| order))
        .and_then(|order| obey(&order));
    serde_json::to_string(&reply).unwrap_or_default()
}

fn take_order() -> Result<Order, String> {
    let mut text = String::new();
    std::io::stdin()
        .take(MAX_ORDER)
        .read_to_string(&mut text)
        .map_err(|error| format!("cannot read the order: {error}"))?;
    let text = SecretString::from(text);
    // The error of serde_json could quote the input.
    serde_json::from_str(text.expose_secret())
        .map_err(|_| "the order cannot be parsed; this subcommand is for internal use only".into())
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
    /// Writes the tokens first: an entry that requires one must not be written before it.
    fn write(&self, as_user: &AsUser, end: Instant) -> Result<Done, Fault> {
        // A file that is not there has nothing to remove; its directory is not to be made for that.
        if self.edits.is_empty() && self.tokens.is_empty() && !self.path.exists() {
            return Ok(Done {
                outcome: Outcome::Unchanged,
                aside: Vec::new(),
            });
        }
        let wait = || end.saturating_duration_since(Instant::now());
        let mut is_token_new = false;
        for (path, token) in &self.tokens {
            let token = SecretString::from(token.as_str());
            let outcome = credential::put(as_user, path, &token, wait())?;
            is_token_new |= outcome != Outcome::Unchanged;
        }
        let edits: Vec<Edit> = self.edits.iter().map(Into::into).collect();
        let keep = self.keep.as_ref();
        if self.is_dry_run {
            let would = kubeconfig::would_set(as_user, &self.path, &edits, keep, wait());
            let (outcome, Moved { aside, .. }) = would?;
            return Ok(Done { outcome, aside });
        }
        let set = kubeconfig::set(as_user, &self.path, &edits, keep, wait());
        let (outcome, Moved { aside, gone }) = set?;
        let folder = credential::folder_beside(&self.path);
        for cluster in gone {
            credential::remove(as_user, &folder, &cluster)?;
        }
        let outcome = match outcome {
            // The outcome is that of the login, not of one of its files.
            Outcome::Unchanged if is_token_new => Outcome::Changed,
            outcome => outcome,
        };
        Ok(Done { outcome, aside })
    }
}

/// A missing home is not created here: what creates homes also sets their owner, mode and quota.
fn check_home(home: &Path, file: &Path) -> Result<(), Fault> {
    match std::fs::metadata(home) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound && file.starts_with(home) => {
            Err(Fault::of_the_node(format!(
                "the home directory {} does not exist; create it before the first login (pam_mkhomedir, autofs)",
                shown(home)
            )))
        }
        _ => Ok(()),
    }
}

/// Closes inherited descriptors: if a child that hangs held a pipe of Apache open, Apache would hang too.
fn close_inherited() -> Result<(), String> {
    let entries = std::fs::read_dir("/proc/self/fd");
    let entries =
        entries.map_err(|error| format!("cannot see what files are open: /proc/self/fd: {error}; mount /proc"))?;
    let open: Vec<i32> = entries
        .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
        .filter(|fd| *fd > 2)
        .collect();
    for fd in open {
        // The directory's own descriptor is closed by now: EBADF is expected for one of them.
        let _ = nix::unistd::close(fd);
    }
    Ok(())
}
