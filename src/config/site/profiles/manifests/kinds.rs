//! The kinds of objects that manifests may have: Kubernetes' own by a table, all others by what the manifest says.
//!
//! A login may not spend a flight on discovery, so the path of every kind has to be known before.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

use super::super::fault::quoted;
use crate::naming::is_label;

/// A kind of objects in namespaces, and where the API server has it.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ApiKind {
    /// As manifests write it.
    pub kind: Cow<'static, str>,
    /// The API group; empty for the core.
    pub group: Cow<'static, str>,
    /// The version.
    pub version: Cow<'static, str>,
    /// The plural, as in paths and in RBAC's rules.
    pub plural: Cow<'static, str>,
}

const RBAC: &str = "rbac.authorization.k8s.io";
const BATCH: (&str, &str) = ("batch", "v1");
const APPS: (&str, &str) = ("apps", "v1");
const CORE: (&str, &str) = ("", "v1");
const NETWORKING: (&str, &str) = ("networking.k8s.io", "v1");

/// Kubernetes' own kinds that users' namespaces may get.
static BUILT_IN: [ApiKind; 18] = [
    built_in(CORE, "ConfigMap", "configmaps"),
    built_in(CORE, "LimitRange", "limitranges"),
    built_in(CORE, "PersistentVolumeClaim", "persistentvolumeclaims"),
    built_in(CORE, "Pod", "pods"),
    built_in(CORE, "ResourceQuota", "resourcequotas"),
    built_in(CORE, "Service", "services"),
    built_in(APPS, "Deployment", "deployments"),
    built_in(APPS, "StatefulSet", "statefulsets"),
    built_in(
        ("autoscaling", "v2"),
        "HorizontalPodAutoscaler",
        "horizontalpodautoscalers",
    ),
    built_in(BATCH, "CronJob", "cronjobs"),
    built_in(BATCH, "Job", "jobs"),
    built_in(("coordination.k8s.io", "v1"), "Lease", "leases"),
    built_in(NETWORKING, "Ingress", "ingresses"),
    built_in(NETWORKING, "NetworkPolicy", "networkpolicies"),
    built_in(("policy", "v1"), "PodDisruptionBudget", "poddisruptionbudgets"),
    built_in((RBAC, "v1"), "RoleBinding", "rolebindings"),
    built_in(("resource.k8s.io", "v1"), "ResourceClaim", "resourceclaims"),
    built_in(
        ("resource.k8s.io", "v1"),
        "ResourceClaimTemplate",
        "resourceclaimtemplates",
    ),
];

/// The groups of the API server itself: what is not in the table there is no custom resource.
const OF_KUBERNETES: [&str; 20] = [
    "",
    "admissionregistration.k8s.io",
    "apiextensions.k8s.io",
    "apiregistration.k8s.io",
    "apps",
    "authentication.k8s.io",
    "authorization.k8s.io",
    "autoscaling",
    "batch",
    "certificates.k8s.io",
    "coordination.k8s.io",
    "discovery.k8s.io",
    "events.k8s.io",
    "flowcontrol.apiserver.k8s.io",
    "networking.k8s.io",
    "node.k8s.io",
    "policy",
    "resource.k8s.io",
    "scheduling.k8s.io",
    "storage.k8s.io",
];

/// Kinds outside namespaces, for a better message.
const CLUSTER_WIDE: [&str; 17] = [
    "APIService",
    "CSIDriver",
    "CertificateSigningRequest",
    "ComponentStatus",
    "CustomResourceDefinition",
    "DeviceClass",
    "FlowSchema",
    "IngressClass",
    "MutatingAdmissionPolicy",
    "MutatingWebhookConfiguration",
    "Namespace",
    "Node",
    "PersistentVolume",
    "PriorityClass",
    "RuntimeClass",
    "StorageClass",
    "ValidatingAdmissionPolicy",
];

const fn built_in((group, version): (&'static str, &'static str), kind: &'static str, plural: &'static str) -> ApiKind {
    ApiKind {
        kind: Cow::Borrowed(kind),
        group: Cow::Borrowed(group),
        version: Cow::Borrowed(version),
        plural: Cow::Borrowed(plural),
    }
}

