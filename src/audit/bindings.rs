//! Whom a binding gives something, and whether its role reaches into namespaces: pure.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::foreign::Foreign;

/// Who a subject is, as far as it matters here; the most dangerous last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Who {
    /// A part of the cluster, or a ServiceAccount that is not in a user's namespace.
    System,
    /// A person or a group that the cluster's authentication knows.
    Person,
    /// One of OnDemand's users, or a ServiceAccount in one of their namespaces.
    User,
    /// Everybody who is logged in, or every ServiceAccount.
    Everybody,
    /// Those who are not even logged in.
    Anonymous,
}

/// Every account that is logged in; `OpenShift` has a group of its own for people.
const EVERYBODY: [&str; 3] = [
    "system:authenticated",
    "system:serviceaccounts",
    "system:authenticated:oauth",
];
/// Those who are not logged in (`user.Anonymous` and `user.AllUnauthenticated` of Kubernetes).
const ANONYMOUS: [&str; 2] = ["system:anonymous", "system:unauthenticated"];
/// kubeadm's administrators, who are a part of the cluster.
const ADMINISTRATORS: &str = "kubeadm:cluster-admins";

/// Resources that are in no namespace, or say something of the caller alone.
const OUTSIDE: [&str; 22] = [
    "apiservices",
    "certificatesigningrequests",
    "clusterroles",
    "componentstatuses",
    "csidrivers",
    "csinodes",
    "customresourcedefinitions",
    "flowschemas",
    "ingressclasses",
    "namespaces",
    "nodes",
    "persistentvolumes",
    "priorityclasses",
    "prioritylevelconfigurations",
    "projectrequests",
    "runtimeclasses",
    "selfsubjectaccessreviews",
    "selfsubjectreviews",
    "selfsubjectrulesreviews",
    "storageclasses",
    "volumeattachments",
    "volumesnapshotclasses",
];

/// What is known of users when subjects are judged.
pub(super) trait Users {
    /// Whether this is a user's namespace.
    fn have_namespace(&self, name: &str) -> bool;
    /// Whether the API server knows one of the users by this name.
    fn are_known_as(&self, name: &str) -> bool;
}

/// The subjects of a binding.
pub(super) fn subjects(binding: &Value) -> &[Value] {
    binding["subjects"].as_array().map_or(&[], Vec::as_slice)
}

/// Who a subject is.
pub(super) fn who(subject: &Value, users: &impl Users) -> Who {
    let text = |key: &str| subject[key].as_str().unwrap_or_default();
    let name = text("name");
    let is_of_users = |namespace: &str| {
        if users.have_namespace(namespace) {
            Who::User
        } else {
            Who::System
        }
    };
    match text("kind") {
        "ServiceAccount" => is_of_users(text("namespace")),
        "User" | "Group" if ANONYMOUS.contains(&name) => Who::Anonymous,
        "Group" if EVERYBODY.contains(&name) => Who::Everybody,
        "Group" if name == ADMINISTRATORS => Who::System,
        "Group" => match name.strip_prefix("system:serviceaccounts:") {
            Some(namespace) => is_of_users(namespace),
            None if name.starts_with("system:") => Who::System,
            None => Who::Person,
        },
        _ if users.are_known_as(name) => Who::User,
        _ => match name.strip_prefix("system:serviceaccount:") {
            Some(account) => is_of_users(account.split(':').next().unwrap_or_default()),
            None if name.starts_with("system:") => Who::System,
            None => Who::Person,
        },
    }
}

/// A subject in words.
pub(super) fn in_words(subject: &Value) -> String {
    let text = |key: &str| subject[key].as_str().unwrap_or_default();
    match text("kind") {
        "ServiceAccount" => {
            let name = format!("{}/{}", text("namespace"), text("name"));
            format!("serviceaccount {}", Foreign::from(name))
        }
        "Group" => format!("group {}", Foreign::from(text("name"))),
        _ => format!("user {}", Foreign::from(text("name"))),
    }
}

/// A binding in words: its name, its role and its subjects, of which a few are named.
pub(super) fn described(binding: &Value) -> String {
    let mut words: Vec<_> = subjects(binding).iter().map(in_words).collect();
    words.sort();
    let more = words.len().saturating_sub(3);
    words.truncate(3);
    if more > 0 {
        words.push(format!("{more} more"));
    }
    let whom = if words.is_empty() {
        "nobody".to_owned()
    } else {
        words.join(", ")
    };
    format!("{} ({} to {whom})", name(binding), role(binding))
}

/// An object's name, as it may be printed.
pub(super) fn name(object: &Value) -> Foreign {
    Foreign::from(object["metadata"]["name"].as_str().unwrap_or_default())
}

/// The role of a binding, as it may be printed.
pub(super) fn role(binding: &Value) -> Foreign {
    Foreign::from(binding["roleRef"]["name"].as_str().unwrap_or_default())
}

/// The ClusterRoles of a cluster that give something in namespaces, and all that there are.
#[derive(Debug, Default)]
pub(super) struct Roles {
    harmless: BTreeSet<String>,
}

