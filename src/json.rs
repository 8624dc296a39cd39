//! Reading JSON that someone else wrote: an object is an object, never a list.

use serde::de::{DeserializeOwned, Error as _};

/// Reads an object by the names of its fields.
///
/// serde also takes a list for a struct, its elements for the fields in their order. No other reader of tokens and of
/// providers' answers does: Go's `encoding/json` refuses it.
pub fn object<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, serde_json::Error> {
    let first = bytes.iter().find(|byte| !b" \t\r\n".contains(byte));
    if first != Some(&b'{') {
        return Err(serde_json::Error::custom("it is not an object"));
    }
    serde_json::from_slice(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, PartialEq, serde::Deserialize)]
    struct Pair {
        name: String,
        number: Option<u8>,
    }

    #[test]
    fn a_list_is_no_object_whatever_is_in_it() {
        let pair = |text: &str| object::<Pair>(text.as_bytes());
        let expected = Pair {
            name: "a".into(),
            number: Some(1),
        };
        assert_eq!(pair(" \r\n\t{\"number\":1,\"name\":\"a\"} ").unwrap(), expected);
        for other in [
            r#"["a",1]"#,
            "\n[\"a\",1]",
            "[]",
            "null",
            "\"a\"",
            "7",
            "",
            " ",
            "{",
            "\u{feff}{}",
        ] {
            assert!(pair(other).is_err(), "{other:?}");
        }
    }
}
