//! YAML that we ship and that we print: the only file that uses `serde_yaml`.
//!
//! `serde_yaml` is archived upstream. Kubeconfigs and clusters.d do not pass through here; see `kubeconfig::document` and
//! `config::raw::cluster_file`.

use std::fmt::Write as _;

use serde::de::DeserializeOwned;
use serde::Serialize;
use serde_json::Value as Json;

/// Why a text is not the expected YAML. It may quote a value: no secret is read or written here as YAML.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{text}")]
pub struct YamlError {
    text: String,
    line: usize,
}

impl YamlError {
    /// The line, counted from 1; 0 if it is not known.
    pub fn line(&self) -> usize {
        self.line
    }

    /// What is wrong, without the place.
    pub fn text(&self) -> &str {
        self.text.rsplit_once(" at line ").map_or(&self.text, |(text, _)| text)
    }
}

/// Reads one document.
pub fn from_str<T: DeserializeOwned>(text: &str) -> Result<T, YamlError> {
    read(serde_yaml::Deserializer::from_str(text))
}

/// Reads every document of a text, and skips empty ones.
pub fn documents<T: DeserializeOwned>(text: &str) -> Result<Vec<T>, YamlError> {
    let all = serde_yaml::Deserializer::from_str(text).map(read::<Option<T>>);
    all.filter_map(Result::transpose).collect()
}

fn read<T: DeserializeOwned>(document: serde_yaml::Deserializer<'_>) -> Result<T, YamlError> {
    let failed = |error: serde_yaml::Error| YamlError {
        text: one_line(&error.to_string()),
        line: error.location().map_or(0, |place| place.line()),
    };
    T::deserialize(document).map_err(failed)
}

/// Writes one document, without a leading `---`. A string is unquoted only if every reader takes it for a string.
///
/// `serde_yaml` writes YAML 1.2: kubectl would read its plain `yes`, a possible name, as a boolean.
pub fn to_string<T: Serialize>(value: &T) -> Result<String, YamlError> {
    let value = serde_json::to_value(value).map_err(|error| YamlError {
        text: one_line(&error.to_string()),
        line: 0,
    })?;
    let mut text = String::new();
    match &value {
        Json::Object(_) | Json::Array(_) if !is_leaf(&value) => block(&value, 0, &mut text),
        leaf => text = inline(leaf) + "\n",
    }
    Ok(text)
}

/// Writes a non-empty object or array, from the position where its first line begins.
fn block(value: &Json, indent: usize, out: &mut String) {
    let mut next = "";
    let pad = " ".repeat(indent);
    for (key, value) in value.as_object().into_iter().flatten() {
        out.push_str(next);
        out.push_str(&inline(&key.as_str().into()));
        out.push(':');
        match value {
            leaf if is_leaf(leaf) => out.extend([" ", &inline(leaf), "\n"]),
            Json::Array(_) => nested(value, indent, out),
            _ => nested(value, indent + 2, out),
        }
        next = &pad;
    }
    for item in value.as_array().into_iter().flatten() {
        out.push_str(next);
        out.push_str("- ");
        if is_leaf(item) {
            out.extend([&inline(item), "\n"]);
        } else {
            block(item, indent + 2, out);
        }
        next = &pad;
    }
}

fn nested(value: &Json, indent: usize, out: &mut String) {
    out.push('\n');
    out.push_str(&" ".repeat(indent));
    block(value, indent, out);
}

fn is_leaf(value: &Json) -> bool {
    match value {
        Json::Object(fields) => fields.is_empty(),
        Json::Array(items) => items.is_empty(),
        _ => true,
    }
}

/// A leaf on one line: JSON's quoted strings, numbers and empty collections are valid YAML. In JSON a line break of YAML 1.1
/// alone, or a byte order mark, may stand for itself; a reader of YAML makes a space of it, or nothing.
fn inline(value: &Json) -> String {
    let quoted = match value.as_str() {
        Some(text) if is_plain(text) => return text.to_owned(),
        _ => value.to_string(),
    };
    let is_for_itself =
        |c: char| !c.is_control() && !matches!(c, '\u{2028}' | '\u{2029}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}');
    let mut out = String::with_capacity(quoted.len());
    for c in quoted.chars() {
        if is_for_itself(c) {
            out.push(c);
        } else {
            // None of them needs a second unit of UTF-16.
            let _ = write!(out, "\\u{:04x}", u32::from(c));
        }
    }
    out
}

/// Whether every reader takes the unquoted text for this string.
fn is_plain(text: &str) -> bool {
    // YAML 1.1's booleans and null, in upper or lower case.
    const WORDS: &[&str] = &["y", "n", "yes", "no", "on", "off", "true", "false", "null"];
    let is_word = WORDS.iter().any(|word| text.eq_ignore_ascii_case(word));
    let begins_well = text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '/');
    let is_simple = text.chars().all(|c| c.is_ascii_alphanumeric() || "_./@-".contains(c));
    begins_well && is_simple && !is_word
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_is_written_reads_back_the_same_whatever_it_is() {
        let odd = json!([
            "yes", "No", "012", "1e3", "", "a: b", "- a", "it's", "\"", "a\nb", "#", "~", "ü", "null", "/etc/x", "a#b",
            " \u{2028}", "\u{2029} ", "a \u{85} b", "\u{feff}", " \u{7f}", "\u{9f}", "\u{ffff}", "\t", "\r\n",
            null, true, 7, 1.5, {}, [], [[]], [[1, [2]], {"a": [{}], "on": {"b c": "x"}}],
        ]);
        for value in [json!({"list": odd}), odd, json!("yes"), json!({})] {
            let text = to_string(&value).unwrap();
            assert_eq!(from_str::<Json>(&text).unwrap(), value, "{text}");
        }
    }

    #[test]
    fn manifests_look_as_kubectl_prints_them_and_words_of_yaml_1_1_are_quoted() {
        let rules = json!([{ "apiGroups": [""], "verbs": ["get", "patch"] }, { "resourceNames": ["no"] }]);
        let text = to_string(&json!({ "kind": "Role", "metadata": { "name": "y" }, "rules": rules })).unwrap();
        assert_eq!(
            text,
            "kind: Role\nmetadata:\n  name: \"y\"\nrules:\n- apiGroups:\n  - \"\"\n  verbs:\n  - get\n  - patch\n\
             - resourceNames:\n  - \"no\"\n"
        );
    }

    #[test]
    fn several_documents_are_read_and_empty_ones_count_for_nothing() {
        let all: Vec<Json> = documents("# first\na: 1\n---\n---\nb: 2\n").unwrap();
        assert_eq!(all, [json!({"a": 1}), json!({"b": 2})]);
        assert!(documents::<Json>("a: 1\n---\n{").is_err());
        assert!(from_str::<Json>("a: 1\n---\nb: 2\n").is_err());
    }
}
