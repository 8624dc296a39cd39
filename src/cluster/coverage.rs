//! Whether a live object is what a manifest says: what the API server fills in is no difference, and what an older manifest
//! said and this one does not is one.

use serde_json::Value;

use super::api::FIELD_MANAGER;
use crate::config::profiles::Quantity;

/// The keys below which texts are quantities, which the API server writes in its own form.
const OF_QUANTITIES: [&str; 10] = [
    "capacity",
    "default",
    "defaultRequest",
    "hard",
    "limits",
    "max",
    "min",
    "requests",
    "sizeLimit",
    "storage",
];

/// As many differences as anybody reads. A user may write some of these objects, and their managedFields too.
const MOST: usize = 20;
/// Of the part of a path that is quoted from managedFields, in characters.
const LONGEST: usize = 100;

/// Whether this program has applied an object.
pub fn is_applied_by_us(live: &Value) -> bool {
    let managers = live["metadata"]["managedFields"].as_array();
    let is_applied = |entry: &Value| entry["manager"] == FIELD_MANAGER && entry["operation"] == "Apply";
    managers.is_some_and(|managers| managers.iter().any(is_applied))
}

/// The fields that an apply would change, as paths: the first [`MOST`].
pub(super) fn differences(live: &Value, wanted: &Value) -> Vec<String> {
    let mut found = Vec::new();
    for (key, wanted) in wanted.as_object().into_iter().flatten() {
        // Items of lists do not say them, and the path has done so.
        if key != "apiVersion" && key != "kind" {
            differ(key, false, &live[key], wanted, &mut found);
        }
    }
    for entry in live["metadata"]["managedFields"].as_array().into_iter().flatten() {
        if entry["manager"] == FIELD_MANAGER && entry["operation"] == "Apply" {
            left_over("", &entry["fieldsV1"], wanted, &mut found);
        }
    }
    found
}

/// Adds where `live` is not what is wanted.
fn differ(path: &str, is_quantity: bool, live: &Value, wanted: &Value, found: &mut Vec<String>) {
    if found.len() >= MOST {
        return;
    }
    match (live, wanted) {
        (Value::Null, wanted) if is_nothing(wanted) => {}
        (Value::Object(_), Value::Object(fields)) => {
            for (key, wanted) in fields {
                let is_quantity = is_quantity || OF_QUANTITIES.contains(&key.as_str());
                differ(&format!("{path}.{key}"), is_quantity, &live[key], wanted, found);
            }
        }
        (Value::Array(there), Value::Array(items)) if there.len() == items.len() => {
            for (index, (there, item)) in there.iter().zip(items).enumerate() {
                differ(&format!("{path}[{index}]"), is_quantity, there, item, found);
            }
        }
        _ if live == wanted || (is_quantity && are_equal_amounts(live, wanted)) => {}
        _ => found.push(path.to_owned()),
    }
}

/// What the API server drops.
fn is_nothing(value: &Value) -> bool {
    match value {
        Value::Object(fields) => fields.is_empty(),
        Value::Array(items) => items.is_empty(),
        _ => false,
    }
}

fn are_equal_amounts(live: &Value, wanted: &Value) -> bool {
    let amount = |value: &Value| match value {
        Value::String(text) => Quantity::parse(text).ok(),
        Value::Number(number) => Quantity::parse(&number.to_string()).ok(),
        _ => None,
    };
    matches!((amount(live), amount(wanted)), (Some(live), Some(wanted)) if live == wanted)
}

/// Adds what this program has applied (`fieldsV1` of Kubernetes' structured-merge-diff) and is wanted no more.
fn left_over(path: &str, applied: &Value, wanted: &Value, found: &mut Vec<String>) {
    for (step, inner) in applied.as_object().into_iter().flatten() {
        if found.len() >= MOST {
            return;
        }
        let (place, value) = match step.split_once(':') {
            Some(("f", name)) => (format!("{path}.{}", start_of(name)), wanted.get(name)),
            Some(("k", key)) => (format!("{path}[{}]", start_of(key)), item_of(wanted, key)),
            Some(("v", value)) => (format!("{path}[{}]", start_of(value)), member(wanted, value)),
            _ => continue,
        };
        match value {
            Some(value) => left_over(&place, inner, value, found),
            None => found.push(place.trim_start_matches('.').to_owned()),
        }
    }
}