impl ApiKind {
    /// The kind that a manifest means. `resource` is the plural of a custom resource, if the manifest says it.
    pub fn of(api_version: &str, kind: &str, resource: Option<&str>) -> Result<&'static Self, String> {
        let (group, version) = api_version.rsplit_once('/').unwrap_or(("", api_version));
        gives_rights(kind, group)?;
        if !OF_KUBERNETES.contains(&group) && group != RBAC {
            return custom(group, version, kind, resource);
        }
        let found = BUILT_IN.iter().find(|known| known.kind == kind && known.group == group);
        match found {
            Some(known) if known.version != version => Err(format!(
                "apiVersion is {}, which is not known of {kind}; write {}",
                quoted(api_version),
                known.api_version()
            )),
            Some(_) if resource.is_some() => Err(format!(
                "{RESOURCE} is for custom resources, and {kind} is Kubernetes' own; leave it out"
            )),
            Some(known) => Ok(known),
            None if CLUSTER_WIDE.contains(&kind) => Err(format!(
                "{kind} is no kind of objects in namespaces; apply it by yourself"
            )),
            None => Err(format!(
                "{} of {} is no kind that manifests may have; the kinds are {}, and custom resources",
                quoted(kind),
                quoted(api_version),
                BUILT_IN
                    .iter()
                    .map(|known| known.kind.as_ref())
                    .collect::<Vec<_>>()
                    .join(", ")
            )),
        }
    }

    /// The kind that was noted as [`note`](Self::note).
    pub fn noted(text: &str) -> Option<&'static Self> {
        if let Some(known) = BUILT_IN.iter().find(|known| known.kind == text) {
            return Some(known);
        }
        let mut parts = text.splitn(4, '.');
        let (kind, plural) = (parts.next()?, parts.next()?);
        let (version, group) = (parts.next()?, parts.next()?);
        Self::of(&format!("{group}/{version}"), kind, Some(plural)).ok()
    }

    /// One word that says the kind: its name, and for a custom resource also where it is.
    pub fn note(&self) -> String {
        let Self {
            kind,
            group,
            version,
            plural,
        } = self;
        if self.is_built_in() {
            kind.to_string()
        } else {
            format!("{kind}.{plural}.{version}.{group}")
        }
    }

    /// What the API server stores it as, in whatever version it is asked for.
    pub fn resource(&self) -> (&str, &str) {
        (&self.group, &self.plural)
    }

    /// Whether it is Kubernetes' own.
    pub fn is_built_in(&self) -> bool {
        BUILT_IN.contains(self)
    }

    /// As in manifests.
    pub fn api_version(&self) -> String {
        let Self { group, version, .. } = self;
        if group.is_empty() {
            version.to_string()
        } else {
            format!("{group}/{version}")
        }
    }

    /// The path of its collection in a namespace.
    pub fn path(&self, namespace: &str) -> String {
        let root = if self.group.is_empty() { "api" } else { "apis" };
        format!("/{root}/{}/namespaces/{namespace}/{}", self.api_version(), self.plural)
    }
}

/// The annotation with the plural of a custom resource.
pub const RESOURCE: &str = "openondemand.org/resource";

/// Refuses what would let somebody do more: also where it is another group's, as `OpenShift` has some.
fn gives_rights(kind: &str, group: &str) -> Result<(), String> {
    let why = match kind {
        "Secret" => "would stand in a file that everybody may read; declare it (SECRETS_DIR), or use sync-secret",
        "ServiceAccount" => {
            "is an identity that pods could take; create it by yourself, and allow it with policies.serviceAccounts"
        }
        "Role" | "ClusterRole" | "ClusterRoleBinding" => {
            "gives rights; create a ClusterRole by yourself, and bind it with a RoleBinding"
        }
        "RoleBinding" if group != RBAC => {
            "of another group than rbac.authorization.k8s.io gives rights; bind a ClusterRole with a RoleBinding"
        }
        _ => return Ok(()),
    };
    Err(format!("a manifest cannot be a {kind}: it {why}"))
}

