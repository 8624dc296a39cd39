//! Which namespaces to work in: users', everybody's, or those named.

use super::tally::{TERMINATING, UNCLAIMED};
use crate::cluster::{self, Api, ClusterError, FoundNamespace, NamespacePages};
use crate::config::clusters::Cluster;
use crate::deadline::Deadline;
use crate::login::LoginError;
use crate::naming::{Namespace, Username};

/// Whose namespaces.
#[derive(Debug, Clone, Copy)]
pub enum Whose<'a> {
    /// Of these users.
    Users(&'a [String]),
    /// Of everybody whom OnDemand made one for.
    All,
    /// These, whoever has them.
    Named(&'a [String]),
}

impl Whose<'_> {
    /// How many namespaces in a cluster these are, where it is known beforehand.
    pub(super) fn count(&self) -> Option<usize> {
        match self {
            Self::Users(names) | Self::Named(names) => Some(names.len()),
            Self::All => None,
        }
    }
}

/// A namespace to work in.
pub(super) struct Place {
    pub namespace: String,
    /// The user, where one has claimed it.
    pub owner: String,
    /// Why nothing is done in it.
    pub left_out: Option<&'static str>,
}

/// The namespaces, a page at a time.
pub(super) enum Places<'a> {
    Listed(NamespacePages<'a>),
    Users(&'a [String]),
    Named(&'a [String]),
    Done,
}

/// What a page holds.
pub(super) enum Item<'a> {
    /// A namespace.
    Place(Place),
    /// A user, whose namespace is looked up when it is the turn.
    User(&'a str),
}

impl<'a> Places<'a> {
    pub fn new(whose: Whose<'a>, api: &'a Api) -> Self {
        match whose {
            Whose::All => Self::Listed(NamespacePages::new(api)),
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
            Self::Users(names) => Ok(Some(names.iter().map(|name| Item::User(name)).collect())),
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

    /// The namespace of a user, if it is there and the user's: nobody else gets the password.
    pub async fn of_user(api: &Api, cluster: &Cluster, name: &str, reserved: &[String]) -> Result<Self, LoginError> {
        let user = Username::parse(name)?;
        let namespace = Namespace::of_user(&cluster.namespace_prefix.value, &user, reserved)?.to_string();
        let reason = match cluster::find_namespace(api, &namespace).await? {
            Some(found) if found.owner.as_deref() == Some(name) => return Ok(Self::found(found)),
            Some(FoundNamespace { owner: Some(owner), .. }) => format!("it belongs to user {owner}"),
            Some(_) => format!("nobody has claimed it; run: ood-k8s bootstrap-user {name}"),
            None => format!("it is not there; the user's next login makes it, or: ood-k8s bootstrap-user {name}"),
        };
        Err(ClusterError::NotOurs { namespace, reason }.into())
    }
}
