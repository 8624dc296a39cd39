//! The exit statuses, and what lies at the bottom of a chain of errors.

/// The process's exit status. Documented in the manual page and in README.md.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum ExitStatus {
    /// All done.
    Success = 0,
    /// A fault in this program.
    Internal = 1,
    /// The command line cannot be understood (clap's own status), or lacks something.
    Usage = 2,
    /// hook.env, clusters.d, the registry file, metrics, or a kubeconfig of root or an administrator.
    Configuration = 3,
    /// The user or the namespace is not one that we act for.
    Refused = 4,
    /// A cluster could not be reached, or said no.
    Cluster = 5,
    /// Tokens and passwords that cannot be used, or the user's kubeconfig.
    Credentials = 6,
    /// The deadline was over before all was done.
    Deadline = 7,
    /// Root's token has ended, or ends before `refresh-token` runs again.
    TokenEnds = 8,
}

/// An error that knows which status it ends the program with.
pub trait HasExitStatus: std::error::Error {
    /// The status to end with.
    fn exit_status(&self) -> ExitStatus;
}

/// What happened at the bottom of a chain of errors: each layer above repeats what is below it.
pub fn innermost<'a>(error: &'a (dyn std::error::Error + 'static)) -> &'a (dyn std::error::Error + 'static) {
    // An io::Error's source() is that of the error in it, and leaves out that error itself.
    let wrapped = error.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref);
    match wrapped {
        Some(inner) => innermost(inner),
        None => error.source().map_or(error, innermost),
    }
}
