//! Whether a NetworkPolicy lets everybody reach a user's pods: pure.

use serde_json::Value;

use crate::objects::LABEL;

/// The label that every namespace has, with its own name.
const NAME: &str = "kubernetes.io/metadata.name";

/// From where a policy lets connections in that it should not, in words; the widest of its rules.
pub(super) fn opens(policy: &Value) -> Option<&'static str> {
    let spec = &policy["spec"];
    let types = spec["policyTypes"].as_array();
    // Without types it is about ingress, and rules for it count.
    if types.is_some_and(|types| types.iter().all(|name| name != "Ingress")) {
        return None;
    }
    let rules = spec["ingress"].as_array().into_iter().flatten();
    rules.filter_map(of_rule).min()
}

fn of_rule(rule: &Value) -> Option<&'static str> {
    match rule["from"].as_array().map_or(&[][..], Vec::as_slice) {
        // A rule without peers is for everybody.
        [] => Some("from everywhere"),
        peers => peers.iter().filter_map(of_peer).min(),
    }
}

fn of_peer(peer: &Value) -> Option<&'static str> {
    if let Some(cidr) = peer["ipBlock"]["cidr"].as_str() {
        let length = cidr.rsplit_once('/').and_then(|(_, length)| length.parse::<u8>().ok());
        // Two halves of all addresses are all of them.
        return length.is_some_and(|length| length <= 1).then_some("from everywhere");
    }
    let selector = peer.get("namespaceSelector").filter(|selector| !selector.is_null())?;
    let labels = selector["matchLabels"].as_object();
    let expressions = selector["matchExpressions"].as_array().map_or(&[][..], Vec::as_slice);
    let is_free = |expression: &Value| expression["key"] == NAME && expression["operator"] == "Exists";
    if labels.is_none_or(serde_json::Map::is_empty) && expressions.iter().all(is_free) {
        return Some("from all namespaces");
    }
    let is_users =
        labels.is_some_and(|labels| labels.len() == 1 && labels.get(LABEL.0).is_some_and(|it| it == LABEL.1));
    is_users.then_some("from the namespaces of all users")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_policy_is_open_if_one_of_its_rules_is_whatever_the_pods_or_ports_are() {
        let of = |from: Value| json!({ "spec": { "policyTypes": ["Ingress"], "ingress": [{ "from": from, "ports": [{ "port": 80 }] }] } });
        let everywhere = Some("from everywhere");
        let namespaces = Some("from all namespaces");
        for (policy, expected) in [
            (of(json!([])), everywhere),
            (of(json!(null)), everywhere),
            (of(json!([{ "ipBlock": { "cidr": "0.0.0.0/0" } }])), everywhere),
            (of(json!([{ "ipBlock": { "cidr": "::/0" } }])), everywhere),
            (
                of(json!([{ "ipBlock": { "cidr": "0.0.0.0/1" } }, { "ipBlock": { "cidr": "128.0.0.0/1" } }])),
                everywhere,
            ),
            (
                of(json!([{ "podSelector": {} }, { "namespaceSelector": {} }])),
                namespaces,
            ),
            (
                of(json!([{ "namespaceSelector": {}, "podSelector": { "matchLabels": { "a": "b" } } }])),
                namespaces,
            ),
            (
                of(json!([{ "namespaceSelector": { "matchExpressions": [{ "key": NAME, "operator": "Exists" }] } }])),
                namespaces,
            ),
            (
                of(json!([{ "namespaceSelector": { "matchLabels": { LABEL.0: LABEL.1 } } }])),
                Some("from the namespaces of all users"),
            ),
            (
                of(json!([{ "namespaceSelector": { "matchLabels": { NAME: "monitoring" } } }])),
                None,
            ),
            (
                of(json!([{ "podSelector": {} }, { "ipBlock": { "cidr": "10.0.0.0/8" } }])),
                None,
            ),
            (json!({ "spec": { "ingress": [{}] } }), everywhere),
            (json!({ "spec": { "policyTypes": ["Egress"], "ingress": [{}] } }), None),
            (json!({ "spec": { "policyTypes": ["Ingress"] } }), None),
        ] {
            assert_eq!(opens(&policy), expected, "{policy}");
        }
    }
}