/// What is shown of a step.
fn start_of(step: &str) -> &str {
    step.char_indices().nth(LONGEST).map_or(step, |(end, _)| &step[..end])
}

/// The item of a list that is told by these keys; a key that the server fills in is missing.
fn item_of<'v>(list: &'v Value, key: &str) -> Option<&'v Value> {
    let key: Value = serde_json::from_str(key).ok()?;
    let keys = key.as_object()?;
    let is_it = |item: &&Value| {
        keys.iter()
            .all(|(key, value)| item.get(key).is_none_or(|said| said == value))
    };
    list.as_array()?.iter().find(is_it)
}

fn member<'v>(list: &'v Value, value: &str) -> Option<&'v Value> {
    let value: Value = serde_json::from_str(value).ok()?;
    list.as_array()?.iter().find(|item| **item == value)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn live(mut object: Value, applied: &Value) -> Value {
        object["metadata"]["managedFields"] = json!([
            { "manager": FIELD_MANAGER, "operation": "Apply", "fieldsV1": applied },
            { "manager": "others", "operation": "Update", "fieldsV1": { "f:data": { "f:theirs": {} } } },
        ]);
        object
    }

    #[test]
    fn what_the_server_fills_in_or_writes_otherwise_is_no_difference() {
        let wanted = json!({ "kind": "PersistentVolumeClaim", "metadata": { "labels": {} }, "spec": {
            "resources": { "requests": { "storage": "1024Mi", "cpu": 2 } }, "ports": [{ "port": 80 }],
        } });
        let there = live(
            json!({ "metadata": { "uid": "x" }, "spec": {
                "resources": { "requests": { "storage": "1Gi", "cpu": "2" } }, "ports": [{ "port": 80, "protocol": "TCP" }],
                "volumeName": "pv-1",
            } }),
            &json!({ "f:spec": { "f:ports": { "k:{\"port\":80,\"protocol\":\"TCP\"}": { ".": {}, "f:port": {} } }, "f:resources": { "f:requests": { "f:storage": {} } } } }),
        );
        assert_eq!(differences(&there, &wanted), [""; 0]);
    }

    #[test]
    fn what_is_other_or_more_in_a_list_or_no_longer_wanted_is_one() {
        let wanted = json!({ "data": { "a": "1000m", "n": "1" }, "subjects": [{ "name": "x" }] });
        let there = live(
            json!({ "data": { "a": "1", "n": "1", "old": "2", "theirs": "3" }, "subjects": [{ "name": "x" }, { "name": "y" }] }),
            &json!({ "f:data": { "f:a": {}, "f:old": {} }, "f:metadata": { "f:labels": { "f:gone": {} } } }),
        );
        assert_eq!(
            differences(&there, &wanted),
            ["data.a", "subjects", "data.old", "metadata"],
            "text is no quantity there"
        );
    }

    #[test]
    fn an_item_of_a_list_that_is_wanted_no_more_is_one() {
        let applied = json!({ "f:metadata": { "f:finalizers": { "v:\"x\"": {} } }, "f:spec": { "f:c": { "k:{\"name\":\"b\"}": {} } } });
        let there = live(json!({ "spec": { "c": [{ "name": "a" }] } }), &applied);
        let wanted = json!({ "metadata": { "finalizers": ["y"] }, "spec": { "c": [{ "name": "a" }] } });
        let found = differences(&there, &wanted);
        assert!(found.contains(&"metadata.finalizers[\"x\"]".to_owned()), "{found:?}");
        assert!(found.contains(&"spec.c[{\"name\":\"b\"}]".to_owned()), "{found:?}");
    }

    #[test]
    fn what_a_user_writes_into_managed_fields_costs_neither_memory_nor_a_long_line() {
        let key = format!("k:{{\"port\":80,\"x\":\"{}\"}}", "y".repeat(1 << 20));
        let children: serde_json::Map<_, _> = (0..50_000).map(|n| (format!("f:a{n}"), json!({}))).collect();
        let there = live(
            json!({ "spec": { "ports": [{ "port": 80 }] } }),
            &json!({ "f:spec": { "f:ports": { key: children } } }),
        );
        let found = differences(&there, &json!({ "spec": { "ports": [{ "port": 80 }] } }));
        assert_eq!(found.len(), MOST);
        assert!(found.iter().all(|path| path.len() < 2 * LONGEST));
    }
}
