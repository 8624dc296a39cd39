//! Who manages which fields: `managedFields`, server-side apply, and its conflicts.

use serde_json::{json, Map, Value};

use crate::clock;
use crate::fields::{Difference, FieldSet};
use crate::resources::Resource;
use crate::schema::{self, Type};
use crate::status::{self, Result};

/// One entry of `managedFields`.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Entry {
    manager: String,
    operation: String,
    api_version: String,
    time: Option<String>,
    fields: FieldSet,
}

impl Entry {
    fn from_json(value: &Value) -> Self {
        let text = |key: &str| value[key].as_str().unwrap_or_default().to_owned();
        Self {
            manager: text("manager"),
            operation: text("operation"),
            api_version: text("apiVersion"),
            time: value["time"].as_str().map(str::to_owned),
            fields: FieldSet::from_json(&value["fieldsV1"]),
        }
    }

    fn to_json(&self) -> Value {
        let mut entry = json!({
            "manager": self.manager, "operation": self.operation, "apiVersion": self.api_version,
            "fieldsType": "FieldsV1", "fieldsV1": self.fields.to_json(),
        });
        if let Some(time) = &self.time {
            entry["time"] = json!(time);
        }
        entry
    }

    /// As conflict messages name it: only a manager that did not apply has its version named.
    fn shown(&self) -> String {
        if self.operation == "Apply" {
            format!("\"{}\"", self.manager)
        } else {
            format!("\"{}\" using {}", self.manager, self.api_version)
        }
    }
}

/// The managers of one object.
struct Managers(Vec<Entry>);

impl Managers {
    fn of(object: &Value) -> Self {
        let entries = object["metadata"]["managedFields"].as_array();
        Self(entries.into_iter().flatten().map(Entry::from_json).collect())
    }

    fn entry(&mut self, manager: &str, operation: &str, api_version: &str) -> &mut Entry {
        let found = self.0.iter().position(|entry| {
            entry.manager == manager && entry.operation == operation && entry.api_version == api_version
        });
        let index = found.unwrap_or_else(|| {
            self.0.push(Entry {
                manager: manager.into(),
                operation: operation.into(),
                api_version: api_version.into(),
                time: None,
                fields: FieldSet::default(),
            });
            self.0.len() - 1
        });
        &mut self.0[index]
    }

    /// Puts the entries into the object, in the API server's order: applies first, then by time.
    fn write(mut self, object: &mut Value) {
        self.0.retain(|entry| !entry.fields.is_empty());
        self.0.sort_by(|a, b| {
            (&a.operation, &a.time, &a.manager).cmp(&(&b.operation, &b.time, &b.manager))
        });
        let entries: Vec<Value> = self.0.iter().map(Entry::to_json).collect();
        let Some(metadata) = object["metadata"].as_object_mut() else { return };
        if entries.is_empty() {
            metadata.remove("managedFields");
        } else {
            metadata.insert("managedFields".into(), Value::Array(entries));
        }
    }
}

/// Who writes, and to what.
pub struct Writer<'a> {
    /// The resource written to.
    pub resource: &'a Resource,
    /// The field manager.
    pub manager: &'a str,
}

impl Writer<'_> {
    /// Records a create, update or patch: the writer manages what it changed. `old` is `None` for
    /// a create.
    pub fn record_update(&self, old: Option<&Value>, new: &mut Value) {
        let kind = self.resource.kind;
        if is_reset(new) {
            new["metadata"].as_object_mut().map(|metadata| metadata.remove("managedFields"));
            return;
        }
        let mut managers = Managers::of(new);
        if let (true, Some(old)) = (managers.0.is_empty(), old) {
            managers = Managers::of(old);
        }
        // An object that nobody manages stays so until the first apply.
        if managers.0.is_empty() && old.is_some() {
            return;
        }
        let zero = zero(kind);
        let difference = Difference::between(kind, old.unwrap_or(&zero), new);
        self.take_over(&mut managers, &difference);
        managers.write(new);
    }

    fn take_over(&self, managers: &mut Managers, difference: &Difference) {
        let mut written = difference.written.clone();
        written.children.remove("f:status");
        for entry in &mut managers.0 {
            entry.fields.subtract(&written);
            entry.fields.subtract(&difference.removed);
        }
        if difference.is_empty() {
            return;
        }
        let mine = managers.entry(self.manager, "Update", &self.resource.api_version());
        mine.fields.add(&written);
        mine.time = Some(clock::now());
    }

    /// Applies a configuration to an object, or to nothing. The result is not yet decoded,
    /// defaulted or validated.
    pub fn apply(&self, live: Option<&Value>, config: &Value, force: bool) -> Result<Value> {
        let kind = self.resource.kind;
        let zero = zero(kind);
        let live_or_zero = live.unwrap_or(&zero);
        let mut managers = Managers::of(live_or_zero);
        if let (true, Some(live)) = (managers.0.is_empty(), live) {
            self.adopt_unmanaged(&mut managers, live);
        }
        let claimed = FieldSet::of(kind, config);
        let mine = managers.entry(self.manager, "Apply", &self.resource.api_version());
        let before = std::mem::replace(&mut mine.fields, claimed);

        let mut merged = live_or_zero.clone();
        merge_object(kind, &mut merged, config);
        prune(kind, &mut merged, &before, &managers);

        let difference = Difference::between(kind, live_or_zero, &merged);
        self.settle(&mut managers, &difference, force)?;
        if live.is_none() || !difference.is_empty() {
            let mine = managers.entry(self.manager, "Apply", &self.resource.api_version());
            mine.time = Some(clock::now());
        }
        managers.write(&mut merged);
        Ok(merged)
    }

    /// The first apply on an object without managers gives what is there to nobody in particular.
    fn adopt_unmanaged(&self, managers: &mut Managers, live: &Value) {
        let kind = self.resource.kind;
        let present = Difference::between(kind, &zero(kind), live);
        let before = Writer { resource: self.resource, manager: "before-first-apply" };
        before.take_over(managers, &present);
    }

    /// Refuses what others manage with another value, or takes it over.
    fn settle(&self, managers: &mut Managers, change: &Difference, force: bool) -> Result<()> {
        let me = |entry: &Entry| entry.manager == self.manager && entry.operation == "Apply";
        let others = managers.0.iter_mut().filter(|entry| !me(entry));
        let mut conflicts = Vec::new();
        for entry in others {
            let common = entry.fields.common(&change.written);
            conflicts.extend(common.paths().into_iter().map(|path| (entry.shown(), path)));
            entry.fields.subtract(&common);
            entry.fields.subtract(&change.removed);
        }
        if conflicts.is_empty() || force {
            return Ok(());
        }
        conflicts.sort();
        Err(conflict(&conflicts))
    }
}

