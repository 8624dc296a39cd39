//! The findings of one area, while they are collected.

use std::fmt::Display;

use super::cause::HasCode;
use super::code::Code;
use super::finding::{Finding, Severity};
use crate::config::ConfigError;
use crate::exit::ExitStatus;
use crate::log::one_line;

/// The findings of one area, while they are collected.
#[derive(Debug)]
pub struct Area {
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
        self.add(Severity::Ok, None, ExitStatus::Success, text, None);
    }

    /// Adds something that works, but should be changed.
    pub fn warning(&mut self, code: Code, text: impl Display, remedy: impl Display) {
        self.add(
            Severity::Warning,
            Some(code),
            ExitStatus::Success,
            text,
            Some(one_line(&remedy.to_string())),
        );
    }

    /// Adds something that does not work.
    pub fn error(&mut self, code: Code, status: ExitStatus, text: impl Display, remedy: impl Display) {
        let remedy = one_line(&remedy.to_string());
        self.add(Severity::Error, Some(code), status, text, Some(remedy));
    }

    /// Adds a warning whose remedy follows the last semicolon of `message`.
    pub fn told_warning(&mut self, code: Code, message: impl Display) {
        self.told(Severity::Warning, code, ExitStatus::Success, &message.to_string());
    }

    /// Adds an error whose remedy follows the last semicolon of `message`.
    pub fn told_error(&mut self, code: Code, status: ExitStatus, message: impl Display) {
        self.told(Severity::Error, code, status, &message.to_string());
    }

    /// Adds an error that another command would fail with.
    pub fn fault(&mut self, error: impl HasCode) {
        self.told_error(error.code(), error.exit_status(), error);
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
    fn told(&mut self, severity: Severity, code: Code, status: ExitStatus, message: &str) {
        let line = one_line(message);
        let (text, remedy) = line.rsplit_once("; ").unwrap_or((&line, remedy_for(status)));
        self.add(severity, Some(code), status, text, Some(remedy.to_owned()));
    }

    fn add(
        &mut self,
        severity: Severity,
        code: Option<Code>,
        status: ExitStatus,
        text: impl Display,
        remedy: Option<String>,
    ) {
        self.findings.push(Finding {
            severity,
            code,
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

#[cfg(test)]
mod tests {
    use super::super::finding::exit_status;
    use super::*;

    fn statuses(errors: &[ExitStatus]) -> ExitStatus {
        let mut area = Area::new("x");
        area.warning(Code::HookEnvNote, "a", "b");
        errors
            .iter()
            .for_each(|status| area.error(Code::HookEnvValue, *status, "a", "b"));
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
        area.told_error(Code::HookEnvValue, ExitStatus::Configuration, "a is b; c is d; run:\nx");
        area.told_warning(Code::HookEnvNote, "nothing to be done");
        let findings = area.into_findings();
        assert_eq!(
            (findings[0].text.as_str(), findings[0].remedy.as_deref()),
            ("a is b; c is d", Some("run: x"))
        );
        assert_eq!(findings[0].area, "hook.env forged");
        assert!(findings[1].remedy.is_some(), "each finding has one");
    }
}
