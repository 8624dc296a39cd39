//! Plans what is written to which kubeconfig, for every cluster's mode, from the tokens of a login or of a renewal.

use std::time::SystemTime;

use secrecy::SecretString;

use super::entry::{edit, Login, Work};
use super::error::CredentialsError;
use super::kept::Kept;
use super::marks::keep;
use super::own::{self, Own};
use super::provider::Providers;
use super::{gke, issued};
use crate::config::clusters::{Auth, Cluster};
use crate::config::credentials::{Exchange, Mode, KEYS};
use crate::config::{ConfigError, Site};
use crate::deadline::Deadline;
use crate::home::FileEdits;
use crate::kubeconfig::{Credentials, Edit};
use crate::oidc::Handover;
use crate::outcome::of_cluster;
use crate::renewal::{Held, Record};
use crate::user::User;

/// What to write into which kubeconfig, and for which clusters that is.
#[derive(Default)]
pub struct CredentialsPlan {
    /// The files, each once.
    pub files: Vec<FileEdits>,
    /// A cluster's id, and the index of its file.
    pub clusters: Vec<(String, usize)>,
    /// The clusters that the user gets no entry for; the name is empty for an error that concerns all OIDC clusters.
    pub failures: Vec<(String, CredentialsError)>,
    /// The tokens that users' kubectl will send, by the clusters' ids.
    pub sent: Vec<(String, SecretString)>,
    /// When the tokens that root renews expire, by the clusters' ids.
    pub ends: Vec<(String, SystemTime)>,
    /// What root keeps from this login, locked meanwhile.
    pub kept: Kept,
}

/// Plans the user's kubeconfig entries. Waits for the identity provider only if a token must be refreshed or exchanged.
pub async fn plan(site: &Site, user: &User, handover: &Handover, deadline: &Deadline) -> CredentialsPlan {
    let mut plan = CredentialsPlan::default();
    let providers = Providers::new(&site.settings, deadline);
    let oidc: Vec<_> = site.oidc_clusters().collect();
    if !oidc.is_empty() {
        plan.log_in(site, user, handover, &providers, (&oidc, deadline)).await;
    }
    for cluster in site.kubeconfig_clusters() {
        if let Auth::Gke(gke) = &cluster.auth {
            let login = Login::of(Credentials::Exec(gke::exec_entry(gke, &user.home)));
            plan.add(site, user, cluster, Ok(login));
        }
    }
    for file in &mut plan.files {
        file.keep = keep(site, user, &file.file);
    }
    plan
}

/// New tokens for the refresh token of this record, if they are the user's.
///
/// A record of an older version does not say whose it is: then the claim decides that names the user for a cluster
/// which gets this very token. If no site's setting names one, the first token is taken as the login's.
pub async fn renew(
    site: &Site,
    user: &User,
    (record, held): (&mut Record, &Held),
    clusters: &[&Cluster],
    providers: &Providers<'_>,
) -> Result<Own, CredentialsError> {
    let own = own::renew(&site.settings, record, providers, |record| held.spend_own(record)).await?;
    if record.subject.is_none() {
        let gets_own = |cluster: &&&Cluster| matches!(Exchange::of(cluster, &site.settings), Ok(None));
        let is_named = |cluster: &&&Cluster| cluster.claim_of_subject().is_none();
        for cluster in clusters.iter().filter(gets_own).filter(is_named) {
            own.check_name(&cluster.oidc_username_claim.value, user)?;
        }
    }
    Ok(own)
}

/// Like [`plan`], but with tokens that were renewed since the login.
pub async fn plan_renewed(
    site: &Site,
    user: &User,
    own: &Own,
    providers: &Providers<'_>,
    clusters: &[&Cluster],
) -> CredentialsPlan {
    let mut plan = CredentialsPlan::default();
    plan.add_oidc(site, user, own, providers, clusters).await;
    plan
}

impl CredentialsPlan {
    /// Plans the entries from the tokens of a login; what root keeps of them is on disk before anything is written.
    async fn log_in(
        &mut self,
        site: &Site,
        user: &User,
        handover: &Handover,
        providers: &Providers<'_>,
        (clusters, deadline): (&[&Cluster], &Deadline),
    ) {
        // Do not use up a refresh token for entries that cannot be written.
        if let Some(fault) = site.settings.fault_of(KEYS) {
            return self.fail(fault.clone().into());
        }
        match Kept::take(site, user, deadline.remaining()).await {
            Ok(kept) => self.kept = kept,
            Err(error) if is_to_spend_nothing(&error) => return self.fail(error),
            Err(error) => self.fail(error),
        }
        let refresh = self.kept.refresh_token(handover).cloned();
        let spend = || self.kept.spend(handover);
        let own = match own::take(&site.settings, handover, refresh.as_ref(), providers, spend).await {
            Ok(own) => own,
            Err(error) => {
                let error = self.kept.refused(handover, error);
                return self.fail(error);
            }
        };
        if let Err(error) = self.kept.keep(handover, &own) {
            self.fail(error.into());
        }
        self.add_oidc(site, user, &own, providers, clusters).await;
        if self.failures.iter().any(|(_, error)| error.is_astray()) {
            return self.kept.end(handover);
        }
        let written = self.clusters.iter().map(|(id, _)| id.clone()).collect();
        self.kept.promise(written, &self.ends, self.failures.is_empty());
    }

