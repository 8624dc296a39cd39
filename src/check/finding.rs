//! A finding: one thing that was looked at, how it is, and the remedy.

use std::fmt::Display;

use serde::Serialize;

use crate::config::ConfigError;
use crate::exit::{ExitStatus, HasExitStatus};
use crate::log::one_line;

/// How a thing is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// As it should be.
    Ok,
    /// Logins work, but not as somebody probably meant it, or not for long.
    Warning,
    /// Logins, or a part of them, do not work; or a secret lies open.
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

/// One line of the result. Its texts are one line each, whoever they quote.
#[derive(Debug, Serialize)]
pub struct Finding {
    /// How it is.
    pub severity: Severity,
    /// Where it was found: a file, a cluster, a user.
    pub area: String,
    /// What was found.
    pub text: String,
    /// What to do about it.
    pub remedy: Option<String>,
    /// What an error makes the program end with.
    #[serde(skip)]
    pub status: ExitStatus,
}

/// The findings of one area, as they are made.
#[derive(Debug)]
pub(super) struct Area {
    name: String,
    findings: Vec<Finding>,
}

impl Area {
    /// An area with nothing found yet.
    pub fn new(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            findings: Vec::new(),
        }
    }

    /// Something is as it should be.
    pub fn ok(&mut self, text: impl Display) {
        self.add(Severity::Ok, ExitStatus::Success, text, None);
    }

    /// Something works, but should be otherwise.
    pub fn warning(&mut self, text: impl Display, remedy: impl Display) {
        self.add(
            Severity::Warning,
            ExitStatus::Success,
            text,
            Some(one_line(&remedy.to_string())),
        );
    }

    /// Something does not work.
    pub fn error(&mut self, status: ExitStatus, text: impl Display, remedy: impl Display) {
        self.add(Severity::Error, status, text, Some(one_line(&remedy.to_string())));
    }

    /// A warning in one text, with the remedy behind its last semicolon.
    pub fn told_warning(&mut self, message: impl Display) {
        self.told(Severity::Warning, ExitStatus::Success, &message.to_string());
    }

    /// An error in one text, with the remedy behind its last semicolon.
    pub fn told_error(&mut self, status: ExitStatus, message: impl Display) {
        self.told(Severity::Error, status, &message.to_string());
    }

    /// What another command would fail with.
    pub fn fault(&mut self, error: impl HasExitStatus) {
        self.told_error(error.exit_status(), error);
    }

    /// What is wrong with the configuration, all of it.
    pub fn faults<'a>(&mut self, errors: impl IntoIterator<Item = &'a ConfigError>) {
        errors.into_iter().for_each(|error| self.fault(error.clone()));
    }

    /// Takes over the findings of another, as this area's.
    pub fn append(&mut self, other: Self) {
        let area = one_line(&self.name);
        let renamed = other.findings.into_iter().map(|finding| Finding {
            area: area.clone(),
            ..finding
        });
        self.findings.extend(renamed);
    }

    /// Whether nothing was found that is not as it should be.
    pub fn is_well(&self) -> bool {
        self.findings.iter().all(|finding| finding.severity == Severity::Ok)
    }

    /// The findings, in the order in which they were made.
    pub fn into_findings(self) -> Vec<Finding> {
        self.findings
    }

    /// Our errors end with the remedy: it is told apart, so that scripts find it in its place.
    fn told(&mut self, severity: Severity, status: ExitStatus, message: &str) {
        let line = one_line(message);
        let (text, remedy) = line.rsplit_once("; ").unwrap_or((&line, remedy_for(status)));
        self.add(severity, status, text, Some(remedy.to_owned()));
    }

    fn add(&mut self, severity: Severity, status: ExitStatus, text: impl Display, remedy: Option<String>) {
        self.findings.push(Finding {
            severity,
            area: one_line(&self.name),
            text: one_line(&text.to_string()),
            remedy,
            status,
        });
    }
}

/// Where to begin, for an error that says only what is wrong.
fn remedy_for(status: ExitStatus) -> &'static str {
    match status {
        ExitStatus::Cluster | ExitStatus::Deadline => "look for the reason in the log of the API server",
        ExitStatus::Internal => "look for the reason in the log of the directory service (journalctl -u sssd)",
        _ => "correct it; ood-k8s config show prints what was understood",
    }
}

/// What to end with: a token that has ended counts before all others, then the lowest of the errors'.
pub fn exit_status(findings: &[Finding]) -> ExitStatus {
    let errors = findings.iter().filter(|finding| finding.severity == Severity::Error);
    let statuses: Vec<_> = errors.map(|finding| finding.status).collect();
    if statuses.contains(&ExitStatus::TokenEnds) {
        return ExitStatus::TokenEnds;
    }
    statuses.into_iter().min().unwrap_or(ExitStatus::Success)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn statuses(errors: &[ExitStatus]) -> ExitStatus {
        let mut area = Area::new("x");
        area.warning("a", "b");
        errors.iter().for_each(|status| area.error(*status, "a", "b"));
        exit_status(&area.into_findings())
    }

    #[test]
    fn warnings_are_no_failure_and_of_several_errors_the_lowest_status_counts() {
        assert_eq!(statuses(&[]), ExitStatus::Success);
        assert_eq!(
            statuses(&[ExitStatus::Deadline, ExitStatus::Cluster]),
            ExitStatus::Cluster
        );
    }

    #[test]
    fn a_token_that_ends_counts_before_all_others() {
        assert_eq!(
            statuses(&[ExitStatus::Configuration, ExitStatus::TokenEnds]),
            ExitStatus::TokenEnds
        );
    }

    #[test]
    fn the_remedy_is_what_stands_behind_the_last_semicolon() {
        let mut area = Area::new("hook.env\nforged");
        area.told_error(ExitStatus::Configuration, "a is b; c is d; run:\nx");
        area.told_warning("nothing to be done");
        let findings = area.into_findings();
        assert_eq!(
            (findings[0].text.as_str(), findings[0].remedy.as_deref()),
            ("a is b; c is d", Some("run: x"))
        );
        assert_eq!(findings[0].area, "hook.env forged");
        assert!(findings[1].remedy.is_some(), "each finding has one");
    }
}
