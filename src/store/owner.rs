//! Which process created a lock, so that the lock of one that was killed need not be waited for.

use std::fs::{self, File};
use std::io::Read as _;
use std::os::unix::fs::MetadataExt as _;

use nix::errno::Errno;
use nix::sys::signal::kill;
use nix::unistd::Pid;

/// A process, identified uniquely across hosts and reboots.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Owner {
    boot_id: String,
    /// The inode of the pid namespace: in a container the same pid is another process.
    pid_namespace: u64,
    pid: i32,
    /// In clock ticks since boot: the same pid may be reused.
    start_time: u64,
}

impl Owner {
    /// This process. `None` without `/proc`; then our lock looks like kubectl's, and only its age counts.
    pub(super) fn this_process() -> Option<Self> {
        let pid = i32::try_from(std::process::id()).ok()?;
        Some(Self {
            boot_id: boot_id()?,
            pid_namespace: pid_namespace()?,
            pid,
            start_time: Status::of(pid)?.start_time,
        })
    }

    pub(super) fn to_line(&self) -> String {
        let Self {
            boot_id,
            pid_namespace,
            pid,
            start_time,
        } = self;
        format!("ood-k8s {boot_id} {pid_namespace} {pid} {start_time}\n")
    }

    pub(super) fn from_line(line: &str) -> Option<Self> {
        let fields: Vec<&str> = line.strip_suffix('\n')?.split(' ').collect();
        let ["ood-k8s", boot_id, pid_namespace, pid, start_time] = fields[..] else {
            return None;
        };
        Some(Self {
            boot_id: boot_id.to_owned(),
            pid_namespace: pid_namespace.parse().ok()?,
            pid: pid.parse().ok().filter(|pid| *pid > 0)?,
            start_time: start_time.parse().ok()?,
        })
    }

    /// True only if it is certain that the process has exited, which requires the same boot and pid namespace.
    pub(super) fn is_gone(&self) -> bool {
        if boot_id().as_ref() != Some(&self.boot_id) || pid_namespace() != Some(self.pid_namespace) {
            return false;
        }
        // Not by reading /proc: with `hidepid`, other users' processes are invisible there.
        if kill(Pid::from_raw(self.pid), None) == Err(Errno::ESRCH) {
            return true;
        }
        Status::of(self.pid).is_some_and(|status| status.start_time != self.start_time || status.has_ended)
    }
}

impl std::fmt::Display for Owner {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "process {} of ood-k8s", self.pid)
    }
}

fn boot_id() -> Option<String> {
    Some(of_proc("/proc/sys/kernel/random/boot_id")?.trim_end().to_owned())
}

/// A short file of the kernel's, which is whole in one read (`seq_file`), and whose size is not known before.
fn of_proc(path: &str) -> Option<String> {
    let mut text = [0; 1024];
    let length = File::open(path).ok()?.read(&mut text).ok()?;
    Some(String::from_utf8_lossy(&text[..length]).into_owned())
}

fn pid_namespace() -> Option<u64> {
    fs::metadata("/proc/self/ns/pid").ok().map(|namespace| namespace.ino())
}

/// The part of `/proc/PID/stat` (see `proc_pid_stat(5)`) that matters here.
struct Status {
    start_time: u64,
    /// A zombie without threads: killed, and not yet reaped by its parent.
    has_ended: bool,
}

impl Status {
    fn of(pid: i32) -> Option<Self> {
        let line = of_proc(&format!("/proc/{pid}/stat"))?;
        // The second field is the program's name in parentheses, which may itself contain spaces and parentheses.
        let fields: Vec<&str> = line.rsplit_once(") ")?.1.split(' ').collect();
        let [state, threads, start_time] = [0, 17, 19].map(|index| fields.get(index).copied());
        let threads: u64 = threads?.parse().ok()?;
        Some(Self {
            start_time: start_time?.parse().ok()?,
            has_ended: matches!(state?, "Z" | "X") && threads <= 1,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::process::{Command, Stdio};

    #[test]
    fn an_owner_reads_back_as_it_was_written() {
        let owner = Owner::this_process().expect("/proc is there");
        assert_eq!(Owner::from_line(&owner.to_line()), Some(owner));
    }

    #[test]
    fn a_line_that_is_not_ours_or_is_cut_off_has_no_owner() {
        let line = Owner::this_process().expect("/proc is there").to_line();
        for end in 0..line.len() {
            assert_eq!(Owner::from_line(&line[..end]), None, "{:?}", &line[..end]);
        }
        assert_eq!(Owner::from_line("ood-k8s boot 1 -1 5\n"), None);
    }

    #[test]
    fn a_living_process_is_not_gone() {
        assert!(!Owner::this_process().expect("/proc is there").is_gone());
    }

    #[test]
    fn a_process_that_reuses_the_pid_is_somebody_else() {
        let mut owner = Owner::this_process().expect("/proc is there");
        owner.start_time += 1;
        assert!(owner.is_gone());
    }

    #[test]
    fn a_process_of_another_boot_or_namespace_is_not_judged() {
        let mut owner = Owner::this_process().expect("/proc is there");
        owner.start_time += 1;
        let mut other_boot = owner.clone();
        other_boot.boot_id = "another".to_owned();
        assert!(!other_boot.is_gone());
        owner.pid_namespace += 1;
        assert!(!owner.is_gone());
    }

    #[test]
    fn a_killed_process_is_gone_before_and_after_it_is_collected() {
        let mut child = Command::new("sleep")
            .arg("60")
            .stdin(Stdio::null())
            .spawn()
            .expect("sleep");
        let mut owner = Owner::this_process().expect("/proc is there");
        owner.pid = i32::try_from(child.id()).expect("a pid");
        owner.start_time = Status::of(owner.pid).expect("it runs").start_time;
        assert!(!owner.is_gone());
        child.kill().expect("kill");
        while !Status::of(owner.pid).expect("not collected yet").has_ended {
            std::thread::yield_now();
        }
        assert!(owner.is_gone(), "a zombie holds nothing");
        child.wait().expect("wait");
        assert!(owner.is_gone());
    }
}
