//! Whether a live object is what a manifest says: what the API server fills in is no difference, and what an older manifest
//! said and this one does not is one.

use serde_json::Value;

use super::api::FIELD_MANAGER;
use crate::config::profiles::Quantity;

/// The keys below which texts are quantities, which the API server writes in its own form.
const OF_QUANTITIES: [&str; 14] = [
    "averageValue",
    "capacity",
    "default",
    "defaultRequest",
    "divisor",
    "hard",
    "limits",
    "max",
    "maxLimitRequestRatio",
    "min",
    "overhead",
    "requests",
    "sizeLimit",
    "storage",
];

/// The same, in a mapping of this name alone: elsewhere it is any text.
const OF_QUANTITIES_IN: [(&str, &str); 1] = [("target", "value")];

/// As many differences as anybody reads. A user may write some of these objects, and their managedFields too.
const MOST: usize = 20;
/// As many items of a list as are looked through for one.
const MOST_STEPS: usize = 1000;
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
    let managers = live["metadata"]["managedFields"].as_array();
    let is_ours = |entry: &&Value| entry["manager"] == FIELD_MANAGER && entry["operation"] == "Apply";
    let ours: Vec<&Value> = managers.into_iter().flatten().filter(is_ours).collect();
    let applied = ours.first().map_or(&Value::Null, |entry| &entry["fieldsV1"]);
    let mut found = Vec::new();
    for (key, wanted) in wanted.as_object().into_iter().flatten() {
        // Items of lists do not say them, and the path has done so.
        if key != "apiVersion" && key != "kind" {
            let place = Place {
                path: key.clone(),
                is_quantity: false,
                applied: of_field(applied, key),
            };
            differ(&place, &live[key], wanted, &mut found);
        }
    }
    for entry in ours {
        left_over("", &entry["fieldsV1"], wanted, &mut found);
    }
    found
}

/// A place in an object.
struct Place<'v> {
    path: String,
    /// Whether texts there are quantities.
    is_quantity: bool,
    /// What this program has applied there (`fieldsV1`); null if it has not.
    applied: &'v Value,
}

impl Place<'_> {
    fn field(&self, key: &str) -> Self {
        let outer = self.path.rsplit('.').next().unwrap_or_default();
        let is_quantity = self.is_quantity || OF_QUANTITIES.contains(&key) || OF_QUANTITIES_IN.contains(&(outer, key));
        Self {
            path: format!("{}.{key}", self.path),
            is_quantity,
            applied: of_field(self.applied, key),
        }
    }

    fn item(&self, index: usize, item: &Value) -> Self {
        Self {
            path: format!("{}[{index}]", self.path),
            is_quantity: self.is_quantity,
            applied: of_item(self.applied, item),
        }
    }
}

/// What is applied in a field. What is applied as a whole has no parts.
fn of_field<'v>(applied: &'v Value, key: &str) -> &'v Value {
    if is_whole(applied) {
        return applied;
    }
    &applied[format!("f:{key}")]
}

/// The same in an item of a list, which is told by some of its fields.
fn of_item<'v>(applied: &'v Value, item: &Value) -> &'v Value {
    if is_whole(applied) {
        return applied;
    }
    let is_it = |step: &str| {
        let keys = step
            .strip_prefix("k:")
            .and_then(|key| serde_json::from_str::<Value>(key).ok());
        keys.is_some_and(|keys| item_of(&Value::Array(vec![item.clone()]), &keys.to_string()).is_some())
    };
    // A user may have written as many as fit into an object.
    let steps = applied.as_object().into_iter().flatten().take(MOST_STEPS);
    steps
        .into_iter()
        .find(|(step, _)| is_it(step))
        .map_or(&Value::Null, |(_, inner)| inner)
}

fn is_whole(applied: &Value) -> bool {
    applied.as_object().is_some_and(serde_json::Map::is_empty)
}

/// Adds where `live` is not what is wanted.
fn differ(place: &Place<'_>, live: &Value, wanted: &Value, found: &mut Vec<String>) {
    if found.len() >= MOST {
        return;
    }
    match (live, wanted) {
        (Value::Null, wanted) if is_nothing(wanted) => {}
        // If somebody else had taken it away, it would not be ours any more.
        (Value::Null, wanted) if is_zero(wanted) && !place.applied.is_null() => {}
        (Value::Object(_), Value::Object(fields)) => {
            for (key, wanted) in fields {
                differ(&place.field(key), &live[key], wanted, found);
            }
        }
        (Value::Array(there), Value::Array(items)) if there.len() == items.len() => {
            for (index, (there, item)) in there.iter().zip(items).enumerate() {
                differ(&place.item(index, item), there, item, found);
            }
        }
        _ if live == wanted || (place.is_quantity && are_equal_amounts(live, wanted)) => {}
        _ => found.push(place.path.clone()),
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

/// What the API server drops from many fields, and keeps in others.
fn is_zero(value: &Value) -> bool {
    match value {
        Value::Bool(value) => !value,
        Value::Number(number) => number.as_f64() == Some(0.0),
        Value::String(text) => text.is_empty(),
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
    fn a_zero_that_the_server_drops_is_no_difference_as_long_as_it_is_ours() {
        let wanted = json!({ "data": { "empty": "" }, "spec": { "hostNetwork": false, "count": 0,
            "env": [{ "name": "A", "value": "" }], "atomic": [{ "x": "" }] } });
        let object = json!({ "data": {}, "spec": { "env": [{ "name": "A" }], "atomic": [{}] } });
        let applied = json!({ "f:data": { "f:empty": {} }, "f:spec": { "f:hostNetwork": {}, "f:count": {}, "f:atomic": {},
            "f:env": { "k:{\"name\":\"A\"}": { ".": {}, "f:name": {}, "f:value": {} } } } });
        assert_eq!(differences(&live(object.clone(), &applied), &wanted), [""; 0]);
        let of_others = json!({ "f:spec": { "f:env": { "k:{\"name\":\"A\"}": { ".": {}, "f:name": {} } } } });
        let mut found = differences(&live(object, &of_others), &wanted);
        found.sort();
        let all = [
            "data.empty",
            "spec.atomic[0].x",
            "spec.count",
            "spec.env[0].value",
            "spec.hostNetwork",
        ];
        assert_eq!(found, all, "somebody has taken them away");
    }

    #[test]
    fn amounts_are_amounts_wherever_kubernetes_has_them_and_text_elsewhere() {
        let wanted = json!({ "spec": {
            "limits": [{ "maxLimitRequestRatio": { "cpu": "2000m" } }], "overhead": { "memory": "1024Mi" },
            "metrics": [{ "resource": { "target": { "averageValue": "1000m", "value": "0.5" } } }],
            "env": [{ "value": "1000m", "valueFrom": { "resourceFieldRef": { "divisor": "1000m" } } }],
        } });
        let mut there = json!({ "spec": {
            "limits": [{ "maxLimitRequestRatio": { "cpu": "2" } }], "overhead": { "memory": "1Gi" },
            "metrics": [{ "resource": { "target": { "averageValue": "1", "value": "500m" } } }],
            "env": [{ "value": "1000m", "valueFrom": { "resourceFieldRef": { "divisor": "1" } } }],
        } });
        assert_eq!(differences(&there, &wanted), [""; 0]);
        there["spec"]["env"][0]["value"] = "1".into();
        assert_eq!(differences(&there, &wanted), ["spec.env[0].value"]);
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