fn conflict(conflicts: &[(String, String)]) -> Box<status::Refusal> {
    let causes: Vec<Value> = conflicts
        .iter()
        .map(|(manager, field)| {
            let message = format!("conflict with {manager}");
            json!({ "reason": "FieldManagerConflict", "message": message, "field": field })
        })
        .collect();
    if let [(manager, field)] = conflicts {
        let message = format!("Apply failed with 1 conflict: conflict with {manager}: {field}");
        return status::apply_conflict(message, &causes);
    }
    let mut message = format!("Apply failed with {} conflicts: ", conflicts.len());
    let mut last = "";
    for (manager, field) in conflicts {
        if manager != last {
            let separator = if last.is_empty() { "" } else { "\n" };
            message += &format!("{separator}conflicts with {manager}:");
            last = manager;
        }
        message += &format!("\n- {field}");
    }
    status::apply_conflict(message, &causes)
}

/// A client asks to forget all managers by sending one empty entry.
fn is_reset(object: &Value) -> bool {
    object["metadata"]["managedFields"] == json!([{}])
}

/// The kind's zero value, as the API server's own types print it: what is in it, a create does
/// not write.
fn zero(kind: &str) -> Value {
    match kind {
        "Namespace" | "Service" => json!({ "metadata": {}, "spec": {}, "status": {} }),
        "NetworkPolicy" => json!({ "metadata": {}, "spec": { "podSelector": {} } }),
        "Pod" => json!({ "metadata": {}, "spec": { "containers": [] }, "status": {} }),
        "Role" | "ClusterRole" => json!({ "metadata": {}, "rules": null }),
        _ => json!({ "metadata": {} }),
    }
}

fn merge_object(kind: &str, live: &mut Value, config: &Value) {
    let (Value::Object(live), Value::Object(config)) = (live, config) else { return };
    for (name, wanted) in config {
        let Some(ty) = schema::top(kind, name) else { continue };
        merge(ty, live.entry(name.clone()).or_insert(Value::Null), wanted);
    }
}

fn merge(ty: &'static Type, live: &mut Value, config: &Value) {
    match (ty, live, config) {
        (Type::Struct(..) | Type::Map(_) | Type::Any, Value::Object(live), Value::Object(config)) => {
            for (name, wanted) in config {
                let Some(inner) = ty.member(name) else { continue };
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

/// Removes what the manager applied before and now applies no more, where nobody else manages it.
fn prune(kind: &str, object: &mut Value, before: &FieldSet, managers: &Managers) {
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
        let Some(name) = key.strip_prefix("f:") else { continue };
        let (Some(ty), Some(value)) = (member(name), map.get_mut(name)) else { continue };
        if prune_value(ty, value, before, owned.children.get(key).unwrap_or(&nothing)) {
            map.remove(name);
        }
    }
}

/// Prunes below a value and says whether the value itself is to go.
fn prune_value(ty: &'static Type, value: &mut Value, before: &FieldSet, owned: &FieldSet) -> bool {
    let nothing = FieldSet::default();
    let has_parts = ty.parts(value).is_some_and(|parts| !parts.is_empty());
    if has_parts {
        match value {
            Value::Object(map) => prune_members(map, before, owned, &|name| ty.member(name)),
            Value::Array(items) => items.retain_mut(|item| {
                let Some(key) = ty.item_key(item) else { return true };
                let Some(before) = before.children.get(&key) else { return true };
                let owned = owned.children.get(&key).unwrap_or(&nothing);
                let gone = prune_value(ty.item(), item, before, owned);
                // The merge keys of an item stay behind when its fields go: then it goes too.
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
        (Type::Keyed(keys, _), Value::Object(map)) => {
            map.keys().all(|name| keys.contains(&name.as_str()))
        }
        _ => true,
    }
}
