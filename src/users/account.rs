//! What the passwd database says of a namespace's owner.

use serde::Serialize;

use crate::user::{self, UserError};

/// What the passwd database says of a namespace's owner.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Account {
    /// The account is there, with the uid that the namespace was claimed with.
    There,
    /// The account is there, and has expired (shadow(5)).
    Locked,
    /// There is none of this name.
    Removed,
    /// It has another uid: the name may have been given to another person.
    OtherUid,
    /// The directory service writes the name in another way.
    OtherName,
    /// It is a system account.
    BelowMinUid,
    /// The database did not answer.
    Unknown,
}

impl Account {
    /// The word for tables, as in JSON.
    pub fn word(self) -> &'static str {
        match self {
            Self::There => "there",
            Self::Locked => "locked",
            Self::Removed => "removed",
            Self::OtherUid => "other-uid",
            Self::OtherName => "other-name",
            Self::BelowMinUid => "below-min-uid",
            Self::Unknown => "unknown",
        }
    }

    /// What the database says of an owner, and of the uid that is recorded. An error only if it could not be asked. Who is
    /// locked is another database's to say.
    pub(super) fn of_owner(
        owner: Option<&str>,
        stamp: Option<&str>,
        min_uid: u32,
    ) -> (Option<Self>, Option<UserError>) {
        let looked = Looked::at(owner, stamp, min_uid);
        (looked.account, looked.fault)
    }
}

/// What the passwd database says of an owner.
#[derive(Debug, Default)]
pub(super) struct Looked {
    /// `None` if the namespace is unclaimed.
    pub account: Option<Account>,
    /// The login shell, if nobody logs in with it.
    pub closed_shell: Option<String>,
    /// Why the database did not answer.
    pub fault: Option<UserError>,
}

impl Looked {
    /// Looks an owner up.
    pub fn at(owner: Option<&str>, stamp: Option<&str>, min_uid: u32) -> Self {
        let Some(owner) = owner else {
            return Self::default();
        };
        let mut looked = Self::default();
        let account = match (user::uid_and_closed_shell(owner, min_uid), stamp) {
            (Ok((uid, _)), Some(stamp)) if stamp != uid.to_string() => Account::OtherUid,
            (Ok((_, shell)), _) => {
                looked.closed_shell = shell.map(|shell| shell.display().to_string());
                Account::There
            }
            (Err(UserError::Unknown { .. } | UserError::Name(_)), _) => Account::Removed,
            (Err(UserError::OtherName { .. }), _) => Account::OtherName,
            (Err(UserError::SystemAccount { .. }), _) => Account::BelowMinUid,
            (Err(error), _) => {
                looked.fault = Some(error);
                Account::Unknown
            }
        };
        looked.account = Some(account);
        looked
    }
}
