//! Rights: those that the commands need, asked of the server one by one, and those that nobody should need.

use futures_util::future;

use super::finding::Area;
use crate::cluster::{self, Api, ClusterError, Right};
use crate::config::clusters::Cluster;
use crate::config::registry;
use crate::config::settings::Settings;
use crate::exit::ExitStatus;
use crate::objects;

pub(super) const RBAC: &str = "rbac.authorization.k8s.io";
const NETWORKING: &str = "networking.k8s.io";
/// Where no user's Secret is, and the name of one that nobody has.
const NOT_OURS: (&str, &str) = ("kube-system", "ood-k8s-check-made-up");

pub(super) const REMEDY: &str =
    "as an administrator of the cluster, run: ood-k8s cluster-roles --apply --admin-kubeconfig FILE";

/// A right, and what does not work without it where logins do.
struct Need {
    right: Right,
    optional: Option<&'static str>,
}

/// Findings about the rights of root's credentials.
pub(super) async fn check(api: &Api, cluster: &Cluster, settings: &Settings) -> Result<Area, ClusterError> {
    let mut area = Area::new("");
    let needs = needs(cluster, settings);
    let asked = future::try_join_all(needs.iter().map(|need| cluster::may_i(api, &need.right)));
    let any_secret = any_secret();
    let (answers, excess) = future::try_join(asked, cluster::may_i(api, &any_secret)).await?;
    tell_needs(&mut area, &needs, &answers);
    tell_excess(&mut area, excess);
    Ok(area)
}

/// What the commands send, by `cluster/`: a server-side apply of what is missing needs create and patch. Where the name
/// is always the same it is asked for, since the right may be for that name alone.
fn needs(cluster: &Cluster, settings: &Settings) -> Vec<Need> {
    let mut needs = Vec::new();
    let mut add = |group, resource, name: &str, verbs: &[&'static str]| {
        needs.extend(verbs.iter().map(|verb| Need {
            right: Right {
                name: name.into(),
                ..right(verb, group, resource)
            },
            optional: None,
        }));
    };
    add("", "namespaces", "", &["get", "create", "patch"]);
    let policy = objects::NETWORK_POLICY;
    add(NETWORKING, "networkpolicies", policy, &["get", "create", "patch"]);
    add(RBAC, "rolebindings", "", &["get", "create", "patch"]);
    // Where the registry file cannot be read, that was said already.
    let secrets = registry::secret_names(settings).unwrap_or_default();
    if !secrets.is_empty() {
        // Made by a plain create, whose name the server does not look at.
        add("", "serviceaccounts", "", &["create"]);
        add("", "serviceaccounts", objects::SERVICE_ACCOUNT, &["get", "patch"]);
    }
    for secret in &secrets {
        add("", "secrets", secret, &["get", "create", "patch"]);
    }
    needs.push(Need {
        right: right("list", "", "namespaces"),
        optional: Some("mint-registry-secret --all cannot find the namespaces"),
    });
    needs.push(Need {
        right: right("list", RBAC, "rolebindings"),
        optional: Some("a namespace that the stock hook made is taken over on less evidence"),
    });
    needs.push(Need {
        right: own_token(cluster),
        optional: Some("refresh-token cannot renew root's token by itself"),
    });
    needs
}

pub(super) fn right(verb: &'static str, group: &'static str, resource: &'static str) -> Right {
    Right {
        verb,
        group,
        resource,
        ..Default::default()
    }
}

fn own_token(cluster: &Cluster) -> Right {
    Right {
        subresource: "token",
        namespace: cluster.service_account.namespace.clone(),
        name: cluster.service_account.name.clone(),
        ..right("create", "", "serviceaccounts")
    }
}

fn any_secret() -> Right {
    Right {
        namespace: NOT_OURS.0.into(),
        name: NOT_OURS.1.into(),
        ..right("get", "", "secrets")
    }
}

fn tell_needs(area: &mut Area, needs: &[Need], answers: &[bool]) {
    let lacking = needs.iter().zip(answers).filter(|(_, is_held)| !**is_held);
    for (need, _) in lacking.clone() {
        let what = words(&need.right);
        match need.optional {
            None => area.error(
                ExitStatus::Cluster,
                format!("root's credentials may not {what}, and no login works without it"),
                REMEDY,
            ),
            Some(loss) => area.warning(format!("root's credentials may not {what}, so {loss}"), REMEDY),
        }
    }
    if lacking.count() == 0 {
        area.ok(format!(
            "root's credentials have all {} rights that are needed",
            needs.len()
        ));
    }
}

fn tell_excess(area: &mut Area, may_read_any_secret: bool) {
    if may_read_any_secret {
        area.warning(
            "root's credentials may read every Secret of the cluster, which nothing here needs",
            REMEDY,
        );
    } else {
        area.ok("root's credentials may not read a Secret that is not ours");
    }
}

/// A right in RBAC's words, as `kubectl auth can-i` takes them.
fn words(right: &Right) -> String {
    let mut words = format!("{} {}", right.verb, right.resource);
    if !right.group.is_empty() {
        words = format!("{words}.{}", right.group);
    }
    if !right.subresource.is_empty() {
        words = format!("{words}/{}", right.subresource);
    }
    if !right.name.is_empty() {
        words = format!("{words} {}", right.name);
    }
    if !right.namespace.is_empty() {
        words = format!("{words} in {}", right.namespace);
    }
    words
}
