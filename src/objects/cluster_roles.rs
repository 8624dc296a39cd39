//! What an administrator sets up in a cluster first: `hooks/k8s-bootstrap/ondemand.yaml` with a site's names.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{json, Value};

use super::egress::EGRESS_POLICY;
use super::kind::Kind;
use super::limits::NAME as PROFILE_OBJECTS;
use super::object::{Object, Upkeep};
use crate::config::profiles::{ApiKind, Declared};
use crate::config::settings::reaper::Reaper;
use crate::exit::{ExitStatus, HasExitStatus};
use crate::naming::ServiceAccountName;
use crate::yaml;

/// The file that administrators receive, so that what is applied and what is documented cannot differ.
pub const SHIPPED: &str = include_str!("../../hooks/k8s-bootstrap/ondemand.yaml");

/// The pull secret in the file; the name is that of OnDemand's documentation.
pub const DEFAULT_PULL_SECRET: &str = "private-docker-registry";

/// The policy that compares users' pods with their ids, rendered from a profiles file.
pub const PODS_POLICY: &str = "ondemand-pods";

const RBAC: &str = "rbac.authorization.k8s.io";
/// The account's name and namespace in the file.
const NAME: &str = "ondemand";
/// What the names of the account's roles end with, behind the account's.
const OWN_ENDINGS: [&str; 3] = ["-auditor", "-offboarding", "-profiles"];
/// The reaper's role in the file.
const REAPER_ROLE: &str = "job-pod-reaper";

/// The role gets the account's name, and these names are taken: by every cluster's own roles (Kubernetes
/// `bootstrappolicy/policy.go`), by the users' roles, and by the reaper's.
const TAKEN: &[&str] = &[
    "admin",
    "cluster-admin",
    "edit",
    "view",
    "ood-user",
    "ood-initializer",
    REAPER_ROLE,
];

/// Why it is not clear what to set up, or where.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RolesError {
    /// The account has the name of a role that is not ours.
    #[error("ServiceAccount {0} cannot be used: its role would replace the ClusterRole {name}; specify another with --service-account, for example ondemand/ondemand", name = .0.name)]
    TakenName(ServiceAccountName),
    /// Logins would give away the rights of their own account.
    #[error("manifests.bind of the profiles file has the ClusterRole {role}, which is that of root's account {account} itself; bind a role of your own")]
    OwnRole {
        /// The role.
        role: String,
        /// The account.
        account: ServiceAccountName,
    },
    /// One manifest cannot serve all clusters.
    #[error("the clusters have different ServiceAccounts ({accounts}); specify one cluster with --cluster, or an account with --service-account")]
    SeveralAccounts {
        /// Each cluster with its account.
        accounts: String,
    },
    /// One context cannot serve all clusters.
    #[error("--admin-context is for one cluster, but there are several ({ids}); specify one with --cluster")]
    SeveralClusters {
        /// The clusters.
        ids: String,
    },
}

impl HasExitStatus for RolesError {
    fn exit_status(&self) -> ExitStatus {
        ExitStatus::Configuration
    }
}

/// The ServiceAccount, its permissions, and the users' roles, in the order in which they can be created.
///
/// Without a pull secret there are no permissions for any Secret. The account may bind the role of `reaper`, which is the
/// one in the file if a site does not say another.
pub fn cluster_roles(
    account: &ServiceAccountName,
    pull_secrets: &[String],
    reaper: Option<&Reaper>,
) -> Result<Vec<Object>, RolesError> {
    if TAKEN.contains(&account.name.as_str()) || reaper.is_some_and(|reaper| reaper.role == account.name) {
        return Err(RolesError::TakenName(account.clone()));
    }
    // The file is part of the program, and a test reads it, so this cannot fail.
    let bodies: Vec<Value> = yaml::documents(SHIPPED).unwrap_or_default();
    let objects = bodies.into_iter().filter_map(|mut body| {
        let kind = kind_of(&body)?;
        put_names(kind, &mut body, account);
        put_pull_secrets(&mut body, pull_secrets);
        if let Some(reaper) = reaper {
            put_role_of_reaper(&mut body, &reaper.role);
        }
        let name = body["metadata"]["name"].as_str()?.to_owned();
        Some(Object {
            kind,
            name,
            body,
            upkeep: Upkeep::default(),
        })
    });
    Ok(objects.collect())
}

/// Rights that the account has only if a site asks for them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Extra {
    /// To end users' access and to delete their namespaces (`offboard`).
    Offboarding,
    /// To write what profiles put into users' namespaces: part of it wherever `PROFILES_FILE` has profiles.
    Profiles,
    /// An account of its own, `NAME-auditor`, that may only read what `audit` looks at, and no Secret.
    Auditor,
}

