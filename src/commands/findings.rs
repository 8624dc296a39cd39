//! Findings as they are printed: a line each, two on a terminal, or for scripts.

use std::collections::BTreeMap;
use std::io::IsTerminal as _;

use anstyle::{AnsiColor, Style};
use serde_json::json;

use super::alike;
use crate::findings::{Finding, Severity};
use crate::log;
use crate::print::{self, Output};

/// Prints the findings, with `--quiet` without those of severity `ok`, and of many that say the same of other clusters one.
pub(super) fn print(findings: &[Finding], output: Output) {
    print_with(
        findings,
        output,
        if output == Output::Wide { each } else { put_together },
    );
}

/// Prints each finding: where they say who can do what, none stands for another.
pub(super) fn print_each(findings: &[Finding], output: Output) {
    print_with(findings, output, each);
}

fn print_with(findings: &[Finding], output: Output, lines: for<'a> fn(&[&'a Finding]) -> Vec<Line<'a>>) {
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
        shown => with_summary(&lines(shown), &summary(findings), std::io::stdout().is_terminal()),
    });
}

/// A line of the table: a finding, or one for many that say the same.
struct Line<'a> {
    finding: &'a Finding,
    area: String,
    text: String,
}

impl<'a> Line<'a> {
    fn of(finding: &'a Finding) -> Self {
        Self {
            finding,
            area: finding.area.clone(),
            text: finding.text.clone(),
        }
    }

    /// The first finding for all that say the same, of other clusters or files.
    fn of_many(group: &[&'a Finding]) -> Self {
        let first = group[0];
        let mut areas: Vec<_> = group.iter().map(|finding| finding.area.as_str()).collect();
        areas.dedup();
        let named = if areas.len() > 1 { areas.as_slice() } else { &[] };
        Self {
            text: alike::of_many(&first.text, group.len(), named),
            ..Self::of(first)
        }
    }
}

fn each<'a>(findings: &[&'a Finding]) -> Vec<Line<'a>> {
    findings.iter().map(|finding| Line::of(finding)).collect()
}

/// Of many findings that say the same of other clusters, one line with their number.
fn put_together<'a>(findings: &[&'a Finding]) -> Vec<Line<'a>> {
    let kind = |finding: &&Finding| {
        let about = [finding.area.rsplit(' ').next().unwrap_or_default()];
        let remedy = finding.remedy.as_deref().map(|remedy| alike::pattern(remedy, &about));
        (
            finding.severity,
            finding.code,
            alike::pattern(&finding.text, &about),
            remedy,
        )
    };
    let lines = alike::groups(findings, kind).into_iter().flat_map(|group| {
        let group: Vec<_> = group.into_iter().copied().collect();
        if group.len() > alike::MOST_NAMED {
            vec![Line::of_many(&group)]
        } else {
            each(&group)
        }
    });
    lines.collect()
}

