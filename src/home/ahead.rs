//! The child of a login, started before this process has read anything: a copy of it, which spares the system the second
//! start of the program.
//!
//! It is a copy of a process with one thread, which holds its own arguments and environment and nothing else. It closes
//! what it has inherited, and is bound, as a child is that was started by exec. Where SELinux is, there is none: by exec
//! a child gets a domain of its own there, which reaches one home and no network.

use std::fs::File;
use std::io::{self, PipeReader, PipeWriter, Read as _};
use std::sync::{Mutex, PoisonError};

use fork::Fork;
use nix::unistd::{dup2_stderr, dup2_stdin, dup2_stdout, Pid};

use super::child::serve;
use super::idle::IdleChild;

/// What `ps -o comm` shows.
const NAME: &std::ffi::CStr = c"ood-k8s-home";

static WAITING: Mutex<Option<IdleChild>> = Mutex::new(None);

/// Starts the child, which waits for its order. Returns its answer if this process is the child, whose work is done then.
///
/// To be called before any thread is started. Where the child cannot be started, it is started when it has work.
pub fn start_ahead() -> Option<String> {
    if may_be_labelled(&read_label()) {
        return None;
    }
    let (orders, to_child) = io::pipe().ok()?;
    let (from_child, answers) = io::pipe().ok()?;
    match fork::fork().ok()? {
        Fork::Child => {
            drop((to_child, from_child));
            // An inherited pipe that stays open keeps the caller waiting.
            Some(detach(orders, answers).map_or_else(|_| String::new(), |()| serve()))
        }
        Fork::Parent(pid) => {
            let child = IdleChild::new(Pid::from_raw(pid), to_child.into(), from_child.into());
            *WAITING.lock().unwrap_or_else(PoisonError::into_inner) = Some(child);
            None
        }
    }
}

/// The child that waits, if there is one.
pub(super) fn take() -> Option<IdleChild> {
    WAITING.lock().unwrap_or_else(PoisonError::into_inner).take()
}

fn read_label() -> io::Result<Vec<u8>> {
    let mut label = [0; 256];
    let length = File::open("/proc/self/attr/current")?.read(&mut label)?;
    Ok(label[..length].to_vec())
}

/// Whether SELinux labels this process, or may do so: `system_u:system_r:ood_k8s_t:s0`, where `AppArmor` says `unconfined`, and
/// a kernel without either that it cannot be read (`proc_pid_attr(5)`).
fn may_be_labelled(label: &io::Result<Vec<u8>>) -> bool {
    match label {
        Ok(label) => label.contains(&b':'),
        Err(error) => !matches!(error.raw_os_error(), Some(nix::libc::EINVAL | nix::libc::ENOENT)),
    }
}

fn detach(orders: PipeReader, answers: PipeWriter) -> io::Result<()> {
    dup2_stdin(&orders)?;
    dup2_stdout(&answers)?;
    dup2_stderr(File::options().write(true).open("/dev/null")?)?;
    std::env::set_current_dir("/")?;
    let _ = nix::sys::prctl::set_name(NAME);
    drop((orders, answers));
    Ok(())
}

#[cfg(test)]
mod tests {
    use nix::libc::{EACCES, EINVAL, ENOENT};

    use super::*;

    #[test]
    fn a_process_that_selinux_labels_or_may_label_is_not_copied() {
        for (label, is_labelled) in [
            ("system_u:system_r:ood_k8s_t:s0\0", true),
            ("unconfined_u:unconfined_r:unconfined_t:s0-s0:c0.c1023", true),
            ("unconfined\n", false),
            ("/usr/sbin/apache2 (enforce)\n", false),
            ("", false),
        ] {
            assert_eq!(may_be_labelled(&Ok(label.into())), is_labelled, "{label}");
        }
        for (error, is_labelled) in [(EINVAL, false), (ENOENT, false), (EACCES, true)] {
            let unread = Err(io::Error::from_raw_os_error(error));
            assert_eq!(may_be_labelled(&unread), is_labelled, "{error}");
        }
    }
}
