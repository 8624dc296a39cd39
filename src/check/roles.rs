//! Checks users' ClusterRoles: they must exist, and root's credentials must be allowed to bind them.

use futures_util::future;

use super::rights::{right, RBAC, REMEDY};
use crate::cluster::{self, Api, ClusterError, Right};
use crate::config::settings::Settings;
use crate::exit::ExitStatus;
use crate::findings::{Area, Code};
use crate::objects;

/// What the stock `ood-user` grants users in their namespaces; the other roles grant parts of it.
const USERS_RESOURCES: [(&str, &str); 5] = [
    ("services", ""),
    ("pods", ""),
    ("configmaps", ""),
    ("secrets", ""),
    ("pods", "log"),
];
const USERS_VERBS: [&str; 7] = ["get", "watch", "list", "create", "update", "patch", "delete"];

/// Findings about the roles that a login binds.
pub(super) async fn check(api: &Api, settings: &Settings) -> Result<Area, ClusterError> {
    let mut area = Area::new("");
    let (binding, existing) = future::try_join(binding(api, settings), existing_roles(api, settings)).await?;
    tell_binding(&mut area, &binding);
    tell_roles(&mut area, &existing);
    Ok(area)
}

/// Why root's credentials may bind users' roles.
enum Binding<'a> {
    /// The verb `bind` on each of them.
    ByVerb,
    /// All permissions in the roles, as in the stock ClusterRole: RBAC requires one or the other.
    ByHolding,
    /// These roles may not be bound.
    Refused(Vec<&'a str>),
}

async fn binding<'a>(api: &Api, settings: &'a Settings) -> Result<Binding<'a>, ClusterError> {
    let roles = objects::bound_roles(settings.reaper.as_ref());
    let bind = |role: &'a str| Right {
        name: role.into(),
        ..right("bind", RBAC, "clusterroles")
    };
    let refused = refused(api, roles.into_iter().map(|role| (role, bind(role)))).await?;
    if refused.is_empty() {
        return Ok(Binding::ByVerb);
    }
    let of_users = USERS_RESOURCES.into_iter().flat_map(|(resource, subresource)| {
        USERS_VERBS.map(|verb| {
            let right = right(verb, "", resource);
            (verb, Right { subresource, ..right })
        })
    });
    let is_holding = self::refused(api, of_users).await?.is_empty();
    Ok(if is_holding {
        Binding::ByHolding
    } else {
        Binding::Refused(refused)
    })
}

/// The names of the permissions that the server denies.
async fn refused<'a>(api: &Api, rights: impl Iterator<Item = (&'a str, Right)>) -> Result<Vec<&'a str>, ClusterError> {
    let asked = rights.map(|(name, right)| async move { Ok((name, cluster::may_i(api, &right).await?)) });
    let answers = future::try_join_all(asked).await?;
    Ok(answers
        .into_iter()
        .filter_map(|(name, is_allowed)| (!is_allowed).then_some(name))
        .collect())
}

fn tell_binding(area: &mut Area, binding: &Binding<'_>) {
    match binding {
        Binding::ByVerb => area.ok("root's credentials may bind users' roles without holding their permissions"),
        Binding::ByHolding => area.warning(Code::RolesBoundByHolding,
            "root's credentials may bind users' roles only because they hold all their permissions in every namespace (OnDemand's stock ClusterRole)",
            REMEDY,
        ),
        Binding::Refused(roles) => area.error(Code::RolesNotBindable,
            ExitStatus::Cluster,
            format!("root's credentials may not bind the ClusterRoles {}, so all logins fail", roles.join(", ")),
            REMEDY,
        ),
    }
}

/// Whether each role is there; `None` if that may not be asked.
async fn existing_roles<'a>(api: &Api, settings: &'a Settings) -> Result<Vec<(&'a str, Option<bool>)>, ClusterError> {
    let roles = objects::bound_roles(settings.reaper.as_ref());
    let asked = roles.into_iter().map(|role| async move {
        let is_there = cluster::has_cluster_role(api, role).await?;
        Ok((role, is_there))
    });
    future::try_join_all(asked).await
}

fn tell_roles(area: &mut Area, roles: &[(&str, Option<bool>)]) {
    let of = |wanted: Option<bool>| {
        let found = roles.iter().filter(move |(_, is_there)| *is_there == wanted);
        found.map(|(role, _)| *role).collect::<Vec<_>>()
    };
    for role in of(Some(false)) {
        area.error(
            Code::RoleMissing,
            ExitStatus::Cluster,
            format!("there is no ClusterRole {role}, so its bindings grant nothing"),
            remedy_for_role(role),
        );
    }
    let (there, hidden) = (of(Some(true)), of(None));
    if !there.is_empty() {
        area.ok(format!("the ClusterRoles {} exist", there.join(", ")));
    }
    if !hidden.is_empty() {
        area.warning(
            Code::RolesHidden,
            format!(
                "root's credentials may not check whether the ClusterRoles {} exist",
                hidden.join(", ")
            ),
            format!("run: kubectl get clusterrole {}; or {REMEDY}", hidden.join(" ")),
        );
    }
}

/// The role of job-pod-reaper comes with its own Helm chart.
fn remedy_for_role(role: &str) -> &'static str {
    if objects::bound_roles(None).contains(&role) {
        REMEDY
    } else {
        "install job-pod-reaper in the cluster, name its role in JOB_POD_REAPER_ROLE, or set USE_JOB_POD_REAPER=false in hook.env"
    }
}
