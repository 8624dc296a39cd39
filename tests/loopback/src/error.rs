//! The errors of a server on loopback.

/// Why a server does not run, or does not work.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A program cannot be started at all.
    #[error("cannot start {program}: {source}")]
    Start {
        /// The program.
        program: String,
        /// The system's error.
        source: std::io::Error,
    },
    /// A program exited, or was not ready in time. The only error of several lines: it has the end of the log.
    #[error("{program} {what}; the end of its log:\n{log}")]
    NotReady {
        /// The program.
        program: &'static str,
        /// What happened to it.
        what: String,
        /// The last lines that it logged.
        log: String,
    },
    /// A key or a certificate cannot be created.
    #[error("cannot create a server's certificate: {0}")]
    Certificate(#[from] rcgen::Error),
    /// No random bytes are available.
    #[error("cannot read /dev/urandom: {0}")]
    Random(std::io::Error),
}
