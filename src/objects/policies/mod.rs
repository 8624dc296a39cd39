//! The admission policies that an administrator applies once: the shipped files with a site's names and settings.

mod manifests;
mod mode;
mod secrets;
mod version;

use serde_json::{json, Value};

use super::kind::Kind;
use super::object::{Object, Upkeep};
use crate::config::profiles::{Declared, Policies};
use crate::config::settings::reaper::Reaper;
use crate::exit::{ExitStatus, HasExitStatus};
use crate::naming::ServiceAccountName;
use crate::yaml;

pub use mode::Mode;
pub use version::KubernetesVersion;

/// The policy for the login's own account, as administrators receive it.
const ACCOUNT: &str = include_str!("../../../hooks/k8s-bootstrap/ondemand-admission.yaml");
const NAMESPACES: &str = include_str!("ondemand-namespaces.yaml");
const POD_DEFAULTS: &str = include_str!("ondemand-pod-defaults.yaml");
const SECRETS: &str = include_str!("ondemand-secrets.yaml");
const SERVICES: &str = include_str!("ondemand-services.yaml");
const RIGHTS: &str = include_str!("ondemand-rights.yaml");
const PODS: &str = include_str!("ondemand-pods.yaml");
/// What makes the policy for templates of the one for pods.
const WORKLOADS: &str = include_str!("ondemand-workloads.yaml");

/// The name of the policy for the account's own requests.
const OF_ACCOUNT: &str = "ondemand";
/// The account in the files.
const SHIPPED_ACCOUNT: &str = "system:serviceaccount:ondemand:ondemand";
/// Why it is not clear what to print or apply.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PoliciesError {
    /// A server's version is not known, or too old.
    #[error("the version of Kubernetes in cluster {cluster} {reason}; specify one with --kubernetes VERSION")]
    Version {
        /// The cluster.
        cluster: String,
        /// What is wrong.
        reason: String,
    },
    /// One manifest does not fit all clusters.
    #[error("the clusters have different versions of Kubernetes ({versions}); specify one cluster with --cluster, or a version with --kubernetes")]
    SeveralVersions {
        /// Each cluster with its version.
        versions: String,
    },
    /// Nobody says for which version.
    #[error("there is no Kubernetes cluster in clusters.d whose version could be asked for; specify one with --kubernetes VERSION")]
    NoVersion,
}

impl HasExitStatus for PoliciesError {
    fn exit_status(&self) -> ExitStatus {
        ExitStatus::Configuration
    }
}

/// What the policies are rendered from.
#[derive(Debug, Clone, Copy)]
pub struct Wish<'a> {
    /// The account that logins use.
    pub account: &'a ServiceAccountName,
    /// The site's settings.
    pub policies: &'a Policies,
    /// What happens to requests that are not accepted.
    pub mode: Mode,
    /// The server's version.
    pub version: KubernetesVersion,
    /// The manifests and secrets that logins write.
    pub declared: &'a Declared,
    /// Whether a login may stamp another uid (`UID_CHANGE=follow`).
    pub uid_may_change: bool,
    /// Who job-pod-reaper is, if it is used.
    pub reaper: Option<&'a Reaper>,
}

/// The policies, each with its binding, in the order of a rollout: first what no user notices.
pub fn cluster_policies(wish: &Wish<'_>) -> Vec<Object> {
    let mut bodies = vec![documents(ACCOUNT), documents(NAMESPACES)];
    if wish.version.fills_in() {
        bodies.push(documents(POD_DEFAULTS));
    }
    let judged = [SECRETS, SERVICES, RIGHTS, PODS].map(documents);
    let judged = judged
        .into_iter()
        .map(|bodies| (bodies, wish.mode.actions()))
        .chain([(workloads(), wish.mode.actions_for_templates())]);
    for (mut pair, actions) in judged {
        for body in pair.iter_mut().filter(|body| is_binding(body)) {
            body["spec"]["validationActions"] = actions.clone();
        }
        bodies.push(pair);
    }
    let mut objects: Vec<Object> = bodies
        .into_iter()
        .flatten()
        .filter_map(|body| wish.object(body))
        .collect();
    // ondemand-admission.yaml has its bindings at the end, in another order.
    objects[..4].sort_by_key(|object| object.name.clone());
    objects
}

