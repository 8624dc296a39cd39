//! One user's login as OnDemand starts it: with ood-k8s, or with the stock hooks.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::error::Error;
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

/// What the logins of a storm have in common.
pub enum Ready<'a> {
    /// The program and its flags.
    OodK8s(Vec<String>),
    /// The directory of the stock hooks.
    Stock(&'a Path),
}

/// One login.
pub struct Login {
    pub wall: Duration,
    /// Exit status and last line, if it failed.
    pub failure: Option<String>,
}

impl<'a> Hook<'a> {
    /// Writes the site's files for namespaces with `prefix`; `bound` is `LOGINS_AT_ONCE`.
    pub fn prepare(self, site: &Site, prefix: &str, bound: Option<&str>) -> Result<Ready<'a>, Error> {
        let program = match self {
            Self::OodK8s(program) => program,
            Self::Stock(_) => Path::new("/bin/bash"),
        };
        let words = site.login_of_anybody(program, prefix, bound)?;
        Ok(match self {
            Self::OodK8s(_) => Ready::OodK8s(words),
            Self::Stock(hooks) => Ready::Stock(hooks),
        })
    }
}

impl Ready<'_> {
    fn command(&self, site: &Site, user: &str) -> Command {
        match self {
            Self::OodK8s(words) => {
                let mut command = site.as_portal(Path::new(&words[0]));
                command.args(&words[1..]).args(["pre-hook", "--user", user]);
                command
            }
            Self::Stock(hooks) => site.stock_hooks_of(hooks, user, &home(site, user).join(".kube/config")),
        }
    }

    /// Logs a user in, and waits for the end.
    pub fn log_in(&self, site: &Site, user: &str) -> Login {
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
