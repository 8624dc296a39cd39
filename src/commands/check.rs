//! `check`: reports what is wrong with this web node and its clusters, and how to fix it, without changing anything.

use std::time::Duration;

use anstyle::{AnsiColor, Style};
use serde_json::json;

use super::error::{only, Failures};
use super::invocation::{guard, Invocation};
use crate::check::{self, Finding, Probes, Severity};
use crate::cli::CheckArgs;
use crate::cluster::{AdminKubeconfig, GivenToken};
use crate::deadline::Deadline;
use crate::exit::ExitStatus;
use crate::metrics;
use crate::print::{self, Output};
use crate::root::RootError;

/// Time for the checks that follow the clusters'.
const GRACE: Duration = Duration::from_secs(2);

/// Runs all checks and prints the findings; the exit status tells scripts what kind of error there is.
pub(super) async fn run(invocation: &Invocation, args: &CheckArgs) -> Result<ExitStatus, Failures> {
    let CheckArgs {
        user,
        user_flag,
        admin_kubeconfig,
        admin_context,
        token_file,
        quiet,
        portal_conf,
        sudoers,
        metrics_file,
        output,
    } = args;
    guard(&invocation.deadline);
    let (site, fault) = invocation.salvage();
    let admin = admin_kubeconfig.as_deref();
    let admin = admin.map(|path| AdminKubeconfig::load(path, admin_context.as_deref(), "--admin-context"));
    let admin = admin.transpose().map_err(only)?;
    let token = token_file.as_deref().map(GivenToken::read).transpose();
    let token = token.map_err(|error| only(RootError::from(error)))?;
    let total = invocation.total(&site.settings);
    // If LDAP or a file server hangs, the watchdog ends the program; a cluster that does not answer is a finding.
    invocation.extend_deadline(total + GRACE);
    invocation
        .deadline
        .enter("checking root's files, the clusters and the web node");
    let probes = Probes {
        site: &site,
        fault: fault.as_ref(),
        kubeconfig: &invocation.likely_kubeconfig(&site.settings),
        user: user.as_deref().or(user_flag.as_deref()),
        admin: admin.as_ref(),
        token: token.as_ref().map(GivenToken::secret),
        portal_conf: portal_conf.as_deref(),
        sudoers: sudoers.as_deref(),
        deadline: &Deadline::after(total),
    };
    let findings = probes.look().await;
    print(&findings, *quiet, *output);
    if let Some(path) = metrics_file {
        let counts = [Severity::Error, Severity::Warning, Severity::Ok].map(|of| (of.word(), count(&findings, of)));
        metrics::write_findings(path, &counts).map_err(only)?;
    }
    Ok(check::exit_status(&findings))
}

/// Prints the findings; without those of severity `ok` if `is_quiet`.
fn print(findings: &[Finding], is_quiet: bool, output: Output) {
    let is_shown = |finding: &&Finding| !is_quiet || finding.severity != Severity::Ok;
    let shown: Vec<_> = findings.iter().filter(is_shown).collect();
    let value = || {
        json!({
            "findings": shown,
            "errors": count(findings, Severity::Error),
            "warnings": count(findings, Severity::Warning),
        })
    };
    print::print(output, value, || match shown.as_slice() {
        [] => String::new(),
        shown => format!("{}{}", table(shown), summary(findings)),
    });
}

/// One line per finding, with the areas padded to the widest.
fn table(findings: &[&Finding]) -> String {
    let width = findings.iter().map(|finding| finding.area.chars().count()).max();
    let lines = findings.iter().map(|finding| line(finding, width.unwrap_or(0)));
    lines.collect()
}

/// The severity (in colour on a terminal), the area, the text and the remedy.
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
