//! What root keeps to renew users' tokens, and how it knows whose session at `OnDemand` goes on.

use std::path::PathBuf;

use super::reader::Reader;

/// What stands for the user's name, as in `nginx_stage.yml`.
pub const USER: &str = "%{user}";
/// `nginx_stage`'s own default of `pun_pid_path` (`configuration.rb`).
pub const PUN_PID_PATH: &str = "/var/run/ondemand-nginx/%{user}/passenger.pid";
/// The keys that a wrong value of costs the renewal.
pub const KEYS: &[&str] = &["RENEWAL_DIR", "PUN_PID_PATH"];

/// hook.env's part of it.
#[derive(Debug)]
pub struct RenewalSettings {
    /// `RENEWAL_DIR`: a folder of root's with users' refresh tokens; `None` keeps none.
    pub folder: Option<PathBuf>,
    /// `PUN_PID_PATH`: the pid file of a user's nginx.
    pub pun_pid_path: String,
}

impl Reader<'_> {
    pub fn renewal(&mut self) -> RenewalSettings {
        let folder = self.optional("RENEWAL_DIR");
        if folder.as_ref().is_some_and(|folder| !folder.starts_with('/')) {
            let reason = "is no absolute path; write for example /var/lib/ood-k8s/renewal, or nothing to keep nothing";
            self.refuse("RENEWAL_DIR", reason.into());
        }
        let pun_pid_path = self.optional("PUN_PID_PATH");
        let pun_pid_path = pun_pid_path.unwrap_or_else(|| PUN_PID_PATH.into());
        if !pun_pid_path.starts_with('/') || !pun_pid_path.contains(USER) {
            let reason = "is no absolute path with %{user} in it; copy pun_pid_path of nginx_stage.yml";
            self.refuse("PUN_PID_PATH", reason.into());
        }
        RenewalSettings {
            folder: folder.map(Into::into).filter(|folder: &PathBuf| folder.is_absolute()),
            pun_pid_path,
        }
    }
}
