//! Decodes a body as the API server does: unknown fields are dropped or refused, wrong types are
//! refused, and empty values are omitted.

use serde_json::{Map, Value};

use crate::schema::{self, Type};
use crate::validate;

/// A decoded object.
pub struct Decoded {
    /// The object, without unknown fields.
    pub object: Value,
    /// Paths of the unknown fields.
    pub unknown: Vec<String>,
}

/// Reads an object of this kind; the error is the decoder's message.
pub fn decode(kind: &str, object: &Value) -> Result<Decoded, String> {
    let Value::Object(map) = object else {
        return Err(format!(
            "json: cannot unmarshal {} into Go value of type v1.{kind}",
            json_type(object)
        ));
    };
    let mut unknown = Vec::new();
    let mut out = Map::new();
    for (name, value) in map {
        match schema::top(kind, name) {
            Some(ty) => {
                let place = Place {
                    owner: kind,
                    path: name.clone(),
                };
                insert(&mut out, name, read(ty, value, &place, &mut unknown)?, ty);
            }
            None => unknown.push(name.clone()),
        }
    }
    Ok(Decoded {
        object: Value::Object(out),
        unknown,
    })
}

struct Place<'a> {
    owner: &'a str,
    path: String,
}

impl Place<'_> {
    fn refuse(&self, value: &Value, wanted: &str) -> String {
        format!(
            "json: cannot unmarshal {} into Go struct field {}.{} of type {wanted}",
            json_type(value),
            self.owner,
            self.path
        )
    }
}