/// The names of all of them, whatever the settings are: bindings first, without which the policies do nothing.
pub fn cluster_policy_names() -> Vec<(Kind, &'static str)> {
    let validating = [
        OF_ACCOUNT,
        "ondemand-token",
        "ondemand-namespaces",
        "ondemand-secrets",
        "ondemand-services",
        "ondemand-rights",
        "ondemand-pods",
        "ondemand-workloads",
    ];
    let mutating = ["ondemand-pod-defaults"];
    let of = |kind: Kind, names: &[&'static str]| names.iter().map(|name| (kind, *name)).collect::<Vec<_>>();
    [
        of(Kind::ValidatingAdmissionPolicyBinding, &validating),
        of(Kind::MutatingAdmissionPolicyBinding, &mutating),
        of(Kind::ValidatingAdmissionPolicy, &validating),
        of(Kind::MutatingAdmissionPolicy, &mutating),
    ]
    .concat()
}

fn documents(text: &str) -> Vec<Value> {
    // The files are part of the program, and a test reads them, so this cannot fail.
    yaml::documents(text).unwrap_or_default()
}

fn is_binding(body: &Value) -> bool {
    body["kind"].as_str().is_some_and(|kind| kind.ends_with("Binding"))
}

/// The policy for pods with another `spec`: that of a template.
fn workloads() -> Vec<Value> {
    let mut bodies = documents(PODS);
    let changes = documents(WORKLOADS).into_iter().next().unwrap_or_default();
    let name = &changes["metadata"]["name"];
    for body in &mut bodies {
        body["metadata"]["name"] = name.clone();
        if is_binding(body) {
            body["spec"]["policyName"] = name.clone();
            continue;
        }
        for key in ["matchConstraints", "matchConditions"] {
            body["spec"][key] = changes["spec"][key].clone();
        }
        let theirs = changes["spec"]["variables"].as_array().cloned().unwrap_or_default();
        let Some(variables) = body["spec"]["variables"].as_array_mut() else {
            continue;
        };
        let is_replaced = |variable: &Value| theirs.iter().any(|their| their["name"] == variable["name"]);
        let place = variables.iter().position(is_replaced).unwrap_or_default();
        variables.retain(|variable| !is_replaced(variable));
        variables.splice(place..place, theirs.clone());
    }
    bodies
}

impl Wish<'_> {
    fn object(&self, mut body: Value) -> Option<Object> {
        let kinds = [
            Kind::ValidatingAdmissionPolicy,
            Kind::ValidatingAdmissionPolicyBinding,
            Kind::MutatingAdmissionPolicy,
            Kind::MutatingAdmissionPolicyBinding,
        ];
        let kind = kinds.into_iter().find(|kind| body["kind"] == kind.name())?;
        let name = body["metadata"]["name"].as_str()?.to_owned();
        put_account(&mut body, &self.account.username());
        if name == OF_ACCOUNT {
            manifests::admit(&mut body["spec"], &self.declared.manifests);
            secrets::admit(&mut body["spec"], &self.declared.secrets);
        }
        let variables = body.pointer_mut("/spec/variables").and_then(Value::as_array_mut);
        for variable in variables.into_iter().flatten() {
            let told = variable["name"].as_str().map(str::to_owned);
            if let Some(expression) = told.and_then(|key| self.setting(&name, &key)) {
                variable["expression"] = expression.into();
            }
        }
        put_defaults(&mut body["spec"]);
        Some(Object {
            kind,
            name,
            body,
            upkeep: Upkeep::default(),
        })
    }

    /// A setting as an expression; `None` if the variable is none.
    fn setting(&self, policy: &str, variable: &str) -> Option<String> {
        let site = self.policies;
        Some(match (policy, variable) {
            ("ondemand-services", "foreignAnnotations") => list(FOREIGN_OF_SERVICES, &site.foreign_annotations),
            (_, "foreignAnnotations") => list(FOREIGN_OF_PODS, &site.foreign_annotations),
            (_, "uidMayChange") => self.uid_may_change.to_string(),
            (_, "reaperNamespace") => word(&self.reaper?.account.namespace),
            (_, "reaperName") => word(&self.reaper?.account.name),
            (_, "reaperRole") => word(&self.reaper?.role),
            (_, "hostPaths") => list(&[], &site.host_paths),
            (_, "nfs") => list(&[], &site.nfs),
            (_, "volumes") => list(&self.volumes(), &site.volumes),
            (_, "csiDrivers") => list(&[], &site.csi_drivers),
            (_, "tokenAudiences") => list(&[""], &site.token_audiences),
            (_, "serviceAccounts") => list(&["", "default"], &site.service_accounts),
            (_, "priorityClasses") => list(&[""], &site.priority_classes),
            (_, "runtimeClasses") => list(&[""], &site.runtime_classes),
            (_, "strictGroups") => self.strict_groups().to_string(),
            ("ondemand-workloads", "filledIn") => self.version.fills_in().to_string(),
            _ => return None,
        })
    }

    fn volumes(&self) -> Vec<&'static str> {
        let site = self.policies;
        let mut kinds = vec!["configMap", "secret", "emptyDir", "projected", "downwardAPI"];
        kinds.extend((!site.host_paths.is_empty()).then_some("hostPath"));
        kinds.extend((!site.nfs.is_empty()).then_some("nfs"));
        kinds.extend((!site.csi_drivers.is_empty()).then_some("csi"));
        kinds
    }

    /// Older servers drop the field, and nothing fills it in for `ood_core`'s pods before 1.36.
    fn strict_groups(&self) -> bool {
        self.version.has_groups_policy() && self.policies.strict_groups.unwrap_or(self.version.fills_in())
    }
}

