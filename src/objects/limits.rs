//! What the pods of a namespace may use: all together (`ResourceQuota`), and each (`LimitRange`).

use std::collections::BTreeMap;

use serde_json::{json, Map, Value};

use super::kind::Kind;
use super::object::{Object, Upkeep};
use crate::config::profiles::{Bounds, Profile, Quantity};
use crate::naming::Namespace;

/// The name of the quota, and of the limit range.
pub const NAME: &str = "ondemand";

/// `resourceQuota` of the profile.
pub(super) fn quota(namespace: &Namespace, profile: &Profile) -> Option<Object> {
    let quota = profile.quota();
    let hard = quantities(&quota);
    (!quota.is_empty()).then(|| object(Kind::ResourceQuota, namespace, &json!({ "hard": hard })))
}

/// `limitRange` of the profile.
pub(super) fn limit_range(namespace: &Namespace, profile: &Profile) -> Option<Object> {
    let limits = profile.limits();
    let items: Vec<Value> = limits.iter().map(|(kind, bounds)| item(kind, bounds)).collect();
    (!items.is_empty()).then(|| object(Kind::LimitRange, namespace, &json!({ "limits": items })))
}

/// One item, with all that the API server would fill in (`SetDefaults_LimitRangeItem`, pkg/apis/core/v1/defaults.go): what is
/// read back then equals what was written.
fn item(kind: &str, bounds: &Bounds<'_>) -> Value {
    let mut bounds = bounds.clone();
    if kind == "Container" {
        fill_in(&mut bounds, "default", "max");
        fill_in(&mut bounds, "defaultRequest", "default");
        fill_in(&mut bounds, "defaultRequest", "min");
    }
    let mut item = Map::new();
    item.insert("type".into(), kind.into());
    for (bound, of) in &bounds {
        item.insert((*bound).to_owned(), quantities(of).into());
    }
    item.into()
}

fn fill_in<'p>(bounds: &mut Bounds<'p>, bound: &'p str, from: &str) {
    let from = bounds.get(from).cloned().unwrap_or_default();
    if !from.is_empty() {
        let into = bounds.entry(bound).or_default();
        from.into_iter().for_each(|(resource, quantity)| {
            into.entry(resource).or_insert(quantity);
        });
    }
}

/// As the API server writes them.
fn quantities(of: &BTreeMap<&str, &Quantity>) -> Map<String, Value> {
    let written = |(resource, quantity): (&&str, &&Quantity)| ((*resource).to_owned(), quantity.canonical().into());
    of.iter().map(written).collect()
}

fn object(kind: Kind, namespace: &Namespace, spec: &Value) -> Object {
    Object {
        kind,
        name: NAME.to_owned(),
        body: json!({
            "apiVersion": "v1",
            "kind": kind.name(),
            "metadata": { "name": NAME, "namespace": namespace.as_str() },
            "spec": spec,
        }),
        upkeep: Upkeep::yielding(),
    }
}
