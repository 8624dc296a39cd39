//! Names of resources, where a quota or a limit range enforces them: the API server accepts more, and then enforces nothing.

use super::fault::quoted;
use super::names::qualified;
use crate::config::raw::near::nearest;

/// Objects that a quota counts by their own names; and the amounts that it adds up.
const COUNTED: [&str; 9] = [
    "pods",
    "services",
    "replicationcontrollers",
    "resourcequotas",
    "secrets",
    "configmaps",
    "persistentvolumeclaims",
    "services.nodeports",
    "services.loadbalancers",
];
const ADDED: [&str; 10] = [
    "cpu",
    "memory",
    "ephemeral-storage",
    "requests.cpu",
    "requests.memory",
    "requests.ephemeral-storage",
    "requests.storage",
    "limits.cpu",
    "limits.memory",
    "limits.ephemeral-storage",
];
const OF_CONTAINERS: [&str; 3] = ["cpu", "memory", "ephemeral-storage"];
const HUGE: &str = "hugepages-";
const OF_CLASSES: [&str; 3] = [
    ".storageclass.storage.k8s.io/requests.storage",
    ".storageclass.storage.k8s.io/persistentvolumeclaims",
    ".deviceclass.resource.k8s.io/devices",
];
/// What people write for a device whose resource has a longer name.
const DEVICES: [&str; 4] = ["gpu", "gpus", "nvidia-gpu", "amd-gpu"];

/// How amounts of a resource are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Count {
    /// Any amount.
    Any,
    /// Whole ones: pods, objects, devices.
    Whole,
}

/// Whether a request may be less than the limit: not of devices and huge pages
/// (Kubernetes `helper.IsOvercommitAllowed`).
pub fn may_differ(resource: &str) -> bool {
    !resource.starts_with(HUGE) && (!resource.contains('/') || resource.contains("kubernetes.io/"))
}

/// A resource of `resourceQuota.hard`.
pub fn of_quota(name: &str) -> Result<Count, String> {
    if COUNTED.contains(&name) || OF_CLASSES[1..].iter().any(|end| is_class(name, end)) {
        return Ok(Count::Whole);
    }
    let huge = name.strip_prefix("requests.").unwrap_or(name);
    if ADDED.contains(&name) || is_class(name, OF_CLASSES[0]) || is_huge(huge) {
        return Ok(Count::Any);
    }
    if let Some(kind) = name.strip_prefix("count/") {
        return count(name, kind);
    }
    let bare = name.strip_prefix("limits.").or_else(|| name.strip_prefix("requests."));
    let resource = bare.unwrap_or(name);
    if DEVICES.contains(&resource) {
        return Err(format!(
            "{name} names no device; write its resource's name, for example requests.nvidia.com/gpu"
        ));
    }
    if resource.contains('/') && qualified(resource).is_ok() {
        return match name.strip_prefix("requests.") {
            Some(_) => Ok(Count::Whole),
            None => Err(format!(
                "the API server accepts {name} and enforces nothing by it; write requests.{resource}"
            )),
        };
    }
    let known: Vec<&str> = COUNTED.iter().chain(&ADDED).copied().collect();
    Err(unknown(
        name,
        &known,
        "in a quota; for objects of a kind write count/KIND.GROUP",
    ))
}

/// A resource of a limit range for containers or pods.
pub fn of_containers(name: &str) -> Result<Count, String> {
    if OF_CONTAINERS.contains(&name) || is_huge(name) {
        return Ok(Count::Any);
    }
    if DEVICES.contains(&name) {
        return Err(format!(
            "{name} names no device; write its resource's name, for example nvidia.com/gpu"
        ));
    }
    let bare = name.strip_prefix("limits.").or_else(|| name.strip_prefix("requests."));
    if let Some(bare) = bare {
        return Err(format!("{name} is a resource of quotas; in a limit range write {bare}"));
    }
    if name.contains('/') && qualified(name).is_ok() {
        return Ok(Count::Whole);
    }
    Err(unknown(name, &OF_CONTAINERS, "of a container"))
}

/// A resource of a limit range for claims of volumes.
pub fn of_claims(name: &str) -> Result<Count, String> {
    match name {
        "storage" => Ok(Count::Any),
        _ => Err(unknown(name, &["storage"], "of a PersistentVolumeClaim")),
    }
}

