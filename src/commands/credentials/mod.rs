//! What each cluster's entry in a user's kubeconfig logs in with, by the cluster's mode.

mod entry;
mod gke;
mod issued;
mod own;
mod provider;

use secrecy::SecretString;

use crate::config::clusters::{Auth, Cluster};
use crate::config::credentials::{Mode, KEYS};
use crate::config::Site;
use crate::deadline::Deadline;
use crate::error::Error;
use crate::home::FileEdits;
use crate::kubeconfig::{Credentials, Edit};
use crate::oidc::Handover;
use crate::user::User;

use entry::{edit, Login, Work};
use own::Own;
pub(super) use provider::Providers;

/// What to write into which kubeconfig, and for which clusters that is.
#[derive(Default)]
pub(super) struct CredentialsPlan {
    /// The files, each once.
    pub files: Vec<FileEdits>,
    /// A cluster's id, and the index of its file.
    pub clusters: Vec<(String, usize)>,
    /// The clusters that the user cannot have an entry for; what hit all that log in by OIDC has an empty name.
    pub failures: Vec<(String, Error)>,
}

/// Works out the user's kubeconfig entries. The identity provider is asked only where a token has to be refreshed or
/// exchanged: without that this never waits.
pub(super) async fn plan(site: &Site, user: &User, handover: &Handover, deadline: &Deadline) -> CredentialsPlan {
    let mut plan = CredentialsPlan::default();
    let providers = Providers::new(&site.settings, deadline);
    let oidc: Vec<_> = site.oidc_clusters().collect();
    if !oidc.is_empty() {
        match own::take(&site.settings, handover, &providers).await {
            Ok(own) => plan.add_oidc(site, user, &own, &providers, &oidc).await,
            Err(error) => plan.failures.push((String::new(), error)),
        }
    }
    for cluster in site.kubeconfig_clusters() {
        if let Auth::Gke(gke) = &cluster.auth {
            let login = Login::of(Credentials::Exec(gke::exec_entry(gke, &user.home)));
            plan.add(site, user, cluster, Ok(login));
        }
    }
    plan
}

impl CredentialsPlan {
    async fn add_oidc(
        &mut self,
        site: &Site,
        user: &User,
        own: &Own,
        providers: &Providers<'_>,
        clusters: &[&Cluster],
    ) {
        if let Some(fault) = site.settings.fault_of(KEYS) {
            return self.failures.push((String::new(), fault.clone().into()));
        }
        if clusters
            .iter()
            .any(|cluster| cluster.credentials.value == Mode::AuthProvider)
        {
            own.warn_of_missing_refresh_token();
        }
        let issued = issued::of_clusters(&site.settings, clusters, own, providers).await;
        for (cluster, issued) in clusters.iter().zip(issued) {
            let work = Work {
                site,
                user,
                own,
                providers,
                cluster,
            };
            let login = issued.and_then(|issued| work.login(issued));
            self.add(site, user, cluster, login);
        }
    }

    /// Adds a cluster's entry, or why there is none.
    fn add(&mut self, site: &Site, user: &User, cluster: &Cluster, login: Result<Login, Error>) {
        let edit = login.and_then(|login| {
            let edit = edit(cluster, &site.settings.reserved_namespaces, user, login.credentials)?;
            Ok((edit, login.cached))
        });
        match edit {
            Ok((edit, cached)) => self.add_edit(cluster, edit, cached),
            Err(error) => self.failures.push((super::of_cluster(&cluster.id), error)),
        }
    }

    fn add_edit(&mut self, cluster: &Cluster, edit: Edit, cached: Option<SecretString>) {
        let known = self.files.iter().position(|file| file.file == cluster.config_file);
        let index = known.unwrap_or(self.files.len());
        if known.is_none() {
            self.files.push(FileEdits {
                file: cluster.config_file.clone(),
                edits: Vec::new(),
                tokens: Vec::new(),
            });
        }
        let file = &mut self.files[index];
        file.edits.push(edit);
        file.tokens.extend(cached.map(|token| (cluster.id.clone(), token)));
        self.clusters.push((cluster.id.clone(), index));
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::config::settings::Settings;

    fn settings() -> Settings {
        Settings::empty(Path::new("hook.env"))
    }

    fn user(name: &str) -> User {
        User {
            name: crate::naming::Username::parse(name).unwrap(),
            uid: 1000,
            gid: 1000,
            groups: Vec::new(),
            home: "/home/ann".into(),
        }
    }

    #[test]
    fn without_clusters_d_the_user_entry_alone_is_written_as_by_the_stock_script() {
        let cluster = Cluster::of_stock_hook(&settings());
        let edit = edit(&cluster, &[], &user("kube-system"), Credentials::Token("t".into())).unwrap();
        assert!(edit.cluster.is_none() && edit.context.is_none());
        assert_eq!(edit.user.unwrap().name, "kube-system");
        assert_eq!(cluster.config_file, "~/.kube/config");
    }

    #[test]
    fn clusters_that_share_a_kubeconfig_share_one_write() {
        let mut plan = CredentialsPlan::default();
        let mut cluster = Cluster::of_stock_hook(&settings());
        plan.add_edit(&cluster, Edit::default(), None);
        plan.add_edit(&cluster, Edit::default(), Some("t".into()));
        cluster.config_file = "/elsewhere".into();
        plan.add_edit(&cluster, Edit::default(), None);
        let counts: Vec<_> = plan
            .files
            .iter()
            .map(|file| (file.edits.len(), file.tokens.len()))
            .collect();
        assert_eq!(counts, [(2, 1), (1, 0)]);
    }
}
