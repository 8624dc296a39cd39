//! YAML for what the site writes and what we print: the only file that knows `serde_yaml`.
//!
//! `serde_yaml` is archived upstream. A user's kubeconfig does not pass through here, see `kubeconfig::document`.

use serde::de::DeserializeOwned;
use serde::{Deserialize as _, Serialize};

/// Why a text is not the YAML that was expected. It may quote a value: no secret is read or written here as YAML.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{0}")]
pub struct YamlError(String);

/// Reads one document.
pub fn from_str<T: DeserializeOwned>(text: &str) -> Result<T, YamlError> {
    read(serde_yaml::Deserializer::from_str(text))
}

/// Reads every document of a text; empty ones count for nothing.
pub fn documents<T: DeserializeOwned>(text: &str) -> Result<Vec<T>, YamlError> {
    let all = serde_yaml::Deserializer::from_str(text).map(read::<Option<T>>);
    all.filter_map(Result::transpose).collect()
}

fn read<T: DeserializeOwned>(document: serde_yaml::Deserializer<'_>) -> Result<T, YamlError> {
    let failed = |error: serde_yaml::Error| YamlError(one_line(&error.to_string()));
    let mut value = serde_yaml::Value::deserialize(document).map_err(failed)?;
    // OnDemand's Ruby resolves `<<: *defaults`, which sites use to share settings.
    value.apply_merge().map_err(failed)?;
    name_keys(&mut value);
    serde_yaml::from_value(value).map_err(failed)
}

/// Writes one document, without the `---` in front.
pub fn to_string<T: Serialize>(value: &T) -> Result<String, YamlError> {
    serde_yaml::to_string(value).map_err(|error| YamlError(one_line(&error.to_string())))
}

/// Numbers and booleans as keys become their text: a file that we only skip may have them anywhere.
fn name_keys(value: &mut serde_yaml::Value) {
    use serde_yaml::Value;
    match value {
        Value::Mapping(mapping) => {
            let entries = std::mem::take(mapping);
            for (key, mut value) in entries {
                name_keys(&mut value);
                let key = match key {
                    Value::Number(number) => Value::String(number.to_string()),
                    Value::Bool(word) => Value::String(word.to_string()),
                    other => other,
                };
                mapping.insert(key, value);
            }
        }
        Value::Sequence(items) => items.iter_mut().for_each(name_keys),
        _ => {}
    }
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
