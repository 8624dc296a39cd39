//! Root's account: how long its token lives, and whether the policies that bound what it may do are there.

use std::time::{Duration, SystemTime};

use secrecy::SecretString;

use crate::cluster::{self, Api, ClusterError, RootKubeconfig, RootLogin};
use crate::config::clusters::Cluster;
use crate::findings::{Area, Code};
use crate::objects::cluster_roles::{policies, PODS_POLICY};
use crate::objects::Kind;
use crate::oidc::token;
use crate::time::for_a_person;

/// The longest that `ondemand-admission.yaml` lets the account ask for.
const LONGEST: Duration = Duration::from_secs(24 * 3600);

/// Findings about root's token for a cluster.
pub(super) fn token(area: &mut Area, root: &RootKubeconfig, cluster: &Cluster, now: SystemTime) {
    match root.entry(cluster).map(|entry| entry.login) {
        Ok(RootLogin::Token(token)) => life(area, &token, now),
        Ok(RootLogin::Other(how)) => area.told_warning(
            Code::NotLookedAt,
            format!("root logs in by {how}, of which it is not known how long it works; use a ServiceAccount's token"),
        ),
        Ok(RootLogin::Nothing) => {}
        Err(error) => area.told_warning(
            Code::NotLookedAt,
            format!("how long root's token lives is not known: {error}"),
        ),
    }
}

fn life(area: &mut Area, token: &SecretString, now: SystemTime) {
    let Ok(claims) = token::claims(token) else {
        return area.warning(
            Code::RootTokenOpaque,
            "root's token is not a JWT, so it is not known how long it lives",
            "use a ServiceAccount's token, and renew it with ood-k8s refresh-token",
        );
    };
    let Some(end) = claims.end() else {
        return area.warning(
            Code::RootTokenEndless,
            "root's token never expires, so a stolen copy works forever",
            "renew it with ood-k8s refresh-token every hour, and delete the Secret that it came from",
        );
    };
    let start = claims.start().unwrap_or(now);
    let life = end.duration_since(start).unwrap_or_default();
    if life > LONGEST {
        let age = now.duration_since(start).unwrap_or_default();
        area.warning(
            Code::AccountTokenLong,
            format!(
                "root's token lives for {}, and is {} old",
                for_a_person(life),
                for_a_person(age)
            ),
            "renew it with ood-k8s refresh-token, which asks for some hours",
        );
    }
}

/// Findings about the admission policies of root's account, and of users' pods where a profiles file asks for them.
pub(super) async fn admission(area: &mut Area, api: &Api, has_profiles: bool) -> Result<(), ClusterError> {
    let mut missing = Vec::new();
    for (kind, name) in policies() {
        if !cluster::is_there(api, kind, name).await? {
            missing.push(format!("{}/{name}", kind.name().to_lowercase()));
        }
    }
    if !missing.is_empty() {
        area.warning(
            Code::AccountUnbounded,
            format!("of the admission policies for root's account, these are missing: {}", missing.join(", ")),
            "as an administrator of the cluster, from Kubernetes 1.30 on, run: kubectl apply -f /usr/share/ood-k8s/ondemand-admission.yaml",
        );
    }
    if !has_profiles {
        return Ok(());
    }
    for kind in [Kind::ValidatingAdmissionPolicy, Kind::ValidatingAdmissionPolicyBinding] {
        if !cluster::is_there(api, kind, PODS_POLICY).await? {
            area.warning(
                Code::PoliciesMissing,
                format!(
                    "PROFILES_FILE is set, and there is no {}/{PODS_POLICY}",
                    kind.name().to_lowercase()
                ),
                "run: ood-k8s cluster-policies --apply --admin-kubeconfig FILE",
            );
        }
    }
    Ok(())
}
