//! Whom the RoleBindings in a namespace give a user's rights: the stock hook wrote down nothing else of its owner.

use super::api::Api;
use super::error::ClusterError;
use super::reply::refused;
use crate::objects::{self, Desired, Kind};

/// Everybody who has the role `ood-user` here.
pub(super) async fn holders(api: &Api, desired: &Desired) -> Result<Vec<String>, ClusterError> {
    match by_list(api, desired).await {
        Err(ClusterError::Forbidden { .. }) => by_name(api, desired).await,
        other => other,
    }
}

async fn by_list(api: &Api, desired: &Desired) -> Result<Vec<String>, ClusterError> {
    let reply = api.list(Kind::RoleBinding, desired.namespace.as_str()).await?;
    if !reply.status.is_success() {
        let what = format!("list the RoleBindings of {}", desired.namespace);
        return Err(refused(&what, &reply));
    }
    let items = reply.body["items"].as_array().map_or(&[][..], Vec::as_slice);
    Ok(items.iter().flat_map(objects::role_holders).collect())
}

/// With the stock ClusterRole, which may not list: the binding of this user, and of the one whose
/// name is the namespace's, which is the only one that the stock hook could have made it for.
async fn by_name(api: &Api, desired: &Desired) -> Result<Vec<String>, ClusterError> {
    let namesake = desired.user.as_str().replace(['.', '@'], "-");
    let mut names = vec![
        objects::user_binding_name(&desired.user),
        format!("{namesake}-ood-user"),
    ];
    names.dedup();
    let mut holders = Vec::new();
    for name in names {
        let reply = api.get(Kind::RoleBinding, desired.namespace.as_str(), &name).await?;
        holders.extend(objects::role_holders(&reply.body));
    }
    Ok(holders)
}
