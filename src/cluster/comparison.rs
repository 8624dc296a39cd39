//! Compares an administrator's object with the live one, without writing: what an apply would change.

use http::StatusCode;
use serde_json::Value;

use super::api::Api;
use super::coverage::{differences, is_applied_by_us};
use super::ensure::{includes, is_left_alone};
use super::error::ClusterError;
use super::reply::refused;
use super::report::ObjectReport;
use super::synced_secret::is_as_declared;
use crate::objects::{self, Kind, Object};
use crate::outcome::Outcome;

/// What an apply would do to an object, and the live one.
#[derive(Debug)]
pub struct Comparison {
    /// What would be done.
    pub report: ObjectReport,
    /// The fields that differ, as paths.
    pub differences: Vec<String>,
    /// The live object; null if there is none.
    pub live: Value,
}

impl Comparison {
    /// Of an object of which nothing but this is known.
    pub fn of(report: ObjectReport) -> Self {
        Self {
            report,
            differences: Vec::new(),
            live: Value::Null,
        }
    }
}

/// Compares an object with the live one.
pub async fn compare(api: &Api, object: &Object) -> Result<Comparison, ClusterError> {
    let reply = api.get(object.kind, "", &object.name).await?;
    let (outcome, live) = match reply.status {
        StatusCode::NOT_FOUND => (Outcome::Created, Value::Null),
        status if !status.is_success() => return Err(refused(&format!("read {object:?}"), &reply)),
        _ if includes(&reply.body, &object.body) => (Outcome::Unchanged, reply.body),
        _ => (Outcome::Changed, reply.body),
    };
    let mut differences = Vec::new();
    if outcome == Outcome::Changed {
        differ("spec", &live["spec"], &object.body["spec"], &mut differences);
    }
    Ok(Comparison {
        report: ObjectReport::new(object.kind, &object.name, outcome),
        differences,
        live,
    })
}

/// Whether an item of a list is what a login would write. Items do not say their own kind.
pub fn is_as_wanted(item: &Value, wanted: &Object) -> bool {
    if wanted.upkeep.yields && is_left_alone(item) {
        return true;
    }
    if wanted.upkeep.is_of_manifest {
        return is_applied_by_us(item) && differences(item, &wanted.body).is_empty();
    }
    if wanted.upkeep.is_declared_secret {
        return is_applied_by_us(item) && is_as_declared(item, wanted);
    }
    let mut wanted = objects::keeping(wanted, item).into_owned();
    if let Some(fields) = wanted.body.as_object_mut() {
        fields.retain(|key, _| key != "apiVersion" && key != "kind");
    }
    includes(item, &wanted.body)
}

/// Whether there is an administrator's object of this name.
pub async fn is_there(api: &Api, kind: Kind, name: &str) -> Result<bool, ClusterError> {
    let reply = api.get(kind, "", name).await?;
    match reply.status {
        StatusCode::NOT_FOUND => Ok(false),
        status if status.is_success() => Ok(true),
        _ => Err(refused(&format!("read the {} {name}", kind.name()), &reply)),
    }
}

/// Adds the paths at which the values differ. Items of a list with names are known by these.
fn differ(path: &str, live: &Value, wanted: &Value, found: &mut Vec<String>) {
    match (live, wanted) {
        (Value::Object(_), Value::Object(fields)) => {
            for (key, wanted) in fields {
                differ(&format!("{path}.{key}"), &live[key], wanted, found);
            }
        }
        (Value::Array(there), Value::Array(items)) if there.len() == items.len() => {
            for (index, (there, item)) in there.iter().zip(items).enumerate() {
                let name = item["name"].as_str().map_or_else(|| index.to_string(), str::to_owned);
                differ(&format!("{path}[{name}]"), there, item, found);
            }
        }
        _ if live == wanted => {}
        _ => found.push(path.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_difference_is_a_path_with_the_names_of_items() {
        let wanted = json!({ "a": [{ "name": "x", "e": "1" }, { "name": "y", "e": "2" }], "b": "c", "d": [1] });
        let live = json!({ "a": [{ "name": "x", "e": "1" }, { "name": "y", "e": "3" }], "b": "c", "d": [], "z": 1 });
        let mut found = Vec::new();
        differ("spec", &live, &wanted, &mut found);
        assert_eq!(found, ["spec.a[y].e", "spec.d"]);
    }
}
