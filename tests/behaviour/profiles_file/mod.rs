//! The profiles file: who may, what is shown of it, what holds while it is broken, and what another program's becomes.

mod access;
mod broken;
mod convert;
mod degraded;
mod furnished;
mod shown;

use std::process::Command;

use crate::support::{Run, Site};

/// Writes the profiles file, and names it in hook.env.
fn write(site: &Site, text: &str) {
    site.write("k8s-profiles.yml", text);
    let line = format!("PROFILES_FILE={}", site.path("k8s-profiles.yml").display());
    let hook_env = std::fs::read_to_string(site.path("hook.env")).unwrap();
    let last = hook_env.lines().rfind(|line| line.starts_with("PROFILES_FILE="));
    if last != Some(&line) {
        site.set(&line);
    }
}

/// The program with a `/var/lib` of the test's own, where it keeps what it has read; only root may mount.
pub fn with_own_state(site: &Site, plain: &Command) -> Run {
    let folder = site.path("var-lib");
    let _ = std::fs::create_dir(&folder);
    let mut command = Command::new("unshare");
    command.args(["--mount", "--propagation", "private", "sh", "-ec"]);
    command.arg("mount --bind \"$0\" /var/lib; exec \"$@\"");
    command.arg(folder).arg(plain.get_program()).args(plain.get_args());
    command.env_clear().env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin");
    for (name, value) in plain.get_envs() {
        command.env(name, value.unwrap());
    }
    Run::of(&mut command)
}

pub fn login(site: &Site) -> Run {
    with_own_state(site, &site.command_with_tokens(&["pre-hook", "--user", &site.user]))
}