fn custom(group: &str, version: &str, kind: &str, resource: Option<&str>) -> Result<&'static ApiKind, String> {
    let is_kind = kind.starts_with(|c: char| c.is_ascii_uppercase()) && kind.chars().all(|c| c.is_ascii_alphanumeric());
    let is_group = group.contains('.') && group.len() <= 253 && group.split('.').all(is_label);
    if !is_kind || !is_group || !is_label(version) {
        return Err(format!(
            "{} of {}/{} is no kind; write kind and apiVersion as kubectl api-resources does",
            quoted(kind),
            quoted(group),
            quoted(version)
        ));
    }
    let plural = resource.ok_or_else(|| {
        format!("{kind} is a custom resource, whose plural nobody knows here; write it as the annotation {RESOURCE}, as kubectl api-resources has it")
    })?;
    // The policies tell these by their plurals.
    if ["namespaces", "rolebindings", "secrets", "serviceaccounts"].contains(&plural) {
        return Err(format!(
            "{RESOURCE} is {plural}, which Kubernetes has itself; such a custom resource is no manifest"
        ));
    }
    if !is_label(plural) {
        return Err(format!(
            "{RESOURCE} is {}, and no plural; write for example localqueues",
            quoted(plural)
        ));
    }
    let owned = |text: &str| Cow::Owned(text.to_owned());
    Ok(interned(ApiKind {
        kind: owned(kind),
        group: owned(group),
        version: owned(version),
        plural: owned(plural),
    }))
}

/// The one copy of a kind, so that objects can name it as cheaply as any other: there are a few, and they stay.
fn interned(kind: ApiKind) -> &'static ApiKind {
    static ALL: Mutex<BTreeSet<&'static ApiKind>> = Mutex::new(BTreeSet::new());
    let mut all = ALL.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(known) = all.get(&kind) {
        return known;
    }
    let kind: &'static ApiKind = Box::leak(Box::new(kind));
    all.insert(kind);
    kind
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_is_found_again_by_its_note_and_has_a_path() {
        for known in &BUILT_IN {
            let found = ApiKind::of(&known.api_version(), &known.kind, None).unwrap();
            assert_eq!(found, known);
            assert_eq!(ApiKind::noted(&known.note()), Some(known));
        }
        let queue = ApiKind::of("kueue.x-k8s.io/v1beta1", "LocalQueue", Some("localqueues")).unwrap();
        assert_eq!(queue.note(), "LocalQueue.localqueues.v1beta1.kueue.x-k8s.io");
        assert!(std::ptr::eq(ApiKind::noted(&queue.note()).unwrap(), queue));
        assert_eq!(queue.path("n"), "/apis/kueue.x-k8s.io/v1beta1/namespaces/n/localqueues");
        assert_eq!(
            ApiKind::of("v1", "ConfigMap", None).unwrap().path("n"),
            "/api/v1/namespaces/n/configmaps"
        );
    }

    #[test]
    fn a_note_that_would_be_another_path_or_give_rights_is_none() {
        for note in [
            "Node",
            "Secret",
            "Later",
            "X.pods/exec.v1.example.org",
            "X.y.v1.apps",
            "Role.roles.v1.example.org",
            "X.y.v1",
            "X.y../z.e.org",
        ] {
            assert_eq!(ApiKind::noted(note), None, "{note}");
        }
    }

    #[test]
    fn what_is_outside_namespaces_or_gives_rights_or_holds_secrets_is_refused_with_a_remedy() {
        for (api_version, kind, resource, word) in [
            ("v1", "Namespace", None, "in namespaces"),
            ("storage.k8s.io/v1", "StorageClass", None, "in namespaces"),
            ("v1", "Secret", None, "sync-secret"),
            ("v1", "ServiceAccount", None, "serviceAccounts"),
            ("rbac.authorization.k8s.io/v1", "Role", None, "gives rights"),
            (
                "rbac.authorization.k8s.io/v1",
                "ClusterRoleBinding",
                None,
                "gives rights",
            ),
            (
                "authorization.openshift.io/v1",
                "RoleBinding",
                Some("rolebindings"),
                "gives rights",
            ),
            ("v1", "Event", None, "the kinds are ConfigMap"),
            ("batch/v1beta1", "CronJob", None, "write batch/v1"),
            ("v1", "ConfigMap", Some("configmaps"), "leave it out"),
            ("kueue.x-k8s.io/v1beta1", "LocalQueue", None, RESOURCE),
            ("kueue.x-k8s.io/v1beta1", "LocalQueue", Some("pods/exec"), "no plural"),
            ("nogroup/v1", "Thing", Some("things"), "is no kind"),
        ] {
            let reason = ApiKind::of(api_version, kind, resource).unwrap_err();
            assert!(reason.contains(word), "{kind}: {reason}");
        }
    }
}
