//! `check`: what is wrong with this web node and its clusters, each with its remedy. Nothing is changed.

mod apache;
mod cluster;
mod clusters_d;
mod credentials;
mod finding;
mod hook;
mod hook_env;
mod issuer;
mod portal;
mod print;
mod renewal;
mod rights;
mod roles;
mod root;
mod sudoers;
mod user;
mod web_node;

use futures_util::future;

use super::login::Blueprint;
use super::{guard, Invocation};
use crate::cli::CheckArgs;
use crate::config::Site;
use crate::deadline::Deadline;
use crate::exit::ExitStatus;
use finding::Finding;

/// For what is looked at after the clusters.
const GRACE: std::time::Duration = std::time::Duration::from_secs(2);

/// Looks at everything, says what it found, and tells scripts by the status what kind of error there is.
pub(super) async fn run(invocation: &Invocation, args: &CheckArgs) -> ExitStatus {
    let CheckArgs {
        user,
        quiet,
        portal_conf,
        sudoers,
        output,
    } = args;
    guard(&invocation.deadline);
    invocation.deadline.enter("reading hook.env and clusters.d");
    let (site, fault) = Site::salvage(&invocation.sources);
    let total = invocation.timeout.unwrap_or(site.settings.timeout);
    // A directory or a file server that hangs ends the program; what the clusters do not answer is a finding.
    invocation.extend_deadline(total + GRACE);
    invocation
        .deadline
        .enter("looking at root's files, the clusters and the web node");
    let deadline = &Deadline::after(total);
    let mut warnings = Vec::new();
    let drawn = Blueprint::draw_quietly(&site, &mut warnings);
    let mut findings = hook_env::check(&site, fault.as_ref(), &drawn, &warnings);
    findings.extend(clusters_d::check(&site));
    if fault.is_none() {
        findings.extend(credentials::check(&site));
        findings.extend(renewal::check(&site));
    }
    let (root, of_root) = root::check(&invocation.kubeconfig());
    findings.extend(of_root);
    let (of_user, user) = user::look_up(user.as_deref(), &site);
    findings.extend(of_user);
    let blueprint = drawn.as_ref().ok().map(|(blueprint, _)| blueprint);
    let login = user.as_ref().zip(blueprint);
    let look = cluster::Look {
        settings: &site.settings,
        root: root.as_ref(),
        login,
        deadline,
    };
    let clusters = future::join_all(site.clusters.iter().map(|cluster| look.at(cluster)));
    let issuer = issuer::check(&site, fault.is_none(), deadline);
    let (clusters, issuer) = future::join(clusters, issuer).await;
    findings.extend(clusters.into_iter().flatten());
    findings.extend(issuer);
    findings.extend(web_node::check(&site, portal_conf.as_deref(), sudoers.as_deref()));
    report(&findings, *quiet, *output)
}

fn report(findings: &[Finding], is_quiet: bool, output: crate::cli::Output) -> ExitStatus {
    print::print(findings, is_quiet, output);
    finding::exit_status(findings)
}
