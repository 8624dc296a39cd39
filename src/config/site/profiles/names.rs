//! Keys and values of labels and annotations, by Kubernetes' rules, and the keys that a site may not set.

use super::fault::quoted;
use crate::config::site::values::is_object_name;

/// The longest name and the longest value of a label.
const LONGEST: usize = 63;
/// The label of `OnDemand`'s namespaces, and what Kubernetes itself writes.
const RESERVED: [&str; 3] = [
    "app.kubernetes.io/name",
    "kubernetes.io/metadata.name",
    "kubectl.kubernetes.io/last-applied-configuration",
];
/// The beginning of our own keys.
const OURS: &str = "openondemand.org/";
/// The labels of Pod Security admission.
const POD_SECURITY: &str = "pod-security.kubernetes.io/";

/// A key of a label, an annotation, a node's label or a taint.
pub fn qualified(key: &str) -> Result<(), String> {
    let (prefix, name) = match key.split_once('/') {
        Some((prefix, name)) => (Some(prefix), name),
        None => (None, key),
    };
    if prefix.is_some_and(|prefix| !is_object_name(prefix)) || name.is_empty() || !is_word(name) {
        return Err(format!(
            "{} is no key of Kubernetes; write NAME or PREFIX/NAME, for example example.org/project",
            quoted(key)
        ));
    }
    Ok(())
}

/// The key of a label or an annotation that a site sets.
pub fn settable(key: &str) -> Result<(), String> {
    qualified(key)?;
    if key.starts_with(OURS) || RESERVED.contains(&key) {
        return Err(format!(
            "{key} is written by a login or by Kubernetes itself, and cannot be set here; leave it out"
        ));
    }
    Ok(())
}

/// The value of a label.
pub fn label_value(key: &str, value: &str) -> Result<(), String> {
    if !is_word(value) {
        return Err(format!(
            "{} is no value of a label: at most 63 letters, digits, -, _ and dots, with a letter or digit at both ends; correct it",
            quoted(value)
        ));
    }
    let Some(mode) = key.strip_prefix(POD_SECURITY) else {
        return Ok(());
    };
    let (mode, is_version) = match mode.strip_suffix("-version") {
        Some(mode) => (mode, true),
        None => (mode, false),
    };
    if !["enforce", "audit", "warn"].contains(&mode) {
        return Err(format!(
            "{key} is no label of Pod Security; write enforce, audit or warn behind the slash"
        ));
    }
    let is_minor = |text: &str| !text.is_empty() && text.bytes().all(|digit| digit.is_ascii_digit());
    match is_version {
        true if value == "latest" || value.strip_prefix("v1.").is_some_and(is_minor) => Ok(()),
        true => Err(format!(
            "{key} is {}; write latest, or for example v1.36",
            quoted(value)
        )),
        false if ["privileged", "baseline", "restricted"].contains(&value) => Ok(()),
        false => Err(format!(
            "{key} is {}; write privileged, baseline or restricted",
            quoted(value)
        )),
    }
}

/// At most 63 letters, digits, `-`, `_` and dots, with a letter or digit at both ends; or nothing.
fn is_word(text: &str) -> bool {
    let is_end = |c: Option<char>| c.is_none_or(|c| c.is_ascii_alphanumeric());
    let is_inside = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    text.len() <= LONGEST && is_end(text.chars().next()) && is_end(text.chars().last()) && text.chars().all(is_inside)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_those_of_kubernetes_and_our_own_cannot_be_set() {
        for key in [
            "partition",
            "example.org/project",
            "a.b/C_d.e-1",
            "nvidia.com/gpu.product",
        ] {
            assert_eq!(settable(key), Ok(()), "{key}");
        }
        for key in [
            "",
            "/x",
            "x/",
            "a/b/c",
            "-x",
            "x-",
            "Example.org/x",
            "a b",
            "ä",
            &"x".repeat(64),
            "a_b/x",
        ] {
            assert!(qualified(key).is_err(), "{key}");
        }
        for key in [
            "openondemand.org/uid",
            "openondemand.org/anything",
            "app.kubernetes.io/name",
            "kubernetes.io/metadata.name",
            "kubectl.kubernetes.io/last-applied-configuration",
        ] {
            assert!(settable(key).unwrap_err().contains("leave it out"), "{key}");
        }
    }

    #[test]
    fn values_are_those_of_kubernetes_and_levels_those_of_pod_security() {
        for (key, value, is_good) in [
            ("a", "", true),
            ("a", "x.y-z_1", true),
            ("a", "x y", false),
            ("a", "-x", false),
            ("pod-security.kubernetes.io/enforce", "baseline", true),
            ("pod-security.kubernetes.io/enforce", "base", false),
            ("pod-security.kubernetes.io/warn-version", "v1.36", true),
            ("pod-security.kubernetes.io/warn-version", "1.36", false),
            ("pod-security.kubernetes.io/enforced", "baseline", false),
        ] {
            assert_eq!(label_value(key, value).is_ok(), is_good, "{key}={value}");
        }
    }
}
