//! `networkPolicy` of a section: who may connect to users' pods, and what these may connect to.

use ipnet::IpNet;
use k8s_openapi::api::networking::v1::NetworkPolicyEgressRule;
use serde_json::{Map, Value as Json};

use super::changes::Changes;
use super::fault::{quoted, Fault};
use super::leaf::{Egress, Value};
use super::node::{items, texts, Fields};
use crate::config::raw::tree::{Node, Ruby, Value as Yaml};

/// Reads `networkPolicy`.
pub fn read(changes: &mut Changes, node: &Node) -> Result<(), Fault> {
    if changes.takes(&["networkPolicy"], node) {
        return Ok(());
    }
    let fields = Fields::of(node, "networkPolicy", &["ingress", "egress"])?;
    if let Some(node) = fields.get("ingress") {
        ingress(changes, node)?;
    }
    match fields.get("egress") {
        Some(node) => changes.leaf(&["networkPolicy", "egress"], node, |node| {
            egress(node).map(Value::Egress)
        }),
        None => Ok(()),
    }
}

fn ingress(changes: &mut Changes, node: &Node) -> Result<(), Fault> {
    if changes.takes(&["networkPolicy", "ingress"], node) {
        return Ok(());
    }
    let fields = Fields::of(node, "networkPolicy.ingress", &["cidrs"])?;
    let Some(node) = fields.get("cidrs") else {
        return Ok(());
    };
    changes.leaf(&["networkPolicy", "ingress", "cidrs"], node, |node| {
        texts(node, "networkPolicy.ingress.cidrs", network).map(Value::Networks)
    })
}

fn egress(node: &Node) -> Result<Egress, Fault> {
    const PLACE: &str = "networkPolicy.egress";
    if let Yaml::Scalar(scalar) = &node.value {
        return match scalar.text.as_str() {
            "open" => Ok(Egress::Open),
            "cluster" => Ok(Egress::Cluster(Vec::new())),
            other => Err(Fault::at(
                node.line,
                format!(
                    "{PLACE} is {}; write open, cluster, {{cidrs: […]}} or {{rules: […]}}",
                    quoted(other)
                ),
            )),
        };
    }
    let fields = Fields::of(node, PLACE, &["cidrs", "rules"])?;
    match (fields.get("cidrs"), fields.get("rules")) {
        (Some(cidrs), None) => texts(cidrs, "networkPolicy.egress.cidrs", network).map(Egress::Cluster),
        (None, Some(rules)) => self::rules(rules).map(Egress::Rules),
        (Some(_), Some(rules)) => Err(Fault::at(
            rules.line,
            format!("{PLACE} has cidrs and rules, which exclude each other; write the networks as a rule, or leave rules out"),
        )),
        (None, None) => Err(Fault::at(
            node.line,
            format!("{PLACE} says nothing; write open, cluster, {{cidrs: […]}} or {{rules: […]}}"),
        )),
    }
}

fn network(text: &str) -> Result<IpNet, String> {
    let net: IpNet = text
        .parse()
        .map_err(|_| format!("{} is no network; write for example 192.0.2.0/24", quoted(text)))?;
    if net.trunc() != net {
        return Err(format!("{text} has bits beyond its length; write {}", net.trunc()));
    }
    Ok(net)
}

/// Kubernetes' own rules. What its types do not know, the API server would leave out without a word.
fn rules(node: &Node) -> Result<Vec<NetworkPolicyEgressRule>, Fault> {
    const PLACE: &str = "networkPolicy.egress.rules";
    items(node, PLACE)?.iter().map(rule).collect()
}

fn rule(node: &Node) -> Result<NetworkPolicyEgressRule, Fault> {
    const PLACE: &str = "networkPolicy.egress.rules";
    let asked = json(node);
    let rule: NetworkPolicyEgressRule = serde_json::from_value(asked).map_err(|error| {
        let what = quoted(&error.to_string()).to_string();
        Fault::at(
            node.line,
            format!("{PLACE}: this is no egress rule of a NetworkPolicy: {what}"),
        )
    })?;
    // k8s-openapi's types are plain data, so this cannot fail.
    let known = serde_json::to_value(&rule).unwrap_or_default();
    if let Some((line, key)) = unknown(node, &known) {
        let reason = format!("{PLACE}: unknown key {} of a NetworkPolicy; correct it", quoted(&key));
        return Err(Fault::at(line, reason));
    }
    for block in rule.to.iter().flatten().filter_map(|peer| peer.ip_block.as_ref()) {
        let networks = std::iter::once(&block.cidr).chain(block.except.iter().flatten());
        for text in networks {
            network(text).map_err(|reason| Fault::at(node.line, format!("{PLACE}: {reason}")))?;
        }
    }
    Ok(rule)
}

/// The first key that is not in what was understood.
fn unknown(node: &Node, known: &Json) -> Option<(usize, String)> {
    match &node.value {
        Yaml::Map(map) => map.pairs().find_map(|(key, value)| {
            let Yaml::Scalar(scalar) = &key.value else {
                return Some((key.line, "[…]".to_owned()));
            };
            match known.get(&scalar.text) {
                Some(known) => unknown(value, known),
                // An empty list, and null, are nothing.
                None if value.is_nil() || matches!(&value.value, Yaml::List(items) if items.is_empty()) => None,
                None => Some((key.line, scalar.text.clone())),
            }
        }),
        Yaml::List(items) => items
            .iter()
            .enumerate()
            .find_map(|(place, item)| unknown(item, known.get(place)?)),
        Yaml::Scalar(_) => None,
    }
}

/// A node as JSON, as Kubernetes' tools convert YAML.
fn json(node: &Node) -> Json {
    match &node.value {
        Yaml::Scalar(scalar) => match &scalar.ruby {
            Ruby::Nil => Json::Null,
            Ruby::Bool(value) => (*value).into(),
            Ruby::Number(number) => serde_json::from_str(number).unwrap_or_else(|_| number.as_str().into()),
            Ruby::Text | Ruby::Refused(_) => scalar.text.as_str().into(),
        },
        Yaml::List(items) => items.iter().map(json).collect(),
        Yaml::Map(map) => {
            let fields = map.pairs().filter_map(|(key, value)| match &key.value {
                Yaml::Scalar(scalar) => Some((scalar.text.clone(), json(value))),
                _ => None,
            });
            Json::Object(fields.collect::<Map<_, _>>())
        }
    }
}
