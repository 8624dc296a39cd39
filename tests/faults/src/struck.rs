//! What has struck a run, and where.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use nix::errno::Errno;

use crate::fault::Process;

/// The fault of one run.
#[derive(Debug, Clone, Default)]
pub enum Struck {
    /// None yet.
    #[default]
    Nothing,
    /// A system call failed.
    Call {
        /// Whose.
        process: Process,
        /// Its name.
        call: &'static str,
        /// The how manieth of the process.
        nth: u32,
        /// The error.
        errno: Errno,
        /// What it was about.
        place: PathBuf,
    },
    /// The program was killed.
    Killed(String),
    /// The disk was full after so many bytes.
    Full(usize),
    /// A request failed.
    Request(String),
    /// The clocks of both servers were ahead by so many seconds.
    ServersClock(i64),
    /// The node's clock was wrong, from the start or from a moment on.
    NodesClock {
        /// By how much, as libfaketime writes it.
        at: String,
        /// From when on.
        after: Option<Duration>,
    },
}

impl fmt::Display for Struck {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Nothing => f.write_str("nothing"),
            Self::Call {
                process,
                call,
                nth,
                errno,
                place,
            } => write!(f, "{errno:?} of {call} {nth} in {process:?} {}", place.display()),
            Self::Killed(when) => write!(f, "killed {when}"),
            Self::Full(room) => write!(f, "no space after {room} bytes"),
            Self::Request(which) => f.write_str(which),
            Self::ServersClock(seconds) => write!(f, "the servers' clocks are {seconds} seconds ahead"),
            Self::NodesClock { at, after } => write!(f, "the node's clock is at {at}, after {after:?}"),
        }
    }
}
