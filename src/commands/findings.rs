//! Findings as they are printed: a line each, two on a terminal, or for scripts.

use std::io::IsTerminal as _;

use anstyle::{AnsiColor, Style};
use serde_json::json;

use crate::findings::{Finding, Severity};
use crate::log;
use crate::print::{self, Output};

/// Prints the findings; with `--quiet` without those of severity `ok`.
pub(super) fn print(findings: &[Finding], output: Output) {
    let is_shown = |finding: &&Finding| !log::is_quiet() || finding.severity != Severity::Ok;
    let shown: Vec<_> = findings.iter().filter(is_shown).collect();
    let value = || {
        json!({
            "findings": shown,
            "errors": count(findings, Severity::Error),
            "warnings": count(findings, Severity::Warning),
        })
    };
    print::warnings(output, value, || match shown.as_slice() {
        [] => String::new(),
        shown => {
            let has_remedies_below = std::io::stdout().is_terminal();
            format!("{}{}", table(shown, has_remedies_below), summary(findings))
        }
    });
}

/// The findings with the areas padded to the widest. On a terminal the remedy is a line of its own: a line that is wrapped
/// three times is hard to read. Elsewhere, in cron's mails and for grep, a finding is one line.
fn table(findings: &[&Finding], has_remedies_below: bool) -> String {
    let width = findings.iter().map(|finding| finding.area.chars().count()).max();
    let width = width.unwrap_or(0);
    let lines = findings
        .iter()
        .map(|finding| lines_of(finding, width, has_remedies_below));
    lines.collect()
}

/// The severity (in colour on a terminal), the code, the area, the text and the remedy.
fn lines_of(finding: &Finding, width: usize, has_remedy_below: bool) -> String {
    let (style, word) = (style(finding.severity), finding.severity.word());
    let pad = " ".repeat("warning".len() - word.len());
    let code = finding.code.map_or_else(|| "-".to_owned(), |code| code.to_string());
    let Finding { area, text, .. } = finding;
    let remedy = match &finding.remedy {
        None => String::new(),
        Some(remedy) if has_remedy_below => format!("\n{}{remedy}", " ".repeat("warning   OK8S-000   ".len())),
        Some(remedy) => format!("; {remedy}"),
    };
    format!("{style}{word}{style:#}{pad}   {code:8}   {area:width$}   {text}{remedy}\n")
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

pub(super) fn count(findings: &[Finding], severity: Severity) -> usize {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exit::ExitStatus;
    use crate::findings::{Area, Code};

    #[test]
    fn a_finding_is_one_line_and_on_a_terminal_its_remedy_is_a_second_one() {
        let mut area = Area::new("hook.env");
        area.error(Code::HookEnvValue, ExitStatus::Configuration, "a", "b");
        area.ok("c");
        let findings = area.into_findings();
        let shown: Vec<_> = findings.iter().collect();
        let plain = |below| anstream::adapter::strip_str(&table(&shown, below)).to_string();
        assert_eq!(
            plain(false),
            "error     OK8S-105   hook.env   a; b\nok        -          hook.env   c\n"
        );
        assert_eq!(
            plain(true),
            "error     OK8S-105   hook.env   a\n                     b\nok        -          hook.env   c\n"
        );
    }
}
