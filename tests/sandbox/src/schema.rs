//! The types of fields: which lists and maps are owned as a whole, and which per element.

use serde_json::{Map, Value};

/// The type of a field.
#[derive(Debug)]
pub enum Type {
    /// A string.
    Text,
    /// Base64 text.
    Bytes,
    /// A whole number.
    Int,
    /// A boolean.
    Bool,
    /// Not described: objects are merged by key, lists replaced.
    Any,
    /// A map with arbitrary keys, merged by key.
    Map(&'static Type),
    /// A list of scalars, merged as a set.
    Set,
    /// A list of objects, merged by these keys.
    Keyed(&'static [&'static str], &'static Type),
    /// A list that is replaced as a whole.
    List(&'static Type),
    /// An object that is replaced as a whole.
    Atomic(&'static Type),
    /// An object with known fields; the name is the API server's own type.
    Struct(&'static str, &'static [(&'static str, &'static Type)]),
}

use Type::{Any, Keyed, Map as Dict, Set, Struct, Text};

use crate::kinds::{body, METADATA};

/// The type of a field at the top of an object.
pub fn top(kind: &str, field: &str) -> Option<&'static Type> {
    match field {
        "apiVersion" | "kind" => Some(&Text),
        "metadata" => Some(&METADATA),
        _ => body(kind).iter().find(|(name, _)| *name == field).map(|(_, ty)| *ty),
    }
}

/// One part of a value that is merged per element.
pub struct Part<'v> {
    /// Path element as in `fieldsV1`: `f:NAME`, `k:{…}` or `v:…`.
    pub key: String,
    /// Its type.
    pub ty: &'static Type,
    /// Its value.
    pub value: &'v Value,
}

impl Type {
    /// The type of the member with this name; unknown members of a described object have none.
    pub fn member(&self, name: &str) -> Option<&'static Type> {
        match self {
            Struct(_, fields) => fields.iter().find(|(field, _)| *field == name).map(|(_, ty)| *ty),
            Dict(inner) => Some(inner),
            Any => Some(&Any),
            _ => None,
        }
    }

    /// The path element of a list item.
    pub fn item_key(&self, item: &Value) -> Option<String> {
        match self {
            Set => Some(format!("v:{item}")),
            Keyed(keys, _) => {
                let key: Map<String, Value> = keys
                    .iter()
                    .filter_map(|key| Some(((*key).to_owned(), item.get(*key)?.clone())))
                    .collect();
                Some(format!("k:{}", Value::Object(key)))
            }
            _ => None,
        }
    }

    /// The type of a list item that is merged by key.
    pub fn item(&self) -> &'static Type {
        match self {
            Keyed(_, inner) => inner,
            _ => &Text,
        }
    }

    /// The parts of a value; none if it is owned as a whole.
    pub fn parts<'v>(&'static self, value: &'v Value) -> Option<Vec<Part<'v>>> {
        match (self, value) {
            (Struct(..) | Dict(_) | Any, Value::Object(map)) => Some(
                map.iter()
                    .filter_map(|(name, value)| {
                        let ty = self.member(name)?;
                        Some(Part {
                            key: format!("f:{name}"),
                            ty,
                            value,
                        })
                    })
                    .collect(),
            ),
            (Set | Keyed(..), Value::Array(items)) => Some(
                items
                    .iter()
                    .filter_map(|value| {
                        Some(Part {
                            key: self.item_key(value)?,
                            ty: self.item(),
                            value,
                        })
                    })
                    .collect(),
            ),
            _ => None,
        }
    }
}

/// The parts of a whole object, without the fields that have no owner.
pub fn object_parts<'v>(kind: &str, object: &'v Value) -> Vec<Part<'v>> {
    let Some(map) = object.as_object() else {
        return Vec::new();
    };
    map.iter()
        .filter(|(name, _)| !matches!(name.as_str(), "apiVersion" | "kind"))
        .filter_map(|(name, value)| {
            Some(Part {
                key: format!("f:{name}"),
                ty: top(kind, name)?,
                value,
            })
        })
        .collect()
}
