//! The fields of each kind.
//!
//! Only what `ood-k8s` and its tests write is described in full; a pod only as far as merge keys
//! require, and the rest of it is `Any`.

use crate::schema::Type::{self, Any, Atomic, Bool, Bytes, Int, Keyed, List, Map as Dict, Set, Struct, Text};

type Fields = &'static [(&'static str, &'static Type)];

const TEXT_MAP: Type = Dict(&Text);
const TEXTS: Type = List(&Text);
const ANYS: Type = List(&Any);

const OWNER: Type = Atomic(&Any);
pub(crate) const METADATA: Type = Struct(
    "ObjectMeta",
    &[
        ("name", &Text),
        ("generateName", &Text),
        ("namespace", &Text),
        ("selfLink", &Text),
        ("uid", &Text),
        ("resourceVersion", &Text),
        ("generation", &Int),
        ("creationTimestamp", &Text),
        ("deletionTimestamp", &Text),
        ("deletionGracePeriodSeconds", &Int),
        ("labels", &TEXT_MAP),
        ("annotations", &TEXT_MAP),
        ("ownerReferences", &Keyed(&["uid"], &OWNER)),
        ("finalizers", &Set),
        ("managedFields", &ANYS),
    ],
);

const LOCAL_REFERENCE: Type = Struct("LocalObjectReference", &[("name", &Text)]);
const ROLE_REF: Type = Atomic(&Struct(
    "RoleRef",
    &[("apiGroup", &Text), ("kind", &Text), ("name", &Text)],
));
const SUBJECTS: Type = List(&Struct(
    "Subject",
    &[
        ("kind", &Text),
        ("apiGroup", &Text),
        ("name", &Text),
        ("namespace", &Text),
    ],
));
const RULES: Type = List(&Struct(
    "PolicyRule",
    &[
        ("verbs", &TEXTS),
        ("apiGroups", &TEXTS),
        ("resources", &TEXTS),
        ("resourceNames", &TEXTS),
        ("nonResourceURLs", &TEXTS),
    ],
));

const SELECTOR: Type = Atomic(&Struct(
    "LabelSelector",
    &[("matchLabels", &TEXT_MAP), ("matchExpressions", &ANYS)],
));
const PEER: Type = Struct(
    "NetworkPolicyPeer",
    &[
        ("podSelector", &SELECTOR),
        ("namespaceSelector", &SELECTOR),
        ("ipBlock", &Struct("IPBlock", &[("cidr", &Text), ("except", &TEXTS)])),
    ],
);
const POLICY_PORT: Type = Struct(
    "NetworkPolicyPort",
    &[("protocol", &Text), ("port", &Any), ("endPort", &Int)],
);
const POLICY_SPEC: Type = Struct(
    "NetworkPolicySpec",
    &[
        ("podSelector", &SELECTOR),
        (
            "ingress",
            &List(&Struct(
                "NetworkPolicyIngressRule",
                &[("ports", &List(&POLICY_PORT)), ("from", &List(&PEER))],
            )),
        ),
        (
            "egress",
            &List(&Struct(
                "NetworkPolicyEgressRule",
                &[("ports", &List(&POLICY_PORT)), ("to", &List(&PEER))],
            )),
        ),
        ("policyTypes", &TEXTS),
    ],
);

const QUOTA_SPEC: Type = Struct(
    "ResourceQuotaSpec",
    &[("hard", &TEXT_MAP), ("scopes", &TEXTS), ("scopeSelector", &Any)],
);
/// `+listType=atomic`.
const LIMITS_SPEC: Type = Struct(
    "LimitRangeSpec",
    &[(
        "limits",
        &List(&Struct(
            "LimitRangeItem",
            &[
                ("type", &Text),
                ("max", &TEXT_MAP),
                ("min", &TEXT_MAP),
                ("default", &TEXT_MAP),
                ("defaultRequest", &TEXT_MAP),
                ("maxLimitRequestRatio", &TEXT_MAP),
            ],
        )),
    )],
);

const NAMED: Type = Keyed(&["name"], &Any);
const CONTAINER: Type = Dict(&Any);
const CONTAINERS: Type = Keyed(&["name"], &CONTAINER);

const NAMESPACE_SPEC: Type = Struct("NamespaceSpec", &[("finalizers", &TEXTS)]);
const NAMESPACE_STATUS: Type = Struct("NamespaceStatus", &[("phase", &Text), ("conditions", &ANYS)]);

const POD_SPEC: Type = Struct(
    "PodSpec",
    &[
        ("activeDeadlineSeconds", &Int),
        ("affinity", &Any),
        ("automountServiceAccountToken", &Bool),
        ("containers", &CONTAINERS),
        ("dnsPolicy", &Text),
        ("enableServiceLinks", &Bool),
        ("hostNetwork", &Bool),
        ("hostname", &Text),
        ("imagePullSecrets", &NAMED),
        ("initContainers", &CONTAINERS),
        ("nodeName", &Text),
        ("nodeSelector", &Atomic(&Any)),
        ("priorityClassName", &Text),
        ("restartPolicy", &Text),
        ("schedulerName", &Text),
        ("securityContext", &Any),
        ("serviceAccountName", &Text),
        ("terminationGracePeriodSeconds", &Int),
        ("tolerations", &ANYS),
        ("volumes", &NAMED),
    ],
);

const EVENT: Fields = &[
    ("involvedObject", &Any),
    ("reason", &Text),
    ("message", &Text),
    ("source", &Any),
    ("firstTimestamp", &Text),
    ("lastTimestamp", &Text),
    ("count", &Int),
    ("type", &Text),
    ("eventTime", &Text),
    ("reportingComponent", &Text),
    ("reportingInstance", &Text),
    ("action", &Text),
    ("related", &Any),
    ("series", &Any),
];

/// The fields of a kind, in addition to `apiVersion`, `kind` and `metadata`.
pub(crate) fn body(kind: &str) -> Fields {
    match kind {
        "Namespace" => &[("spec", &NAMESPACE_SPEC), ("status", &NAMESPACE_STATUS)],
        "ServiceAccount" => &[
            ("secrets", &Keyed(&["name"], &Atomic(&Any))),
            ("imagePullSecrets", &List(&LOCAL_REFERENCE)),
            ("automountServiceAccountToken", &Bool),
        ],
        "Secret" => &[
            ("data", &Dict(&Bytes)),
            ("stringData", &TEXT_MAP),
            ("type", &Text),
            ("immutable", &Bool),
        ],
        "ConfigMap" => &[("data", &TEXT_MAP), ("binaryData", &Dict(&Bytes)), ("immutable", &Bool)],
        "Pod" => &[("spec", &POD_SPEC), ("status", &Any)],
        "Role" => &[("rules", &RULES)],
        "ClusterRole" => &[("rules", &RULES), ("aggregationRule", &Any)],
        "RoleBinding" | "ClusterRoleBinding" => &[("subjects", &SUBJECTS), ("roleRef", &ROLE_REF)],
        "NetworkPolicy" => &[("spec", &POLICY_SPEC)],
        "ResourceQuota" => &[("spec", &QUOTA_SPEC), ("status", &Any)],
        "LimitRange" => &[("spec", &LIMITS_SPEC)],
        "Event" => EVENT,
        // A service, and the reviews.
        _ => &[("spec", &Any), ("status", &Any)],
    }
}
