//! Checks one cluster: whether it can be reached, its clock, the account in use, and the permissions of that account.

use std::time::{Duration, Instant, SystemTime};

use futures_util::future;
use secrecy::SecretString;

use super::ood_core::{self, Kubectls};
use super::root::{self, TokenState};
use super::{neighbours, policies, rights, roles, subject, trust, user};
use crate::cluster::{self, AdminKubeconfig, Api, ClusterError, RootKubeconfig, ServerVersion, Target};
use crate::config::clusters::Cluster;
use crate::config::profiles::ProfilesFile;
use crate::config::settings::Settings;
use crate::deadline::Deadline;
use crate::exit::{ExitStatus, HasExitStatus as _};
use crate::findings::{Area, Code, Finding, HasCode as _};
use crate::foreign::Foreign;
use crate::login::{Blueprint, LoginError};
use crate::oidc::Handover;
use crate::time::for_a_person;
use crate::user::User;

/// A smaller difference is harmless: the header has whole seconds, and token validation some leeway.
const SKEW_TOLD: Duration = Duration::from_secs(60);
/// With a larger difference, tokens are considered expired or not yet valid.
const SKEW_HARMFUL: Duration = Duration::from_secs(300);

/// Without TLS, or if any certificate is accepted, root's token could be sent to an attacker's server.
fn secured(area: &mut Area, target: &Target) {
    let mut error = |text: &str, remedy: &str| area.error(Code::RootInsecure, ExitStatus::Configuration, text, remedy);
    if target.way.trusts_anybody() {
        error(
            "root's kubeconfig accepts any certificate (insecure-skip-tls-verify), so root's token can be intercepted",
            "remove it, and set certificate-authority to the CA",
        );
    }
    if target.server.starts_with("http://") {
        error("root's kubeconfig does not use TLS for it (http://)", "write https://");
    }
}

/// What the checks of every cluster need.
pub(super) struct Look<'a> {
    pub settings: &'a Settings,
    /// `None` if it cannot be used, which was reported already.
    pub root: Option<&'a RootKubeconfig>,
    /// The user whose login is tried, and the objects that it would create.
    pub login: Option<(&'a User, &'a Blueprint<'a>)>,
    /// What users' objects are derived from, if the settings allow it.
    pub blueprint: Option<&'a Blueprint<'a>>,
    /// The profiles file, if the site has one.
    pub profiles: Option<&'a ProfilesFile>,
    /// A cluster administrator's kubeconfig, for what root's account may not try.
    pub admin: Option<&'a AdminKubeconfig>,
    /// A token of the user's.
    pub token: Option<&'a SecretString>,
    /// The versions of OnDemand's kubectls.
    pub kubectls: &'a Kubectls,
    pub deadline: &'a Deadline,
}

impl Look<'_> {
    /// All findings about one cluster.
    pub async fn at(&self, cluster: &Cluster) -> Vec<Finding> {
        let Some(root) = self.root else {
            return Vec::new();
        };
        let mut area = Area::new(format!("cluster {}", cluster.id));
        let mut token = TokenState::Works;
        match self.reach(&mut area, &mut token, root, cluster).await {
            Ok(api) => Box::pin(self.ask(area, &api, cluster)).await,
            // The expired token is the cause, and was reported already.
            Err(ClusterError::Unauthorized { .. }) if token == TokenState::Ended => area.into_findings(),
            Err(error) => {
                area.fault(error);
                area.into_findings()
            }
        }
    }

    /// Connects, and asks the server for its version and the account in use.
    async fn reach(
        &self,
        area: &mut Area,
        token: &mut TokenState,
        root: &RootKubeconfig,
        cluster: &Cluster,
    ) -> Result<Api, ClusterError> {
        let target = root.target(cluster)?;
        secured(area, &target);
        match root.entry(cluster) {
            Ok(entry) => {
                *token = root::entry(area, &entry, SystemTime::now());
                root::writable(area, root, &entry);
            }
            // The kubeconfig can be used, but refresh-token cannot determine which entry's token to renew.
            Err(error) => area.told_warning(Code::RootContext, error),
        }
        let users = root.target(cluster)?;
        let api = cluster::connect(target, self.deadline).await?;
        trust::of_root(area, &users).await;
        trust::of_users(area, root, &users, cluster).await;
        let started = Instant::now();
        let (version, me) = future::join(cluster::server_version(&api), cluster::who_am_i(&api)).await;
        let version = version?;
        answers(area, &api, &version, started.elapsed());
        ood_core::skew(area, self.kubectls, cluster, &version.git_version);
        identity(area, me?, cluster);
        if *token == TokenState::Endless {
            root::endless(area);
        }
        if let Some(target) = root.target_by_endpoint(cluster)? {
            other_name(area, &api, target, self.deadline).await;
        }
        Ok(api)
    }

    async fn ask(&self, mut area: Area, api: &Api, cluster: &Cluster) -> Vec<Finding> {
        let (rights, roles, first, of_user) = future::join4(
            rights::check(api, cluster, self.settings, self.profiles),
            roles::check(api, self.settings),
            Box::pin(user::first_login(api, cluster, self.blueprint)),
            Box::pin(user::in_cluster(api, cluster, self.login, self.admin)),
        )
        .await;
        // These requests usually fail for the same reason, which is reported once.
        match rights.and_then(|rights| Ok((rights, roles?))) {
            Ok((rights, roles)) => [rights, roles].into_iter().for_each(|part| area.append(part)),
            Err(error) => area.fault(error),
        }
        if let Some(file) = self.profiles {
            let look = policies::Look {
                settings: self.settings,
                file,
                admin: self.admin,
            };
            look.at(&mut area, api, cluster).await;
        }
        let neighbours = neighbours::Look {
            settings: self.settings,
            cluster,
            admin: self.admin,
            user: self.login.map(|(user, _)| user),
        };
        neighbours.at(&mut area, api).await;
        let mut findings = area.into_findings();
        findings.extend(first);
        findings.extend(of_user);
        findings.extend(self.as_the_server_knows_the_user(cluster).await);
        findings
    }
}

