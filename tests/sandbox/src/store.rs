//! The stored objects, their shared version counter, and the changes for watches.

use std::collections::BTreeMap;

use serde_json::{json, Value};
use tokio::sync::watch;

use crate::resources::Resource;

/// The key of an object.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Key {
    /// API group.
    pub group: &'static str,
    /// Plural.
    pub plural: &'static str,
    /// Namespace; empty for objects of the whole cluster.
    pub namespace: String,
    /// Name.
    pub name: String,
}

impl Key {
    /// The key of an object.
    pub fn new(resource: &Resource, namespace: &str, name: &str) -> Self {
        Self {
            group: resource.group,
            plural: resource.plural,
            namespace: namespace.into(),
            name: name.into(),
        }
    }
}

/// One change, for watches.
#[derive(Debug, Clone)]
pub struct Event {
    /// Version at which it happened.
    pub version: u64,
    /// `ADDED`, `MODIFIED` or `DELETED`.
    pub kind: &'static str,
    /// What changed.
    pub key: Key,
    /// The object after the change.
    pub object: Value,
}

/// All objects.
#[derive(Debug)]
pub struct Store {
    objects: BTreeMap<Key, Value>,
    version: u64,
    events: Vec<Event>,
    changed: watch::Sender<u64>,
}

impl Default for Store {
    fn default() -> Self {
        let changed = watch::Sender::new(0);
        Self {
            objects: BTreeMap::new(),
            version: 0,
            events: Vec::new(),
            changed,
        }
    }
}

impl Store {
    /// The version of the newest change.
    pub fn version(&self) -> u64 {
        self.version
    }

    /// One object.
    pub fn get(&self, key: &Key) -> Option<&Value> {
        self.objects.get(key)
    }

    /// Stores an object with the next version and returns it.
    pub fn put(&mut self, key: Key, mut object: Value) -> Value {
        self.version += 1;
        object["metadata"]["resourceVersion"] = json!(self.version.to_string());
        let known = self.objects.insert(key.clone(), object.clone()).is_some();
        self.tell(if known { "MODIFIED" } else { "ADDED" }, key, object.clone());
        object
    }

    /// Removes an object.
    pub fn remove(&mut self, key: &Key) -> Option<Value> {
        let object = self.objects.remove(key)?;
        self.version += 1;
        let mut last = object.clone();
        last["metadata"]["resourceVersion"] = json!(self.version.to_string());
        self.tell("DELETED", key.clone(), last);
        Some(object)
    }

    fn tell(&mut self, kind: &'static str, key: Key, object: Value) {
        self.events.push(Event {
            version: self.version,
            kind,
            key,
            object,
        });
        self.changed.send_replace(self.version);
    }

    /// The objects of a resource, in one namespace or (empty) in all, in the order of their names.
    pub fn list<'a>(
        &'a self,
        resource: &'a Resource,
        namespace: &'a str,
    ) -> impl Iterator<Item = (&'a Key, &'a Value)> {
        let from = Key::new(resource, namespace, "");
        self.objects
            .range(from..)
            .take_while(|(key, _)| key.group == resource.group && key.plural == resource.plural)
            .filter(move |(key, _)| namespace.is_empty() || key.namespace == namespace)
    }

    /// The keys of all objects in a namespace.
    pub fn keys_in(&self, namespace: &str) -> Vec<Key> {
        self.objects
            .keys()
            .filter(|key| key.namespace == namespace)
            .cloned()
            .collect()
    }

    /// The changes after a version.
    pub fn events_after(&self, version: u64) -> impl Iterator<Item = &Event> {
        let from = self.events.partition_point(|event| event.version <= version);
        self.events[from..].iter()
    }

    /// Wakes at each change.
    pub fn changes(&self) -> watch::Receiver<u64> {
        self.changed.subscribe()
    }
}
