//! JSON as docker and the kubelet read it: members in the order of the file, each as often as it is there, names in any case.

use std::fmt;

use serde::de::{MapAccess, SeqAccess, Visitor};
use serde::ser::SerializeMap as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;

/// A value; of an object, every member. It is written as it was read: of a name in several spellings, Go takes the last one.
#[derive(Clone, PartialEq)]
pub(super) enum Read {
    /// An object.
    Object(Vec<(String, Read)>),
    /// An array.
    List(Vec<Read>),
    /// Anything else.
    Other(Value),
}

impl Read {
    /// The value with each member once: the last one.
    pub fn into_value(self) -> Value {
        match self {
            Self::Object(members) => members
                .into_iter()
                .map(|(key, read)| (key, read.into_value()))
                .collect(),
            Self::List(items) => items.into_iter().map(Self::into_value).collect(),
            Self::Other(value) => value,
        }
    }
}

/// Whether Go takes a key for this name, which is of ASCII letters: it folds letters as Unicode does (`encoding/json`,
/// `foldName`).
pub(super) fn is_named(key: &str, name: &str) -> bool {
    let folded = |letter: char| match letter {
        // The long s and the sign for Kelvin fold to ASCII letters, and nothing else does.
        '\u{17f}' => 's',
        '\u{212a}' => 'k',
        letter => letter.to_ascii_lowercase(),
    };
    key.chars().map(folded).eq(name.chars().map(folded))
}

impl<'de> Deserialize<'de> for Read {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Any;
        impl<'de> Visitor<'de> for Any {
            type Value = Read;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("JSON")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Read, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(Read::Object(members))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Read, A::Error> {
                let mut items = Vec::new();
                while let Some(item) = list.next_element()? {
                    items.push(item);
                }
                Ok(Read::List(items))
            }

            fn visit_unit<E>(self) -> Result<Read, E> {
                Ok(Read::Other(Value::Null))
            }

            fn visit_bool<E>(self, value: bool) -> Result<Read, E> {
                Ok(Read::Other(value.into()))
            }

            fn visit_i64<E>(self, value: i64) -> Result<Read, E> {
                Ok(Read::Other(value.into()))
            }

            fn visit_u64<E>(self, value: u64) -> Result<Read, E> {
                Ok(Read::Other(value.into()))
            }

            fn visit_f64<E>(self, value: f64) -> Result<Read, E> {
                Ok(Read::Other(value.into()))
            }

            fn visit_str<E>(self, text: &str) -> Result<Read, E> {
                Ok(Read::Other(text.into()))
            }

            fn visit_string<E>(self, text: String) -> Result<Read, E> {
                Ok(Read::Other(text.into()))
            }
        }
        deserializer.deserialize_any(Any)
    }
}

impl Serialize for Read {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Object(members) => {
                let mut map = serializer.serialize_map(None)?;
                write(members, &mut map)?;
                map.end()
            }
            Self::List(items) => items.serialize(serializer),
            Self::Other(value) => value.serialize(serializer),
        }
    }
}

/// Writes members in their order.
pub(super) fn write<M: serde::ser::SerializeMap>(members: &[(String, Read)], map: &mut M) -> Result<(), M::Error> {
    members
        .iter()
        .try_for_each(|(key, value)| map.serialize_entry(key, value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_known_in_every_spelling_that_go_takes_for_it_and_in_no_other() {
        for key in [
            "credsStore",
            "credsstore",
            "CREDSSTORE",
            "cred\u{17f}\u{17f}tore",
            "credſStore",
        ] {
            assert!(is_named(key, "credsStore"), "{key}");
        }
        assert!(is_named("to\u{212a}en", "token") && is_named("toKen", "token"));
        for key in [
            "creds_store",
            "creds-store",
            "credsStores",
            "credsstorE ",
            "credßtore",
            "crédsStore",
            "",
        ] {
            assert!(!is_named(key, "credsStore"), "{key}");
        }
    }

    #[test]
    fn every_member_is_there_in_its_order_and_a_value_has_the_last_of_each() {
        let text = r#"{"b":1,"a":{"x":-1,"x":[1.5,{"y":null}]},"b":"t","a":true}"#;
        let Read::Object(members) = serde_json::from_str(text).unwrap() else {
            panic!("it is an object");
        };
        let keys: Vec<_> = members.iter().map(|(key, _)| key.as_str()).collect();
        assert_eq!(keys, ["b", "a", "b", "a"]);
        let read = Read::Object(members);
        assert_eq!(serde_json::to_string(&read).unwrap(), text);
        assert_eq!(read.into_value(), serde_json::from_str::<Value>(text).unwrap());
    }
}
