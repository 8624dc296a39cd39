//! The child of a login, started before this process has read anything: a copy of it, which spares the system the second
//! start of the program.
//!
//! It is a copy of a process with one thread, which holds its own arguments and environment and nothing else. It closes
//! what it has inherited, and is bound, as a child is that was started by exec.

use std::fs::File;
use std::io::{self, PipeReader, PipeWriter};
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
    let (orders, to_child) = io::pipe().ok()?;
    let (from_child, answers) = io::pipe().ok()?;
    match fork::fork().ok()? {
        Fork::Child => {
            drop((to_child, from_child));
            // Whoever holds the caller's pipes holds up the caller.
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

fn detach(orders: PipeReader, answers: PipeWriter) -> io::Result<()> {
    dup2_stdin(&orders)?;
    dup2_stdout(&answers)?;
    dup2_stderr(File::options().write(true).open("/dev/null")?)?;
    std::env::set_current_dir("/")?;
    let _ = nix::sys::prctl::set_name(NAME);
    drop((orders, answers));
    Ok(())
}
