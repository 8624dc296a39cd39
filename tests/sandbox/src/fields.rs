//! Sets of field paths in the `fieldsV1` form, and differences between objects as such sets.

use std::collections::BTreeMap;

use serde_json::{json, Map, Value};

use crate::schema::{object_parts, Part};

/// A set of field paths: a node may be in the set itself, and have others below it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FieldSet {
    /// Whether the path to this node is in the set.
    pub member: bool,
    /// The nodes below, by path element.
    pub children: BTreeMap<String, FieldSet>,
}

impl FieldSet {
    /// Whether the set is empty.
    pub fn is_empty(&self) -> bool {
        !self.member && self.children.values().all(Self::is_empty)
    }

    /// Reads `fieldsV1`; the root itself is never a member.
    pub fn from_json(value: &Value) -> Self {
        let mut set = Self::read(value);
        set.member = false;
        set
    }

    fn read(value: &Value) -> Self {
        let empty = Map::new();
        let map = value.as_object().unwrap_or(&empty);
        Self {
            member: map.is_empty() || map.contains_key("."),
            children: map
                .iter()
                .filter(|(key, _)| *key != ".")
                .map(|(key, value)| (key.clone(), Self::read(value)))
                .collect(),
        }
    }

    /// Writes `fieldsV1`.
    pub fn to_json(&self) -> Value {
        let mut map = Map::new();
        for (key, child) in self.children.iter().filter(|(_, child)| !child.is_empty()) {
            map.insert(key.clone(), child.to_json());
        }
        if self.member && !map.is_empty() {
            map.insert(".".into(), json!({}));
        }
        Value::Object(map)
    }

    /// Adds every path of the other set.
    pub fn add(&mut self, other: &Self) {
        self.member |= other.member;
        for (key, child) in &other.children {
            self.children.entry(key.clone()).or_default().add(child);
        }
    }

    /// Removes every path of the other set.
    pub fn subtract(&mut self, other: &Self) {
        self.member &= !other.member;
        for (key, child) in &other.children {
            if let Some(mine) = self.children.get_mut(key) {
                mine.subtract(child);
            }
        }
        self.children.retain(|_, child| !child.is_empty());
    }

    /// The paths in both sets.
    pub fn common(&self, other: &Self) -> Self {
        let mut children: BTreeMap<String, Self> = self
            .children
            .iter()
            .filter_map(|(key, child)| Some((key.clone(), child.common(other.children.get(key)?))))
            .collect();
        children.retain(|_, child| !child.is_empty());
        Self {
            member: self.member && other.member,
            children,
        }
    }

    /// Every path in the set, as in messages.
    pub fn paths(&self) -> Vec<String> {
        let mut paths = Vec::new();
        self.collect("", &mut paths);
        paths
    }

    fn collect(&self, prefix: &str, paths: &mut Vec<String>) {
        if self.member {
            paths.push(prefix.to_owned());
        }
        for (key, child) in &self.children {
            child.collect(&format!("{prefix}{}", element(key)), paths);
        }
    }

    /// The fields that an applied configuration manages: its leaves, and each of its list items.
    pub fn of(kind: &str, object: &Value) -> Self {
        let mut set = Self::default();
        for part in object_parts(kind, object) {
            set.claim(&part);
        }
        set.forget_identity();
        set
    }

    fn claim(&mut self, part: &Part<'_>) {
        let child = self.children.entry(part.key.clone()).or_default();
        match part.ty.parts(part.value) {
            Some(parts) if !parts.is_empty() => {
                child.member |= !part.key.starts_with("f:");
                for part in &parts {
                    child.claim(part);
                }
            }
            _ => child.member = true,
        }
    }

    /// Removes an object's identity and the server's own fields, which have no manager.
    fn forget_identity(&mut self) {
        let Some(metadata) = self.children.get_mut("f:metadata") else {
            return;
        };
        for field in IDENTITY {
            metadata.children.remove(&format!("f:{field}"));
        }
        metadata.member = false;
        self.children.retain(|_, child| !child.is_empty());
    }
}

