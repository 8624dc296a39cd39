//! One user and one namespace, as `users` shows them.

use serde::{Deserialize, Serialize};

use super::account::Account;
use super::standing::Out;
use crate::cluster::{FoundNamespace, PodCounts};
use crate::naming::Username;
use crate::print::{or_dash, Row};
use crate::time::{date_of, for_a_person, rfc3339_of};

/// What a namespace is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    /// Its owner can log in.
    Active,
    /// Its owner is not let in.
    Suspended,
    /// It is being deleted.
    Terminating,
    /// No login has claimed it yet.
    Unclaimed,
}

/// One namespace and its owner.
#[derive(Debug, Serialize)]
pub struct UserRow {
    /// The owner; `None` if it is unclaimed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// The cluster's id.
    pub cluster: String,
    /// The namespace.
    pub namespace: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    claimed: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_login: Option<String>,
    /// What the passwd database says; `None` if it is unclaimed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub account: Option<Account>,
    /// What the namespace is.
    pub state: State,
    #[serde(skip_serializing_if = "Option::is_none")]
    uid: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    created: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    suspended: Option<String>,
    /// How many pods run there, if they were counted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pods: Option<u32>,
    /// The owner's login shell, if nobody logs in with it: told, and no reason for anything.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shell: Option<String>,
    /// Why the owner is not let in, if that was asked.
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    pub out: Option<Out>,
    /// Whether the mark of a suspension is on the namespace itself.
    #[serde(skip)]
    pub is_marked: bool,
    /// For the table: the date of the claim, and how long ago the last login was.
    #[serde(skip)]
    short: [Option<String>; 2],
}

impl State {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Active, Self::Suspended, Self::Terminating, Self::Unclaimed];

    /// The word for tables, as in JSON.
    pub fn word(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Suspended => "suspended",
            Self::Terminating => "terminating",
            Self::Unclaimed => "unclaimed",
        }
    }

    fn of(found: &FoundNamespace) -> Self {
        match found {
            found if found.is_terminating => Self::Terminating,
            found if found.is_suspended => Self::Suspended,
            found if found.owner.is_none() => Self::Unclaimed,
            _ => Self::Active,
        }
    }
}

/// Why a namespace's owner gets none in another cluster; `None` if nothing is against it.
pub fn left_out(state: State, account: Option<Account>) -> Option<&'static str> {
    match (state, account) {
        (State::Active, Some(Account::There)) => None,
        (State::Active, Some(Account::Removed)) => Some("gone"),
        (State::Active, account) => Some(account.map_or("unclaimed", Account::word)),
        (state, _) => Some(state.word()),
    }
}

impl UserRow {
    pub(super) fn new(
        found: FoundNamespace,
        cluster: &str,
        account: Option<Account>,
        pods: Option<&PodCounts>,
        now: u64,
    ) -> Self {
        let dates = found.dates;
        let ago = |seconds| for_a_person(std::time::Duration::from_secs(now.saturating_sub(seconds)));
        Self {
            cluster: cluster.to_owned(),
            claimed: dates.claimed.map(rfc3339_of),
            last_login: dates.last_login.map(rfc3339_of),
            account,
            state: State::of(&found),
            created: dates.created.map(rfc3339_of),
            suspended: dates.suspended.map(rfc3339_of),
            pods: pods.map(|pods| pods.in_namespace(&found.name)),
            shell: None,
            out: None,
            is_marked: false,
            short: [dates.claimed.map(date_of), dates.last_login.map(ago)],
            user: found.owner,
            namespace: found.name,
            uid: found.uid,
        }
    }
}

impl Row for UserRow {
    const HEADING: &'static [&'static str] = &[
        "USER",
        "CLUSTER",
        "NAMESPACE",
        "CLAIMED",
        "LAST LOGIN",
        "ACCOUNT",
        "STATE",
    ];
    const WIDE: &'static [&'static str] = &["PODS", "UID", "CREATED", "SHELL"];

    fn cells(&self) -> Vec<String> {
        let text = |text: &Option<String>| or_dash(text.as_deref().unwrap_or_default());
        let [claimed, last_login] = &self.short;
        vec![
            text(&self.user),
            self.cluster.clone(),
            self.namespace.clone(),
            text(claimed),
            text(last_login),
            or_dash(self.account.map(Account::word).unwrap_or_default()),
            self.state.word().to_owned(),
            text(&self.pods.map(|pods| pods.to_string())),
            text(&self.uid),
            text(&self.created),
            text(&self.shell),
        ]
    }

    /// Only what is a user's name: another command reads it, and a line end in it would make two users of one.
    fn name(&self) -> Option<&str> {
        let name = self.user.as_deref()?;
        Username::parse(name).is_ok().then_some(name)
    }
}

/// A row that says why its owner is not let in.
#[derive(Serialize)]
#[serde(transparent)]
pub struct OutRow<'a>(pub &'a UserRow);

impl Row for OutRow<'_> {
    const HEADING: &'static [&'static str] = &[
        "USER",
        "CLUSTER",
        "NAMESPACE",
        "CLAIMED",
        "LAST LOGIN",
        "ACCOUNT",
        "STATE",
        "WHY",
    ];
    const WIDE: &'static [&'static str] = &["PODS", "UID", "CREATED", "SHELL", "RULE"];

    fn cells(&self) -> Vec<String> {
        let mut cells = self.0.cells();
        let out = self.0.out.as_ref();
        let why = out.map_or("", |out| out.why.word());
        cells.insert(UserRow::HEADING.len(), or_dash(why));
        cells.push(or_dash(out.and_then(|out| out.rule.as_deref()).unwrap_or_default()));
        cells
    }

    fn name(&self) -> Option<&str> {
        self.0.name()
    }
}
