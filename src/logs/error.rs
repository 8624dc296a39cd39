//! Why the last logins cannot be shown.

use std::io;
use std::path::PathBuf;
use std::process::ExitStatus as ProcessStatus;

use crate::door::{shown, FileFault};
use crate::exit::{ExitStatus, HasExitStatus};
use crate::foreign::Foreign;

/// Why.
#[derive(Debug, thiserror::Error)]
pub enum LogsError {
    /// `journalctl` does not start.
    #[error("cannot read the journal: {program}: {cause}; name syslog's file instead: --file FILE")]
    Start {
        /// The program.
        program: &'static str,
        /// What the system said.
        cause: io::Error,
    },
    /// `journalctl` failed.
    #[error("cannot read the journal: journalctl ended with {status}: {words}; run this as root")]
    Journal {
        /// How it ended.
        status: ProcessStatus,
        /// What it said.
        words: Foreign,
    },
    /// So many lines are not held in memory.
    #[error("the journal returned more than can be shown at once; show fewer lines: --lines N")]
    TooMuch,
    /// The file cannot be read.
    #[error("cannot read the log: {0}")]
    File(#[from] FileFault),
    /// The file's times cannot be compared.
    #[error("{} has times without year and zone, so --since cannot be applied to it; leave --since out, or have syslog write RFC 3339", shown(.path))]
    Undated {
        /// The file.
        path: PathBuf,
    },
    /// There is no log.
    #[error("there is no journal, and neither /var/log/messages nor /var/log/syslog; name the file with the lines of ood-k8s: --file FILE")]
    Nowhere,
}

impl HasExitStatus for LogsError {
    fn exit_status(&self) -> ExitStatus {
        match self {
            Self::Start { .. } | Self::Journal { .. } => ExitStatus::Internal,
            Self::TooMuch | Self::Undated { .. } => ExitStatus::Usage,
            Self::File(_) | Self::Nowhere => ExitStatus::Configuration,
        }
    }
}
