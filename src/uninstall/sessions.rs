//! What root keeps to renew users' tokens: forgotten, each under its lock.

use std::path::Path;
use std::time::Duration;

use super::error::UninstallError;
use super::removed::Removed;
use crate::naming::Username;
use crate::outcome::Outcome;
use crate::renewal::{RenewalError, Renewals};

const PART: &str = "root";
/// A login or renewal holds a record for as long.
const PATIENCE: Duration = Duration::from_secs(5);

/// The users of whom something is kept in this folder.
pub fn kept_users(folder: &Path) -> Result<Vec<Username>, UninstallError> {
    Ok(Renewals::open(folder)?.users()?)
}

/// Forgets what is kept of these users, or says that it would.
pub async fn forget(folder: &Path, users: &[Username], is_dry_run: bool) -> Vec<Removed> {
    let mut done = Vec::new();
    for user in users {
        let forgotten = async {
            if !is_dry_run {
                Renewals::open(folder)?.hold(user, PATIENCE).await?.forget()?;
            }
            Ok::<_, RenewalError>(Outcome::Deleted)
        };
        let what = format!("{}: the refresh token of {user}", folder.display());
        done.push(Removed::new(PART, "root", &what, forgotten.await.map_err(Into::into)));
    }
    done
}
