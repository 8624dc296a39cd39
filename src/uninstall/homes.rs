//! Homes: as each user, the entries that carry our mark are removed from the kubeconfigs, with the tokens cached beside them.

use std::collections::BTreeSet;
use std::path::Path;
use std::time::Duration;

use futures_util::StreamExt as _;

use super::error::UninstallError;
use super::removed::Removed;
use crate::cluster::{self, NamespacePages, RootKubeconfig};
use crate::config::Site;
use crate::deadline::Deadline;
use crate::home::{self, FileEdits, FileReport, HomeError};
use crate::kubeconfig::Keep;
use crate::side_by_side::side_by_side;
use crate::user::{self, User};

const PART: &str = "homes";

/// The homes to clean.
pub struct Homes<'a> {
    /// The configuration.
    pub site: &'a Site,
    /// Root's kubeconfig, for the list of users.
    pub kubeconfig: &'a Path,
    /// Whether nothing is written.
    pub is_dry_run: bool,
    /// The deadline of each user, and of each request.
    pub total: Duration,
    /// What ends a run that hangs.
    pub watchdog: &'a Deadline,
}

impl Homes<'_> {
    /// The owners of all namespaces, in all clusters, who have an account here: others have no home to clean.
    pub async fn everybody(&self) -> Result<Vec<String>, UninstallError> {
        let root = RootKubeconfig::load(self.kubeconfig)?;
        let mut owners = BTreeSet::new();
        for cluster in &self.site.clusters {
            self.watchdog.more_time("listing the namespaces", self.total * 2);
            let deadline = Deadline::after(self.total);
            let api = cluster::connect(root.target(cluster)?, &deadline).await?;
            let mut pages = NamespacePages::of_site(&api, self.site.settings.site.as_deref());
            while let Some(page) = pages.next(Deadline::after(self.total)).await? {
                self.watchdog.more_time("listing the namespaces", self.total * 2);
                owners.extend(page.into_iter().filter_map(|found| found.owner));
            }
        }
        owners.retain(|owner| !user::is_gone(owner));
        Ok(owners.into_iter().collect())
    }

    /// Cleans the homes of these users, whichever of them exist.
    pub async fn clean(&self, names: &[String]) -> Vec<Removed> {
        let work = names.iter().map(|name| async move {
            self.watchdog.more_time("cleaning homes", self.total * 2);
            match user::look_up(name, self.site.settings.min_uid) {
                Ok(user) => self.of_user(&user).await,
                Err(error) => vec![Removed::new(PART, name, "kubeconfig", Err(error.into()))],
            }
        });
        let mut done: Vec<_> = side_by_side(work, 8)
            .collect::<Vec<_>>()
            .await
            .into_iter()
            .flatten()
            .collect();
        done.sort_by(|a, b| (&a.place, &a.what).cmp(&(&b.place, &b.what)));
        done
    }

    async fn of_user(&self, user: &User) -> Vec<Removed> {
        let name = user.name.as_str();
        let known = self
            .site
            .known
            .iter()
            .flatten()
            .map(|cluster| cluster.config_file.as_str());
        let own = self.site.clusters.iter().map(|cluster| cluster.config_file.as_str());
        let files: BTreeSet<&str> = known.chain(own).collect();
        let edits: Vec<_> = files.iter().map(|file| self.cleaned(file)).collect();
        let deadline = Deadline::after(self.total);
        let done = async {
            let reports: Vec<FileReport> = home::start(user, edits, &deadline)?.finish(&deadline).await?;
            Ok::<_, HomeError>(reports)
        };
        match done.await {
            Ok(reports) => reports.into_iter().map(|report| of_file(name, report)).collect(),
            Err(error) => vec![Removed::new(PART, name, "kubeconfig", Err(error.into()))],
        }
    }

    /// Nothing of this site's stays.
    fn cleaned(&self, file: &str) -> FileEdits {
        FileEdits {
            file: file.to_owned(),
            edits: Vec::new(),
            tokens: Vec::new(),
            keep: Some(Keep {
                site: self.site.settings.site_of_marks().to_owned(),
                ..Keep::default()
            }),
            is_dry_run: self.is_dry_run,
        }
    }
}

fn of_file(name: &str, report: FileReport) -> Removed {
    let what = report.file.display().to_string();
    let done = report.outcome.map_err(|reason| HomeError::Kubeconfig(reason).into());
    Removed::new(PART, name, &what, done)
}