/// Annotations that other software takes orders from: networks, devices, names.
const FOREIGN_OF_PODS: &[&str] = &[
    "k8s.v1.cni.cncf.io/",
    "v1.multus-cni.io/",
    "cdi.k8s.io/",
    "devices.nri.io/",
    "io.kubernetes.cri-o.",
    "external-dns.alpha.kubernetes.io/",
    "kubernetes.io/config.",
];
const FOREIGN_OF_SERVICES: &[&str] = &[
    "external-dns.alpha.kubernetes.io/",
    "service.beta.kubernetes.io/",
    "cloud.google.com/",
    "metallb.io/",
    "metallb.universe.tf/",
];

/// A list of strings in CEL, which has JSON's double-quoted strings.
fn list<T: AsRef<str>>(usual: &[&str], more: &[T]) -> String {
    let all: Vec<&str> = usual.iter().copied().chain(more.iter().map(AsRef::as_ref)).collect();
    json!(all).to_string()
}

/// A name without quotes as a string in CEL, as the shipped file writes it.
fn word(text: &str) -> String {
    format!("'{text}'")
}

fn put_account(value: &mut Value, account: &str) {
    match value {
        Value::String(text) if text.contains(SHIPPED_ACCOUNT) => *text = text.replace(SHIPPED_ACCOUNT, account),
        Value::Array(items) => items.iter_mut().for_each(|item| put_account(item, account)),
        Value::Object(fields) => fields.values_mut().for_each(|field| put_account(field, account)),
        _ => {}
    }
}

