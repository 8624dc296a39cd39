//! The entries of `managedFields`.

use serde_json::{json, Value};

use crate::fields::FieldSet;

/// One entry of `managedFields`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) manager: String,
    pub(crate) operation: String,
    pub(crate) api_version: String,
    pub(crate) time: Option<String>,
    pub(crate) fields: FieldSet,
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

    /// As in conflict messages: with the version only if the manager did not apply.
    pub(crate) fn shown(&self) -> String {
        if self.operation == "Apply" {
            format!("\"{}\"", self.manager)
        } else {
            format!("\"{}\" using {}", self.manager, self.api_version)
        }
    }
}

/// The managers of one object.
pub(crate) struct Managers(pub(crate) Vec<Entry>);

impl Managers {
    pub(crate) fn of(object: &Value) -> Self {
        let entries = object["metadata"]["managedFields"].as_array();
        Self(entries.into_iter().flatten().map(Entry::from_json).collect())
    }

    pub(crate) fn entry(&mut self, manager: &str, operation: &str, api_version: &str) -> &mut Entry {
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

    /// Stores the entries in the object, in the API server's order: applies first, then by time.
    pub(crate) fn write(mut self, object: &mut Value) {
        self.0.retain(|entry| !entry.fields.is_empty());
        self.0
            .sort_by(|a, b| (&a.operation, &a.time, &a.manager).cmp(&(&b.operation, &b.time, &b.manager)));
        let entries: Vec<Value> = self.0.iter().map(Entry::to_json).collect();
        let Some(metadata) = object["metadata"].as_object_mut() else {
            return;
        };
        if entries.is_empty() {
            metadata.remove("managedFields");
        } else {
            metadata.insert("managedFields".into(), Value::Array(entries));
        }
    }
}

/// A client requests the removal of all managers with one empty entry.
pub(crate) fn is_reset(object: &Value) -> bool {
    object["metadata"]["managedFields"] == json!([{}])
}
