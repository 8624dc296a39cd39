//! Checks what a login really gives: whether the user can start a pod that is root on its node.

use crate::cluster::{self, AdminKubeconfig, Api, ClusterError, Trial};
use crate::config::clusters::Cluster;
use crate::findings::{Area, Code};
use crate::foreign::Foreign;
use crate::objects::{Desired, POD_SECURITY};

/// Tries it as the user if there are an administrator's credentials, and else with root's, whose account may usually start
/// no pods.
pub(super) async fn check(
    area: &mut Area,
    api: &Api,
    cluster: &Cluster,
    desired: &Desired,
    admin: Option<&AdminKubeconfig>,
) {
    let namespace = desired.namespace.as_str();
    let place = format!("cluster {}, namespace {namespace}", cluster.id);
    let tried = match admin {
        Some(admin) => as_user(admin, api, cluster, desired).await,
        None => cluster::try_as_user(api, namespace).await,
    };
    match tried {
        Ok(trial) => tell(area, &place, namespace, &trial),
        Err(ClusterError::Forbidden { .. }) if admin.is_none() => by_label(area, api, &place, desired).await,
        Err(error) => area.told_warning(
            Code::PodsUnknown,
            format!("{place}: what the user may start cannot be tried: {error}"),
        ),
    }
}

async fn as_user(
    admin: &AdminKubeconfig,
    api: &Api,
    cluster: &Cluster,
    desired: &Desired,
) -> Result<Trial, ClusterError> {
    let as_user = cluster::connect_as(admin, cluster, &desired.subject, api.deadline()).await?;
    cluster::try_as_user(&as_user, desired.namespace.as_str()).await
}

fn tell(area: &mut Area, place: &str, namespace: &str, trial: &Trial) {
    if trial.privileged.is_empty() {
        area.ok(format!("{place}: a privileged pod is refused"));
    } else {
        area.warning(
            Code::PrivilegedPod,
            format!(
                "{place}: the user may start a pod with {}, and so become root on a node",
                trial.privileged.join(" and with ")
            ),
            format!(
                "enforce a policy, or set POD_SECURITY in hook.env for new namespaces and, for this one, run: \
                 kubectl label namespace {namespace} {POD_SECURITY}=baseline"
            ),
        );
    }
    if trial.external_ip {
        area.warning(
            Code::ExternalIps,
            format!("{place}: the user may create a Service with externalIPs, and so receive traffic to any address"),
            "enable the admission plugin DenyServiceExternalIPs, or refuse such Services with a policy",
        );
    } else {
        area.ok(format!("{place}: a Service with externalIPs is refused"));
    }
}

/// What can be said without trying: a level that refuses privileged pods. Other policies are not visible from here.
async fn by_label(area: &mut Area, api: &Api, place: &str, desired: &Desired) {
    let label = match cluster::namespace_label(api, desired.namespace.as_str(), POD_SECURITY).await {
        Ok(label) => label,
        Err(error) => return area.told_warning(Code::PodsUnknown, format!("{place}: {error}")),
    };
    match label.as_deref() {
        Some(level @ ("baseline" | "restricted")) => {
            area.ok(format!("{place}: Pod Security refuses a privileged pod ({level})"));
        }
        other => area.warning(
            Code::PodsUnknown,
            format!(
                "{place}: it is not known whether the user may start a privileged pod: root's credentials may not try, \
                 and the namespace {}",
                other.map_or("enforces no level of Pod Security".to_owned(), |level| format!(
                    "enforces the level {} of Pod Security",
                    Foreign::from(level)
                ))
            ),
            format!(
                "try it as the user, with a cluster administrator's kubeconfig, run: \
                 ood-k8s check {} --admin-kubeconfig FILE",
                desired.user
            ),
        ),
    }
}
