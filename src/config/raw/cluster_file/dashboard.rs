//! What in a file makes `ood_core` fail instead of leaving the file out: then OnDemand shows nobody any cluster
//! (`Clusters.load_file` and `Cluster.new` of it catch only errors of syntax).

use std::path::Path;

use crate::config::raw::tree::{Documents, Map, Node, Ruby, Value};
use crate::door::shown;

/// What `Cluster.new` turns into hashes with symbols as keys.
const HASHES: [&str; 5] = ["metadata", "login", "job", "custom", "batch_connect"];

/// The first thing on which OnDemand fails, with what to do behind the last semicolon.
pub(super) fn fault(documents: &Documents, path: &Path) -> Option<String> {
    let (line, what, remedy) = match documents.refused {
        Some((line, what)) if what.starts_with("an alias") => (line, what, "write the value itself in its place"),
        Some((line, what)) => (line, what, "write it in quotes"),
        None => {
            let (line, what) = of_top(&documents.first)?;
            (line, what, "correct or remove it")
        }
    };
    Some(fatal(path, line, what, remedy))
}

pub(super) fn fatal(path: &Path, line: usize, what: &str, remedy: &str) -> String {
    format!(
        "{}:{line}: OnDemand fails on {what}, and then shows nobody any cluster; {remedy}",
        shown(path)
    )
}

type Line = (usize, &'static str);

fn of_top(top: &Node) -> Option<Line> {
    if top.is_nil() {
        return None;
    }
    let Some(map) = top.map() else {
        return Some((top.line, "a file that is no mapping"));
    };
    let v2 = map.get("v2").filter(|node| is_true(node))?;
    let Some(cluster) = v2.map() else {
        return Some((v2.line, "a v2 that is no mapping"));
    };
    odd_key(cluster)
        .or_else(|| HASHES.iter().filter_map(|key| cluster.get(key)).find_map(of_hash))
        .or_else(|| cluster.get("acls").and_then(of_acls))
}

/// For Ruby only nil and false are false.
fn is_true(node: &Node) -> bool {
    !matches!(&node.value, Value::Scalar(scalar) if matches!(scalar.ruby, Ruby::Nil | Ruby::Bool(false)))
}

/// A key that is no string: numbers, booleans and nil have no `to_sym`.
fn odd_key(map: &Map) -> Option<Line> {
    let is_text = |node: &Node| matches!(&node.value, Value::Scalar(scalar) if scalar.ruby == Ruby::Text);
    let odd = map.pairs().find(|(key, _)| !is_text(key))?;
    Some((odd.0.line, "a key that is no string"))
}

/// `to_h`: nil and an empty list make an empty hash.
fn of_hash(node: &Node) -> Option<Line> {
    match &node.value {
        Value::Map(map) => odd_key(map),
        Value::List(items) if items.is_empty() => None,
        _ if node.is_nil() => None,
        _ => Some((node.line, "a section that is no mapping")),
    }
}

/// `map(&:to_h)`.
fn of_acls(node: &Node) -> Option<Line> {
    let what = "acls that are no list of mappings";
    match &node.value {
        Value::List(items) => {
            let is_hash = |item: &&Node| match &item.value {
                Value::Map(_) => true,
                Value::List(items) => items.is_empty(),
                Value::Scalar(_) => item.is_nil(),
            };
            items.iter().find(|item| !is_hash(item)).map(|item| (item.line, what))
        }
        Value::Map(map) if map.pairs().next().is_none() => None,
        _ => Some((node.line, what)),
    }
}
