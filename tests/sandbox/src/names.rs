//! Which names, labels and annotation keys are valid, and the messages for invalid ones.

use crate::resources::Resource;

const LABEL_RULE: &str = "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')";
pub(crate) const SUBDOMAIN_RULE: &str = "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";
const VALUE_RULE: &str = "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')";
const KEY_RULE: &str = "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')";

pub(crate) fn name_problem(resource: &Resource, name: &str) -> Option<String> {
    match resource.kind {
        "Namespace" if name.contains('.') => Some("must not contain dots".into()),
        "Namespace" if name.len() > 63 => Some("must be no more than 63 characters".into()),
        "Namespace" => (!is_label(name)).then(|| LABEL_RULE.into()),
        "Role" | "ClusterRole" | "RoleBinding" | "ClusterRoleBinding" => match name {
            "." | ".." => Some(format!("may not be '{name}'")),
            _ => ['/', '%']
                .iter()
                .find(|c| name.contains(**c))
                .map(|c| format!("may not contain '{c}'")),
        },
        _ if name.len() > 253 => Some("must be no more than 253 characters".into()),
        _ => (!name.split('.').all(is_label)).then(|| SUBDOMAIN_RULE.into()),
    }
}

pub(crate) fn is_label(name: &str) -> bool {
    let lower = |c: u8| c.is_ascii_lowercase() || c.is_ascii_digit();
    let bytes = name.as_bytes();
    bytes.first().is_some_and(|c| lower(*c))
        && bytes.last().is_some_and(|c| lower(*c))
        && bytes.iter().all(|c| lower(*c) || *c == b'-')
}

fn is_value(text: &str) -> bool {
    let bytes = text.as_bytes();
    bytes.first().is_some_and(u8::is_ascii_alphanumeric)
        && bytes.last().is_some_and(u8::is_ascii_alphanumeric)
        && bytes.iter().all(|c| c.is_ascii_alphanumeric() || b"-_.".contains(c))
}

pub(crate) fn key_problem(key: &str) -> Option<String> {
    let (prefix, name) = key.split_once('/').map_or((None, key), |(p, n)| (Some(p), n));
    if prefix.is_some_and(|prefix| !prefix.split('.').all(is_label)) {
        return Some(format!("prefix part {SUBDOMAIN_RULE}"));
    }
    if name.is_empty() {
        return Some("name part must be non-empty".into());
    }
    if name.len() > 63 {
        return Some("name part must be no more than 63 bytes".into());
    }
    (!is_value(name)).then(|| KEY_RULE.into())
}

pub(crate) fn label_value_problem(value: &str) -> Option<String> {
    if value.len() > 63 {
        return Some("must be no more than 63 bytes".into());
    }
    (!value.is_empty() && !is_value(value)).then(|| VALUE_RULE.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_annotation_key_may_have_a_prefix_and_no_space() {
        assert_eq!(key_problem("openondemand.org/last-hook-execution"), None);
        assert!(key_problem("a b").is_some());
        assert!(key_problem("a/b/c").is_some());
    }
}
