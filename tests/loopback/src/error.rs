//! What can go wrong with a server on loopback.

/// Why a server does not run, or not as it should.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A program cannot be started at all.
    #[error("cannot start {program}: {source}")]
    Start {
        /// The program.
        program: String,
        /// What the system said.
        source: std::io::Error,
    },
    /// A program ended, or did not get ready in time. The only error of several lines:
    /// the end of its log is what one needs to know.
    #[error("{program} {what}; its log ends:\n{log}")]
    NotReady {
        /// The program.
        program: &'static str,
        /// What became of it.
        what: String,
        /// The last lines that it logged.
        log: String,
    },
    /// A key or a certificate cannot be made.
    #[error("cannot make a server's certificate: {0}")]
    Certificate(#[from] rcgen::Error),
    /// The system gives no random bytes.
    #[error("cannot read /dev/urandom: {0}")]
    Random(std::io::Error),
}