/// The role with exactly the rights that `offboard` needs, and its binding to the account.
pub fn offboarding(account: &ServiceAccountName) -> Vec<Object> {
    let rules = json!([
        { "apiGroups": [""], "resources": ["namespaces"], "verbs": ["get", "list", "patch", "delete"] },
        { "apiGroups": ["rbac.authorization.k8s.io"], "resources": ["rolebindings"], "verbs": ["list", "delete"] },
        { "apiGroups": [""], "resources": ["serviceaccounts"], "resourceNames": ["default"], "verbs": ["get", "delete"] },
        { "apiGroups": [""], "resources": ["pods"], "verbs": ["list", "delete"] },
    ]);
    granted(account, "offboarding", &rules)
}

/// The role `NAME-SUFFIX` with these rules, and its binding to the account.
fn granted(account: &ServiceAccountName, suffix: &str, rules: &Value) -> Vec<Object> {
    let name = format!("{}-{suffix}", account.name);
    let metadata = json!({ "name": name });
    let role = json!({
        "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole", "metadata": metadata, "rules": rules,
    });
    let binding = json!({
        "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRoleBinding", "metadata": metadata,
        "roleRef": { "apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": name },
        "subjects": [{ "kind": "ServiceAccount", "name": account.name, "namespace": account.namespace }],
    });
    let object = |(kind, body)| Object {
        kind,
        name: name.clone(),
        body,
        upkeep: Upkeep::default(),
    };
    [(Kind::ClusterRole, role), (Kind::ClusterRoleBinding, binding)]
        .map(object)
        .into()
}

/// The role with exactly the rights that a login needs for profiles, and its binding to the account: names only. Applying is a
/// PATCH whose name is known before the object is there, so that `create` can be limited to it too.
pub fn for_profiles(account: &ServiceAccountName, declared: &Declared) -> Result<Vec<Object>, RolesError> {
    let bound = declared
        .manifests
        .values()
        .flatten()
        .filter_map(|manifest| manifest.role.as_ref());
    for role in bound {
        let rest = role.strip_prefix(&account.name);
        if rest.is_some_and(|rest| rest.is_empty() || OWN_ENDINGS.contains(&rest)) {
            return Err(RolesError::OwnRole {
                role: role.clone(),
                account: account.clone(),
            });
        }
    }
    let verbs = json!(["get", "create", "patch", "delete"]);
    let mut rules = vec![
        json!({ "apiGroups": [""], "resources": ["resourcequotas", "limitranges"], "resourceNames": [PROFILE_OBJECTS], "verbs": verbs }),
        json!({ "apiGroups": ["networking.k8s.io"], "resources": ["networkpolicies"], "resourceNames": [EGRESS_POLICY], "verbs": verbs }),
    ];
    rules.extend(declared_rights(declared).iter().map(|right| {
        let DeclaredRight {
            group,
            resource,
            names,
            verbs,
        } = right;
        json!({ "apiGroups": [group], "resources": [resource], "resourceNames": names, "verbs": verbs })
    }));
    Ok(granted(account, "profiles", &rules.into()))
}

/// A right to objects of manifests, or to declared secrets, by their names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeclaredRight {
    /// The API group.
    pub group: &'static str,
    /// The plural.
    pub resource: &'static str,
    /// The names.
    pub names: Vec<String>,
    /// The verbs.
    pub verbs: &'static [&'static str],
}

/// The rights for these manifests and secrets. A role can be bound only by whoever has its rights, or may bind it; a Secret is
/// compared by reading it.
pub fn declared_rights(declared: &Declared) -> Vec<DeclaredRight> {
    let mut names: BTreeMap<(&'static str, &'static str), BTreeSet<String>> = BTreeMap::new();
    let mut roles = BTreeSet::new();
    for secret in declared.secrets.values() {
        names.entry(("", "secrets")).or_default().insert(secret.name.clone());
    }
    for manifest in declared.manifests.values().flatten() {
        let kind: &'static ApiKind = manifest.kind;
        let of_kind = names.entry((&kind.group, &kind.plural)).or_default();
        of_kind.insert(manifest.name.clone());
        roles.extend(manifest.role.clone());
    }
    let mut rights: Vec<_> = names
        .into_iter()
        .map(|((group, resource), names)| DeclaredRight {
            group,
            resource,
            names: names.into_iter().collect(),
            verbs: &["get", "create", "patch", "delete"],
        })
        .collect();
    rights.extend((!roles.is_empty()).then(|| DeclaredRight {
        group: RBAC,
        resource: "clusterroles",
        names: roles.into_iter().collect(),
        verbs: &["bind"],
    }));
    rights
}