/// The lines and the counts; at a terminal that cannot show all of them the counts come first.
fn with_summary(lines: &[Line<'_>], summary: &str, is_terminal: bool) -> String {
    let table = table(lines, is_terminal);
    if is_terminal && lines.len() > print::MOST_ROWS {
        format!("{summary}{table}")
    } else {
        format!("{table}{summary}")
    }
}

/// The findings with the areas padded to the widest. On a terminal the remedy is a line of its own: a line that is wrapped
/// three times is hard to read. Elsewhere, in cron's mails and for grep, a finding is one line.
fn table(lines: &[Line<'_>], has_remedies_below: bool) -> String {
    let width = lines.iter().map(|line| line.area.chars().count()).max();
    let width = width.unwrap_or(0);
    let lines = lines.iter().map(|line| lines_of(line, width, has_remedies_below));
    lines.collect()
}

/// The severity (in colour on a terminal), the code, the area, the text and the remedy.
fn lines_of(line: &Line<'_>, width: usize, has_remedy_below: bool) -> String {
    let finding = line.finding;
    let (style, word) = (style(finding.severity), finding.severity.word());
    let pad = " ".repeat("warning".len() - word.len());
    let code = finding.code.map_or_else(|| "-".to_owned(), |code| code.to_string());
    let Line { area, text, .. } = line;
    let remedy = match &finding.remedy {
        None => String::new(),
        Some(remedy) if has_remedy_below => format!("\n{}{remedy}", " ".repeat("warning   OK8S-000   ".len())),
        Some(remedy) => format!("; {remedy}"),
    };
    format!("{style}{word}{style:#}{pad}   {code:8}   {area:width$}   {text}{remedy}\n")
}

/// How many findings there are of each kind, and of many clusters how many are well.
fn summary(findings: &[Finding]) -> String {
    let counted = |severity, one: &str, many: &str| {
        let n = count(findings, severity);
        format!("{n} {}", if n == 1 { one } else { many })
    };
    format!(
        "{}, {}, {}{}\n",
        counted(Severity::Error, "error", "errors"),
        counted(Severity::Warning, "warning", "warnings"),
        counted(Severity::Ok, "ok", "ok"),
        of_clusters(findings)
    )
}

/// `; 30 clusters: 28 ok, 2 with errors`, if there are many.
fn of_clusters(findings: &[Finding]) -> String {
    let mut worst: BTreeMap<&str, Severity> = BTreeMap::new();
    for finding in findings.iter().filter(|finding| finding.area.starts_with("cluster ")) {
        let of = worst.entry(&finding.area).or_insert(Severity::Ok);
        *of = finding.severity.max(*of);
    }
    if worst.len() <= alike::MOST_NAMED {
        return String::new();
    }
    let with = |severity: Severity, words: &str| match worst.values().filter(|of| **of == severity).count() {
        0 => None,
        n => Some(format!("{n} {words}")),
    };
    let parts = [
        with(Severity::Ok, "ok"),
        with(Severity::Warning, "with warnings alone"),
        with(Severity::Error, "with errors"),
    ];
    let parts: Vec<_> = parts.into_iter().flatten().collect();
    format!("; {} clusters: {}", worst.len(), parts.join(", "))
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
        let plain = |below| anstream::adapter::strip_str(&table(&each(&shown), below)).to_string();
        assert_eq!(
            plain(false),
            "error     OK8S-105   hook.env   a; b\nok        -          hook.env   c\n"
        );
        assert_eq!(
            plain(true),
            "error     OK8S-105   hook.env   a\n                     b\nok        -          hook.env   c\n"
        );
    }

    #[test]
    fn of_many_clusters_with_the_same_error_there_is_one_line_with_their_number() {
        let found = |id: usize| {
            let mut area = Area::new(format!("cluster c{id}"));
            let text = format!("cannot reach https://10.0.0.{id}:6443: refused");
            area.error(Code::HookEnvValue, ExitStatus::Cluster, text, "look there");
            area.ok(format!("c{id} was looked at"));
            area.into_findings()
        };
        let all: Vec<_> = (1..=20).flat_map(found).collect();
        let shown: Vec<_> = all.iter().collect();
        let lines: Vec<_> = put_together(&shown).into_iter().map(|line| line.text).collect();
        let named = "cluster c1, cluster c2, cluster c3, cluster c4, cluster c5 and 15 more";
        assert_eq!(
            lines,
            [
                format!("cannot reach https://10.0.0.1:6443: refused (20 like this: {named})"),
                format!("c1 was looked at (20 like this: {named})")
            ]
        );
        assert_eq!(put_together(&shown[..10]).len(), 10, "five are few");
        assert_eq!(
            summary(&all),
            "20 errors, 0 warnings, 20 ok; 20 clusters: 20 with errors\n"
        );
        assert_eq!(each(&shown).len(), 40);
    }

    #[test]
    fn at_a_terminal_the_counts_come_first_if_there_are_many_lines() {
        let mut area = Area::new("x");
        ('a'..='y').for_each(|c| area.ok(format!("{c}{c}")));
        let findings = area.into_findings();
        let shown: Vec<_> = findings.iter().collect();
        let text = |number: usize, is_terminal| with_summary(&put_together(&shown[..number]), "counts\n", is_terminal);
        assert!(text(25, true).starts_with("counts") && text(25, false).ends_with("counts\n"));
        assert!(text(20, true).ends_with("counts\n"));
    }
}
