//! The settings of hook.env for the renewal of users' tokens.

use std::path::PathBuf;

use super::reader::Reader;

/// The placeholder for the user's name, as in `nginx_stage.yml`.
pub const USER: &str = "%{user}";
/// `nginx_stage`'s own default of `pun_pid_path` (`configuration.rb`).
pub const PUN_PID_PATH: &str = "/var/run/ondemand-nginx/%{user}/passenger.pid";
/// The keys with which a wrong value disables the renewal.
pub const KEYS: &[&str] = &["RENEWAL_DIR", "PUN_PID_PATH"];

/// The settings.
#[derive(Debug)]
pub struct RenewalSettings {
    /// `RENEWAL_DIR`: root's directory with users' refresh tokens; `None` if none are kept.
    pub folder: Option<PathBuf>,
    /// `PUN_PID_PATH`: the pid file of a user's nginx; while that runs, the user counts as logged in.
    pub pun_pid_path: String,
}

impl Reader<'_> {
    pub fn renewal(&mut self) -> RenewalSettings {
        let folder = self.optional("RENEWAL_DIR");
        if folder.as_ref().is_some_and(|folder| !folder.starts_with('/')) {
            let reason =
                "is not an absolute path; write for example /var/lib/ood-k8s/renewal, or empty it to keep no tokens";
            self.refuse("RENEWAL_DIR", reason.into());
        }
        let pun_pid_path = self.optional("PUN_PID_PATH");
        let pun_pid_path = pun_pid_path.unwrap_or_else(|| PUN_PID_PATH.into());
        if !pun_pid_path.starts_with('/') || !pun_pid_path.contains(USER) {
            let reason = "is not an absolute path that contains %{user}; copy pun_pid_path of nginx_stage.yml";
            self.refuse("PUN_PID_PATH", reason.into());
        }
        RenewalSettings {
            folder: folder.map(Into::into).filter(|folder: &PathBuf| folder.is_absolute()),
            pun_pid_path,
        }
    }
}
