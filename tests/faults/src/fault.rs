//! What may happen to a run below ptrace, and what was seen of it.

use std::collections::BTreeMap;
use std::path::PathBuf;

use nix::errno::Errno;

use crate::calls::Call;

/// Which of the two processes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Process {
    /// The program that was started.
    Program,
    /// Its child in the home, and whatever it forks until that executes another program.
    Child,
}

/// What is to happen.
#[derive(Debug, Clone, Copy)]
pub enum Fault {
    /// Nothing.
    None,
    /// This call of this process fails.
    Call {
        process: Process,
        call: &'static Call,
        nth: u32,
        errno: Errno,
    },
    /// All die before the call with this number in all.
    Kill { nth: u32 },
    /// Files take so many bytes in all, and then `ENOSPC`.
    Disk { room: usize },
}

/// What was seen of a run.
#[derive(Debug, Default)]
pub struct Seen {
    /// How often each process made each call that may fail, by its number.
    pub calls: BTreeMap<(Process, i64), u32>,
    /// All calls.
    pub all: u32,
    /// The bytes written into files.
    pub written: usize,
    /// Whether the fault came to pass.
    pub has_struck: bool,
    /// What that call was about: a path, or what the descriptor stands for.
    pub place: PathBuf,
}
