//! The findings on standard output: a line each for people, or as data for scripts.

use anstyle::{AnsiColor, Style};
use serde_json::json;

use super::finding::{Finding, Severity};
use crate::cli::Output;
use crate::commands::report::print_as;

/// Prints the findings; quietly, those that are as they should be are left out.
pub(super) fn print(findings: &[Finding], is_quiet: bool, output: Output) {
    let is_shown = |finding: &&Finding| !is_quiet || finding.severity != Severity::Ok;
    let shown: Vec<_> = findings.iter().filter(is_shown).collect();
    let value = || {
        json!({
            "findings": shown,
            "errors": count(findings, Severity::Error),
            "warnings": count(findings, Severity::Warning),
        })
    };
    print_as(output, value, || match shown.as_slice() {
        [] => String::new(),
        shown => format!("{}{}", table(shown), summary(findings)),
    });
}

/// A line each, as wide as the widest area.
fn table(findings: &[&Finding]) -> String {
    let width = findings.iter().map(|finding| finding.area.chars().count()).max();
    let lines = findings.iter().map(|finding| line(finding, width.unwrap_or(0)));
    lines.collect()
}

/// The severity, in colour where a terminal shows it; the area; what, and what to do.
fn line(finding: &Finding, width: usize) -> String {
    let (style, word) = (style(finding.severity), finding.severity.word());
    let pad = " ".repeat("warning".len() - word.len());
    let Finding { area, text, .. } = finding;
    let remedy = finding
        .remedy
        .as_ref()
        .map_or(String::new(), |remedy| format!("; {remedy}"));
    format!("{style}{word}{style:#}{pad}   {area:width$}   {text}{remedy}\n")
}

fn summary(findings: &[Finding]) -> String {
    let counted = |severity, one: &str, many: &str| {
        let n = count(findings, severity);
        format!("{n} {}", if n == 1 { one } else { many })
    };
    format!(
        "{}, {}, {}\n",
        counted(Severity::Error, "error", "errors"),
        counted(Severity::Warning, "warning", "warnings"),
        counted(Severity::Ok, "ok", "ok")
    )
}

fn count(findings: &[Finding], severity: Severity) -> usize {
    findings.iter().filter(|finding| finding.severity == severity).count()
}

fn style(severity: Severity) -> Style {
    let colour = match severity {
        Severity::Ok => AnsiColor::Green,
        Severity::Warning => AnsiColor::Yellow,
        Severity::Error => AnsiColor::Red,
    };
    Style::new().fg_color(Some(colour.into()))
}