/// An account beside root's, whose role has exactly the rights that `audit` needs. To list Secrets is to read them, and
/// RBAC knows no types: so it has no right on them.
pub fn auditor(account: &ServiceAccountName) -> Vec<Object> {
    let name = format!("{}-auditor", account.name);
    let metadata = json!({ "name": name });
    let in_namespace = json!({ "name": name, "namespace": account.namespace });
    let rbac = "rbac.authorization.k8s.io";
    let bodies = [
        (
            Kind::ServiceAccount,
            json!({ "apiVersion": "v1", "kind": "ServiceAccount", "metadata": in_namespace }),
        ),
        (
            Kind::ClusterRole,
            json!({
                "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole", "metadata": metadata,
                "rules": [
                    { "apiGroups": [""], "resources": ["namespaces", "pods"], "verbs": ["list"] },
                    { "apiGroups": [rbac], "resources": ["rolebindings", "clusterrolebindings", "clusterroles"], "verbs": ["list"] },
                    { "apiGroups": ["networking.k8s.io"], "resources": ["networkpolicies"], "verbs": ["list"] },
                    {
                        "apiGroups": ["admissionregistration.k8s.io"],
                        "resources": ["validatingadmissionpolicies", "validatingadmissionpolicybindings"],
                        "resourceNames": ["ondemand", "ondemand-token", PODS_POLICY],
                        "verbs": ["get"],
                    },
                ],
            }),
        ),
        (
            Kind::ClusterRoleBinding,
            json!({
                "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRoleBinding", "metadata": metadata,
                "roleRef": { "apiGroup": rbac, "kind": "ClusterRole", "name": name },
                "subjects": [{ "kind": "ServiceAccount", "name": name, "namespace": account.namespace }],
            }),
        ),
    ];
    let object = |(kind, body)| Object {
        kind,
        name: name.clone(),
        body,
        upkeep: Upkeep::default(),
    };
    bodies.map(object).into()
}

