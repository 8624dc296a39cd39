//! Manifests: they are read without a panic, what is wrong is said on one line, and no user changes the shape of an object.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::sync::OnceLock;

use ood_k8s::config::profiles::{manifests_in, parse_secret, Facts, Rules};
use serde_json::Value;
use tempfile::TempDir;

/// Reads it, and fills it in for two users.
pub fn holds(data: &[u8]) {
    static FOLDER: OnceLock<TempDir> = OnceLock::new();
    of_secret(data);
    let folder = FOLDER.get_or_init(|| tempfile::tempdir().expect("a directory")).path();
    let file = folder.join("manifest.yaml");
    fs::write(&file, data).expect("written");
    fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).expect("readable");
    let rules = Rules {
        bind: vec!["view".into()],
        email_claim: Some("email".into()),
    };
    let (manifests, wrong) = manifests_in(folder, &rules).all().expect("a directory");
    for error in wrong {
        let said = error.to_string();
        assert!(!said.contains('\n'), "{said:?}");
    }
    for manifest in manifests.values().flatten() {
        let (one, other) = (facts("a"), facts("\"\n---\nkind: Secret\n${namespace}: {"));
        let bodies = (manifest.body(&one), manifest.body(&other));
        let (Some(one), Some(other)) = bodies else {
            panic!("all values are known");
        };
        assert_eq!(shape(&one), shape(&other));
        assert_eq!(other["metadata"]["name"], manifest.name.as_str());
    }
}

/// A declared secret is read as well, and what is wrong with it is said on one line, too.
fn of_secret(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    match parse_secret("fuzzed", &text) {
        Ok(secret) => assert!(secret.data.iter().all(|(_, path)| path.is_absolute())),
        Err(fault) => assert!(!fault.reason.contains('\n'), "{fault:?}"),
    }
}

fn facts(text: &str) -> Facts {
    Facts {
        user: text.into(),
        uid: 1000,
        gid: 1000,
        groups: vec![1001],
        home: text.into(),
        email: Some(text.into()),
        namespace: text.into(),
        cluster: text.into(),
    }
}

/// A tree whose texts are all the same.
fn shape(value: &Value) -> Value {
    match value {
        Value::Object(fields) => {
            let fields = fields.iter().map(|(key, value)| (key.clone(), shape(value)));
            Value::Object(fields.collect())
        }
        Value::Array(items) => items.iter().map(shape).collect(),
        Value::String(_) => "text".into(),
        other => other.clone(),
    }
}
