//! Server-side apply, its conflicts, and the managers after a write.

use serde_json::{json, Value};

use crate::clock;
use crate::fields::{Difference, FieldSet};
use crate::managers::{is_reset, Entry, Managers};
use crate::merge::{merge_object, prune};
use crate::resources::Resource;
use crate::status::{self, Result};

/// The writer and the resource.
pub struct Writer<'a> {
    /// The resource.
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
            new["metadata"]
                .as_object_mut()
                .map(|metadata| metadata.remove("managedFields"));
            return;
        }
        let mut managers = Managers::of(new);
        if let (true, Some(old)) = (managers.0.is_empty(), old) {
            managers = Managers::of(old);
        }
        // An object without managers stays without them until the first apply.
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

    /// Applies a configuration to an existing or a new object. The result is not yet decoded,
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

    /// The first apply on an object without managers assigns the existing fields to `before-first-apply`.
    fn adopt_unmanaged(&self, managers: &mut Managers, live: &Value) {
        let kind = self.resource.kind;
        let present = Difference::between(kind, &zero(kind), live);
        let before = Writer {
            resource: self.resource,
            manager: "before-first-apply",
        };
        before.take_over(managers, &present);
    }

    /// Refuses fields that others manage with another value, or takes them over.
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

fn conflict(conflicts: &[(String, String)]) -> status::Refusal {
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
    let mut lines: Vec<String> = Vec::new();
    let mut last = "";
    for (manager, field) in conflicts {
        if manager != last {
            lines.push(format!("conflicts with {manager}:"));
            last = manager;
        }
        lines.push(format!("- {field}"));
    }
    let message = format!("Apply failed with {} conflicts: {}", conflicts.len(), lines.join("\n"));
    status::apply_conflict(message, &causes)
}

/// The kind's zero value, as the API server's own types serialize it: a create does not count as
/// writing these fields.
fn zero(kind: &str) -> Value {
    match kind {
        "Namespace" | "Service" => json!({ "metadata": {}, "spec": {}, "status": {} }),
        "NetworkPolicy" => json!({ "metadata": {}, "spec": { "podSelector": {} } }),
        "Pod" => json!({ "metadata": {}, "spec": { "containers": [] }, "status": {} }),
        "Role" | "ClusterRole" => json!({ "metadata": {}, "rules": null }),
        _ => json!({ "metadata": {} }),
    }
}