/// What `ondemand-admission.yaml` holds: bindings first.
pub fn policies() -> [(Kind, &'static str); 4] {
    [
        (Kind::ValidatingAdmissionPolicyBinding, "ondemand"),
        (Kind::ValidatingAdmissionPolicyBinding, "ondemand-token"),
        (Kind::ValidatingAdmissionPolicy, "ondemand"),
        (Kind::ValidatingAdmissionPolicy, "ondemand-token"),
    ]
}

fn kind_of(body: &Value) -> Option<Kind> {
    let kinds = [
        Kind::Namespace,
        Kind::ServiceAccount,
        Kind::ClusterRole,
        Kind::ClusterRoleBinding,
        Kind::Role,
        Kind::RoleBinding,
    ];
    kinds.into_iter().find(|kind| body["kind"] == kind.name())
}

/// Replaces the file's namespace and name with the account's.
fn put_names(kind: Kind, body: &mut Value, account: &ServiceAccountName) {
    let account = match kind {
        // Here the name is the account's namespace.
        Kind::Namespace => &ServiceAccountName {
            name: account.namespace.clone(),
            ..account.clone()
        },
        _ => account,
    };
    rename("", body, account);
}

fn rename(key: &str, value: &mut Value, account: &ServiceAccountName) {
    match value {
        Value::String(text) if text == NAME => {
            let new = if key == "namespace" {
                &account.namespace
            } else {
                &account.name
            };
            text.clone_from(new);
        }
        Value::Array(items) => items.iter_mut().for_each(|item| rename(key, item, account)),
        Value::Object(fields) => fields.iter_mut().for_each(|(key, value)| rename(key, value, account)),
        _ => {}
    }
}

/// Only in the rule with the names of Secrets; the users' roles permit all Secrets of a namespace, without names.
fn put_pull_secrets(body: &mut Value, names: &[String]) {
    let Some(rules) = body.get_mut("rules").and_then(Value::as_array_mut) else {
        return;
    };
    let is_ours = |rule: &Value| rule["resources"] == json!(["secrets"]) && rule["resourceNames"].is_array();
    rules.retain(|rule| !names.is_empty() || !is_ours(rule));
    for rule in rules.iter_mut().filter(|rule| is_ours(rule)) {
        rule["resourceNames"] = json!(names);
    }
}

/// In the rule that names the roles that may be bound.
fn put_role_of_reaper(body: &mut Value, role: &str) {
    let rules = body.get_mut("rules").and_then(Value::as_array_mut);
    for rule in rules.into_iter().flatten() {
        // A rule without names stays without them: an index would put a null there.
        let names = rule.get_mut("resourceNames").and_then(Value::as_array_mut);
        names
            .into_iter()
            .flatten()
            .filter(|name| **name == REAPER_ROLE)
            .for_each(|name| *name = role.into());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::profiles::{parse_manifests, Rules};

    fn account(text: &str) -> ServiceAccountName {
        ServiceAccountName::parse(text).unwrap()
    }

    fn rendered(text: &str, pull_secrets: &[&str]) -> Vec<Object> {
        let names: Vec<String> = pull_secrets.iter().map(|&name| name.to_owned()).collect();
        cluster_roles(&account(text), &names, None).unwrap()
    }

    #[test]
    fn manifests_never_bind_the_roles_of_the_account_itself() {
        let binding = |role: &str| {
            let rules = Rules {
                bind: vec![role.to_owned()],
                email_claim: None,
            };
            let text = format!("apiVersion: rbac.authorization.k8s.io/v1\nkind: RoleBinding\nmetadata: {{name: b}}\nroleRef: {{apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: {role}}}\n");
            Declared {
                manifests: [("b".to_owned(), parse_manifests(&text, &rules).unwrap())].into(),
                ..Declared::default()
            }
        };
        for role in ["robot", "robot-profiles", "robot-offboarding", "robot-auditor"] {
            let refused = for_profiles(&account("portal/robot"), &binding(role)).unwrap_err();
            assert!(refused.to_string().contains(role), "{refused}");
        }
        for role in ["view", "robot-helpdesk", "robots"] {
            assert_eq!(for_profiles(&account("portal/robot"), &binding(role)).unwrap().len(), 2);
        }
    }

    fn bodies(objects: &[Object]) -> Vec<Value> {
        objects.iter().map(|object| object.body.clone()).collect()
    }

    #[test]
    fn with_the_files_own_names_the_file_itself_comes_out() {
        let file: Vec<Value> = yaml::documents(SHIPPED).unwrap();
        assert_eq!(file.len(), 8);
        let objects = rendered("ondemand/ondemand", &[DEFAULT_PULL_SECRET]);
        assert_eq!(bodies(&objects), file);
        assert_eq!(objects[0].kind, Kind::Namespace, "all else is in it");
    }

    #[test]
    fn another_account_stands_in_every_place_of_the_files() {
        let objects = rendered("portal/robot", &[]);
        let names: Vec<_> = objects.iter().map(|object| format!("{object:?}")).collect();
        assert_eq!(
            names,
            [
                "Namespace/portal",
                "ServiceAccount/robot",
                "ClusterRole/robot",
                "ClusterRoleBinding/robot",
                "Role/robot",
                "RoleBinding/robot",
                "ClusterRole/ood-initializer",
                "ClusterRole/ood-user",
            ]
        );
        let text = Value::from(bodies(&objects)).to_string();
        assert!(!text.contains("\"ondemand\""), "{text}");
        for binding in [&objects[3].body, &objects[5].body] {
            assert_eq!(binding["roleRef"]["name"], "robot");
            let subject = json!([{ "kind": "ServiceAccount", "name": "robot", "namespace": "portal" }]);
            assert_eq!(binding["subjects"], subject);
        }
        let minting = &objects[4].body;
        assert_eq!(minting["metadata"]["namespace"], "portal");
        assert_eq!(minting["rules"][0]["resourceNames"], json!(["robot"]));
    }

    #[test]
    fn rights_to_secrets_are_those_to_the_pull_secrets_and_none_without_one() {
        let secrets = |objects: &[Object]| {
            let rules = objects[2].body["rules"].as_array().unwrap().clone();
            let of_secrets = rules.into_iter().filter(|rule| rule["resources"][0] == "secrets");
            of_secrets.collect::<Vec<_>>()
        };
        let two = secrets(&rendered("ondemand/ondemand", &["a", "b"]));
        let rule = json!({
            "apiGroups": [""], "resources": ["secrets"], "resourceNames": ["a", "b"], "verbs": ["get", "create", "patch"],
        });
        assert_eq!(two, [rule]);
        let none = rendered("ondemand/ondemand", &[]);
        assert_eq!(secrets(&none), [Value::Null; 0]);
        assert_eq!(none.len(), 8);
    }

    #[test]
    fn the_account_may_bind_the_role_that_the_site_has_for_the_reaper_and_no_other_for_it() {
        let reaper = Reaper {
            role: "site:reaper".into(),
            ..Reaper::default()
        };
        let objects = cluster_roles(&account("ondemand/ondemand"), &[], Some(&reaper)).unwrap();
        let text = Value::from(bodies(&objects)).to_string();
        assert!(
            text.contains(r#"["ood-user","ood-initializer","site:reaper"]"#) && !text.contains(REAPER_ROLE),
            "{text}"
        );
    }

    #[test]
    fn an_account_called_like_a_role_of_others_is_refused() {
        for name in TAKEN {
            let error = cluster_roles(&account(&format!("x/{name}")), &[], None).unwrap_err();
            assert!(error.to_string().contains("--service-account"), "{error}");
        }
    }
}
