//! Tests root's kubeconfig with a new token, and then writes it under the file's lock.

use std::panic::{catch_unwind, resume_unwind, AssertUnwindSafe};
use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use secrecy::{ExposeSecret as _, SecretString};
use tokio::sync::oneshot;

use super::error::{EditError, RootError};
use crate::cluster::{self, Identity, RootEntry, RootKubeconfig, RootLogin, ServiceToken};
use crate::config::clusters::Cluster;
use crate::deadline::Deadline;
use crate::door::FileError;
use crate::kubeconfig::{self, Credentials, Edit, UserEntry};
use crate::naming::ServiceAccountName;
use crate::outcome::Outcome;
use crate::{oidc, store};

/// kubectl holds its lock for milliseconds.
const SHORTEST_LOCK_WAIT: Duration = Duration::from_secs(1);

/// A change to root's kubeconfig, for one cluster.
pub(super) struct Change {
    pub cluster: Cluster,
    pub edit: Edit,
    pub new: ServiceToken,
    /// The old token, if there was one.
    pub old: Option<SecretString>,
}

/// The result in the file.
pub(super) struct Written {
    pub outcome: Outcome,
    pub end: Option<SystemTime>,
}

/// The edit that puts a token into a user's entry.
pub(super) fn token_edit(user: &str, token: &ServiceToken) -> Edit {
    Edit {
        user: Some(UserEntry {
            name: user.to_owned(),
            credentials: Credentials::Token(token.token.clone()),
        }),
        ..Edit::default()
    }
}

impl Change {
    /// Tests the edited file, including server and CA, by asking the cluster for the account in use.
    pub async fn try_out(
        &self,
        root: &RootKubeconfig,
        account: &ServiceAccountName,
        deadline: &Deadline,
    ) -> Result<RootEntry, RootError> {
        let edited = kubeconfig::apply(root.text(), std::slice::from_ref(&self.edit));
        let text = edited.map_err(|error| unwritable(root, error))?;
        let text = text.unwrap_or_else(|| root.text().into());
        let tried = RootKubeconfig::of_text(root.path(), text)?;
        let entry = tried.entry(&self.cluster)?;
        let mut target = tried.target(&self.cluster)?;
        target.identity = Identity::NewToken {
            claims: cluster::describe(&self.new.token),
        };
        cluster::try_token(target, account, deadline).await?;
        Ok(entry)
    }

    /// Writes the change, unless another run has written a token that is valid at least as long. `tried` is the entry
    /// that was tested.
    ///
    /// Waits a moment for the lock even after the deadline, since the token has been issued already.
    pub async fn write(self, path: PathBuf, tried: RootEntry, deadline: &Deadline) -> Result<Written, RootError> {
        let wait = deadline.remaining().max(SHORTEST_LOCK_WAIT);
        let place = path.clone();
        let write = move || {
            let mut end = self.new.end;
            let outcome: Result<_, store::StoreError<EditError>> = store::update_root(&path, wait, |text| {
                if let Some(theirs) = self.faster(&path, text) {
                    end = Some(theirs);
                    return Ok(None);
                }
                let new = kubeconfig::apply(text, std::slice::from_ref(&self.edit))?;
                let result = new.as_ref().map_or(text, |new| new.expose_secret());
                self.still_fits(&path, result, &tried)?;
                Ok(new)
            });
            outcome.map(|outcome| Written { outcome, end })
        };
        // Waiting for the lock blocks, and must not stop the other clusters.
        let (told, heard) = oneshot::channel();
        let thread = std::thread::Builder::new().name("write".into());
        // tokio panics where the system has no thread left.
        let spawned = thread.spawn(move || told.send(catch_unwind(AssertUnwindSafe(write))));
        spawned.map_err(|error| RootError::Kubeconfig(FileError::new("write", &place, error).into()))?;
        match heard.await {
            Ok(written) => Ok(written.unwrap_or_else(|panic| resume_unwind(panic))?),
            Err(_) => unreachable!("what is sent before the thread ends is heard"),
        }
    }

    /// The expiry of a token that another run has written since ours was requested, if it is not earlier than ours.
    fn faster(&self, path: &std::path::Path, text: &str) -> Option<SystemTime> {
        let now = RootKubeconfig::of_text(path, text.into()).ok()?;
        let RootLogin::Token(theirs) = now.entry(&self.cluster).ok()?.login else {
            return None;
        };
        if self
            .old
            .as_ref()
            .is_some_and(|old| old.expose_secret() == theirs.expose_secret())
        {
            return None;
        }
        let end = oidc::token::expiry(&theirs).ok()?;
        self.new.end.is_some_and(|ours| end >= ours).then_some(end)
    }

    /// The context must still be the one that was tested, or the token could be sent to another server.
    fn still_fits(&self, path: &std::path::Path, text: &str, tried: &RootEntry) -> Result<(), EditError> {
        let now = RootKubeconfig::of_text(path, text.into()).and_then(|now| now.entry(&self.cluster));
        match now {
            Ok(now) if now.server == tried.server && now.user == tried.user => Ok(()),
            _ => Err(EditError::Changed),
        }
    }
}

fn unwritable(root: &RootKubeconfig, error: kubeconfig::DocumentError) -> RootError {
    RootError::Kubeconfig(store::StoreError::Edit {
        path: root.path().to_owned(),
        cause: error.into(),
    })
}
