//! What a login reads of root's files before it asks any cluster: what the user is to have in each, and root's kubeconfig.

use std::path::PathBuf;

use super::blueprint::Blueprint;
use super::error::LoginError;
use super::report::Report;
use crate::cluster::RootKubeconfig;
use crate::config::clusters::Cluster;
use crate::config::{ConfigError, Site};
use crate::contained::contained_now;
use crate::objects::Desired;
use crate::oidc::Handover;
use crate::user::User;

/// What was read, with a report for each cluster.
pub struct Prepared {
    pub(super) reports: Vec<Report>,
    /// What every cluster needs, or why no cluster can be asked.
    pub(super) files: Result<Files, LoginError>,
}

/// The content of the files.
pub(super) struct Files {
    pub root: RootKubeconfig,
    /// What the user is to have, in the order of the site's clusters.
    pub desired: Vec<Result<Desired, LoginError>>,
    /// An error that disables only the pull secret, or the reaper's rights.
    pub part_fault: Option<ConfigError>,
}

type Kubeconfig = Result<PathBuf, ConfigError>;

impl Prepared {
    /// Reads the files, and logs what is to be said of the registry file.
    pub(super) fn read(site: &Site, user: &User, handover: &Handover, kubeconfig: &Kubeconfig) -> Self {
        let new_report = |cluster: &Cluster| Report::new(user.name.as_str(), &cluster.id);
        Self {
            reports: site.clusters.iter().map(new_report).collect(),
            files: files(site, user, handover, kubeconfig, Blueprint::draw(site)),
        }
    }

    /// Reads them again after a wait: what root has replaced meanwhile, a password perhaps, must not be written back. What
    /// is to be said of the files has been said.
    pub(super) fn read_again(self, site: &Site, user: &User, handover: &Handover, kubeconfig: &Kubeconfig) -> Self {
        let drawn = Blueprint::draw_quietly(site, &mut Vec::new());
        Self {
            files: files(site, user, handover, kubeconfig, drawn),
            ..self
        }
    }
}

fn files(
    site: &Site,
    user: &User,
    handover: &Handover,
    kubeconfig: &Kubeconfig,
    drawn: Result<(Blueprint<'_>, Option<ConfigError>), ConfigError>,
) -> Result<Files, LoginError> {
    let (blueprint, part_fault) = drawn?;
    let root = RootKubeconfig::load(kubeconfig.as_ref().map_err(Clone::clone)?)?;
    let of = |cluster| match contained_now(|| blueprint.of_login(user, cluster, handover)) {
        Ok(desired) => desired.map_err(LoginError::from),
        Err(fault) => Err(fault.into()),
    };
    Ok(Files {
        root,
        desired: site.clusters.iter().map(of).collect(),
        part_fault,
    })
}
