//! The namespaces to work in: those of some users, of all users, or those given by name.

use std::collections::{BTreeMap, HashSet};

use super::tally::{TERMINATING, UNCLAIMED};
use crate::cluster::{self, Api, ClusterError, FoundNamespace, NamespacePages};
use crate::config::clusters::Cluster;
use crate::deadline::Deadline;
use crate::foreign::Foreign;
use crate::login::LoginError;
use crate::naming::{Namespace, NamespaceRules, Username};

/// Which namespaces.
#[derive(Debug, Clone, Copy)]
pub enum Whose<'a> {
    /// Those of these users.
    Users(&'a [String]),
    /// Those of all users who have one.
    All,
    /// All those of these owners, whatever they are called, and even if they are being deleted.
    Owners(&'a [String]),
    /// These of each cluster, each as its name and its owner.
    These(&'a BTreeMap<String, Vec<(String, String)>>),
    /// These, without checking the owner.
    Named(&'a [String]),
}

/// Which owners are left out, and counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LeavesOut {
    /// Nobody.
    Nobody,
    /// Those who are not in the passwd database.
    Gone,
    /// Those, and those whose account has expired.
    GoneAndLocked,
}

impl Whose<'_> {
    /// The number of namespaces in a cluster, if it is known in advance.
    pub(super) fn count(&self) -> Option<usize> {
        match self {
            Self::Users(names) | Self::Named(names) => Some(names.len()),
            Self::All | Self::Owners(_) | Self::These(_) => None,
        }
    }
}

/// A namespace to work in.
pub(super) struct Place {
    pub namespace: String,
    /// The user who owns it; empty if it is unclaimed.
    pub owner: String,
    /// Why it is skipped.
    pub left_out: Option<&'static str>,
}

/// The namespaces, a page at a time.
pub(super) enum Places<'a> {
    Listed(NamespacePages<'a>),
    Owned(NamespacePages<'a>, HashSet<&'a str>),
    Users(&'a [String]),
    Named(&'a [String]),
    These(&'a [(String, String)]),
    Done,
}

/// What a page holds.
pub(super) enum Item<'a> {
    /// A namespace.
    Place(Place),
    /// A user, whose namespace is looked up when it is processed.
    User(&'a str),
}

impl Item<'_> {
    /// The owner, or the user who is looked for; empty if it is unclaimed.
    pub fn owner(&self) -> &str {
        match self {
            Self::Place(place) => &place.owner,
            Self::User(name) => name,
        }
    }
}

impl<'a> Places<'a> {
    /// Those of other installations than `site` are left out; by name, they are refused.
    pub fn new(whose: Whose<'a>, cluster: &Cluster, api: &'a Api, site: Option<&'a str>) -> Self {
        match whose {
            Whose::These(places) => Self::These(places.get(&cluster.id).map_or(&[], Vec::as_slice)),
            Whose::All => Self::Listed(NamespacePages::of_site(api, site)),
            Whose::Owners(names) => {
                let names = names.iter().map(String::as_str).collect();
                Self::Owned(NamespacePages::of_site(api, site), names)
            }
            Whose::Named(names) => Self::Named(names),
            Whose::Users(names) => Self::Users(names),
        }
    }

    /// The next page, if there is one.
    pub async fn next(&mut self, deadline: Deadline) -> Result<Option<Vec<Item<'a>>>, ClusterError> {
        match std::mem::replace(self, Self::Done) {
            Self::Done => Ok(None),
            Self::Named(names) => {
                let places = names.iter().map(|name| Item::Place(Place::named(name)));
                Ok(Some(places.collect()))
            }
            Self::These(places) => {
                let places = places
                    .iter()
                    .map(|(name, owner)| Item::Place(Place::these(name, owner)));
                Ok(Some(places.collect()))
            }
            Self::Users(names) => Ok(Some(names.iter().map(|name| Item::User(name)).collect())),
            Self::Owned(mut pages, names) => {
                let page = pages.next(deadline).await?;
                let is_theirs =
                    |found: &FoundNamespace| found.owner.as_deref().is_some_and(|owner| names.contains(owner));
                let items = page.map(|page| {
                    let theirs = page.into_iter().filter(is_theirs);
                    theirs.map(|found| Item::Place(Place::owned(found))).collect()
                });
                *self = Self::Owned(pages, names);
                Ok(items)
            }
            Self::Listed(mut pages) => {
                let page = pages.next(deadline).await?;
                *self = Self::Listed(pages);
                let items = |page: Vec<FoundNamespace>| page.into_iter().map(|found| Item::Place(Place::found(found)));
                Ok(page.map(|page| items(page).collect()))
            }
        }
    }
}

impl Place {
    fn named(name: &str) -> Self {
        Self {
            namespace: name.to_owned(),
            owner: String::new(),
            left_out: None,
        }
    }

    fn these(name: &str, owner: &str) -> Self {
        Self {
            namespace: name.to_owned(),
            owner: owner.to_owned(),
            left_out: None,
        }
    }

    fn owned(found: FoundNamespace) -> Self {
        Self {
            namespace: found.name,
            owner: found.owner.unwrap_or_default(),
            left_out: None,
        }
    }

    fn found(found: FoundNamespace) -> Self {
        let left_out = match (&found.owner, found.is_terminating) {
            (_, true) => Some(TERMINATING),
            (None, false) => Some(UNCLAIMED),
            (Some(_), false) => None,
        };
        Self {
            namespace: found.name,
            owner: found.owner.unwrap_or_default(),
            left_out,
        }
    }

    /// The namespace of a user, if it exists and belongs to the user: another user must not get the password.
    pub async fn of_user(
        api: &Api,
        cluster: &Cluster,
        name: &str,
        (rules, site): (&NamespaceRules, Option<&str>),
    ) -> Result<Self, LoginError> {
        let user = Username::parse(name)?;
        let namespace = Namespace::of_user(&cluster.namespace_prefix.value, &user, rules)?.to_string();
        let reason = match cluster::find_namespace(api, &namespace).await? {
            Some(found) if found.is_elsewhere(site) => {
                "it belongs to a user of another installation; give each its own NAMESPACE_PREFIX".to_owned()
            }
            Some(found) if found.owner.as_deref() == Some(name) => return Ok(Self::found(found)),
            Some(FoundNamespace { owner: Some(owner), .. }) => format!("it belongs to user {}", Foreign::from(owner)),
            Some(_) => format!("it is unclaimed; run: ood-k8s bootstrap-user {name}"),
            None => format!("it does not exist; wait for the user's next login, or run: ood-k8s bootstrap-user {name}"),
        };
        Err(ClusterError::NotOurs { namespace, reason }.into())
    }
}
