//! What else is in a cluster, as far as root's account may see: API groups, and namespaces that well-known software makes.

use std::collections::BTreeSet;
use std::net::IpAddr;

use futures_util::future::try_join4;
use http::StatusCode;
use serde_json::Value;

use super::api::Api;
use super::collection::{Collection, ObjectPages};
use super::error::ClusterError;
use super::reply::refused;
use crate::deadline::Deadline;
use crate::objects::Kind;

/// Where Flannel's own manifest puts it (from 0.20 on).
const FLANNEL: &str = "kube-flannel";
/// Where OSC's k8-ldap-configmap writes users' ids, for OSC's policies.
const LDAP_MAPS: &str = "k8-ldap-configmap";
/// The label by which OSC's policies tell namespaces that are no user's.
const OSC_ROLE: &str = "osc.edu/role";

/// What is seen.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Surroundings {
    /// The names of the API groups, with those of `CustomResourceDefinition`s: every account may read them.
    pub groups: BTreeSet<String>,
    /// Whether Flannel's namespace is there.
    pub has_flannel: bool,
    /// Whether OSC's maps of users' ids are.
    pub has_osc_maps: bool,
    /// Whether the namespace of root's account has the label that OSC's policies ask for.
    pub has_osc_role: bool,
}

/// Looks around, from root's account in `namespace`.
pub async fn surroundings(api: &Api, namespace: &str) -> Result<Surroundings, ClusterError> {
    let (groups, flannel, osc_maps, ours) = try_join4(
        groups(api),
        found(api, FLANNEL),
        found(api, LDAP_MAPS),
        found(api, namespace),
    )
    .await?;
    Ok(Surroundings {
        groups,
        has_flannel: flannel.is_some(),
        has_osc_maps: osc_maps.is_some(),
        has_osc_role: ours.is_some_and(|live| live["metadata"]["labels"][OSC_ROLE].is_string()),
    })
}

async fn groups(api: &Api) -> Result<BTreeSet<String>, ClusterError> {
    let reply = api.read("/apis").await?;
    if !reply.status.is_success() {
        return Err(refused("list the API groups", &reply));
    }
    let groups = reply.body["groups"].as_array().map_or(&[][..], Vec::as_slice);
    let names = groups.iter().filter_map(|group| group["name"].as_str());
    Ok(names.map(str::to_owned).collect())
}

async fn found(api: &Api, namespace: &str) -> Result<Option<Value>, ClusterError> {
    let reply = api.get(Kind::Namespace, "", namespace).await?;
    match reply.status {
        status if status.is_success() => Ok(Some(reply.body)),
        StatusCode::NOT_FOUND => Ok(None),
        _ => Err(refused(&format!("read namespace {namespace}"), &reply)),
    }
}

/// The nodes with their addresses inside the cluster, by name. Only an administrator's account may list them.
pub async fn node_addresses(
    api: &Api,
    step: impl Fn() -> Deadline,
) -> Result<Vec<(String, Vec<IpAddr>)>, ClusterError> {
    let mut pages = ObjectPages::new(api, Collection::Nodes);
    let mut nodes = Vec::new();
    while let Some(page) = pages.next(&step).await? {
        nodes.extend(page.iter().map(addresses_of));
    }
    Ok(nodes)
}

fn addresses_of(node: &Value) -> (String, Vec<IpAddr>) {
    let all = node["status"]["addresses"].as_array().map_or(&[][..], Vec::as_slice);
    let internal = all.iter().filter(|address| address["type"] == "InternalIP");
    let addresses = internal.filter_map(|address| address["address"].as_str()?.parse().ok());
    let name = node["metadata"]["name"].as_str().unwrap_or_default();
    (name.to_owned(), addresses.collect())
}