impl Roles {
    /// Takes a ClusterRole.
    pub fn add(&mut self, role: &Value) {
        let rules = role["rules"].as_array().map_or(&[][..], Vec::as_slice);
        // What is gathered from other roles changes with them, and is empty until a controller has done it.
        let is_gathered = role["aggregationRule"].is_object();
        if !is_gathered && !rules.iter().any(reaches_in) {
            self.harmless
                .extend(role["metadata"]["name"].as_str().map(str::to_owned));
        }
    }

    /// Whether the role of a ClusterRoleBinding gives something in namespaces. A role that is not there gives nothing yet,
    /// and whatever somebody writes into it later.
    pub fn reach_in(&self, binding: &Value) -> bool {
        let name = binding["roleRef"]["name"].as_str().unwrap_or_default();
        !self.harmless.contains(name)
    }
}

/// Whether a rule is about anything in a namespace. What is not known is.
fn reaches_in(rule: &Value) -> bool {
    let texts = |key: &str| rule[key].as_array().into_iter().flatten().filter_map(Value::as_str);
    let reads = |verb: &str| matches!(verb, "get" | "list" | "watch");
    texts("resources").any(|resource| match resource {
        // Whoever writes there can give a right, or move a namespace below another policy.
        "namespaces" | "clusterroles" => !texts("verbs").all(reads),
        other => !OUTSIDE.contains(&other),
    })
}

/// Whether a binding for those who are not logged in is one that Kubernetes or kubeadm makes.
pub(super) fn is_default_for_anonymous(binding: &Value) -> bool {
    let metadata = &binding["metadata"];
    let is = |namespace: &str, role: &str| {
        metadata["namespace"].as_str().unwrap_or_default() == namespace && binding["roleRef"]["name"] == role
    };
    is("", "system:public-info-viewer") || is("kube-public", "kubeadm:bootstrap-signer-clusterinfo")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    struct Ann;

    impl Users for Ann {
        fn have_namespace(&self, name: &str) -> bool {
            name == "user-ann"
        }

        fn are_known_as(&self, name: &str) -> bool {
            name == "idp:ann"
        }
    }

    #[test]
    fn a_subject_is_as_dangerous_as_the_accounts_that_it_stands_for() {
        for (kind, namespace, name, expected) in [
            ("User", "", "system:anonymous", Who::Anonymous),
            ("Group", "", "system:unauthenticated", Who::Anonymous),
            ("Group", "", "system:authenticated", Who::Everybody),
            ("Group", "", "system:serviceaccounts", Who::Everybody),
            ("Group", "", "system:serviceaccounts:user-ann", Who::User),
            ("User", "", "system:serviceaccount:user-ann:x", Who::User),
            ("ServiceAccount", "user-ann", "x", Who::User),
            ("User", "", "idp:ann", Who::User),
            ("User", "", "ann", Who::Person),
            ("Group", "", "idp:students", Who::Person),
            ("Group", "", "system:masters", Who::System),
            ("Group", "", "kubeadm:cluster-admins", Who::System),
            ("Group", "", "system:serviceaccounts:kube-system", Who::System),
            ("User", "", "system:serviceaccount:kube-system:user-ann", Who::System),
            ("User", "", "system:kube-scheduler", Who::System),
            ("ServiceAccount", "ondemand", "ondemand", Who::System),
        ] {
            let subject = json!({ "kind": kind, "namespace": namespace, "name": name });
            assert_eq!(who(&subject, &Ann), expected, "{subject}");
        }
    }

    #[test]
    fn a_role_that_is_not_known_to_be_harmless_reaches_in() {
        let mut roles = Roles::default();
        let one = |resources: &[&str], verbs: &[&str]| json!([{ "resources": resources, "verbs": verbs }]);
        let cases = [
            ("nodes", one(&["nodes"], &["get"]), false),
            (
                "urls",
                json!([{ "nonResourceURLs": ["/version"], "verbs": ["get"] }]),
                false,
            ),
            ("reviews", one(&["selfsubjectaccessreviews"], &["create"]), false),
            ("names", one(&["namespaces"], &["list"]), false),
            ("empty", json!(null), false),
            ("proxy", one(&["nodes/proxy"], &["get"]), true),
            ("labels", one(&["namespaces"], &["list", "patch"]), true),
            ("all", one(&["*"], &["get"]), true),
            ("pods", one(&["nodes", "pods"], &["list"]), true),
            ("unknown", one(&["notebooks"], &["get"]), true),
        ];
        for (name, rules, _) in &cases {
            roles.add(&json!({ "metadata": { "name": name }, "rules": rules }));
        }
        let gathered = json!({ "metadata": { "name": "view" }, "aggregationRule": {}, "rules": null });
        roles.add(&gathered);
        assert!(roles.reach_in(&json!({ "roleRef": { "name": "view" } })));
        for (name, _, reaches) in &cases {
            let binding = json!({ "roleRef": { "name": name } });
            assert_eq!(roles.reach_in(&binding), *reaches, "{name}");
        }
        assert!(roles.reach_in(&json!({ "roleRef": { "name": "not there" } })));
    }
}
