//! The settings of hook.env that stand for flags, for a hook that is a link and takes none, and for the units.

use std::path::PathBuf;

use super::reader::Reader;
use crate::log::{Format, Level};

/// The settings; `None` and empty mean the flags' own defaults.
#[derive(Debug, Default)]
pub struct ProgramSettings {
    /// `ROOT_KUBECONFIG`, as `--kubeconfig`.
    pub root_kubeconfig: Option<PathBuf>,
    /// `CLUSTERS`, as `--cluster`.
    pub clusters: Vec<String>,
    /// `LOG_LEVEL`, as `--log-level`.
    pub log_level: Option<Level>,
    /// `LOG_FORMAT`, as `--log-format`.
    pub log_format: Option<Format>,
    /// `LOGIN_METRICS_FILE`: where logins are counted; `None` if they are not.
    pub login_metrics: Option<PathBuf>,
}

impl Reader<'_> {
    pub fn program(&mut self) -> ProgramSettings {
        ProgramSettings {
            root_kubeconfig: self.root_kubeconfig(),
            clusters: self.list("CLUSTERS"),
            log_level: self.log_word("LOG_LEVEL", Level::parse),
            log_format: self.log_word("LOG_FORMAT", Format::parse),
            login_metrics: self.login_metrics(),
        }
    }

    /// The hook and the timer have other working directories than an administrator.
    fn root_kubeconfig(&mut self) -> Option<PathBuf> {
        let path = PathBuf::from(self.optional("ROOT_KUBECONFIG")?);
        if path.is_absolute() {
            return Some(path);
        }
        let reason = "is not an absolute path; write for example /etc/ood/k8s/kubeconfig";
        self.refuse("ROOT_KUBECONFIG", reason.into());
        None
    }

    /// Nobody is kept from logging in by a file that is only for watching; it is told at each login, and by `check`.
    fn login_metrics(&mut self) -> Option<PathBuf> {
        let path = PathBuf::from(self.optional("LOGIN_METRICS_FILE")?);
        if path.is_absolute() && path.extension().is_some_and(|ending| ending == "prom") {
            return Some(path);
        }
        self.warnings.push("LOGIN_METRICS_FILE is not an absolute path that ends in .prom, so logins are not counted; write for example /run/ood-k8s/logins.prom".into());
        None
    }

    /// A wrong word costs nothing but the level or the format, so it is only told.
    fn log_word<T>(&mut self, key: &'static str, parse: impl Fn(&str) -> Result<T, String>) -> Option<T> {
        let word = self.optional(key)?;
        let parsed = parse(&word);
        if let Err(reason) = &parsed {
            self.warnings.push(format!("{key} {reason}; the default is used"));
        }
        parsed.ok()
    }
}
