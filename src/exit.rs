//! The exit statuses, and the innermost error of a chain.

/// The process's exit status, documented in the manual page and in the book.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum ExitStatus {
    /// Everything was done.
    Success = 0,
    /// A fault in this program.
    Internal = 1,
    /// The command line cannot be understood (clap's own status), or lacks something.
    Usage = 2,
    /// hook.env, clusters.d, the registry file, metrics, or root's or an administrator's kubeconfig.
    Configuration = 3,
    /// The user or the namespace is refused.
    Refused = 4,
    /// A cluster could not be reached, or refused a request.
    Cluster = 5,
    /// Tokens, passwords or the user's kubeconfig cannot be used.
    Credentials = 6,
    /// The deadline passed before everything was done.
    Deadline = 7,
    /// Root's token has expired, or expires before `refresh-token` runs again.
    TokenEnds = 8,
}

impl ExitStatus {
    /// The word for it in log lines and metrics.
    pub fn word(self) -> &'static str {
        match self {
            Self::Success => "ok",
            Self::Internal => "internal",
            Self::Usage => "usage",
            Self::Configuration => "configuration",
            Self::Refused => "refused",
            Self::Cluster => "cluster",
            Self::Credentials => "credentials",
            Self::Deadline => "deadline",
            Self::TokenEnds => "token-ends",
        }
    }
}

/// What no exit status tells apart, and whoever watches logins wants to.
pub const UNREACHABLE: &str = "unreachable";
/// Root's token is not accepted: nobody can log in.
pub const ROOT_TOKEN_REFUSED: &str = "root-token-refused";
/// All results of a login in a cluster, the good one first.
pub const RESULTS: [&str; 9] = [
    "ok",
    "internal",
    "configuration",
    "refused",
    "cluster",
    "credentials",
    "deadline",
    UNREACHABLE,
    ROOT_TOKEN_REFUSED,
];

/// An error that knows the exit status it leads to.
pub trait HasExitStatus: std::error::Error {
    /// The exit status.
    fn exit_status(&self) -> ExitStatus;

    /// One of [`RESULTS`], for log lines and metrics.
    fn result(&self) -> &'static str {
        self.exit_status().word()
    }
}

/// The innermost error of a chain: each layer above repeats what is below it.
pub fn innermost<'a>(error: &'a (dyn std::error::Error + 'static)) -> &'a (dyn std::error::Error + 'static) {
    // An io::Error's source() is the source of the error that it wraps, and skips that error itself.
    let wrapped = error.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref);
    match wrapped {
        Some(inner) => innermost(inner),
        None => error.source().map_or(error, innermost),
    }
}
