//! Why an entry of a docker configuration does not reach users' namespaces.

/// Why an entry is left out. The words are the same at a login, in `check` and in `--list`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EntryFault {
    /// A string or a number: the kubelet then ignores the whole file.
    #[error("it is not an object")]
    NotAnObject,
    /// A number or a list instead of a string: the kubelet then ignores the whole file.
    #[error("its {0} is not a string")]
    NotText(&'static str),
    /// The kubelet then ignores the whole file.
    #[error("its auth is not base64 of user:password")]
    Auth,
    /// As YAML folds a block, or a shell joins lines; Go's decoder skips line ends, but not blanks.
    #[error("its auth has blanks in it; base64 -w0 prints one line")]
    Folded,
    /// docker refuses it.
    #[error("its user is empty")]
    EmptyUser,
    /// No registry accepts it.
    #[error("its password is empty")]
    EmptyPassword,
    /// docker writes such entries if a credential helper has the password.
    #[error("it has neither a password nor a token")]
    Nothing,
    /// `echo` instead of `printf %s`; the kubelet sends it along.
    #[error("its {0} has a line end or another control character in it, which the kubelet sends along")]
    Control(&'static str),
    /// `az acr login` and `docker login` with a browser write these: a person's session.
    #[error("it has only an identity or registry token, which the kubelet does not read")]
    Token,
    /// `oc registry login` writes it.
    #[error("its password is a session of OpenShift, with which users could do whatever its owner may")]
    Session,
    /// By its own words, or by the end that was noted when it was written.
    #[error("its password expired {ago} ago")]
    Ended {
        /// How long ago, human-readable.
        ago: String,
    },
}

impl EntryFault {
    /// Whether nobody meant it so; an expired password and a token were good once, or are good for docker.
    pub fn is_malformed(&self) -> bool {
        !matches!(self, Self::Token | Self::Session | Self::Ended { .. })
    }
}
