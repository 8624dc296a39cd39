//! Accounts of a test's own: the program sees other passwd, group and shadow databases, in a mount namespace of its own.

use std::fmt::Write as _;
use std::process::Command;

use super::Site;

/// The files of the databases: the system's, with what a test adds.
pub struct Accounts {
    passwd: String,
    group: String,
    shadow: String,
}

impl Accounts {
    /// The system's accounts alone, and no shadow entry but theirs.
    pub fn new() -> Self {
        let read = |path: &str| std::fs::read_to_string(path).unwrap();
        Self {
            passwd: read("/etc/passwd"),
            group: read("/etc/group"),
            shadow: read("/etc/shadow"),
        }
    }

    /// A user with this uid, in a group of the same id, with this shell.
    #[must_use]
    pub fn user(mut self, name: &str, uid: u32, shell: &str) -> Self {
        writeln!(self.passwd, "{name}:x:{uid}:{uid}::/home/{name}:{shell}").unwrap();
        writeln!(self.group, "{name}:x:{uid}:").unwrap();
        self
    }

    /// A group with these members.
    #[must_use]
    pub fn group(mut self, name: &str, gid: u32, members: &str) -> Self {
        writeln!(self.group, "{name}:x:{gid}:{members}").unwrap();
        self
    }

    /// A line of shadow(5): the password, and the day on which the account expires.
    #[must_use]
    pub fn shadow(mut self, name: &str, password: &str, expires: &str) -> Self {
        writeln!(self.shadow, "{name}:{password}:19000:0:99999:7::{expires}:").unwrap();
        self
    }

    /// The program with these databases; only root may mount.
    pub fn command(&self, site: &Site, args: &[&str]) -> Command {
        let plain = site.command(args);
        let mut command = Command::new("unshare");
        command.args([
            "--mount",
            "--propagation",
            "private",
            "sh",
            "-ec",
            "for name in passwd group shadow; do mount --bind \"$0/$name\" /etc/$name; done; exec \"$@\"",
        ]);
        for (name, text) in [
            ("passwd", &self.passwd),
            ("group", &self.group),
            ("shadow", &self.shadow),
        ] {
            site.write(&format!("databases-{name}"), text);
        }
        let folder = site.path("databases");
        let _ = std::fs::create_dir(&folder);
        for name in ["passwd", "group", "shadow"] {
            std::fs::rename(site.path(&format!("databases-{name}")), folder.join(name)).unwrap();
        }
        command.arg(folder).arg(plain.get_program()).args(plain.get_args());
        command.env_clear().env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin");
        command
    }
}
