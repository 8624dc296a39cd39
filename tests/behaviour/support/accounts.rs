//! Accounts of a test's own: the program sees other passwd, group and shadow databases, in a mount namespace of its own.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::{is_root, skip, Cluster, Site};

/// The files of the databases: the system's, with what a test adds.
pub struct Accounts {
    passwd: String,
    group: String,
    shadow: String,
    /// Whether behind the files a group database is asked that never answers.
    tries_again: bool,
}

impl Accounts {
    /// A site for commands with databases of a test's own: people have uids from 1000 on. Only root may mount them.
    pub fn site(cluster: Cluster) -> Option<Site> {
        if !is_root() {
            skip("only root may mount the databases");
            return None;
        }
        let site = Site::on(cluster);
        site.set("HOOK_TIMEOUT=1m\nMIN_UID=1000");
        Some(site)
    }

    /// The system's accounts alone, and no shadow entry but theirs.
    pub fn new() -> Self {
        let read = |path: &str| std::fs::read_to_string(path).unwrap();
        Self {
            passwd: read("/etc/passwd"),
            group: read("/etc/group"),
            shadow: read("/etc/shadow"),
            tries_again: false,
        }
    }

    /// A user with this uid, in a group of the same id, with this shell.
    #[must_use]
    pub fn user(mut self, name: &str, uid: u32, shell: &str) -> Self {
        writeln!(self.passwd, "{name}:x:{uid}:{uid}::/home/{name}:{shell}").unwrap();
        writeln!(self.group, "{name}:x:{uid}:").unwrap();
        self
    }

    /// A user with this uid and this primary group, which has to be there.
    #[must_use]
    pub fn user_in(mut self, name: &str, uid: u32, gid: u32) -> Self {
        writeln!(self.passwd, "{name}:x:{uid}:{gid}::/home/{name}:/bin/sh").unwrap();
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

    /// Behind the files, a group database that says "try again" of everybody and every group.
    #[must_use]
    pub fn groups_try_again(mut self) -> Self {
        self.tries_again = true;
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
            "for file in \"$0\"/*; do mount --bind \"$file\" \"/etc/${file##*/}\"; done; exec \"$@\"",
        ]);
        let folder = site.path("databases");
        let _ = std::fs::create_dir(&folder);
        let services = self.tries_again.then(services_with_one_that_tries_again);
        let databases = [
            ("passwd", &self.passwd),
            ("group", &self.group),
            ("shadow", &self.shadow),
        ];
        for (name, text) in databases
            .into_iter()
            .chain(services.iter().map(|text| ("nsswitch.conf", text)))
        {
            let new = format!("databases-{name}");
            site.write(&new, text);
            std::fs::rename(site.path(&new), folder.join(name)).unwrap();
        }
        command.arg(folder).arg(plain.get_program()).args(plain.get_args());
        command.env_clear().env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin");
        if self.tries_again {
            command.env("LD_LIBRARY_PATH", service_that_tries_again(site));
        }
        command
    }
}

fn services_with_one_that_tries_again() -> String {
    let of_system = std::fs::read_to_string("/etc/nsswitch.conf").unwrap();
    let others = of_system.lines().filter(|line| !line.starts_with("group:"));
    let lines = others.map(|line| format!("{line}\n"));
    lines.chain(["group: files tryagain\n".to_owned()]).collect()
}

/// The folder with the service, compiled.
fn service_that_tries_again(site: &Site) -> PathBuf {
    let folder = site.path("nss");
    let _ = std::fs::create_dir(&folder);
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/behaviour/support/nss/tryagain.c");
    let mut compiler = Command::new("cc");
    compiler.args(["-shared", "-fPIC", "-o"]);
    let status = compiler.arg(folder.join("libnss_tryagain.so.2")).arg(source).status();
    assert!(
        status.unwrap().success(),
        "cc, which links every Rust program, compiles C as well"
    );
    folder
}