impl Look<'_> {
    /// Asks the server who the user is whose token was given.
    async fn as_the_server_knows_the_user(&self, cluster: &Cluster) -> Vec<Finding> {
        let (Some(token), Some(root), Some((user, blueprint))) = (self.token, self.root, self.login) else {
            return Vec::new();
        };
        let mut area = Area::new(format!("user {}", user.name));
        let asked = async {
            let desired = blueprint.of_login(user, cluster, &Handover::of(token))?;
            let target = root.target(cluster)?;
            let api = cluster::connect_with(token, target, self.deadline).await?;
            Ok::<_, LoginError>((cluster::who_am_i(&api).await?, desired.subject))
        };
        match asked.await {
            Ok((Some(known), subject)) => subject::compare(&mut area, cluster, &known, &subject),
            Ok((None, _)) => area.warning(
                Code::SubjectUnknown,
                format!(
                    "cluster {}: it accepts the user's token, but is too old to say for whom (before Kubernetes 1.28)",
                    cluster.id
                ),
                "compare OIDC_USERNAME_PREFIX and OIDC_USERNAME_CLAIM with the API server's options",
            ),
            Err(error) => area.told_error(
                error.code(),
                error.exit_status(),
                format!("cluster {}: {error}", cluster.id),
            ),
        }
        area.into_findings()
    }
}

/// Root's kubeconfig and the cluster's file have two addresses: whether they are of one cluster.
async fn other_name(area: &mut Area, api: &Api, target: Target, deadline: &Deadline) {
    let (server, endpoint) = (api.server().to_owned(), target.server.clone());
    let other = async { cluster::cluster_uid(&cluster::connect(target, deadline).await?).await };
    match future::join(cluster::cluster_uid(api), other).await {
        (Ok(here), Ok(there)) if here == there => area.ok(format!(
            "root's {server} and the endpoint {endpoint} are one cluster (by the uid of kube-system)"
        )),
        (Ok(_), Ok(_)) => area.error(Code::RootOtherCluster,
            ExitStatus::Configuration,
            format!("root's {server} and the endpoint {endpoint} are two clusters (by the uid of kube-system), so namespaces are made in one and users work in the other"),
            "correct v2.job.server.endpoint, or v2.custom.ood_k8s.root_context",
        ),
        (Err(error), _) | (_, Err(error)) => area.warning(Code::RootNotCompared,
            format!("root's {server} and the endpoint {endpoint} could not be compared: {error}"),
            "run check where both can be reached, or make the two addresses equal",
        ),
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
        let text = format!("{text}, so tokens expire earlier or later than they should");
        area.error(Code::ClockDiffers, ExitStatus::Cluster, text, remedy);
    } else if skew > SKEW_TOLD {
        area.warning(Code::ClockDiffers, text, remedy);
    } else {
        area.ok("its clock and this node's agree");
    }
}

/// `refresh-token` renews the token of the account in the settings, which must be the account in use.
fn identity(area: &mut Area, me: Option<String>, cluster: &Cluster) {
    let wanted = cluster.service_account.username();
    match me {
        Some(me) if me == wanted => area.ok(format!("root's credentials are those of {wanted}")),
        Some(me) => area.warning(Code::RootOtherAccount,
            format!("root's credentials are those of {}, but the settings specify {wanted}, whose token refresh-token would write", Foreign::from(me)),
            "set v2.custom.ood_k8s.service_account of the cluster, or write a token of that account to root's kubeconfig",
        ),
        None => area.ok("it accepts root's credentials, but is too old to report the account in use"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::findings::Severity;

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
