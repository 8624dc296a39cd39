//! The three patch types other than server-side apply.

use json_patch::{AddOperation, Patch, PatchOperation};
use serde_json::{Map, Value};

use crate::schema::{self, Type};
use crate::status::{self, Result};
use crate::validate;

/// A JSON patch (RFC 6902).
pub fn json_patch(object: &Value, body: &[u8]) -> Result<Value> {
    let value = read(body)?;
    if !value.is_array() {
        return Err(status::bad_request(
            "error decoding patch: json: cannot unmarshal object into Go value of type []handlers.jsonPatchOp",
        ));
    }
    let patch: Patch =
        serde_json::from_value(value).map_err(|error| status::bad_request(format!("error decoding patch: {error}")))?;
    let mut patched = object.clone();
    for operation in patch.0 {
        if tests_for_absence(&operation, &patched) {
            continue;
        }
        let operation = replace_as_the_server_does(operation, &patched);
        json_patch::patch(&mut patched, &[operation]).map_err(|_| status::patch_does_not_apply())?;
    }
    Ok(patched)
}

/// The real server's library treats a missing value as null; RFC 6902 does not.
fn tests_for_absence(operation: &PatchOperation, object: &Value) -> bool {
    match operation {
        PatchOperation::Test(test) => test.value.is_null() && object.pointer(test.path.as_str()).is_none(),
        _ => false,
    }
}

/// Reads the body of a patch.
pub fn read(body: &[u8]) -> Result<Value> {
    serde_json::from_slice(body).map_err(|error| {
        let why = validate::syntax_problem(body, &error);
        status::bad_request(format!("error decoding patch: {why}"))
    })
}

/// In the API server's patch library, `replace` can set a member that an object does not have.
fn replace_as_the_server_does(operation: PatchOperation, object: &Value) -> PatchOperation {
    let PatchOperation::Replace(replace) = operation else {
        return operation;
    };
    let parent = replace.path.parent().and_then(|parent| parent.resolve(object).ok());
    if parent.is_some_and(Value::is_object) {
        PatchOperation::Add(AddOperation {
            path: replace.path,
            value: replace.value,
        })
    } else {
        PatchOperation::Replace(replace)
    }
}

/// A JSON merge patch (RFC 7386).
pub fn merge_patch(object: &Value, patch: &Value) -> Value {
    let mut patched = object.clone();
    json_patch::merge(&mut patched, patch);
    patched
}

/// A strategic merge patch: like a merge patch, but lists with merge keys are merged by them.
pub fn strategic_merge_patch(kind: &str, object: &Value, patch: &Value) -> Value {
    let mut patched = object.clone();
    if let (Value::Object(target), Value::Object(patch)) = (&mut patched, patch) {
        merge_members(target, patch, &|name| schema::top(kind, name));
    }
    patched
}

fn merge_members(
    target: &mut Map<String, Value>,
    patch: &Map<String, Value>,
    member: &dyn Fn(&str) -> Option<&'static Type>,
) {
    if patch.get("$patch").and_then(Value::as_str) == Some("replace") {
        target.clear();
    }
    for (name, wanted) in patch.iter().filter(|(name, _)| !name.starts_with('$')) {
        if wanted.is_null() {
            target.remove(name);
            continue;
        }
        let ty = member(name).unwrap_or(&Type::Any);
        strategic(ty, target.entry(name.clone()).or_insert(Value::Null), wanted);
    }
    remove_primitives(target, patch);
}

fn strategic(ty: &'static Type, target: &mut Value, patch: &Value) {
    match (ty, patch) {
        (Type::Struct(..) | Type::Map(_) | Type::Any, Value::Object(patch)) => {
            if !target.is_object() {
                *target = Value::Object(Map::new());
            }
            if let Value::Object(target) = target {
                merge_members(target, patch, &|name| ty.member(name));
            }
        }
        (Type::Atomic(inner), Value::Object(_)) => strategic(inner, target, patch),
        (Type::Set | Type::Keyed(..), Value::Array(patch)) => {
            let before = target.as_array().cloned().unwrap_or_default();
            *target = Value::Array(merge_items(ty, before, patch));
        }
        _ => *target = patch.clone(),
    }
}

/// Items of the patch come first, as the API server orders them.
fn merge_items(ty: &'static Type, mut before: Vec<Value>, patch: &[Value]) -> Vec<Value> {
    let mut merged = Vec::new();
    for wanted in patch {
        let key = ty.item_key(wanted);
        let found = before.iter().position(|item| ty.item_key(item) == key);
        let old = found.map(|index| before.remove(index));
        if wanted["$patch"] == "delete" {
            continue;
        }
        let mut item = old.unwrap_or(Value::Null);
        strategic(ty.item(), &mut item, wanted);
        merged.push(item);
    }
    merged.append(&mut before);
    merged
}

fn remove_primitives(target: &mut Map<String, Value>, patch: &Map<String, Value>) {
    for (directive, values) in patch {
        let Some(name) = directive.strip_prefix("$deleteFromPrimitiveList/") else {
            continue;
        };
        let values = values.as_array().cloned().unwrap_or_default();
        if let Some(Value::Array(items)) = target.get_mut(name) {
            items.retain(|item| !values.contains(item));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_strategic_patch_replaces_pull_secrets_and_merges_secrets() {
        let account = json!({
            "imagePullSecrets": [{"name": "site"}], "secrets": [{"name": "old"}],
        });
        let patch = json!({"imagePullSecrets": [{"name": "ours"}], "secrets": [{"name": "new"}]});
        assert_eq!(
            strategic_merge_patch("ServiceAccount", &account, &patch),
            json!({
                "imagePullSecrets": [{"name": "ours"}],
                "secrets": [{"name": "new"}, {"name": "old"}],
            })
        );
    }

    #[test]
    fn a_failed_test_says_nothing_more_than_that() {
        let refusal = json_patch(
            &json!({"metadata": {}}),
            br#"[{"op":"test","path":"/metadata/annotations/o","value":"bob"}]"#,
        )
        .unwrap_err();
        assert_eq!((refusal.code, refusal.details.clone()), (422, Some(json!({}))));
    }

    #[test]
    fn a_test_for_null_holds_where_there_is_nothing() {
        let patch = br#"[{"op":"test","path":"/a","value":null},{"op":"add","path":"/a","value":1}]"#;
        assert_eq!(json_patch(&json!({}), patch).unwrap(), json!({"a": 1}));
        assert!(json_patch(&json!({"a": 2}), patch).is_err());
    }

    #[test]
    fn replace_sets_a_member_that_is_missing() {
        let patch = br#"[{"op":"replace","path":"/metadata/labels/a","value":"b"}]"#;
        let patched = json_patch(&json!({"metadata": {"labels": {}}}), patch).unwrap();
        assert_eq!(patched, json!({"metadata": {"labels": {"a": "b"}}}));
    }
}
