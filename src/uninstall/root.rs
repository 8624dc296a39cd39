//! Root's files: the contexts with the account's tokens, and the refresh tokens that logins left.

use std::path::Path;
use std::time::Duration;

use super::error::UninstallError;
use super::removed::Removed;
use super::sessions;
use crate::cluster::RootKubeconfig;
use crate::config::profiles::Profiles;
use crate::config::Site;
use crate::kubeconfig::{self, DocumentError};
use crate::oidc::token;
use crate::outcome::Outcome;
use crate::store::{self, StoreError};

const PART: &str = "root";
/// kubectl holds its lock for a moment.
const PATIENCE: Duration = Duration::from_secs(5);

/// Root's files.
pub struct Root<'a> {
    /// The configuration.
    pub site: &'a Site,
    /// Root's kubeconfig.
    pub kubeconfig: &'a Path,
    /// Whether nothing is written.
    pub is_dry_run: bool,
}

impl Root<'_> {
    /// Removes them.
    pub async fn clean(&self) -> Vec<Removed> {
        let mut done = Vec::new();
        match RootKubeconfig::load(self.kubeconfig) {
            Ok(root) => self.contexts(&root, &mut done),
            Err(error) => done.push(Removed::new(PART, "root", "kubeconfig", Err(error.into()))),
        }
        self.sessions(&mut done).await;
        self.of_logins(&mut done);
        done
    }

    /// The entries whose token is the account's; an administrator's own stay.
    fn contexts(&self, root: &RootKubeconfig, done: &mut Vec<Removed>) {
        for cluster in &self.site.clusters {
            let what = format!("{}: the context of cluster {}", self.kubeconfig.display(), cluster.id);
            let entry = match root.entry_if_any(cluster) {
                Ok(Some(entry)) => entry,
                Ok(None) => {
                    done.push(Removed::new(PART, "root", &what, Ok(Outcome::Unchanged)));
                    continue;
                }
                Err(error) => {
                    done.push(Removed::new(PART, "root", &what, Err(error.into())));
                    continue;
                }
            };
            let account = cluster.service_account.username();
            let subject = entry.token().and_then(|token| token::claims(token).ok()?.sub);
            let names = [entry.context, entry.user, entry.cluster].map(|name| vec![name]);
            let result = if subject.as_deref() == Some(&account) {
                self.remove(&names)
            } else {
                Ok(Outcome::Unchanged)
            };
            done.push(Removed::new(PART, "root", &what, result));
        }
    }

    fn remove(&self, [contexts, users, clusters]: &[Vec<String>; 3]) -> Result<Outcome, UninstallError> {
        let mut is_there = false;
        let edit = |text: &str| -> Result<_, DocumentError> {
            let new = kubeconfig::without(text, contexts, users, clusters)?;
            is_there = new.is_some();
            Ok(new.filter(|_| !self.is_dry_run))
        };
        let updated: Result<_, StoreError<DocumentError>> = store::update_root(self.kubeconfig, PATIENCE, edit);
        updated?;
        Ok(if is_there { Outcome::Deleted } else { Outcome::Unchanged })
    }

    /// What logins have kept of the profiles file, and of the groups that its rules name.
    fn of_logins(&self, done: &mut Vec<Removed>) {
        let settings = &self.site.settings;
        let removed = match Profiles::keeps_something(settings) {
            Ok(false) => return,
            Ok(true) if self.is_dry_run => Ok(()),
            Ok(true) => Profiles::forget_all(settings),
            Err(error) => Err(error),
        };
        let removed = removed.map(|()| Outcome::Deleted).map_err(Into::into);
        done.push(Removed::new(
            PART,
            "root",
            "what logins have kept of PROFILES_FILE",
            removed,
        ));
    }

    /// Users' refresh tokens.
    async fn sessions(&self, done: &mut Vec<Removed>) {
        let Some(folder) = &self.site.settings.renewal.folder else {
            return;
        };
        match sessions::kept_users(folder) {
            Ok(users) => {
                done.extend(sessions::forget(folder, &users, sessions::ToBeRevoked::Goes, self.is_dry_run).await);
            }
            Err(error) => done.push(Removed::new(PART, "root", "RENEWAL_DIR", Err(error))),
        }
    }
}
