//! Whether a user's nginx runs, by its pid file: that is how long a session at `OnDemand` goes on.
//!
//! `nginx_stage` looks at the pid file in the same way (`active_users`, `PidFile`), but takes any process for nginx. The
//! folder belongs to Apache's account (`create_and_secure_socket_root`), so only a file that root owns is believed.

use std::io::{ErrorKind, Read as _};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use nix::errno::Errno;
use nix::unistd::{Pid, Uid};
use rustix::fs::{Mode, OFlags};

use super::error::RenewalError;
use crate::config::renewal::USER;
use crate::config::ConfigError;
use crate::door::{self, FileError, FileFault, Trust};
use crate::naming::Username;

/// More than any number takes, in bytes.
const LONGEST: u64 = 64;
/// Of a file in `/proc`, in bytes.
const MOST_OF_PROC: u64 = 16 * 1024;
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
pub fn session(template: &str, user: &Username) -> Result<Session, RenewalError> {
    let path = PathBuf::from(template.replace(USER, user.as_str()));
    let pid = match pid_in(&path)? {
        Ok(pid) => pid,
        Err(reason) => return Ok(Session::Ended(reason)),
    };
    if nix::sys::signal::kill(Pid::from_raw(pid), None) == Err(Errno::ESRCH) {
        return Ok(Session::Ended("the process in its pid file is gone"));
    }
    match title_of_roots(pid) {
        Ok(Some(title)) if is_nginx_of(user, &title) => Ok(Session::Running),
        Ok(_) => Ok(Session::Ended("the process in its pid file is another one")),
        Err(error) => Err(RenewalError::Hidden {
            path,
            pid,
            reason: error.to_string(),
        }),
    }
}

/// The title of a process that is root's; `None` for any other process.
///
/// What another account's process calls itself is that account's word, and lies in its memory: behind a file system of
/// its own a read of it may never return. nginx's master process keeps root's ids; only the workers become the user. The
/// directory is opened once, so that the number cannot come to stand for another process in between.
fn title_of_roots(pid: i32) -> std::io::Result<Option<String>> {
    let process = rustix::fs::open(
        format!("/proc/{pid}"),
        OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC,
        Mode::empty(),
    )?;
    let read = |name: &str| {
        let file = rustix::fs::openat(&process, name, OFlags::RDONLY | OFlags::CLOEXEC, Mode::empty())?;
        let mut text = Vec::new();
        std::fs::File::from(file).take(MOST_OF_PROC).read_to_end(&mut text)?;
        Ok::<_, std::io::Error>(String::from_utf8_lossy(&text).into_owned())
    };
    if !is_roots_and_alive(&read("status")?) {
        return Ok(None);
    }
    read("cmdline").map(Some)
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

/// Whether all four ids of a process are root's (or those of the account that runs this), and it has not ended.
fn is_roots_and_alive(status: &str) -> bool {
    let field = |name: &str| {
        let line = status.lines().find_map(|line| line.strip_prefix(name));
        line.map(str::split_whitespace)
    };
    let own = Uid::effective().as_raw();
    let is_trusted = |uid: &str| uid.parse().is_ok_and(|uid: u32| uid == 0 || uid == own);
    let ids: Vec<_> = field("Uid:").into_iter().flatten().collect();
    let state = field("State:").and_then(|mut state| state.next());
    !ids.is_empty() && ids.into_iter().all(is_trusted) && !matches!(state, Some("Z" | "X") | None)
}

/// A number is given to another process once its own has ended: to any program, or to another user's nginx.
fn is_nginx_of(user: &Username, title: &str) -> bool {
    let Some(rest) = title.strip_prefix(TITLE) else {
        return false;
    };
    let of = rest
        .trim_start()
        .strip_prefix('(')
        .and_then(|rest| rest.split_once(')'));
    of.is_none_or(|(name, _)| name == user.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ann() -> Username {
        Username::parse("ann").unwrap()
    }

    #[test]
    fn only_a_living_process_with_no_other_ids_than_roots_is_asked_for_its_name() {
        for (state, ids, expected) in [
            ("S", "0\t0\t0\t0", true),
            ("Z", "0\t0\t0\t0", false),
            ("S", "1001\t1001\t1001\t1001", false),
            ("S", "1001\t0\t0\t0", false),
            ("S", "0\t1001\t0\t0", false),
            ("S", "0\t0\t1001\t0", false),
            ("S", "0\t0\t0\t1001", false),
            ("S", "", false),
        ] {
            let status = format!("Name:\tnginx\nState:\t{state} (x)\nUid:\t{ids}\nGid:\t0\t0\t0\t0\n");
            assert_eq!(is_roots_and_alive(&status), expected, "{state} {ids}");
        }
        assert!(!is_roots_and_alive("Name:\tnginx\n"));
    }

    #[test]
    fn only_the_users_master_process_counts() {
        let title = "nginx: master process (ann) -c /var/lib/ondemand-nginx/config/puns/ann.conf";
        assert!(is_nginx_of(&ann(), title));
        assert!(
            is_nginx_of(&ann(), "nginx: master process /usr/sbin/nginx"),
            "a site's own wrapper"
        );
        for title in [
            "nginx: master process (bob) -c x",
            "nginx: worker process",
            "/usr/sbin/sshd",
            "",
        ] {
            assert!(!is_nginx_of(&ann(), title), "{title}");
        }
    }

    #[test]
    fn what_is_no_pid_file_of_roots_is_the_end_of_a_session() {
        let folder = tempfile::tempdir().unwrap();
        let template = folder.path().join("%{user}/passenger.pid").display().to_string();
        let ended = || match session(&template, &ann()).unwrap() {
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
