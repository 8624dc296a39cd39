//! Which namespaces to work in: users', everybody's, or those named.

use futures_util::StreamExt as _;

use super::tally::{TERMINATING, UNCLAIMED};
use super::{Many, Whose};
use crate::cluster::{self, Api, ClusterError, FoundNamespace, NamespacePages};
use crate::config::clusters::Cluster;
use crate::deadline::Deadline;
use crate::error::Error;
use crate::naming::{Namespace, Username};

/// How many users' namespaces are looked up at once.
const LOOKUPS: usize = 16;

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
    Users {
        api: &'a Api,
        cluster: &'a Cluster,
        names: &'a [String],
        reserved: &'a [String],
    },
    Named(&'a [String]),
    Done,
}

/// A user without a namespace to work in, and why.
pub(super) struct Stray(pub Box<(String, Error)>);

/// Namespaces, and users who have none.
pub(super) type Page = Vec<Result<Place, Stray>>;

impl<'a> Places<'a> {
    pub fn new(many: &Many<'a>, api: &'a Api, cluster: &'a Cluster) -> Self {
        match many.whose {
            Whose::All => Self::Listed(NamespacePages::new(api)),
            Whose::Named(names) => Self::Named(names),
            Whose::Users(names) => Self::Users {
                api,
                cluster,
                names,
                reserved: &many.site.settings.reserved_namespaces,
            },
        }
    }

    /// The next page, if there is one.
    pub async fn next(&mut self, deadline: Deadline) -> Result<Option<Page>, ClusterError> {
        match std::mem::replace(self, Self::Done) {
            Self::Done => Ok(None),
            Self::Named(names) => Ok(Some(names.iter().map(|name| Ok(Place::named(name))).collect())),
            Self::Users {
                api,
                cluster,
                names,
                reserved,
            } => {
                let found = names.iter().map(|name| Place::of_user(api, cluster, name, reserved));
                let found = futures_util::stream::iter(found).buffered(LOOKUPS).collect().await;
                Ok(Some(found))
            }
            Self::Listed(mut pages) => {
                let page = pages.next(deadline).await?;
                *self = Self::Listed(pages);
                Ok(page.map(|page| page.into_iter().map(|found| Ok(Place::found(found))).collect()))
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
    async fn of_user(api: &Api, cluster: &Cluster, name: &str, reserved: &[String]) -> Result<Self, Stray> {
        let failed = |error: Error| Stray(Box::new((name.to_owned(), error)));
        let user = Username::parse(name).map_err(|error| failed(error.into()))?;
        let namespace = Namespace::of_user(&cluster.namespace_prefix.value, &user, reserved);
        let namespace = namespace.map_err(|error| failed(error.into()))?.to_string();
        let found = cluster::find_namespace(api, &namespace).await;
        let found = found.map_err(|error| failed(error.into()))?;
        let reason = match found.as_ref().map(|found| found.owner.as_deref()) {
            Some(Some(owner)) if owner == name => None,
            Some(Some(owner)) => Some(format!("it belongs to user {owner}")),
            Some(None) => Some(format!("nobody has claimed it; run: ood-k8s bootstrap-user {name}")),
            None => Some(format!(
                "it is not there; the user's next login makes it, or: ood-k8s bootstrap-user {name}"
            )),
        };
        match (reason, found) {
            (None, Some(found)) => Ok(Self::found(found)),
            (reason, _) => Err(failed(Error::Cluster(ClusterError::NotOurs {
                namespace,
                reason: reason.unwrap_or_default(),
            }))),
        }
    }
}
