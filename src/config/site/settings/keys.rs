//! The keys of hook.env: all of them, and those that hold secrets.

/// Every known key; the first ten are those of the stock `hook.env.example`.
pub const KEYS: &[&str] = &[
    "K8S_USERNAME_PREFIX",
    "NAMESPACE_PREFIX",
    "NETWORK_POLICY_ALLOW_CIDR",
    "IDP_ISSUER_URL",
    "CLIENT_ID",
    "CLIENT_SECRET",
    "IMAGE_PULL_SECRET",
    "REGISTRY_DOCKER_CONFIG_JSON",
    "USE_POD_SECURITY_POLICY",
    "USE_JOB_POD_REAPER",
    "OIDC_USERNAME_PREFIX",
    "HOOK_TIMEOUT",
    "CONNECT_TIMEOUT",
    "LOGINS_AT_ONCE",
    "MIN_UID",
    "RESERVED_NAMESPACES",
    "NAMESPACE_NAMES",
    "CREDENTIALS",
    "EXEC_COMMAND",
    "EXCHANGE_DIALECT",
    "EXCHANGE_ISSUER_URL",
    "EXCHANGE_CLIENT_ID",
    "EXCHANGE_CLIENT_SECRET",
    "EXCHANGE_AUDIENCE",
    "EXCHANGE_SCOPE",
    "EXCHANGE_CONNECTOR_ID",
    "IDP_CA_FILE",
    "IDP_PROXY",
    "OIDC_AUDIENCE",
    "OIDC_USERNAME_CLAIM",
    "RENEWAL_DIR",
    "PUN_PID_PATH",
    "IMAGE_PULL_SECRET_PER_REGISTRY",
    "SITE",
    "UID_CHANGE",
    "POD_SECURITY",
    "PROFILES_FILE",
    "MANIFESTS_DIR",
    "SUSPENDED_FILE",
    "CLUSTERS_D_FALLBACK",
    "ROOT_KUBECONFIG",
    "CLUSTERS",
    "LOG_LEVEL",
    "LOG_FORMAT",
    "LOGIN_METRICS_FILE",
    "NODE_CIDRS",
    "JOB_POD_REAPER_ACCOUNT",
    "JOB_POD_REAPER_ROLE",
    "SECRETS_DIR",
];

/// Names that the stock scripts export to kubectl, as kubectl and Go's `net/http` read them (`golang.org/x/net/http/httpproxy`).
pub const KUBECTL_NAMES: &[&str] = &[
    "KUBECONFIG",
    "HOME",
    "HTTPS_PROXY",
    "https_proxy",
    "HTTP_PROXY",
    "http_proxy",
    "NO_PROXY",
    "no_proxy",
];

/// The keys whose value is never shown.
pub const SECRET_KEYS: &[&str] = &["CLIENT_SECRET", "EXCHANGE_CLIENT_SECRET", "IDP_PROXY"];

/// The known key that differs in at most two letters.
pub(super) fn nearest(name: &str) -> Option<&'static str> {
    KEYS.iter().copied().find(|key| {
        let differing = name.chars().zip(key.chars()).filter(|(a, b)| a != b).count();
        name.len().abs_diff(key.len()) + differing <= 2 || name.eq_ignore_ascii_case(key)
    })
}
