//! Merges an applied configuration into an object, and removes what is no longer applied.

use serde_json::{Map, Value};

use crate::fields::FieldSet;
use crate::managers::Managers;
use crate::schema::{self, Type};

pub(crate) fn merge_object(kind: &str, live: &mut Value, config: &Value) {
    let (Value::Object(live), Value::Object(config)) = (live, config) else {
        return;
    };
    for (name, wanted) in config {
        let Some(ty) = schema::top(kind, name) else {
            continue;
        };
        merge(ty, live.entry(name.clone()).or_insert(Value::Null), wanted);
    }
}

fn merge(ty: &'static Type, live: &mut Value, config: &Value) {
    match (ty, live, config) {
        (Type::Struct(..) | Type::Map(_) | Type::Any, Value::Object(live), Value::Object(config)) => {
            for (name, wanted) in config {
                let Some(inner) = ty.member(name) else {
                    continue;
                };
                merge(inner, live.entry(name.clone()).or_insert(Value::Null), wanted);
            }
        }
        (Type::Set | Type::Keyed(..), Value::Array(live), Value::Array(config)) => {
            merge_items(ty, live, config);
        }
        (_, live, config) => *live = config.clone(),
    }
}

fn merge_items(ty: &'static Type, live: &mut Vec<Value>, config: &[Value]) {
    for wanted in config {
        let key = ty.item_key(wanted);
        match live.iter_mut().find(|item| ty.item_key(item) == key) {
            Some(item) => merge(ty.item(), item, wanted),
            None => live.push(wanted.clone()),
        }
    }
}

/// Removes what the manager no longer applies, unless another manages it.
pub(crate) fn prune(kind: &str, object: &mut Value, before: &FieldSet, managers: &Managers) {
    let mut owned = FieldSet::default();
    for entry in &managers.0 {
        owned.add(&entry.fields);
    }
    let Value::Object(map) = object else { return };
    prune_members(map, before, &owned, &|name| schema::top(kind, name));
}

fn prune_members(
    map: &mut Map<String, Value>,
    before: &FieldSet,
    owned: &FieldSet,
    member: &dyn Fn(&str) -> Option<&'static Type>,
) {
    let nothing = FieldSet::default();
    for (key, before) in &before.children {
        let Some(name) = key.strip_prefix("f:") else {
            continue;
        };
        let (Some(ty), Some(value)) = (member(name), map.get_mut(name)) else {
            continue;
        };
        if prune_value(ty, value, before, owned.children.get(key).unwrap_or(&nothing)) {
            map.remove(name);
        }
    }
}

/// Prunes below a value and returns whether the value itself must be removed.
fn prune_value(ty: &'static Type, value: &mut Value, before: &FieldSet, owned: &FieldSet) -> bool {
    let nothing = FieldSet::default();
    let has_parts = ty.parts(value).is_some_and(|parts| !parts.is_empty());
    if has_parts {
        match value {
            Value::Object(map) => prune_members(map, before, owned, &|name| ty.member(name)),
            Value::Array(items) => items.retain_mut(|item| {
                let Some(key) = ty.item_key(item) else {
                    return true;
                };
                let Some(before) = before.children.get(&key) else {
                    return true;
                };
                let owned = owned.children.get(&key).unwrap_or(&nothing);
                let gone = prune_value(ty.item(), item, before, owned);
                // If only the merge keys of an item remain, the item is removed too.
                !(gone || before.member && owned.is_empty() && is_bare(ty, item))
            }),
            _ => {}
        }
    }
    let left = ty.parts(value).is_some_and(|parts| !parts.is_empty());
    before.member && owned.is_empty() && !left
}

fn is_bare(ty: &Type, item: &Value) -> bool {
    match (ty, item) {
        (Type::Keyed(keys, _), Value::Object(map)) => map.keys().all(|name| keys.contains(&name.as_str())),
        _ => true,
    }
}
