//! One user's login as OnDemand starts it: with ood-k8s, or with the stock hooks.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::login::Site;
use crate::storm::home;

/// What logs users in.
#[derive(Debug, Clone, Copy)]
pub enum Hook<'a> {
    /// A build of ood-k8s.
    OodK8s(&'a Path),
    /// The directory of the stock hooks.
    Stock(&'a Path),
}

/// One login.
pub struct Login {
    pub wall: Duration,
    /// Exit status and last line, if it failed.
    pub failure: Option<String>,
}

impl Hook<'_> {
    fn command(self, site: &Site, user: &str) -> Command {
        match self {
            Self::OodK8s(program) => site.ood_k8s_of(program, user),
            Self::Stock(hooks) => site.stock_hooks_of(hooks, user, &home(site, user).join(".kube/config")),
        }
    }

    /// Logs a user in with the site's files as they are, and waits for the end.
    pub fn log_in(self, site: &Site, user: &str) -> Login {
        let started = Instant::now();
        let output = self.command(site, user).stdin(Stdio::null()).output();
        let wall = started.elapsed();
        let failure = match output {
            Ok(output) if output.status.success() => None,
            Ok(output) => Some(format!(
                "{}: {}",
                output.status,
                String::from_utf8_lossy(&output.stderr)
                    .trim()
                    .lines()
                    .last()
                    .unwrap_or_default()
            )),
            Err(error) => Some(error.to_string()),
        };
        Login { wall, failure }
    }
}
