//! Whether the owner of a namespace is let in now, and if not, why: as a login decides it, from the account, the suspension
//! and the cluster's rules.

use serde::Serialize;

use super::account::Account;
use crate::config::clusters::Cluster;
use crate::config::profiles::AccessError;
use crate::config::settings::{Settings, UidChange};
use crate::config::Site;
use crate::foreign::Foreign;
use crate::user::{self, UserError};

/// Why an owner is not let in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Why {
    /// There is no account of this name.
    Removed,
    /// The account has expired.
    Locked,
    /// The namespace was made for another uid, and `UID_CHANGE` refuses that.
    OtherUid,
    /// The directory service writes the name in another way.
    OtherName,
    /// It is a system account by now.
    BelowMinUid,
    /// The access was suspended.
    Suspended,
    /// `access` in the profiles file does not let the user in.
    NoAccess,
    /// The cluster's rules do not offer it to the user.
    NotOffered,
}

/// Whether an owner is let in.
#[derive(Debug)]
pub enum Standing {
    /// The owner is; or nobody owns the namespace.
    In,
    /// The owner is not.
    Out(Out),
    /// Nobody can tell now: that is never a reason to take anything away.
    Unknown(Unknown),
}

/// Why an owner is not let in, and by which rule of the cluster.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Out {
    /// The reason.
    pub why: Why,
    /// The rule that decides, if it is one of the cluster's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rule: Option<String>,
}

/// Why nobody can tell.
#[derive(Debug)]
pub enum Unknown {
    /// The passwd or the group database did not answer.
    Lookup(UserError),
    /// It says something that does not fit together.
    Doubt(String),
}

impl Why {
    /// The word for tables, as in JSON.
    pub fn word(self) -> &'static str {
        match self {
            Self::Removed => "removed",
            Self::Locked => "locked",
            Self::OtherUid => "other-uid",
            Self::OtherName => "other-name",
            Self::BelowMinUid => "below-min-uid",
            Self::Suspended => "suspended",
            Self::NoAccess => "no-access",
            Self::NotOffered => "not-offered",
        }
    }

    /// Whether the account itself is not let in, in whichever cluster.
    pub fn is_of_the_account(self) -> bool {
        matches!(self, Self::Removed | Self::Locked | Self::BelowMinUid)
    }

    /// What the account says, in the order in which a login asks: the account first, then who is suspended.
    fn of(account: Account, is_suspended: bool, settings: &Settings) -> Option<Self> {
        match account {
            Account::Removed => Some(Self::Removed),
            Account::Locked => Some(Self::Locked),
            Account::OtherName => Some(Self::OtherName),
            Account::BelowMinUid => Some(Self::BelowMinUid),
            Account::OtherUid if settings.uid_change == UidChange::Refuse => Some(Self::OtherUid),
            Account::There | Account::OtherUid | Account::Unknown => is_suspended.then_some(Self::Suspended),
        }
    }
}

impl From<Why> for Standing {
    fn from(why: Why) -> Self {
        Self::Out(Out { why, rule: None })
    }
}

/// Whether this owner is let in. Only a cluster with rules needs the owner's groups.
pub(super) fn standing(
    owner: &str,
    (account, is_suspended): (Account, bool),
    cluster: &Cluster,
    site: &Site,
) -> Standing {
    if let Some(why) = Why::of(account, is_suspended, &site.settings) {
        return why.into();
    }
    if account == Account::Unknown {
        let text = format!(
            "cannot look up the account of user {}; check the directory service",
            Foreign::from(owner)
        );
        return Standing::Unknown(Unknown::Doubt(text));
    }
    let has_rules = site.profiles.file().is_some_and(|file| file.access.is_restricted());
    if !has_rules && !cluster.access.is_restricted() && site.profiles.fault().is_none() {
        return Standing::In;
    }
    by_rules(owner, cluster, site).unwrap_or_else(|error| Standing::Unknown(Unknown::Lookup(error)))
}

/// What `access` and then the cluster's rules say, by the very decision of a login.
fn by_rules(owner: &str, cluster: &Cluster, site: &Site) -> Result<Standing, UserError> {
    let user = user::look_up(owner, site.settings.min_uid)?;
    let decision = match site.profiles.decide(&user, &site.settings) {
        Err(AccessError::User(error)) => return Err(error),
        Err(error) => return Ok(Standing::Unknown(Unknown::Doubt(error.to_string()))),
        Ok(decision) => decision.filter(|decision| !decision.is_allowed),
    };
    if let Some(decision) = decision {
        return Ok(match site.profiles.doubt(&decision, &user)? {
            Some(doubt) => Standing::Unknown(Unknown::Doubt(doubt)),
            None => Standing::Out(Out {
                why: Why::NoAccess,
                rule: Some(decision.rule.to_string()),
            }),
        });
    }
    let verdict = cluster.access.verdict(&user)?;
    if verdict.is_offered {
        return Ok(Standing::In);
    }
    Ok(match cluster.access.doubt(&verdict, &user)? {
        Some(doubt) => Standing::Unknown(Unknown::Doubt(format!("cluster {}: {doubt}", cluster.id))),
        None => Standing::Out(Out {
            why: Why::NotOffered,
            rule: Some(verdict.rule.to_string()),
        }),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_account_decides_first_and_what_is_not_known_is_no_reason() {
        let mut settings = Settings::empty("hook.env".as_ref());
        for (account, is_suspended, why) in [
            (Account::There, false, None),
            (Account::There, true, Some(Why::Suspended)),
            (Account::Locked, true, Some(Why::Locked)),
            (Account::Removed, true, Some(Why::Removed)),
            (Account::OtherUid, false, Some(Why::OtherUid)),
            (Account::OtherName, false, Some(Why::OtherName)),
            (Account::BelowMinUid, false, Some(Why::BelowMinUid)),
            (Account::Unknown, false, None),
            (Account::Unknown, true, Some(Why::Suspended)),
        ] {
            assert_eq!(Why::of(account, is_suspended, &settings), why, "{account:?}");
        }
        for change in [UidChange::Warn, UidChange::Follow] {
            settings.uid_change = change;
            assert_eq!(Why::of(Account::OtherUid, false, &settings), None, "a login goes on");
        }
    }
}
