//! The users in a list that was saved (`users -o json`), for a cluster that has lost everything.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::account::Account;
use super::row::{left_out, State};
use crate::config::{files, ConfigError};
use crate::door::shown;
use crate::exit::{ExitStatus, HasExitStatus};
use crate::foreign::Foreign;
use crate::user::UserError;

/// Why the list is of no use.
#[derive(Debug, thiserror::Error)]
pub enum SavedError {
    /// It cannot be read.
    #[error(transparent)]
    File(#[from] ConfigError),
    /// It is something else.
    #[error("{path} is no list of users: {reason}; make it with: ood-k8s users -o json", path = shown(.path))]
    NoList {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// The passwd database does not answer, so that nobody knows who is still there.
    #[error(transparent)]
    User(#[from] UserError),
}

impl HasExitStatus for SavedError {
    fn exit_status(&self) -> ExitStatus {
        match self {
            Self::File(error) => error.exit_status(),
            Self::NoList { .. } => ExitStatus::Configuration,
            Self::User(error) => error.exit_status(),
        }
    }
}

/// Who is to be furnished, and how many others there are, by the reason.
pub type Chosen = (BTreeSet<String>, BTreeMap<&'static str, u64>);

#[derive(Deserialize)]
struct List {
    results: Vec<Saved>,
}

#[derive(Deserialize)]
struct Saved {
    user: Option<String>,
    state: State,
    uid: Option<String>,
}

/// Those who had access then, and have the same account now.
pub fn saved(path: &Path, min_uid: u32) -> Result<Chosen, SavedError> {
    let content = files::read_trusted(path, "give the file that `ood-k8s users -o json` was saved in")?;
    let list: List = serde_json::from_slice(&content.bytes).map_err(|error| SavedError::NoList {
        path: path.to_owned(),
        reason: Foreign::new(error.to_string()).to_string(),
    })?;
    let (mut users, mut others) = Chosen::default();
    for row in list.results {
        let (account, fault) = Account::of_owner(row.user.as_deref(), row.uid.as_deref(), min_uid);
        if let Some(fault) = fault {
            return Err(fault.into());
        }
        match (left_out(row.state, account), row.user) {
            (None, Some(user)) => _ = users.insert(user),
            (why, _) => *others.entry(why.unwrap_or("unclaimed")).or_default() += 1,
        }
    }
    Ok((users, others))
}
