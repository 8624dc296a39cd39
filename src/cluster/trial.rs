//! What an account could create in a namespace: tried by server-side dry runs, so that every admission policy is asked.

use futures_util::future;
use http::StatusCode;
use serde_json::Value;

use super::administrator::AdminKubeconfig;
use super::api::Api;
use super::connection::connect;
use super::error::ClusterError;
use super::reply::refused;
use crate::config::clusters::Cluster;
use crate::deadline::Deadline;
use crate::kubeconfig::Impersonate;
use crate::objects::{self, Kind};

/// What a server would accept in a namespace.
#[derive(Debug)]
pub struct Trial {
    /// By what a pod could be root on its node.
    pub privileged: Vec<&'static str>,
    /// A Service with `externalIPs`.
    pub external_ip: bool,
}

/// Tries what a user could create. An error if not even a harmless pod is accepted: then nothing is known of the others.
pub async fn try_as_user(api: &Api, namespace: &str) -> Result<Trial, ClusterError> {
    let (harmless, service) = (objects::harmless_pod(), objects::service_with_external_ip());
    let pods = objects::privileged_pods();
    let of_pods = pods.iter().map(|(_, pod)| accepts(api, namespace, "pods", pod));
    let (harmless, service, tried) = future::join3(
        accepts(api, namespace, "pods", &harmless),
        accepts(api, namespace, "services", &service),
        future::join_all(of_pods),
    )
    .await;
    harmless?;
    let mut privileged = Vec::new();
    for ((what, _), tried) in pods.iter().zip(tried) {
        privileged.extend(is_accepted(tried)?.then_some(*what));
    }
    let external_ip = is_accepted(service)?;
    Ok(Trial {
        privileged,
        external_ip,
    })
}

fn is_accepted(tried: Result<(), ClusterError>) -> Result<bool, ClusterError> {
    match tried {
        Ok(()) => Ok(true),
        // By a rule of the API's own (422), by admission, or for want of a permission.
        Err(ClusterError::Forbidden { .. } | ClusterError::Denied { .. } | ClusterError::Api { status: 422, .. }) => {
            Ok(false)
        }
        Err(error) => Err(error),
    }
}

async fn accepts(api: &Api, namespace: &str, resource: &str, object: &Value) -> Result<(), ClusterError> {
    let path = format!("/api/v1/namespaces/{namespace}/{resource}");
    let reply = api.try_out(&path, object).await?;
    match reply.status {
        status if status.is_success() => Ok(()),
        _ => Err(refused(&format!("try to create one of the {resource}"), &reply)),
    }
}

/// A connection with an administrator's credentials that acts as a user (impersonation).
pub async fn connect_as(
    admin: &AdminKubeconfig,
    cluster: &Cluster,
    subject: &str,
    deadline: &Deadline,
) -> Result<Api, ClusterError> {
    let mut target = admin.target(cluster)?;
    target.credentials.impersonate = Impersonate {
        user: Some(subject.to_owned()),
        ..Impersonate::default()
    };
    connect(target, deadline).await.map_err(|error| admin.blame(error))
}

/// The value of a namespace's label; `None` if it is not set.
pub async fn namespace_label(api: &Api, namespace: &str, label: &str) -> Result<Option<String>, ClusterError> {
    let reply = api.get(Kind::Namespace, "", namespace).await?;
    if reply.status != StatusCode::OK {
        return Err(refused(&format!("read namespace {namespace}"), &reply));
    }
    Ok(reply.body["metadata"]["labels"][label].as_str().map(str::to_owned))
}
