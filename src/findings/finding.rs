//! A finding: the result of one check, its severity, its code and the remedy.

use serde::Serialize;

use super::code::Code;
use crate::exit::ExitStatus;

/// How serious a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// As it should be.
    Ok,
    /// Logins work, but not for long, or a setting is suspicious.
    Warning,
    /// Logins fail, at least in part, or a secret is readable by others.
    Error,
}

impl Severity {
    /// The word for tables.
    pub fn word(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

/// One finding. Each of its texts is one line, even if it quotes other text.
#[derive(Debug, Serialize)]
pub struct Finding {
    /// How serious it is.
    pub severity: Severity,
    /// Which kind of finding it is; what is as it should be has none.
    pub code: Option<Code>,
    /// Where it was found: a file, a cluster, a user.
    pub area: String,
    /// What was found.
    pub text: String,
    /// What to do about it.
    pub remedy: Option<String>,
    /// The exit status for an error.
    #[serde(skip)]
    pub status: ExitStatus,
}

/// The exit status: that of a token that has expired or soon will takes precedence, then the lowest of the errors'.
pub fn exit_status(findings: &[Finding]) -> ExitStatus {
    let errors = findings.iter().filter(|finding| finding.severity == Severity::Error);
    let statuses: Vec<_> = errors.map(|finding| finding.status).collect();
    if statuses.contains(&ExitStatus::TokenEnds) {
        return ExitStatus::TokenEnds;
    }
    statuses.into_iter().min().unwrap_or(ExitStatus::Success)
}
