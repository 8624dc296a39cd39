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

/// What becomes of a refresh token that an earlier run could not revoke.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ToBeRevoked {
    /// It stays until `renew-creds` or another run has revoked it: forgotten, it would work on.
    Stays,
    /// It goes like all others.
    Goes,
}

/// Forgets what is kept of these users, or says that it would.
pub async fn forget(folder: &Path, users: &[Username], of_those: ToBeRevoked, is_dry_run: bool) -> Vec<Removed> {
    let mut done = Vec::new();
    for user in users {
        let forgotten = async {
            if is_dry_run {
                return Ok(Outcome::Deleted);
            }
            let held = Renewals::open(folder)?.hold(user, PATIENCE).await?;
            // One that cannot be read goes, too.
            let record = held.read().ok().flatten();
            if of_those == ToBeRevoked::Stays && record.is_some_and(|record| record.is_to_be_revoked) {
                return Ok(Outcome::Unchanged);
            }
            held.forget()?;
            Ok::<_, RenewalError>(Outcome::Deleted)
        };
        let what = format!("{}: the refresh token of {user}", folder.display());
        done.push(Removed::new(PART, "root", &what, forgotten.await.map_err(Into::into)));
    }
    done
}
