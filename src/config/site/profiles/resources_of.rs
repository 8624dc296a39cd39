//! `resourceQuota` and `limitRange` of a section, in Kubernetes' own shapes.

use super::changes::Changes;
use super::fault::{quoted, Fault};
use super::leaf::Value;
use super::node::{items, number_or_text, pairs, text, Fields};
use super::quantity::Quantity;
use super::resources::{may_differ, of_claims, of_containers, of_quota, Count};
use crate::config::raw::tree::Node;

/// What may be bounded, and how (Kubernetes `ValidateLimitRange`: only containers have defaults).
const BOUNDS: [(&str, &[&str]); 3] = [
    (
        "Container",
        &[
            "type",
            "default",
            "defaultRequest",
            "max",
            "min",
            "maxLimitRequestRatio",
        ],
    ),
    ("Pod", &["type", "max", "min", "maxLimitRequestRatio"]),
    ("PersistentVolumeClaim", &["type", "max", "min"]),
];

/// Reads `resourceQuota`.
pub fn quota(changes: &mut Changes, node: &Node) -> Result<(), Fault> {
    if changes.takes(&["resourceQuota"], node) {
        return Ok(());
    }
    let fields = Fields::of(node, "resourceQuota", &["hard"])?;
    let Some(hard) = fields.get("hard") else {
        return Ok(());
    };
    quantities(changes, &["resourceQuota", "hard"], hard, of_quota)
}

/// Reads `limitRange`.
pub fn limit_range(changes: &mut Changes, node: &Node) -> Result<(), Fault> {
    if changes.takes(&["limitRange"], node) {
        return Ok(());
    }
    let fields = Fields::of(node, "limitRange", &["limits"])?;
    let Some(limits) = fields.get("limits") else {
        return Ok(());
    };
    if changes.takes(&["limitRange", "limits"], limits) {
        return Ok(());
    }
    let mut seen = Vec::new();
    for item in items(limits, "limitRange.limits")? {
        let kind = kind_of(item)?;
        if seen.contains(&kind) {
            let reason = format!("limitRange.limits has a second item of type {kind}; write both in one");
            return Err(Fault::at(item.line, reason));
        }
        seen.push(kind);
        limits_of(changes, kind, item)?;
    }
    Ok(())
}

fn kind_of(item: &Node) -> Result<&'static str, Fault> {
    let kinds = BOUNDS.map(|(kind, _)| kind).join(", ");
    let Some(node) = item.map().and_then(|map| map.get("type")) else {
        let reason = format!("an item of limitRange.limits has no type; write type: and one of {kinds}");
        return Err(Fault::at(item.line, reason));
    };
    let kind = text(node, "type")?;
    let known = BOUNDS.iter().find(|(known, _)| *known == kind);
    known.map(|(kind, _)| *kind).ok_or_else(|| {
        let reason = format!("type in limitRange.limits is {}; write one of {kinds}", quoted(kind));
        Fault::at(node.line, reason)
    })
}

fn limits_of(changes: &mut Changes, kind: &'static str, item: &Node) -> Result<(), Fault> {
    let known = BOUNDS
        .iter()
        .find(|(known, _)| *known == kind)
        .map_or(&[][..], |(_, keys)| *keys);
    let fields = Fields::of(item, &format!("the limits of type {kind}"), known)?;
    for bound in known.iter().filter(|key| **key != "type") {
        let Some(node) = fields.get(bound) else {
            continue;
        };
        let is_ratio = *bound == "maxLimitRequestRatio";
        let resource = |name: &str| match kind {
            "PersistentVolumeClaim" => of_claims(name),
            _ if is_ratio && !may_differ(name) => Err(format!(
                "{name} is requested as it is limited, so it has no ratio; leave it out"
            )),
            // A ratio has no unit.
            _ => of_containers(name).map(|count| if is_ratio { Count::Any } else { count }),
        };
        quantities(changes, &["limitRange", "limits", kind, bound], node, resource)?;
    }
    Ok(())
}

fn quantities(
    changes: &mut Changes,
    steps: &[&str],
    node: &Node,
    resource: impl Fn(&str) -> Result<Count, String>,
) -> Result<(), Fault> {
    if changes.takes(steps, node) {
        return Ok(());
    }
    let place = steps.join(".");
    for (name, line, node) in pairs(node, &place)? {
        let count = resource(name).map_err(|reason| Fault::at(line, format!("{place}: {reason}")))?;
        let steps: Vec<&str> = steps.iter().copied().chain([name]).collect();
        changes.leaf(&steps, node, |node| quantity(node, &format!("{place}[{name}]"), count))?;
    }
    Ok(())
}

fn quantity(node: &Node, place: &str, count: Count) -> Result<Value, Fault> {
    let wrong = |reason: String| Fault::at(node.line, format!("{place}: {reason}"));
    let quantity = Quantity::parse(number_or_text(node, place)?).map_err(wrong)?;
    if count == Count::Whole && !quantity.is_whole() {
        return Err(wrong(format!("{quantity} is no whole number; write one")));
    }
    Ok(Value::Quantity(quantity))
}