/// The API server removes these from every manager's set.
const IDENTITY: &[&str] = &[
    "name",
    "namespace",
    "creationTimestamp",
    "selfLink",
    "uid",
    "clusterName",
    "generation",
    "managedFields",
    "resourceVersion",
    "deletionTimestamp",
    "deletionGracePeriodSeconds",
];

fn element(key: &str) -> String {
    match key.split_once(':') {
        Some(("k", keys)) => {
            let keys: Map<String, Value> = serde_json::from_str(keys).unwrap_or_default();
            let pairs: Vec<String> = keys.iter().map(|(name, value)| format!("{name}={value}")).collect();
            format!("[{}]", pairs.join(","))
        }
        Some(("v", value)) => format!("[{value}]"),
        Some((_, name)) => format!(".{name}"),
        None => key.to_owned(),
    }
}

/// The difference between two objects.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Difference {
    /// Added or changed, and then managed by the writer.
    pub written: FieldSet,
    /// Removed.
    pub removed: FieldSet,
}

impl Difference {
    /// Compares two objects of a kind.
    pub fn between(kind: &str, old: &Value, new: &Value) -> Self {
        let mut this = Self::default();
        compare_parts(
            object_parts(kind, old),
            object_parts(kind, new),
            &mut this.written,
            &mut this.removed,
        );
        this.written.forget_identity();
        this.removed.forget_identity();
        this
    }

    /// Whether the objects are the same in all managed fields.
    pub fn is_empty(&self) -> bool {
        self.written.is_empty() && self.removed.is_empty()
    }
}

fn compare_parts(old: Vec<Part<'_>>, new: Vec<Part<'_>>, written: &mut FieldSet, removed: &mut FieldSet) {
    let mut old: BTreeMap<String, Part<'_>> = old.into_iter().map(|part| (part.key.clone(), part)).collect();
    for part in new {
        let before = old.remove(&part.key);
        let wrote = written.children.entry(part.key.clone()).or_default();
        let lost = removed.children.entry(part.key.clone()).or_default();
        match before {
            None => add_whole(&part, wrote),
            Some(before) => compare_part(&before, &part, wrote, lost),
        }
    }
    for (key, part) in old {
        add_whole(&part, removed.children.entry(key).or_default());
    }
    written.children.retain(|_, child| !child.is_empty());
    removed.children.retain(|_, child| !child.is_empty());
}

fn compare_part(old: &Part<'_>, new: &Part<'_>, written: &mut FieldSet, removed: &mut FieldSet) {
    match (old.ty.parts(old.value), new.ty.parts(new.value)) {
        (Some(before), Some(after)) => compare_parts(before, after, written, removed),
        _ => written.member = old.value != new.value,
    }
}

fn add_whole(part: &Part<'_>, set: &mut FieldSet) {
    set.member = true;
    for part in part.ty.parts(part.value).unwrap_or_default() {
        add_whole(&part, set.children.entry(part.key.clone()).or_default());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_applied_map_is_claimed_key_by_key_and_an_atomic_list_whole() {
        let object = json!({
            "kind": "ServiceAccount", "metadata": {"name": "default", "labels": {"a": "b"}},
            "imagePullSecrets": [{"name": "x"}], "secrets": [{"name": "y"}],
        });
        let claimed = FieldSet::of("ServiceAccount", &object).to_json();
        assert_eq!(
            claimed,
            json!({
                "f:metadata": {"f:labels": {"f:a": {}}},
                "f:imagePullSecrets": {},
                "f:secrets": {"k:{\"name\":\"y\"}": {}},
            })
        );
    }

    #[test]
    fn a_new_map_is_written_itself_and_key_by_key() {
        let new = json!({"metadata": {"annotations": {"o": "a"}}});
        let difference = Difference::between("Namespace", &json!({"metadata": {}}), &new);
        assert_eq!(
            difference.written.to_json(),
            json!({"f:metadata": {"f:annotations": {".": {}, "f:o": {}}}})
        );
    }

    #[test]
    fn fields_survive_being_read_and_written() {
        let fields = json!({"f:data": {".": {}, "f:.dockerconfigjson": {}}, "f:type": {}});
        let set = FieldSet::from_json(&fields);
        assert_eq!(set.to_json(), fields);
        assert_eq!(set.paths(), [".data", ".data..dockerconfigjson", ".type"]);
    }
}
