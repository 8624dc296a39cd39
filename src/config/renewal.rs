//! What root keeps to renew users' tokens, and how it knows whose session at `OnDemand` goes on.

use std::path::PathBuf;

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