    /// The token that the user's kubectl will send to the cluster.
    pub fn token_of(&self, cluster: &str) -> Option<&SecretString> {
        let sent = self.sent.iter().find(|(id, _)| id == cluster);
        sent.map(|(_, token)| token)
    }

    /// Takes the entries of these clusters out of the plan again.
    pub fn hold_back(&mut self, clusters: &[String]) {
        if clusters.is_empty() {
            return;
        }
        let is_held = |id: &String| clusters.contains(id);
        let (files, of_files) = (std::mem::take(&mut self.files), std::mem::take(&mut self.clusters));
        for (index, mut file) in files.into_iter().enumerate() {
            // A file's edits are in the order of its clusters.
            let ids: Vec<_> = of_files
                .iter()
                .filter(|(_, at)| *at == index)
                .map(|(id, _)| id)
                .collect();
            let mut held = ids.iter().map(|id| is_held(id));
            file.edits.retain(|_| !held.next().unwrap_or_default());
            file.tokens.retain(|(id, _)| !is_held(id));
            if !file.edits.is_empty() {
                let kept = ids.into_iter().filter(|id| !is_held(id));
                self.clusters.extend(kept.map(|id| (id.clone(), self.files.len())));
                self.files.push(file);
            }
        }
    }

    fn fail(&mut self, error: CredentialsError) {
        self.failures.push((String::new(), error));
    }

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
                name: match cluster.claim_of_subject() {
                    None => user.name.to_string(),
                    Some(claim) => own.name_in(claim).unwrap_or_default(),
                },
            };
            let login = issued.and_then(|issued| work.login(issued));
            self.add(site, user, cluster, login);
        }
    }

    /// Adds a cluster's entry, or the reason why there is none.
    fn add(&mut self, site: &Site, user: &User, cluster: &Cluster, login: Result<Login, CredentialsError>) {
        if let Ok(Some(token)) = login.as_ref().map(Login::sent) {
            self.sent.push((cluster.id.clone(), token.clone()));
        }
        let edit = login.and_then(|login| {
            let end = login.end();
            let edit = edit(cluster, &site.settings, user, login.credentials)?;
            Ok((edit, login.cached, end))
        });
        match edit {
            Ok((edit, cached, end)) => {
                self.add_edit(cluster, edit, cached);
                self.ends.extend(end.map(|end| (cluster.id.clone(), end)));
            }
            Err(error) => self.failures.push((of_cluster(&cluster.id), error)),
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
                keep: None,
                is_dry_run: false,
            });
        }
        let file = &mut self.files[index];
        file.edits.push(edit);
        file.tokens.extend(cached.map(|token| (cluster.id.clone(), token)));
        self.clusters.push((cluster.id.clone(), index));
    }
}

/// Whether this login must not send a refresh token: without the lock it could be used twice, and the process with the lock
/// writes new tokens; where the record cannot be read, nobody knows which is the newest.
fn is_to_spend_nothing(error: &CredentialsError) -> bool {
    match error {
        CredentialsError::Config(error) => matches!(error, ConfigError::Unreadable { .. }),
        CredentialsError::Renewal(error) => error.hides_the_newest(),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::config::settings::Settings;
    use crate::kubeconfig::UserEntry;

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
        let edit = edit(
            &cluster,
            &settings(),
            &user("kube-system"),
            Credentials::Token("t".into()),
        )
        .unwrap();
        assert!(edit.cluster.is_none() && edit.context.is_none());
        assert_eq!(edit.user.unwrap().name, "kube-system");
        assert_eq!(cluster.config_file, "~/.kube/config");
    }

    #[test]
    fn entries_that_are_held_back_leave_those_of_the_other_clusters() {
        let mut plan = CredentialsPlan::default();
        let mut cluster = Cluster::of_stock_hook(&settings());
        for (id, file) in [("a", "/one"), ("b", "/two"), ("c", "/two"), ("d", "/three")] {
            (cluster.id, cluster.config_file) = (id.into(), file.into());
            let user = UserEntry {
                name: id.into(),
                credentials: Credentials::Token(id.into()),
            };
            let edit = Edit {
                user: Some(user),
                ..Edit::default()
            };
            plan.add_edit(&cluster, edit, Some(id.into()));
        }
        plan.hold_back(&["a".into(), "b".into()]);
        let left: Vec<_> = plan
            .files
            .iter()
            .map(|file| (file.file.as_str(), file.edits.len(), file.tokens.len()))
            .collect();
        assert_eq!(left, [("/two", 1, 1), ("/three", 1, 1)]);
        assert_eq!(plan.clusters, [("c".to_owned(), 0), ("d".to_owned(), 1)]);
        assert_eq!(plan.files[0].edits[0].user.as_ref().unwrap().name, "c");
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
