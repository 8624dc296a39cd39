//! Commands that see other files than the machine has, in a mount namespace of their own.

use std::process::Command;

/// The same command in a mount namespace of its own, in which this has been mounted.
pub fn in_mounts(mounts: &str, command: &Command) -> Command {
    let mut inside = Command::new("unshare");
    inside.env_clear().env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin");
    for (name, value) in command.get_envs() {
        inside.env(name, value.unwrap_or_default());
    }
    let script = format!("{mounts}; exec \"$@\"");
    inside.args(["--mount", "--propagation", "private", "sh", "-ec", &script, "sh"]);
    inside.arg(command.get_program()).args(command.get_args());
    inside
}
