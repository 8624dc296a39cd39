//! What the policy for root's account has to know of a site's declared secrets; without any, it stays as it is shipped.

use std::collections::BTreeSet;

use serde_json::{json, Value};

use crate::config::profiles::Secrets;

/// The beginning of the rule for Secrets.
const OF_SECRETS: &str = "variables.resource != 'secrets' || object.?type";

/// Lets the account write declared secrets, each with its type alone, and delete them in users' namespaces alone: without
/// them it deletes none.
pub(super) fn admit(spec: &mut Value, secrets: &Secrets) {
    if secrets.is_empty() {
        return;
    }
    let names: BTreeSet<&str> = secrets.values().map(|secret| secret.name.as_str()).collect();
    let typed: BTreeSet<[&str; 2]> = secrets
        .values()
        .map(|secret| [secret.name.as_str(), secret.kind.as_str()])
        .collect();
    let matched = spec.pointer_mut("/matchConstraints/resourceRules");
    if let Some(matched) = matched.and_then(Value::as_array_mut) {
        matched.push(json!({
            "apiGroups": [""], "apiVersions": ["v1"], "resources": ["secrets"], "operations": ["DELETE"],
        }));
    }
    // Of an object that is deleted there is only the old one, and no field of the new one can be asked for.
    let declared = format!(
        "variables.resource == 'secrets' && (request.operation == 'DELETE' ? request.name in {} : [object.metadata.name, object.?type.orValue('')] in {})",
        json!(names),
        json!(typed)
    );
    let validations = spec.get_mut("validations").and_then(Value::as_array_mut);
    for validation in validations.into_iter().flatten() {
        let expression = validation["expression"].as_str().unwrap_or_default();
        if expression.starts_with(OF_SECRETS) {
            validation["expression"] = format!("{declared} || {expression}").into();
            validation["message"] =
                "the only Secrets that may be written are the registry password and those that the site declares"
                    .into();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::profiles::parse_secret;
    use crate::yaml;

    fn shipped() -> Value {
        let text = include_str!("../../../hooks/k8s-bootstrap/ondemand-admission.yaml");
        let documents: Vec<Value> = yaml::documents(text).unwrap();
        documents[0]["spec"].clone()
    }

    fn admitted(names: &[&str]) -> Value {
        let read = |name: &&str| {
            (
                (*name).to_owned(),
                parse_secret(name, "data: {k: {file: /a}}\n").unwrap(),
            )
        };
        let mut spec = shipped();
        admit(&mut spec, &names.iter().map(read).collect());
        spec
    }

    #[test]
    fn without_declared_secrets_it_is_what_is_shipped_and_with_them_one_rule_is_another() {
        let (shipped, more) = (shipped(), admitted(&["b", "a"]));
        assert_eq!(admitted(&[]), shipped);
        let (before, after) = (
            shipped["validations"].as_array().unwrap(),
            more["validations"].as_array().unwrap(),
        );
        let differing: Vec<_> = before.iter().zip(after).filter(|(one, other)| one != other).collect();
        assert_eq!(differing.len(), 1);
        let expression = differing[0].1["expression"].as_str().unwrap();
        assert!(
            expression.contains(r#"[["a","Opaque"],["b","Opaque"]]"#),
            "{expression}"
        );
        assert!(expression.ends_with(differing[0].0["expression"].as_str().unwrap()));
    }
}