/// What the API server writes into each policy, so that one that is as it should be is not written again.
fn put_defaults(spec: &mut Value) {
    for key in ["matchConstraints", "matchResources"] {
        let Some(matched) = spec.get_mut(key).and_then(Value::as_object_mut) else {
            continue;
        };
        for (field, value) in [
            ("matchPolicy", json!("Equivalent")),
            ("namespaceSelector", json!({})),
            ("objectSelector", json!({})),
        ] {
            matched.entry(field).or_insert(value);
        }
        let rules = matched.get_mut("resourceRules").and_then(Value::as_array_mut);
        for rule in rules.into_iter().flatten() {
            rule["scope"] = json!("*");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::profiles::ProfilesFile;

    fn rendered(minor: u32, mode: Mode, policies: &Policies) -> Vec<Object> {
        cluster_policies(&Wish {
            account: &ServiceAccountName::parse("portal/robot").unwrap(),
            policies,
            declared: &Declared::default(),
            mode,
            version: KubernetesVersion::parse(&format!("1.{minor}")).unwrap(),
            uid_may_change: false,
            reaper: None,
        })
    }

    fn names(objects: &[Object]) -> Vec<String> {
        objects.iter().map(|object| format!("{object:?}")).collect()
    }

    fn variable<'a>(objects: &'a [Object], policy: &str, name: &str) -> &'a str {
        let body = &objects.iter().find(|object| object.name == policy).unwrap().body;
        let variables = body["spec"]["variables"].as_array().unwrap();
        let found = variables.iter().find(|variable| variable["name"] == name);
        found.unwrap()["expression"].as_str().unwrap()
    }

    #[test]
    fn the_names_are_those_of_all_that_is_rendered() {
        let mut rendered: Vec<_> = rendered(36, Mode::Deny, &Policies::default())
            .iter()
            .map(|object| (object.kind.name(), object.name.clone()))
            .collect();
        let mut names: Vec<_> = cluster_policy_names()
            .iter()
            .map(|(kind, name)| (kind.name(), (*name).to_owned()))
            .collect();
        rendered.sort_unstable();
        names.sort_unstable();
        assert_eq!(names, rendered);
    }

    #[test]
    fn each_policy_comes_with_its_binding_and_the_one_that_fills_in_from_1_36_on() {
        let old = rendered(30, Mode::Deny, &Policies::default());
        let new = rendered(36, Mode::Deny, &Policies::default());
        assert_eq!((old.len(), new.len()), (16, 18));
        for pair in new.chunks(2) {
            assert_eq!(pair[0].name, pair[1].name);
            assert_eq!(pair[1].body["spec"]["policyName"], pair[0].name);
            assert_eq!(pair[1].kind.name(), format!("{}Binding", pair[0].kind.name()));
        }
        assert!(names(&new).contains(&"MutatingAdmissionPolicy/ondemand-pod-defaults".to_owned()));
        assert!(!names(&old).iter().any(|name| name.contains("Mutating")));
        assert_eq!(variable(&old, "ondemand-pods", "strictGroups"), "false");
        assert_eq!(variable(&new, "ondemand-pods", "strictGroups"), "true");
        assert_eq!(variable(&old, "ondemand-workloads", "filledIn"), "false");
        assert_eq!(variable(&new, "ondemand-workloads", "filledIn"), "true");
        assert_eq!(variable(&new, "ondemand-pods", "filledIn"), "false");
    }

    #[test]
    fn the_mode_is_that_of_what_users_notice_and_templates_are_never_refused() {
        let actions = |mode| {
            let objects = rendered(36, mode, &Policies::default());
            let of = |name: &str| {
                let mut bindings = objects.iter().filter(|object| object.name == name);
                bindings.next_back().unwrap().body["spec"]["validationActions"].clone()
            };
            let judged = ["secrets", "services", "rights", "pods"].map(|name| of(&format!("ondemand-{name}")));
            assert!(judged.iter().all(|actions| *actions == judged[0]));
            assert!(of("ondemand")[0] == "Deny" && of("ondemand-namespaces")[0] == "Deny");
            (judged[0].clone(), of("ondemand-workloads"))
        };
        assert_eq!(actions(Mode::Audit), (json!(["Audit"]), json!(["Audit"])));
        assert_eq!(
            actions(Mode::Warn),
            (json!(["Warn", "Audit"]), json!(["Warn", "Audit"]))
        );
        assert_eq!(
            actions(Mode::Deny),
            (json!(["Deny", "Audit"]), json!(["Warn", "Audit"]))
        );
    }

    #[test]
    fn settings_are_lists_in_the_policies_and_the_account_is_the_sites() {
        let text = "version: 1\npolicies:\n  hostPaths: [/home, \"/a'b\\\"c\\\\\"]\n  nfs: [\"n:/x\"]\n  csiDrivers: [d]\n  priorityClasses: [low]\n";
        let policies: Policies = ProfilesFile::of_bytes("/etc/p".as_ref(), text.as_bytes())
            .unwrap()
            .policies;
        let objects = rendered(36, Mode::Deny, &policies);
        for policy in ["ondemand-pods", "ondemand-workloads"] {
            assert_eq!(variable(&objects, policy, "hostPaths"), r#"["/home","/a'b\"c\\"]"#);
            assert_eq!(variable(&objects, policy, "priorityClasses"), r#"["","low"]"#);
            let volumes = variable(&objects, policy, "volumes");
            assert!(volumes.ends_with(r#""hostPath","nfs","csi"]"#), "{volumes}");
        }
        let text = json!(objects.iter().map(|object| object.body.clone()).collect::<Vec<_>>()).to_string();
        assert!(!text.contains(SHIPPED_ACCOUNT), "{text}");
        assert_eq!(text.matches("system:serviceaccount:portal:robot").count(), 4);
    }

    #[test]
    fn the_account_may_give_rights_to_the_reaper_that_the_site_has() {
        let account = ServiceAccountName::default();
        let reaper = Reaper {
            account: ServiceAccountName::parse("tools/reaper").unwrap(),
            role: "site:reaper".into(),
        };
        let (policies, declared) = (Policies::default(), Declared::default());
        let wish = |reaper| Wish {
            account: &account,
            policies: &policies,
            mode: Mode::Deny,
            version: KubernetesVersion::parse("1.36").unwrap(),
            declared: &declared,
            uid_may_change: true,
            reaper,
        };
        let of = |reaper| {
            let objects = cluster_policies(&wish(reaper));
            ["reaperNamespace", "reaperName", "reaperRole"].map(|name| variable(&objects, "ondemand", name).to_owned())
        };
        assert_eq!(of(Some(&reaper)), ["'tools'", "'reaper'", "'site:reaper'"]);
        assert_eq!(of(None), ["'job-pod-reaper'"; 3]);
        assert_eq!(of(Some(&Reaper::default())), of(None), "as the shipped file writes it");
    }

    #[test]
    fn every_rule_is_asked_in_the_policy_for_pods_and_in_that_for_templates() {
        for policy in ["ondemand-pods", "ondemand-workloads"] {
            let objects = rendered(36, Mode::Deny, &Policies::default());
            let advice = variable(&objects, policy, "advice").to_owned();
            let body = &objects.iter().find(|object| object.name == policy).unwrap().body;
            let variables = body["spec"]["variables"].as_array().unwrap();
            let rules = variables.iter().filter_map(|variable| variable["name"].as_str());
            let rules: Vec<_> = rules.filter(|name| name.ends_with("Advice")).collect();
            assert_eq!(rules.len(), 31);
            for rule in rules {
                assert!(advice.contains(&format!("variables.{rule}")), "{rule}");
            }
        }
    }
}
