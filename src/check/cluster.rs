//! One cluster: that it can be reached, its clock, who we are there, and what root's credentials may do.

use std::time::{Duration, Instant, SystemTime};

use futures_util::future;

use super::finding::{Area, Finding};
use super::root::{self, TokenState};
use super::{rights, roles, user};
use crate::cluster::{self, Api, ClusterError, RootKubeconfig, ServerVersion, Target};
use crate::config::clusters::Cluster;
use crate::config::settings::Settings;
use crate::deadline::Deadline;
use crate::exit::ExitStatus;
use crate::login::Blueprint;
use crate::time::for_a_person;
use crate::user::User;

/// Clocks that differ by less are as good as equal: the header has whole seconds, and tokens some leeway.
const SKEW_TOLD: Duration = Duration::from_secs(60);
/// Tokens are taken for ended, or for not valid yet, when clocks differ by so much.
const SKEW_HARMFUL: Duration = Duration::from_secs(300);

/// Without TLS, or with any certificate, root's token goes to whoever answers.
fn secured(area: &mut Area, target: &Target) {
    let mut error = |text: &str, remedy: &str| area.error(ExitStatus::Configuration, text, remedy);
    if target.config.accept_invalid_certs {
        error(
            "root's kubeconfig takes any certificate (insecure-skip-tls-verify), and so sends root's token to anybody",
            "remove it, and name the CA with certificate-authority",
        );
    }
    if target.server.starts_with("http://") {
        error("root's kubeconfig has no TLS for it (http://)", "write https://");
    }
}

/// What every cluster is looked at with.
pub(super) struct Look<'a> {
    pub settings: &'a Settings,
    /// None where it cannot be used, which was said.
    pub root: Option<&'a RootKubeconfig>,
    /// Whose login to try, and what it would make.
    pub login: Option<(&'a User, &'a Blueprint<'a>)>,
    pub deadline: &'a Deadline,
}

impl Look<'_> {
    /// Everything about one cluster.
    pub async fn at(&self, cluster: &Cluster) -> Vec<Finding> {
        let Some(root) = self.root else {
            return Vec::new();
        };
        let mut area = Area::new(format!("cluster {}", cluster.id));
        let mut token = TokenState::Works;
        match self.reach(&mut area, &mut token, root, cluster).await {
            Ok(api) => self.ask(area, &api, cluster).await,
            // That is why, and it was said.
            Err(ClusterError::Unauthorized { .. }) if token == TokenState::Ended => area.into_findings(),
            Err(error) => {
                area.fault(error);
                area.into_findings()
            }
        }
    }

    /// The connection, once the server has said what it is and who we are.
    async fn reach(
        &self,
        area: &mut Area,
        token: &mut TokenState,
        root: &RootKubeconfig,
        cluster: &Cluster,
    ) -> Result<Api, ClusterError> {
        let target = root.target(cluster).await?;
        secured(area, &target);
        match root.entry(cluster) {
            Ok(entry) => {
                *token = root::entry(area, &entry, SystemTime::now());
                root::writable(area, root, &entry);
            }
            // It can be used, but refresh-token cannot tell whose token to renew.
            Err(error) => area.told_warning(error),
        }
        let api = cluster::connect(target, self.deadline).await?;
        let started = Instant::now();
        let (version, me) = future::join(cluster::server_version(&api), cluster::who_am_i(&api)).await;
        answers(area, &api, &version?, started.elapsed());
        identity(area, me?, cluster);
        Ok(api)
    }

    async fn ask(&self, mut area: Area, api: &Api, cluster: &Cluster) -> Vec<Finding> {
        let (rights, roles, of_user) = future::join3(
            rights::check(api, cluster, self.settings),
            roles::check(api, self.settings),
            user::in_cluster(api, cluster, self.login),
        )
        .await;
        // What keeps one question from being answered keeps the others too: it is said once.
        match rights.and_then(|rights| Ok((rights, roles?))) {
            Ok((rights, roles)) => [rights, roles].into_iter().for_each(|part| area.append(part)),
            Err(error) => area.fault(error),
        }
        let mut findings = area.into_findings();
        findings.extend(of_user);
        findings
    }
}

fn answers(area: &mut Area, api: &Api, version: &ServerVersion, took: Duration) {
    area.ok(format!(
        "Kubernetes {} answers by {} in {} ms",
        version.git_version,
        api.protocol(),
        took.as_millis()
    ));
    if let Some(time) = version.time {
        clock(area, time, SystemTime::now());
    }
}

fn clock(area: &mut Area, server: SystemTime, here: SystemTime) {
    let (skew, way) = match server.duration_since(here) {
        Ok(ahead) => (ahead, "ahead of"),
        Err(behind) => (behind.duration(), "behind"),
    };
    let text = format!("its clock is {} {way} this node's", for_a_person(skew));
    let remedy = "check chronyc tracking or timedatectl on this node and on the control plane";
    if skew > SKEW_HARMFUL {
        let text = format!("{text}, so tokens end at other times than they say");
        area.error(ExitStatus::Cluster, text, remedy);
    } else if skew > SKEW_TOLD {
        area.warning(text, remedy);
    } else {
        area.ok("its clock and this node's agree");
    }
}

/// `refresh-token` renews the token of the account in the settings: it must be the one that is used.
fn identity(area: &mut Area, me: Option<String>, cluster: &Cluster) {
    let wanted = cluster.service_account.username();
    match me {
        Some(me) if me == wanted => area.ok(format!("it knows root's credentials as {me}")),
        Some(me) => area.warning(
            format!("it knows root's credentials as {me}, but the settings say {wanted}, whose token refresh-token would put there"),
            "set v2.custom.ood_k8s.service_account of the cluster, or put a token of that account into root's kubeconfig",
        ),
        None => area.ok("it takes root's credentials, and is too old to say whose they are"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::finding::Severity;

    #[test]
    fn a_clock_that_differs_is_told_and_one_that_harms_is_an_error_on_either_side() {
        for (seconds, severity) in [
            (0, Severity::Ok),
            (60, Severity::Ok),
            (61, Severity::Warning),
            (300, Severity::Warning),
            (301, Severity::Error),
        ] {
            let here = SystemTime::now();
            for there in [here + Duration::from_secs(seconds), here - Duration::from_secs(seconds)] {
                let mut area = Area::new("cluster");
                clock(&mut area, there, here);
                assert_eq!(area.into_findings()[0].severity, severity, "{seconds}");
            }
        }
    }
}
