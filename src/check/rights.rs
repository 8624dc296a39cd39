//! Checks permissions: those that the commands need, each asked of the server, and one that they should not have.

use futures_util::future;

use crate::cluster::{self, Api, ClusterError, Right};
use crate::config::clusters::Cluster;
use crate::config::profiles::ProfilesFile;
use crate::config::registry;
use crate::config::settings::Settings;
use crate::exit::ExitStatus;
use crate::findings::{Area, Code};
use crate::objects;
use crate::objects::cluster_roles::declared_rights;

pub(super) const RBAC: &str = "rbac.authorization.k8s.io";
const NETWORKING: &str = "networking.k8s.io";
/// A namespace that is not a user's, and the name of a Secret that does not exist.
const NOT_OURS: (&str, &str) = ("kube-system", "ood-k8s-check-made-up");

pub(super) const REMEDY: &str =
    "as an administrator of the cluster, run: ood-k8s cluster-roles --apply --admin-kubeconfig FILE";

/// A permission, and what fails without it.
struct Need {
    right: Right,
    loss: Loss,
}

/// What fails without a permission.
#[derive(Clone, Copy)]
enum Loss {
    /// Every login.
    Logins,
    /// The registry password, in every namespace; the rest of a login is done.
    PullSecrets,
    /// What the profiles say; the rest of a login is done.
    Profiles,
    /// Something that logins do not need, in words.
    Other(&'static str),
}

/// Findings about the permissions of root's credentials.
pub(super) async fn check(
    api: &Api,
    cluster: &Cluster,
    settings: &Settings,
    profiles: Option<&ProfilesFile>,
) -> Result<Area, ClusterError> {
    let mut area = Area::new("");
    let needs = needs(cluster, settings, profiles);
    let asked = future::try_join_all(needs.iter().map(|need| cluster::may_i(api, &need.right)));
    let any_secret = any_secret();
    let (answers, excess) = future::try_join(asked, cluster::may_i(api, &any_secret)).await?;
    tell_needs(&mut area, &needs, &answers);
    tell_excess(&mut area, excess);
    Ok(area)
}

/// The permissions for the requests in `cluster/`: a server-side apply of a new object needs create and patch. If the
/// name is fixed it is part of the question, since the permission may be for that name only.
fn needs(cluster: &Cluster, settings: &Settings, profiles: Option<&ProfilesFile>) -> Vec<Need> {
    let mut needs = Vec::new();
    let mut add = |group, resource, name: &str, verbs: &[&'static str], loss| {
        needs.extend(verbs.iter().map(|verb| Need {
            right: Right {
                name: name.into(),
                ..right(verb, group, resource)
            },
            loss,
        }));
    };
    let written = ["get", "create", "patch"];
    add("", "namespaces", "", &written, Loss::Logins);
    add(
        NETWORKING,
        "networkpolicies",
        objects::NETWORK_POLICY,
        &written,
        Loss::Logins,
    );
    add(RBAC, "rolebindings", "", &written, Loss::Logins);
    // An unreadable registry file was reported already.
    let secrets = registry::secret_names(settings).unwrap_or_default();
    if !secrets.is_empty() {
        // Created by a POST, for which RBAC cannot restrict the name.
        add("", "serviceaccounts", "", &["create"], Loss::PullSecrets);
        add(
            "",
            "serviceaccounts",
            objects::SERVICE_ACCOUNT,
            &["get", "patch"],
            Loss::PullSecrets,
        );
    }
    for secret in &secrets {
        add("", "secrets", secret, &written, Loss::PullSecrets);
    }
    if let Some(file) = profiles.filter(|file| !file.sections.is_empty()) {
        needs.extend(needs_of_profiles());
        needs.extend(needs_of_declared(file));
    }
    needs.extend(needs_of_others(cluster));
    needs
}

fn needs_of_profiles() -> impl Iterator<Item = Need> {
    let objects = [
        ("", "resourcequotas", objects::PROFILE_OBJECTS),
        ("", "limitranges", objects::PROFILE_OBJECTS),
        (NETWORKING, "networkpolicies", objects::EGRESS_POLICY),
    ];
    let verbs = ["get", "create", "patch", "delete"];
    objects.into_iter().flat_map(move |(group, resource, name)| {
        verbs.map(|verb| Need {
            right: Right {
                name: name.into(),
                ..right(verb, group, resource)
            },
            loss: Loss::Profiles,
        })
    })
}

fn needs_of_declared(file: &ProfilesFile) -> impl Iterator<Item = Need> {
    let rights = declared_rights(&file.declared).into_iter();
    rights.flat_map(|of| {
        let all = of
            .names
            .into_iter()
            .flat_map(move |name| of.verbs.iter().map(move |verb| (name.clone(), *verb)));
        all.map(move |(name, verb)| Need {
            right: Right {
                name,
                ..right(verb, of.group, of.resource)
            },
            loss: Loss::Profiles,
        })
    })
}

/// What other commands need, and what is less well known without it.
fn needs_of_others(cluster: &Cluster) -> [Need; 3] {
    let need = |right, loss| Need {
        right,
        loss: Loss::Other(loss),
    };
    [
        need(
            right("list", "", "namespaces"),
            "mint-registry-secret --all cannot find the namespaces",
        ),
        need(
            right("list", RBAC, "rolebindings"),
            "a namespace created by the stock hook is taken over with less evidence of its owner",
        ),
        need(own_token(cluster), "refresh-token cannot renew root's token by itself"),
    ]
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
        match need.loss {
            Loss::Logins => area.error(Code::RightForLogins,
                ExitStatus::Cluster,
                format!("root's credentials may not {what}, so all logins fail"),
                REMEDY,
            ),
            Loss::PullSecrets => area.error(Code::RightForPasswords,
                ExitStatus::Cluster,
                format!("root's credentials may not {what}, so no namespace gets the registry password, and each login reports it"),
                REMEDY,
            ),
            Loss::Profiles => area.error(
                Code::RightForProfiles,
                ExitStatus::Cluster,
                format!("root's credentials may not {what}, so namespaces do not get what the profiles say, and logins report it"),
                REMEDY,
            ),
            Loss::Other(loss) => area.warning(Code::RightForMore, format!("root's credentials may not {what}, so {loss}"), REMEDY),
        }
    }
    if lacking.count() == 0 {
        area.ok(format!(
            "root's credentials have all {} permissions that are needed",
            needs.len()
        ));
    }
}

fn tell_excess(area: &mut Area, may_read_any_secret: bool) {
    if may_read_any_secret {
        area.warning(
            Code::RightExcess,
            "root's credentials may read every Secret in the cluster, which ood-k8s does not need",
            REMEDY,
        );
    } else {
        area.ok("root's credentials may not read other Secrets");
    }
}

/// The permission in RBAC's terms, as in `kubectl auth can-i`.
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
