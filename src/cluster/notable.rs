//! What is to be said of an object that a login has just changed: it was another installation's, or gave somebody else rights.

use std::time::{Duration, SystemTime};

use serde_json::Value;

use super::api::FIELD_MANAGER;
use crate::foreign::Foreign;
use crate::objects::{Kind, Object};
use crate::time::{for_a_person, parse_rfc3339};

/// Nobody changes the networks of a site twice a day.
const DAY: Duration = Duration::from_secs(24 * 3600);

/// Warnings about the object as it was before.
pub(super) fn notable(object: &Object, live: &Value, now: SystemTime) -> Option<String> {
    match object.kind {
        Kind::NetworkPolicy => to_and_fro(object, live, now),
        Kind::RoleBinding => others(object, live),
        _ => None,
    }
}

/// Another installation with the same prefix writes its own networks at each of its logins.
fn to_and_fro(object: &Object, live: &Value, now: SystemTime) -> Option<String> {
    let managers = live["metadata"]["managedFields"].as_array()?;
    let of_spec = managers.iter().filter(|entry| !entry["fieldsV1"]["f:spec"].is_null());
    let mut times = Vec::new();
    for entry in of_spec {
        if entry["manager"] != FIELD_MANAGER {
            return None;
        }
        times.extend(entry["time"].as_str().and_then(parse_rfc3339));
    }
    let ago = now.duration_since(times.into_iter().max()?).ok()?;
    (ago < DAY).then(|| {
        format!(
            "networkpolicy/{} was written with other networks {} ago, by ood-k8s as well; if another OnDemand installation uses this cluster, give each its own NAMESPACE_PREFIX, and SITE in hook.env",
            object.name,
            for_a_person(ago)
        )
    })
}

/// Others in the user's own binding: they had the user's rights until now.
fn others(object: &Object, live: &Value) -> Option<String> {
    let wanted = object.body["subjects"].as_array()?;
    let is_other = |subject: &&Value| !wanted.iter().any(|wanted| wanted["name"] == subject["name"]);
    let others = live["subjects"].as_array()?.iter().filter(is_other);
    let names: Vec<_> = others.filter_map(|subject| subject["name"].as_str()).collect();
    (!names.is_empty()).then(|| {
        format!(
            "rolebinding/{} gave rights to {} as well, and does not any more; see who else has some: kubectl get rolebindings -n {} -o wide",
            object.name,
            Foreign::from(names.join(", ")),
            object.body["metadata"]["namespace"].as_str().unwrap_or_default()
        )
    })
}
