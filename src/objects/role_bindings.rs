//! Who may do what in a user's namespace: the user, the init containers' account, the reaper.

use k8s_openapi::api::rbac::v1::{RoleBinding, RoleRef, Subject};
use serde_json::Value;

use super::kind::Kind;
use super::object::{metadata, object, Object};
use super::pull_secret::SERVICE_ACCOUNT;
use crate::config::settings::reaper::Reaper;
use crate::naming::{Namespace, Username};

const RBAC: &str = "rbac.authorization.k8s.io";
/// The ClusterRole that users get in their own namespace.
const USER_ROLE: &str = "ood-user";
const INITIALIZER_ROLE: &str = "ood-initializer";

/// The ClusterRoles that a login binds.
pub fn bound_roles(reaper: Option<&Reaper>) -> Vec<&str> {
    let mut roles = vec![USER_ROLE, INITIALIZER_ROLE];
    roles.extend(reaper.map(|reaper| reaper.role.as_str()));
    roles
}

/// The name of the binding that grants a user permissions, which is that of the stock hook.
pub fn user_binding_name(user: &Username) -> String {
    format!("{user}-ood-user")
}

/// The user may work with pods, services, configmaps and secrets.
pub fn user(namespace: &Namespace, user: &Username, subject: &str) -> Object {
    let subject = Subject {
        kind: "User".into(),
        name: subject.to_owned(),
        api_group: Some(RBAC.into()),
        namespace: None,
    };
    binding(namespace, &user_binding_name(user), USER_ROLE, subject)
}

/// Init containers may write what the job needs.
pub fn initializer(namespace: &Namespace, user: &Username) -> Object {
    let subject = service_account(SERVICE_ACCOUNT, namespace.as_str());
    binding(namespace, &format!("{user}-ood-initializer"), INITIALIZER_ROLE, subject)
}

/// job-pod-reaper may delete pods that have exceeded their time limit. The name is that of the stock hook, whatever the
/// site calls the reaper.
pub fn job_pod_reaper(namespace: &Namespace, user: &Username, reaper: &Reaper) -> Object {
    let name = format!("{user}-job-pod-reaper-rolebinding");
    let subject = service_account(&reaper.account.name, &reaper.account.namespace);
    binding(namespace, &name, &reaper.role, subject)
}

/// The subjects to which a live binding grants the role `ood-user`, in words: `user ann`, `group staff`,
/// `serviceaccount ns/name`.
pub fn role_holders(live: &Value) -> Vec<String> {
    let role = &live["roleRef"];
    if role["kind"] != "ClusterRole" || role["name"] != USER_ROLE {
        return Vec::new();
    }
    let subjects = live["subjects"].as_array().map_or(&[][..], Vec::as_slice);
    let words = subjects.iter().map(|subject| {
        let text = |key: &str| subject[key].as_str().unwrap_or_default();
        match text("kind") {
            "ServiceAccount" => format!("serviceaccount {}/{}", text("namespace"), text("name")),
            kind => format!("{} {}", kind.to_lowercase(), text("name")),
        }
    });
    words.collect()
}

/// Whether a live binding gives somebody what a login gives the user, or the account `default`.
pub fn gives_rights_to_users(live: &Value) -> bool {
    let role = &live["roleRef"];
    role["kind"] == "ClusterRole" && (role["name"] == USER_ROLE || role["name"] == INITIALIZER_ROLE)
}

/// Whether a live binding gives something to one of these users and to nobody else.
pub fn is_for_user_alone(live: &Value, names: &[String]) -> bool {
    let subjects = live["subjects"].as_array().map_or(&[][..], Vec::as_slice);
    !subjects.is_empty() && subjects.iter().all(|subject| is_user(subject, names))
}

/// Whether a live binding gives something to one of these users.
pub fn is_for_user(live: &Value, names: &[String]) -> bool {
    let subjects = live["subjects"].as_array().map_or(&[][..], Vec::as_slice);
    subjects.iter().any(|subject| is_user(subject, names))
}

fn is_user(subject: &Value, names: &[String]) -> bool {
    subject["kind"] == "User" && names.iter().any(|name| subject["name"] == name.as_str())
}

/// Whether a live binding in a namespace is for the account of the user's pods there and for nobody else, whatever it gives.
pub fn is_for_pods_alone(live: &Value, namespace: &str) -> bool {
    let subjects = live["subjects"].as_array().map_or(&[][..], Vec::as_slice);
    let is_it = |subject: &Value| {
        subject["kind"] == "ServiceAccount" && subject["name"] == SERVICE_ACCOUNT && subject["namespace"] == namespace
    };
    !subjects.is_empty() && subjects.iter().all(is_it)
}

/// Whether a live binding is for the account `default` of a namespace, with which users' pods run.
pub fn is_for_initializers(live: &Value) -> bool {
    live["roleRef"]["kind"] == "ClusterRole" && live["roleRef"]["name"] == INITIALIZER_ROLE
}

fn service_account(name: &str, namespace: &str) -> Subject {
    Subject {
        kind: "ServiceAccount".into(),
        name: name.to_owned(),
        namespace: Some(namespace.to_owned()),
        api_group: None,
    }
}

fn binding(namespace: &Namespace, name: &str, role: &str, subject: Subject) -> Object {
    let binding = RoleBinding {
        metadata: metadata(namespace, name),
        role_ref: RoleRef {
            api_group: Some(RBAC.into()),
            kind: "ClusterRole".into(),
            name: role.into(),
        },
        subjects: Some(vec![subject]),
    };
    object(Kind::RoleBinding, name, &binding)
}
