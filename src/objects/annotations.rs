//! The labels and annotations of a namespace, and where they are in a JSON patch.

/// The label by which the reapers and `ood_core` recognize what OnDemand created.
pub const LABEL: (&str, &str) = ("app.kubernetes.io/name", "open-ondemand");

/// The annotation that claims a namespace for one user name, as the passwd database writes it.
///
/// A label could not hold it (`@` is not allowed there), and the namespace's name is ambiguous: `a.b`, `a-b` and `a@b`
/// all map to the same one.
pub const OWNER: &str = "openondemand.org/owner";

/// When the hook last ran, in Unix seconds: k8-namespace-reaper parses it with `ParseInt`
/// and deletes namespaces whose users have not logged in for a long time.
pub const LAST_HOOK_EXECUTION: &str = "openondemand.org/last-hook-execution";

/// When the owner first claimed the namespace, in Unix seconds: written by the request that claims it, and by no later one.
pub const CLAIMED: &str = "openondemand.org/claimed";

/// Since when the owner's access is suspended, in Unix seconds: while it is there, no login is let in. Users have no
/// rights on their Namespace, so that they cannot take it away.
pub const SUSPENDED: &str = "openondemand.org/suspended";

/// On a ServiceAccount, the pull secrets that this program has listed there, separated by commas: when one of them gets
/// another name, the older entry is known to be ours.
pub const LISTED: &str = "openondemand.org/pull-secrets";

/// On an object that a profile made, `"true"`: an administrator looks after it, and it is neither written nor deleted.
pub const HANDS_OFF: &str = "openondemand.org/hands-off";

/// Annotations with which admission policies compare pods; the policies say what each means.
pub const IMAGES: &str = "openondemand.org/images";
/// The keys of the taints that pods may tolerate.
pub const TOLERATIONS: &str = "openondemand.org/tolerations";
/// The labels of nodes that pods must ask for.
pub const NODE_SELECTOR: &str = "openondemand.org/node-selector";
/// The longest lifetime of a pod.
pub const MAX_LIFETIME: &str = "openondemand.org/max-lifetime";

/// The JSON pointer of a label.
pub(super) fn label(key: &str) -> String {
    format!("/metadata/labels/{}", escape(key))
}

/// The JSON pointer of an annotation.
pub fn annotation(key: &str) -> String {
    format!("/metadata/annotations/{}", escape(key))
}

/// RFC 6901: escapes `~` and `/` in one step of a JSON pointer.
fn escape(step: &str) -> String {
    step.replace('~', "~0").replace('/', "~1")
}
