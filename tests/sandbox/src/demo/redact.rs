//! A kubeconfig for display: its structure, without its secrets.

use serde_yaml::Value;

/// Keys of a kubeconfig whose values are credentials.
const SECRET_KEYS: &[&str] = &[
    "token",
    "id-token",
    "refresh-token",
    "access-token",
    "client-secret",
    "client-key-data",
    "password",
];

/// The same YAML with `<redacted>` instead of every secret.
pub fn kubeconfig(text: &str) -> Result<String, serde_yaml::Error> {
    let mut value = serde_yaml::from_str(text)?;
    redact(&mut value);
    serde_yaml::to_string(&value)
}

fn redact(value: &mut Value) {
    match value {
        Value::Mapping(mapping) => {
            for (key, value) in mapping.iter_mut() {
                if key.as_str().is_some_and(|key| SECRET_KEYS.contains(&key)) {
                    *value = Value::String("<redacted>".into());
                } else {
                    redact(value);
                }
            }
        }
        Value::Sequence(items) => items.iter_mut().for_each(redact),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_replaced_wherever_they_are_and_the_rest_stays() {
        let text = "users:\n- name: a\n  user:\n    auth-provider:\n      config:\n        id-token: x1\n        client-id: ood\n    password: x2\n";
        let shown = kubeconfig(text).unwrap();
        assert!(!shown.contains("x1") && !shown.contains("x2"), "{shown}");
        assert!(
            shown.contains("client-id: ood") && shown.matches("<redacted>").count() == 2,
            "{shown}"
        );
    }
}
