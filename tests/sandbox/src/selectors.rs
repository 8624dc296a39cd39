//! Label and field selectors.

use serde_json::Value;

use crate::message::Query;
use crate::status::{self, Result};

/// The selection of objects from a list.
#[derive(Debug, Clone, Default)]
pub(crate) struct Selection {
    labels: Vec<Requirement>,
    fields: Vec<Field>,
}

#[derive(Debug, Clone)]
struct Requirement {
    key: String,
    /// `None`: only the presence of the key matters.
    values: Option<Vec<String>>,
    wanted: bool,
}

#[derive(Debug, Clone)]
struct Field {
    path: String,
    value: String,
    wanted: bool,
}

/// The fields by which the API server can select, for the kinds that are served here.
const FIELDS: &[&str] = &[
    "metadata.name",
    "metadata.namespace",
    "status.phase",
    "spec.nodeName",
    "type",
    "involvedObject.kind",
    "involvedObject.name",
    "involvedObject.namespace",
    "reason",
];

impl Selection {
    /// Reads the selectors of a query.
    pub(crate) fn parse(query: &Query) -> Result<Self> {
        let of = |name: &str| query.get(name).map_or("", String::as_str);
        let labels = split(of("labelSelector"))
            .iter()
            .map(|it| label(it))
            .collect::<Result<_>>()?;
        let fields = split(of("fieldSelector"))
            .iter()
            .map(|it| field(it))
            .collect::<Result<_>>()?;
        Ok(Self { labels, fields })
    }

    /// The selected name, if a single one is selected.
    pub(crate) fn only_name(&self) -> Option<String> {
        let named = |field: &&Field| field.wanted && field.path == "metadata.name";
        self.fields.iter().find(named).map(|field| field.value.clone())
    }

    /// Whether an object is selected.
    pub(crate) fn matches(&self, object: &Value) -> bool {
        let labels = &object["metadata"]["labels"];
        self.labels.iter().all(|requirement| requirement.holds(labels))
            && self.fields.iter().all(|field| field.holds(object))
    }
}

impl Requirement {
    fn holds(&self, labels: &Value) -> bool {
        let value = labels.get(&self.key).and_then(Value::as_str);
        let found = match &self.values {
            None => value.is_some(),
            Some(values) => value.is_some_and(|value| values.iter().any(|it| it == value)),
        };
        found == self.wanted
    }
}

impl Field {
    fn holds(&self, object: &Value) -> bool {
        let value = self.path.split('.').fold(object, |value, part| &value[part]);
        (value.as_str().unwrap_or_default() == self.value) == self.wanted
    }
}

/// Splits at commas outside parentheses.
fn split(text: &str) -> Vec<String> {
    let mut parts = vec![String::new()];
    let mut depth = 0_i32;
    for c in text.chars() {
        match c {
            '(' => depth += 1,
            ')' => depth -= 1,
            _ => {}
        }
        if c == ',' && depth == 0 {
            parts.push(String::new());
        } else if let Some(last) = parts.last_mut() {
            last.push(c);
        }
    }
    parts
        .iter()
        .map(|part| part.trim().to_owned())
        .filter(|part| !part.is_empty())
        .collect()
}

fn label(text: &str) -> Result<Requirement> {
    let one = |key: &str, values: Option<Vec<String>>, wanted: bool| {
        Ok(Requirement {
            key: key.trim().into(),
            values,
            wanted,
        })
    };
    let single = |value: &str| Some(vec![value.trim().to_owned()]);
    if let Some((key, value)) = text.split_once("!=") {
        return one(key, single(value), false);
    }
    if let Some((key, value)) = text.split_once("==").or_else(|| text.split_once('=')) {
        if value.starts_with('=') {
            let message = "unable to parse requirement: found '=', expected: identifier";
            return Err(status::bad_request(message));
        }
        return one(key, single(value), true);
    }
    for (word, wanted) in [(" notin ", false), (" in ", true)] {
        if let Some((key, list)) = text.split_once(word) {
            let inner = list.trim().strip_prefix('(').and_then(|list| list.strip_suffix(')'));
            let inner = inner
                .ok_or_else(|| status::bad_request("unable to parse requirement: found '', expected: ',' or ')'"))?;
            let values = inner.split(',').map(|value| value.trim().to_owned()).collect();
            return one(key, Some(values), wanted);
        }
    }
    match text.strip_prefix('!') {
        Some(key) => one(key, None, false),
        None => one(text, None, true),
    }
}

fn field(text: &str) -> Result<Field> {
    let (path, value, wanted) = if let Some((path, value)) = text.split_once("!=") {
        (path, value, false)
    } else if let Some((path, value)) = text.split_once("==").or_else(|| text.split_once('=')) {
        (path, value, true)
    } else {
        return Err(status::bad_request(format!(
            "invalid selector: '{text}'; cannot understand '{text}'"
        )));
    };
    if !FIELDS.contains(&path) {
        return Err(status::bad_request(format!("field label not supported: {path}")));
    }
    Ok(Field {
        path: path.into(),
        value: value.into(),
        wanted,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn every_form_of_a_label_selector_is_understood() {
        let object = json!({"metadata": {"labels": {"app": "ood", "tier": "web"}}});
        for (selector, wanted) in [
            ("app=ood", true),
            ("app==ood,tier", true),
            ("app!=ood", false),
            ("app in (x, ood)", true),
            ("app notin (x),!gone", true),
            ("!app", false),
        ] {
            let query = Query::from([("labelSelector".to_owned(), selector.to_owned())]);
            assert_eq!(Selection::parse(&query).unwrap().matches(&object), wanted, "{selector}");
        }
    }
}
