//! A finding: the result of one check, its severity and the remedy.

use std::fmt::Display;

use serde::Serialize;

use crate::config::ConfigError;
use crate::exit::{ExitStatus, HasExitStatus};
use crate::log::one_line;

/// How serious a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
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

/// The findings of one area, while they are collected.
#[derive(Debug)]
pub(super) struct Area {
    name: String,
    findings: Vec<Finding>,
}

impl Area {
    /// An area without findings.
    pub fn new(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            findings: Vec::new(),
        }
    }

    /// Adds something that is as it should be.
    pub fn ok(&mut self, text: impl Display) {
        self.add(Severity::Ok, ExitStatus::Success, text, None);
    }

    /// Adds something that works, but should be changed.
    pub fn warning(&mut self, text: impl Display, remedy: impl Display) {
        self.add(
            Severity::Warning,
            ExitStatus::Success,
            text,
            Some(one_line(&remedy.to_string())),
        );
    }

    /// Adds something that does not work.
    pub fn error(&mut self, status: ExitStatus, text: impl Display, remedy: impl Display) {
        self.add(Severity::Error, status, text, Some(one_line(&remedy.to_string())));
    }

    /// Adds a warning whose remedy follows the last semicolon of `message`.
    pub fn told_warning(&mut self, message: impl Display) {
        self.told(Severity::Warning, ExitStatus::Success, &message.to_string());
    }

    /// Adds an error whose remedy follows the last semicolon of `message`.
    pub fn told_error(&mut self, status: ExitStatus, message: impl Display) {
        self.told(Severity::Error, status, &message.to_string());
    }

    /// Adds an error that another command would fail with.
    pub fn fault(&mut self, error: impl HasExitStatus) {
        self.told_error(error.exit_status(), error);
    }

    /// Adds all errors in the configuration.
    pub fn faults<'a>(&mut self, errors: impl IntoIterator<Item = &'a ConfigError>) {
        errors.into_iter().for_each(|error| self.fault(error.clone()));
    }

    /// Moves the findings of another area to this one.
    pub fn append(&mut self, other: Self) {
        let area = one_line(&self.name);
        let renamed = other.findings.into_iter().map(|finding| Finding {
            area: area.clone(),
            ..finding
        });
        self.findings.extend(renamed);
    }

    /// Whether there are no warnings and no errors.
    pub fn is_well(&self) -> bool {
        self.findings.iter().all(|finding| finding.severity == Severity::Ok)
    }

    /// The findings, in the order in which they were added.
    pub fn into_findings(self) -> Vec<Finding> {
        self.findings
    }

    /// Our errors end with the remedy, which is a field of its own for scripts.
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

/// A general remedy, for an error that has none.
fn remedy_for(status: ExitStatus) -> &'static str {
    match status {
        ExitStatus::Cluster | ExitStatus::Deadline => "look for the cause in the log of the API server",
        ExitStatus::Internal => "look for the cause in the log of the directory service (journalctl -u sssd)",
        _ => "correct it, and check the result with ood-k8s config show",
    }
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
