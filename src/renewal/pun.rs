//! Whether a user's nginx runs, by its pid file: that is how long a session at `OnDemand` goes on.
//!
//! `nginx_stage` looks at the pid file in the same way (`active_users`, `PidFile`), but takes any process for nginx. The
//! folder belongs to Apache's account (`create_and_secure_socket_root`), so nothing in it is believed but a file of root's.

use std::io::{ErrorKind, Read as _};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use nix::errno::Errno;
use nix::unistd::{Pid, Uid};

use super::error::RenewalError;
use crate::config::renewal::USER;
use crate::config::ConfigError;
use crate::door::{self, FileError, FileFault, Trust};
use crate::naming::Username;

/// More than any number takes, in bytes.
const LONGEST: u64 = 64;
/// How nginx calls itself; its arguments follow, and the first is the user in brackets (`nginx_process_generator.rb`).
const TITLE: &str = "nginx: master process";

/// Whether the user's session goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Session {
    /// The user's nginx runs.
    Running,
    /// It does not, for this reason.
    Ended(&'static str),
}

/// Looks for the nginx of this user; `template` is `PUN_PID_PATH`. What cannot be seen is an error, and no end.
pub fn session(template: &str, user: &Username, uid: u32) -> Result<Session, RenewalError> {
    let path = PathBuf::from(template.replace(USER, user.as_str()));
    let pid = match pid_in(&path)? {
        Ok(pid) => pid,
        Err(reason) => return Ok(Session::Ended(reason)),
    };
    if nix::sys::signal::kill(Pid::from_raw(pid), None) == Err(Errno::ESRCH) {
        return Ok(Session::Ended("the process in its pid file is gone"));
    }
    let hidden = |reason: std::io::Error| RenewalError::Hidden {
        path: path.clone(),
        pid,
        reason: reason.to_string(),
    };
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).map_err(hidden)?;
    let title = std::fs::read(format!("/proc/{pid}/cmdline")).map_err(hidden)?;
    if is_nginx_of(user, uid, &status, &String::from_utf8_lossy(&title)) {
        return Ok(Session::Running);
    }
    Ok(Session::Ended("the process in its pid file is another one"))
}

/// The number in the pid file, or why there is none.
fn pid_in(path: &Path) -> Result<Result<i32, &'static str>, RenewalError> {
    let path_of = |fault: FileFault| match fault {
        FileFault::Missing { .. } => Ok("there is no pid file"),
        other => Err(RenewalError::from(ConfigError::of_fault(
            other,
            "PUN_PID_PATH names it",
        ))),
    };
    let place = match door::open(path, Trust::LinksOfRoot) {
        Ok(opened) => opened.target,
        Err(fault) => return path_of(fault).map(Err),
    };
    if place.is_link() {
        return Ok(Err("its pid file is a symbolic link"));
    }
    let doing = || FileError::during("read", path);
    let file = match place.open() {
        Ok(file) => file,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Err("there is no pid file")),
        Err(error) => return Err(doing()(error).into()),
    };
    let metadata = file.metadata().map_err(doing())?;
    if !metadata.is_file() || (metadata.uid() != 0 && metadata.uid() != Uid::effective().as_raw()) {
        return Ok(Err("its pid file is not owned by root"));
    }
    let mut text = Vec::new();
    file.take(LONGEST).read_to_end(&mut text).map_err(doing())?;
    let number = std::str::from_utf8(&text)
        .ok()
        .and_then(|text| text.trim().parse().ok());
    Ok(number.filter(|pid| *pid > 0).ok_or("its pid file has no number in it"))
}

/// A number is given to another process once its own has ended: to any program, or to another user's nginx.
fn is_nginx_of(user: &Username, uid: u32, status: &str, title: &str) -> bool {
    let field = |name: &str| {
        let line = status.lines().find_map(|line| line.strip_prefix(name));
        line.and_then(|line| line.split_whitespace().next())
    };
    let owner: Option<u32> = field("Uid:").and_then(|uid| uid.parse().ok());
    let is_alive = !matches!(field("State:"), Some("Z" | "X") | None);
    let Some(rest) = title.strip_prefix(TITLE) else {
        return false;
    };
    let of = rest
        .trim_start()
        .strip_prefix('(')
        .and_then(|rest| rest.split_once(')'));
    is_alive && (owner == Some(0) || owner == Some(uid)) && of.is_none_or(|(name, _)| name == user.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ann() -> Username {
        Username::parse("ann").unwrap()
    }

    fn is_anns(uid: u32, state: &str, title: &str) -> bool {
        let status = format!("Name:\tnginx\nState:\t{state} (x)\nUid:\t{uid}\t0\t0\t0\n");
        is_nginx_of(&ann(), 1000, &status, title)
    }

    #[test]
    fn only_the_users_own_master_process_counts() {
        let title = "nginx: master process (ann) -c /var/lib/ondemand-nginx/config/puns/ann.conf";
        assert!(is_anns(0, "S", title) && is_anns(1000, "R", title));
        assert!(
            is_anns(0, "S", "nginx: master process /usr/sbin/nginx"),
            "a site's own wrapper"
        );
        for (uid, state, title) in [
            (1001, "S", title),
            (0, "Z", title),
            (0, "S", "nginx: master process (bob) -c x"),
            (0, "S", "nginx: worker process"),
            (0, "S", "/usr/sbin/sshd"),
            (0, "S", ""),
        ] {
            assert!(!is_anns(uid, state, title), "{uid} {state} {title}");
        }
    }

    #[test]
    fn what_is_no_pid_file_of_roots_is_the_end_of_a_session() {
        let folder = tempfile::tempdir().unwrap();
        let template = folder.path().join("%{user}/passenger.pid").display().to_string();
        let ended = || match session(&template, &ann(), 1000).unwrap() {
            Session::Ended(reason) => reason,
            Session::Running => panic!("nothing runs here"),
        };
        assert_eq!(ended(), "there is no pid file");
        let own = folder.path().join("ann");
        std::fs::create_dir(&own).unwrap();
        for (text, reason) in [
            ("", "has no number"),
            ("-1", "has no number"),
            ("12 13", "has no number"),
            ("2147483646\n", "is gone"),
        ] {
            std::fs::write(own.join("passenger.pid"), text).unwrap();
            assert!(ended().contains(reason), "{text:?}: {}", ended());
        }
        std::fs::write(own.join("passenger.pid"), std::process::id().to_string()).unwrap();
        assert!(ended().contains("another one"), "{}", ended());
        std::fs::rename(own.join("passenger.pid"), own.join("real")).unwrap();
        std::os::unix::fs::symlink("real", own.join("passenger.pid")).unwrap();
        assert!(ended().contains("a symbolic link"), "{}", ended());
    }
}
