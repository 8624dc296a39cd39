//! As whom a pod runs, and what of its node it mounts: pure.

use std::collections::BTreeSet;

use serde_json::Value;

use super::bindings::name;
use crate::foreign::Foreign;

/// Containers of all kinds.
const CONTAINERS: [&str; 3] = ["initContainers", "containers", "ephemeralContainers"];
/// How many uids or paths of a pod are named.
const SHOWN: usize = 3;

/// The pod and the uids that are not the owner's, in words; `None` if it runs as the owner alone.
pub(super) fn other_uid(pod: &Value, owner: &str) -> Option<String> {
    let spec = &pod["spec"];
    let of_pod = &spec["securityContext"]["runAsUser"];
    let containers = CONTAINERS.iter().filter_map(|kind| spec[kind].as_array()).flatten();
    let uids = containers.map(|container| match &container["securityContext"]["runAsUser"] {
        Value::Null => of_pod,
        own => own,
    });
    let words = uids.map(|uid| match uid {
        Value::Null => "whom its image says".to_owned(),
        uid => uid.to_string(),
    });
    let others: BTreeSet<String> = words.filter(|uid| uid != owner).collect();
    (!others.is_empty()).then(|| format!("{} (as {})", name(pod), joined(others)))
}

/// The pod and the paths of its node that it mounts, in words.
pub(super) fn host_paths(pod: &Value) -> Option<String> {
    let volumes = pod["spec"]["volumes"].as_array().into_iter().flatten();
    let paths = volumes.filter_map(|volume| volume["hostPath"]["path"].as_str());
    let paths: BTreeSet<String> = paths.map(|path| Foreign::from(path).to_string()).collect();
    (!paths.is_empty()).then(|| format!("{} ({})", name(pod), joined(paths)))
}

fn joined(all: BTreeSet<String>) -> String {
    let more = all.len().saturating_sub(SHOWN);
    let mut shown: Vec<_> = all.into_iter().take(SHOWN).collect();
    if more > 0 {
        shown.push(format!("{more} more"));
    }
    shown.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn pod(spec: &Value) -> Value {
        json!({ "metadata": { "name": "p" }, "spec": spec })
    }

    #[test]
    fn every_container_counts_and_its_own_uid_before_the_pods() {
        let as_user = |uid: u32| json!({ "securityContext": { "runAsUser": uid } });
        let with = |pod_uid: Value, kind: &str, container: Value| {
            pod(&json!({ "securityContext": { "runAsUser": pod_uid }, "containers": [{}], kind: [container] }))
        };
        for (pod, expected) in [
            (with(json!(1000), "x", json!({})), None),
            (with(json!(1000), "containers", as_user(1000)), None),
            (with(json!(0), "containers", as_user(1000)), None),
            (with(json!(1000), "containers", as_user(0)), Some("\"p\" (as 0)")),
            (with(json!(1000), "initContainers", as_user(7)), Some("\"p\" (as 7)")),
            (
                with(json!(1000), "ephemeralContainers", as_user(7)),
                Some("\"p\" (as 7)"),
            ),
            (with(json!(10000), "x", json!({})), Some("\"p\" (as 10000)")),
            (
                with(Value::Null, "x", json!({})),
                Some("\"p\" (as whom its image says)"),
            ),
        ] {
            assert_eq!(other_uid(&pod, "1000").as_deref(), expected, "{pod}");
        }
    }

    #[test]
    fn paths_of_the_node_are_named_in_order_and_bounded() {
        let volume = |path: &str| json!({ "hostPath": { "path": path } });
        let several = ["/d", "/c", "/b", "/a"].map(volume);
        let found = host_paths(&pod(&json!({ "volumes": several })));
        assert_eq!(found.as_deref(), Some("\"p\" (\"/a\", \"/b\", \"/c\", 1 more)"));
        assert_eq!(host_paths(&pod(&json!({ "volumes": [{ "emptyDir": {} }] }))), None);
    }
}
