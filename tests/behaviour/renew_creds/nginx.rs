//! A process that looks as a user's nginx does in `ps`, and its pid file.

use std::fs;
use std::os::unix::process::CommandExt as _;
use std::process::{Child, Command, Stdio};

use crate::support::Site;

/// Killed when dropped, as in a power failure: the pid file stays.
pub struct Nginx(Child);

impl Nginx {
    pub fn start(site: &Site) -> Self {
        Self::started(site, &mut Command::new("/bin/sleep"))
    }

    /// A process of another account that calls itself so.
    pub fn of_account(site: &Site, uid: u32) -> Self {
        Self::started(site, Command::new("/bin/sleep").uid(uid))
    }

    fn started(site: &Site, nginx: &mut Command) -> Self {
        nginx.arg0(format!("nginx: master process ({}) -c pun.conf", site.user));
        let nginx = nginx.arg("600").stdin(Stdio::null()).spawn().unwrap();
        write_pid(site, &format!("{}\n", nginx.id()));
        Self(nginx)
    }
}

impl Drop for Nginx {
    fn drop(&mut self) {
        let _ = self.0.kill().and_then(|()| self.0.wait());
    }
}

pub fn write_pid(site: &Site, text: &str) {
    let folder = site.path("run").join(&site.user);
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join("passenger.pid"), text).unwrap();
}
