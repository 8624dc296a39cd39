//! Holds every result in JSON against its schema in `docs/schemas`.

use std::ffi::OsStr;
use std::path::Path;

use serde_json::{Deserializer, Value};

/// The results on standard output are what the schema of the command promises.
pub fn holds(arguments: &[&OsStr], stdout: &str) {
    let arguments: Vec<_> = arguments.iter().map(|argument| argument.to_string_lossy()).collect();
    let is = |word: &str| arguments.iter().any(|argument| argument == word);
    let json = ["--output=json", "-o=json", "-ojson"].iter().any(|flag| is(flag))
        || arguments
            .windows(2)
            .any(|pair| ["-o", "--output"].contains(&&*pair[0]) && pair[1] == "json");
    if !json {
        return;
    }
    for value in Deserializer::from_str(stdout).into_iter::<Value>() {
        // What cannot be read is the concern of the test.
        let Ok(value) = value else { return };
        // Objects for kubectl are Kubernetes' own.
        if value["kind"] == "List" {
            continue;
        }
        let name = schema_of(&is, &value);
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("docs/schemas/{name}.json"));
        let schema: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
        if let Err(why) = fits(&value, &schema, &schema, name) {
            panic!("{why}\n{arguments:?} printed {value:#}");
        }
    }
}

fn schema_of(is: &dyn Fn(&str) -> bool, value: &Value) -> &'static str {
    if is("manifests") {
        return "cluster-policies";
    }
    if is("profile") {
        return "profile-show";
    }
    if is("users") && is("show") {
        return "users-show";
    }
    if is("users") && (["transfer", "reconcile", "restamp"].iter().any(|word| is(word))) {
        return "namespaces";
    }
    for command in [
        "refresh-token",
        "setup-root",
        "renew-creds",
        "check",
        "audit",
        "version",
        "uninstall",
        "users",
        "namespace",
        "logs",
    ] {
        if is(command) {
            return if command == "audit" { "check" } else { command };
        }
    }
    match value {
        _ if is("config") => "config-show",
        _ if is("cluster-policies") && is("--diff") => "cluster-policies",
        _ if value.get("registries").is_some() => "registry-file",
        _ => "namespaces",
    }
}

/// JSON Schema as far as ours use it; a keyword that is not known here is a mistake in the schema.
fn fits(value: &Value, schema: &Value, root: &Value, at: &str) -> Result<(), String> {
    let wrong = |what: &str| Err(format!("{at}: {what}: {value}"));
    for (keyword, wanted) in schema.as_object().unwrap() {
        match keyword.as_str() {
            "$ref" => {
                let named = root.pointer(wanted.as_str().unwrap().trim_start_matches('#')).unwrap();
                fits(value, named, root, at)?;
            }
            "const" if value != wanted => return wrong("is another value"),
            "enum" if !wanted.as_array().unwrap().contains(value) => return wrong("is none of the values"),
            "minimum" if value.as_i64() < wanted.as_i64() => return wrong("is too small"),
            // "properties" are looked at with "additionalProperties".
            "$schema" | "$defs" | "title" | "description" | "properties" | "const" | "enum" | "minimum" => {}
            "type" => {
                let types = wanted.as_array().cloned().unwrap_or_else(|| vec![wanted.clone()]);
                if !types.iter().any(|name| name == kind(value)) {
                    return wrong("has another type");
                }
            }
            "required" => {
                let missing = wanted
                    .as_array()
                    .unwrap()
                    .iter()
                    .find(|key| value.get(key.as_str().unwrap()).is_none());
                if let Some(missing) = missing {
                    return wrong(&format!("lacks {missing}"));
                }
            }
            "items" => {
                for (nth, item) in value.as_array().into_iter().flatten().enumerate() {
                    fits(item, wanted, root, &format!("{at}[{nth}]"))?;
                }
            }
            "additionalProperties" => members(value, schema, root, at)?,
            other => panic!("{at}: the schema has the unknown keyword {other}"),
        }
    }
    Ok(())
}

/// Each member by its own schema, or by the one for all others.
fn members(value: &Value, schema: &Value, root: &Value, at: &str) -> Result<(), String> {
    for (key, member) in value.as_object().into_iter().flatten() {
        let at = format!("{at}.{key}");
        match (schema["properties"].get(key), &schema["additionalProperties"]) {
            (Some(known), _) => fits(member, known, root, &at)?,
            (None, Value::Bool(false)) => return Err(format!("{at} is not in the schema")),
            (None, others) => fits(member, others, root, &at)?,
        }
    }
    Ok(())
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(number) if number.is_f64() => "number",
        Value::Number(_) => "integer",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

#[test]
fn a_result_that_is_not_as_promised_is_seen() {
    let holds_of = |text: &str| {
        let arguments = ["check", "-o", "json"].map(OsStr::new);
        std::panic::catch_unwind(|| holds(&arguments, text)).is_ok()
    };
    let sound = r#"{"version": 1, "findings": [], "errors": 0, "warnings": 0}"#;
    assert!(holds_of(sound));
    assert!(!holds_of(&sound.replace("\"version\": 1, ", "")));
    assert!(!holds_of(&sound.replace(": 0}", ": \"0\"}")));
    assert!(!holds_of(&sound.replace(
        "[]",
        r#"[{"severity": "bad", "area": "", "text": "", "remedy": null}]"#
    )));
    assert!(!holds_of(&sound.replace("\"errors\"", "\"more\": 1, \"errors\"")));
}

#[test]
fn the_examples_in_the_book_are_as_promised() {
    let page = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/src/json.md")).unwrap();
    let examples: Vec<_> = page
        .split("```json\n")
        .skip(1)
        .map(|rest| rest.split("```").next().unwrap())
        .collect();
    assert!(examples.len() > 3);
    for example in examples {
        let command = match example {
            _ if example.contains("findings") => "check",
            _ if example.contains("user_entry") => "refresh-token",
            _ => "bootstrap-user",
        };
        let arguments = [command, "-o", "json"].map(OsStr::new);
        holds(&arguments, example);
        assert!(serde_json::from_str::<Value>(example).is_ok());
    }
}