fn count(name: &str, kind: &str) -> Result<Count, String> {
    let is_kind = !kind.is_empty() && !kind.contains('/') && qualified(kind).is_ok();
    let is_lower = !kind.bytes().any(|c| c.is_ascii_uppercase());
    if is_kind && is_lower {
        return Ok(Count::Whole);
    }
    Err(format!(
        "{} counts nothing; write the kind in lower case and in the plural with its group, for example count/jobs.batch",
        quoted(name)
    ))
}

fn is_huge(name: &str) -> bool {
    name.strip_prefix(HUGE)
        .is_some_and(|size| !size.is_empty() && qualified(name).is_ok())
}

fn is_class(name: &str, end: &str) -> bool {
    name.strip_suffix(end).is_some_and(|class| !class.is_empty())
}

fn unknown(name: &str, known: &[&'static str], of: &str) -> String {
    let what = format!("{} is no resource {of}", quoted(name));
    match nearest(name, known) {
        Some(near) => format!("{what}; did you mean {near}?"),
        None => format!("{what}, nor PREFIX/NAME of a device; correct it"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quota_takes_what_the_api_server_enforces() {
        for (name, count) in [
            ("requests.cpu", Count::Any),
            ("limits.memory", Count::Any),
            ("pods", Count::Whole),
            ("services.nodeports", Count::Whole),
            ("count/configmaps", Count::Whole),
            ("count/jobs.batch", Count::Whole),
            ("requests.nvidia.com/gpu", Count::Whole),
            ("requests.hugepages-2Mi", Count::Any),
            ("hugepages-1Gi", Count::Any),
            ("gold.storageclass.storage.k8s.io/requests.storage", Count::Any),
            ("gold.storageclass.storage.k8s.io/persistentvolumeclaims", Count::Whole),
        ] {
            assert_eq!(of_quota(name), Ok(count), "{name}");
        }
    }

    #[test]
    fn what_a_quota_would_take_and_not_enforce_is_refused_with_what_to_write() {
        for (name, advice) in [
            ("limits.nvidia.com/gpu", "write requests.nvidia.com/gpu"),
            ("nvidia.com/gpu", "write requests.nvidia.com/gpu"),
            ("limits.amd.com/gpu", "write requests.amd.com/gpu"),
            ("gpu", "requests.nvidia.com/gpu"),
            ("requests.gpu", "requests.nvidia.com/gpu"),
            ("limits.gpus", "requests.nvidia.com/gpu"),
            ("request.cpu", "did you mean requests.cpu?"),
            ("memroy", "did you mean memory?"),
            ("count/", "count/jobs.batch"),
            ("count/Jobs.batch", "count/jobs.batch"),
            ("jobs.batch", "count/KIND.GROUP"),
            ("", "correct it"),
        ] {
            let error = of_quota(name).unwrap_err();
            assert!(error.contains(advice), "{name}: {error}");
        }
    }

    #[test]
    fn a_limit_range_names_devices_in_full_and_has_none_of_a_quotas_names() {
        for (name, count) in [
            ("cpu", Count::Any),
            ("hugepages-2Mi", Count::Any),
            ("nvidia.com/gpu", Count::Whole),
        ] {
            assert_eq!(of_containers(name), Ok(count), "{name}");
        }
        for (name, advice) in [
            ("gpu", "nvidia.com/gpu"),
            ("requests.cpu", "write cpu"),
            ("limits.nvidia.com/gpu", "write nvidia.com/gpu"),
            ("mem", "correct it"),
            ("pods", "correct it"),
        ] {
            let error = of_containers(name).unwrap_err();
            assert!(error.contains(advice), "{name}: {error}");
        }
        assert!(of_claims("storage").is_ok() && of_claims("memory").is_err());
    }

    #[test]
    fn devices_and_huge_pages_are_requested_as_they_are_limited() {
        for (name, differs) in [
            ("cpu", true),
            ("memory", true),
            ("nvidia.com/gpu", false),
            ("hugepages-2Mi", false),
            ("example.kubernetes.io/x", true),
        ] {
            assert_eq!(may_differ(name), differs, "{name}");
        }
    }
}
