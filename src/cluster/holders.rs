//! Who has a user's permissions in a namespace, by its RoleBindings: the stock hook recorded its owner only there.

use super::api::Api;
use super::error::ClusterError;
use super::reply::refused;
use super::whose::own_names;
use crate::objects::{self, Desired, Kind};

/// Returns all subjects with the role `ood-user` in the namespace.
pub(super) async fn holders(api: &Api, desired: &Desired) -> Result<Vec<String>, ClusterError> {
    match by_list(api, desired).await {
        Err(ClusterError::Forbidden { .. }) => by_name(api, desired).await,
        other => other,
    }
}

/// Who else has the role `ood-user` in the user's namespace.
pub async fn other_holders(api: &Api, desired: &Desired) -> Result<Vec<String>, ClusterError> {
    if !desired.is_subject_known {
        return Ok(Vec::new());
    }
    let own = own_names(desired);
    let mut holders = holders(api, desired).await?;
    holders.retain(|holder| !own.contains(holder));
    Ok(holders)
}

async fn by_list(api: &Api, desired: &Desired) -> Result<Vec<String>, ClusterError> {
    let reply = api.list(Kind::RoleBinding, desired.namespace.as_str()).await?;
    if !reply.status.is_success() {
        let what = format!("list the RoleBindings in {}", desired.namespace);
        return Err(refused(&what, &reply));
    }
    let items = reply.body["items"].as_array().map_or(&[][..], Vec::as_slice);
    Ok(items.iter().flat_map(objects::role_holders).collect())
}

/// For the stock ClusterRole, which does not permit listing: reads the binding of this user, and of the user whose name
/// is in the namespace's (`a-b` for `a.b`), the only other one that the stock hook could have created it for.
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
