//! All checks, in the order in which they are reported.

use std::path::Path;

use futures_util::future;
use secrecy::SecretString;

use super::{
    cluster, clusters_d, credentials, hook_env, initializer, issuer, ood_core, profiles, renewal, root, secrets, user,
    web_node,
};
use crate::cluster::{AdminKubeconfig, RootKubeconfig};
use crate::config::{ConfigError, Site};
use crate::contained::{contained, Panicked};
use crate::credentials::is_renewed_by_root;
use crate::deadline::Deadline;
use crate::findings::{Area, Finding};
use crate::login::Blueprint;

/// What to check.
pub struct Probes<'a> {
    /// What could be read of the configuration.
    pub site: &'a Site,
    /// The error if hook.env could not be read.
    pub fault: Option<&'a ConfigError>,
    /// Root's kubeconfig.
    pub kubeconfig: &'a Path,
    /// The user whose login is tried.
    pub user: Option<&'a str>,
    /// A cluster administrator's kubeconfig, with which it is tried what the user may do.
    pub admin: Option<&'a AdminKubeconfig>,
    /// A token of that user.
    pub token: Option<&'a SecretString>,
    /// `OnDemand`'s Apache configuration, instead of the usual one.
    pub portal_conf: Option<&'a Path>,
    /// `OnDemand`'s sudoers file, instead of the usual one.
    pub sudoers: Option<&'a Path>,
    /// For clusters and identity providers.
    pub deadline: &'a Deadline,
}

impl Probes<'_> {
    /// Runs all checks, without changing anything.
    pub async fn look(&self) -> Vec<Finding> {
        let site = self.site;
        let mut notes = Vec::new();
        let drawn = Blueprint::draw_quietly(site, &mut notes);
        let mut findings = hook_env::check(site, self.fault, &drawn, &notes);
        // Before the clusters: they are asked side by side, and a program that runs would delay them.
        let kubectls = ood_core::kubectls(site).await;
        findings.extend(self.of_files());
        let (root, of_root) = root::check(self.kubeconfig);
        findings.extend(of_root);
        let (of_user, user) = user::look_up(self.user, site);
        findings.extend(of_user);
        findings.extend(user::expiry(user.as_ref(), self.deadline).await);
        findings.extend(user::access(user.as_ref(), site));
        findings.extend(user::offers(user.as_ref(), site));
        let blueprint = drawn.as_ref().ok().map(|(blueprint, _)| blueprint);
        let look = cluster::Look {
            settings: &site.settings,
            root: root.as_ref(),
            login: user.as_ref().zip(blueprint),
            blueprint,
            profiles: site.profiles.file(),
            admin: self.admin,
            token: self.token,
            kubectls: &kubectls,
            deadline: self.deadline,
        };
        findings.extend(self.of_servers(&look).await);
        let needed = needed(site, root.as_ref());
        findings.extend(web_node::check(
            site,
            self.kubeconfig,
            self.portal_conf,
            self.sudoers,
            &needed,
        ));
        findings
    }

    /// What root's files say by themselves, besides hook.env.
    fn of_files(&self) -> Vec<Finding> {
        let site = self.site;
        let mut findings = clusters_d::check(site);
        findings.extend(ood_core::check(site));
        if self.fault.is_none() {
            findings.extend(initializer::check(site));
            findings.extend(credentials::check(site));
            findings.extend(renewal::check(site));
        }
        findings.extend(profiles::check(site));
        findings.extend(secrets::check(site));
        findings
    }

    /// What the clusters and the identity provider answer, asked side by side.
    async fn of_servers(&self, look: &cluster::Look<'_>) -> Vec<Finding> {
        let site = self.site;
        let clusters = future::join_all(site.clusters.iter().map(|cluster| contained(look.at(cluster))));
        let issuer = contained(issuer::check(site, self.fault.is_none(), self.deadline));
        let (clusters, issuer) = future::join(clusters, issuer).await;
        let mut findings = Vec::new();
        for (cluster, found) in site.clusters.iter().zip(clusters) {
            findings.extend(found.unwrap_or_else(|fault| stopped(format!("cluster {}", cluster.id), fault)));
        }
        findings.extend(issuer.unwrap_or_else(|fault| stopped("issuer".into(), fault)));
        findings
    }
}

/// The commands that something has to run on this web node.
fn needed(site: &Site, root: Option<&RootKubeconfig>) -> Vec<&'static str> {
    let is_by_token = |cluster| root.is_some_and(|root| root.entry(cluster).is_ok_and(|it| it.token().is_some()));
    let refresh = site.clusters.iter().any(is_by_token);
    let renew = site.settings.renewal.folder.is_some() && site.oidc_clusters().any(is_renewed_by_root);
    let commands = [("refresh-token", refresh), ("renew-creds", renew)].into_iter();
    commands
        .filter_map(|(command, is_needed)| is_needed.then_some(command))
        .collect()
}

/// A fault in this program, where it was looking at something.
fn stopped(area: String, fault: Panicked) -> Vec<Finding> {
    let mut area = Area::new(area);
    area.fault(fault);
    area.into_findings()
}