fn json_type(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "bool",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

/// Go omits a field that is null, and the kinds served here all have `omitempty` for empty
/// strings, lists and maps; structures are kept.
fn insert(out: &mut Map<String, Value>, name: &str, value: Value, ty: &Type) {
    let empty = match (&value, ty) {
        (Value::Null, _) => true,
        (Value::String(text), _) => text.is_empty(),
        (Value::Array(items), Type::Set | Type::Keyed(..) | Type::List(_)) => items.is_empty(),
        (Value::Object(map), Type::Map(_)) => map.is_empty(),
        _ => false,
    };
    if !empty {
        out.insert(name.to_owned(), value);
    }
}

fn read(ty: &Type, value: &Value, place: &Place<'_>, unknown: &mut Vec<String>) -> Result<Value, String> {
    let unfit = |wanted: &str| Err(place.refuse(value, wanted));
    match (ty, value) {
        (_, Value::Null)
        | (Type::Any, _)
        | (Type::Text, Value::String(_))
        | (Type::Bool, Value::Bool(_))
        | (Type::Int, Value::Number(_)) => Ok(value.clone()),
        (Type::Bytes, Value::String(text)) => match validate::base64_problem(text) {
            Some(at) => Err(format!("illegal base64 data at input byte {at}")),
            None => Ok(value.clone()),
        },
        (Type::Atomic(inner), _) => read(inner, value, place, unknown),
        (Type::Struct(owner, fields), Value::Object(map)) => read_struct(owner, fields, map, place, unknown),
        (Type::Map(inner), Value::Object(map)) => {
            let mut out = Map::new();
            for (name, value) in map {
                out.insert(name.clone(), read(inner, value, place, unknown)?);
            }
            Ok(Value::Object(out))
        }
        (Type::List(inner) | Type::Keyed(_, inner), Value::Array(items)) => {
            items.iter().map(|item| read(inner, item, place, unknown)).collect()
        }
        (Type::Set, Value::Array(items)) => items
            .iter()
            .map(|item| read(&Type::Text, item, place, unknown))
            .collect(),
        (Type::Text | Type::Bytes, _) => unfit("string"),
        (Type::Bool, _) => unfit("bool"),
        (Type::Int, _) => unfit("int64"),
        (Type::Map(_), _) => unfit("map[string]string"),
        (Type::Struct(owner, _), _) => unfit(&format!("v1.{owner}")),
        (Type::Set | Type::List(_) | Type::Keyed(..), _) => unfit("[]string"),
    }
}

fn read_struct(
    owner: &str,
    fields: &[(&str, &'static Type)],
    map: &Map<String, Value>,
    place: &Place<'_>,
    unknown: &mut Vec<String>,
) -> Result<Value, String> {
    let mut out = Map::new();
    for (name, value) in map {
        let path = format!("{}.{name}", place.path);
        match fields.iter().find(|(field, _)| field == name) {
            Some((_, ty)) => {
                let place = Place { owner, path };
                insert(&mut out, name, read(ty, value, &place, unknown)?, ty);
            }
            None => unknown.push(path),
        }
    }
    Ok(Value::Object(out))
}

/// The first value that does not fit server-side apply's schema, with its message.
pub fn typed_problem(kind: &str, object: &Value) -> Option<String> {
    object
        .as_object()?
        .iter()
        .find_map(|(name, value)| match schema::top(kind, name) {
            None => Some(format!(".{name}: field not declared in schema")),
            Some(ty) => untyped(ty, value, &format!(".{name}")),
        })
}

fn untyped(ty: &Type, value: &Value, path: &str) -> Option<String> {
    let unfit = |wanted: &str| {
        let shown = format!("&value.valueUnstructured{{Value:{value}}}");
        Some(format!("{path}: expected {wanted}, got {shown}"))
    };
    match (ty, value) {
        (_, Value::Null) | (Type::Any, _) => None,
        (Type::Atomic(inner), _) => untyped(inner, value, path),
        (Type::Struct(_, fields), Value::Object(map)) => map.iter().find_map(|(name, value)| {
            let path = format!("{path}.{name}");
            match fields.iter().find(|(field, _)| field == name) {
                None => Some(format!("{path}: field not declared in schema")),
                Some((_, ty)) => untyped(ty, value, &path),
            }
        }),
        (Type::Map(inner), Value::Object(map)) => map
            .iter()
            .find_map(|(name, value)| untyped(inner, value, &format!("{path}.{name}"))),
        (Type::List(inner) | Type::Keyed(_, inner), Value::Array(items)) => items
            .iter()
            .enumerate()
            .find_map(|(index, item)| untyped(inner, item, &format!("{path}[{index}]"))),
        (Type::Text | Type::Bytes, value) if !value.is_string() => unfit("string"),
        (Type::Bool, value) if !value.is_boolean() => unfit("boolean"),
        (Type::Int, value) if !value.is_number() => unfit("numeric (int or float)"),
        (Type::Struct(..) | Type::Map(_), value) if !value.is_object() => unfit("map"),
        (Type::List(_) | Type::Keyed(..) | Type::Set, value) if !value.is_array() => unfit("list"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn an_unknown_field_is_named_by_its_path_and_dropped() {
        let body = json!({"metadata": {"name": "a", "colour": "red"}});
        let decoded = decode("Secret", &body).unwrap();
        assert_eq!(decoded.unknown, ["metadata.colour"]);
        assert_eq!(decoded.object, json!({"metadata": {"name": "a"}}));
    }

    #[test]
    fn a_label_that_is_a_number_is_refused_in_the_decoders_words() {
        let error = decode("Secret", &json!({"metadata": {"labels": {"a": 1}}}))
            .err()
            .unwrap();
        assert_eq!(
            error,
            "json: cannot unmarshal number into Go struct field ObjectMeta.metadata.labels of type string"
        );
    }

    #[test]
    fn an_empty_map_is_left_out_and_an_empty_selector_stays() {
        let body = json!({"metadata": {"labels": {}}, "spec": {"podSelector": {}, "ingress": []}});
        let decoded = decode("NetworkPolicy", &body).unwrap();
        assert_eq!(decoded.object, json!({"metadata": {}, "spec": {"podSelector": {}}}));
    }
}
