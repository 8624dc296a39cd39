//! `check`: reports what is wrong with this web node and its clusters, and how to fix it, without changing anything.

use std::time::Duration;

use super::error::{only, Error, Failures};
use super::invocation::{guard, Invocation};
use super::{bundle, findings};
use crate::check::Probes;
use crate::cli::CheckArgs;
use crate::cluster::{AdminKubeconfig, GivenToken};
use crate::config::Site;
use crate::deadline::Deadline;
use crate::exit::ExitStatus;
use crate::findings::{exit_status, Code, Finding, Severity};
use crate::metrics;
use crate::print;
use crate::root::RootError;

/// Time for the checks that follow the clusters'.
const GRACE: Duration = Duration::from_secs(2);

/// Runs all checks and prints the findings; the exit status tells scripts what kind of error there is.
pub(super) async fn run(invocation: &Invocation, args: &CheckArgs) -> Result<ExitStatus, Failures> {
    if let Some(code) = &args.explain {
        return explain(code).map_err(only);
    }
    guard(&invocation.deadline);
    let (site, fault) = invocation.salvage();
    let admin = args.admin_kubeconfig.as_deref();
    let admin = admin.map(|path| AdminKubeconfig::load(path, args.admin_context.as_deref(), "--admin-context"));
    let admin = admin.transpose().map_err(only)?;
    let token = args.token_file.as_deref().map(GivenToken::read).transpose();
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
        user: args.user.as_deref().or(args.user_flag.as_deref()),
        admin: admin.as_ref(),
        token: token.as_ref().map(GivenToken::secret),
        portal_conf: args.portal_conf.as_deref(),
        sudoers: args.sudoers.as_deref(),
        deadline: &Deadline::after(total),
    };
    let found = probes.look().await;
    findings::print(&found, args.output);
    write(invocation, args, &site, &found).await.map_err(only)?;
    Ok(exit_status(&found))
}

/// Writes the files that were asked for.
async fn write(invocation: &Invocation, args: &CheckArgs, site: &Site, found: &[Finding]) -> Result<(), Error> {
    if let Some(path) = &args.metrics_file {
        let counts =
            [Severity::Error, Severity::Warning, Severity::Ok].map(|of| (of.word(), findings::count(found, of)));
        metrics::write_findings(path, &counts)?;
    }
    if let Some(path) = &args.bundle {
        bundle::write(path, args.log_file.as_deref(), invocation, site, found).await?;
    }
    Ok(())
}

/// What a code means, without a look at this machine.
fn explain(text: &str) -> Result<ExitStatus, Error> {
    let code = Code::parse(text).map_err(|unknown| Error::NoCode {
        code: text.into(),
        nearest: unknown.nearest,
    })?;
    let (what, why, remedy) = (code.what(), code.why(), code.remedy());
    print::text(&format!(
        "{code}: {what}\n\nWhy it matters: {why}\nWhat to do: {remedy}\n"
    ));
    Ok(ExitStatus::Success)
}
