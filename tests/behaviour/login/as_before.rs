//! An installation without the files of profiles, manifests and secrets: its logins leave what they left before there were any.
//!
//! `as_before.json` was written by the program as it was before the first of them, at commit 0ff59fa9e (the parent of
//! "cluster-policies: admission policies that compare pods with what logins stamp"). To write it again, build that commit,
//! and run this test with `OOD_K8S_BEFORE` set to the path of its program.

use std::path::Path;
use std::process::Command;

use serde_json::{json, Map, Value};

use crate::support::{account, Run, Site};

const GOLDEN: &str = "tests/behaviour/login/as_before.json";
const LAST_HOOK_EXECUTION: &str = "openondemand.org/last-hook-execution";

/// What logins have written since then for other reasons, none of which is a file of these: the object, the annotation, and why.
const ON_PURPOSE: [(&str, &str, &str); 2] = [
    (
        "namespace",
        "openondemand.org/claimed",
        "when the owner first claimed it, for `users`",
    ),
    (
        "serviceaccounts/default",
        "openondemand.org/pull-secrets",
        "which entries are ours, so that a pull secret of an older name can leave the list",
    ),
];

/// A site with each setting that makes an object, and one with none of them.
const SITES: [(&str, &str); 2] = [
    ("everything", "POD_SECURITY=baseline"),
    (
        "little",
        "IMAGE_PULL_SECRET=\nREGISTRY_DOCKER_CONFIG_JSON=\nUSE_JOB_POD_REAPER=false",
    ),
];

/// A login by the program that is tested, or by the one that writes the file.
fn log_in(site: &Site) {
    let command = site.command(&["bootstrap-user", &site.user]);
    let Some(before) = std::env::var_os("OOD_K8S_BEFORE") else {
        Run::of(&mut { command }).ok();
        return;
    };
    let mut older = Command::new(before);
    older.env_clear().current_dir("/").args(command.get_args());
    Run::of(&mut older).done();
}

/// Everything in the user's namespace, and itself, by kind and name, as an administrator sees it.
fn objects(site: &Site) -> Map<String, Value> {
    let namespace = site.namespace();
    let of_group = |group: &str, kinds: &[&str]| -> Vec<String> {
        let base = format!("{group}/namespaces/{namespace}");
        kinds.iter().map(|kind| format!("{base}/{kind}")).collect()
    };
    let core = [
        "configmaps",
        "limitranges",
        "persistentvolumeclaims",
        "pods",
        "resourcequotas",
        "secrets",
        "serviceaccounts",
        "services",
    ];
    let collections = [
        of_group("/api/v1", &core),
        of_group("/apis/networking.k8s.io/v1", &["networkpolicies"]),
        of_group("/apis/rbac.authorization.k8s.io/v1", &["rolebindings", "roles"]),
    ];
    let mut all = Map::new();
    all.insert(
        "namespace".into(),
        plain(site, site.cluster.object(&site.namespace_path()).unwrap()),
    );
    for path in collections.concat() {
        let Some(list) = site.cluster.object(&path) else {
            continue;
        };
        for mut item in list["items"].as_array().unwrap().clone() {
            let kind = path.rsplit('/').next().unwrap();
            let name = plain(site, item["metadata"]["name"].clone());
            // The real server's controller.
            if name == "kube-root-ca.crt" {
                continue;
            }
            for key in ["apiVersion", "kind"] {
                item.as_object_mut().unwrap().remove(key);
            }
            // Who made and changed it differs: in a real cluster a controller has made it.
            if kind == "serviceaccounts" {
                item["metadata"].as_object_mut().unwrap().remove("managedFields");
            }
            all.insert(format!("{kind}/{}", name.as_str().unwrap()), plain(site, item));
        }
    }
    // As the controller makes it, where no login did.
    let untouched = json!({ "metadata": { "name": "default", "namespace": "NAMESPACE" } });
    all.retain(|_, object| *object != untouched);
    all
}

/// Takes out what is there on purpose, which must be there where its object is.
fn without_what_came_since(all: &mut Map<String, Value>) {
    for (object, annotation, why) in ON_PURPOSE {
        let Some(metadata) = all.get_mut(object).map(|object| &mut object["metadata"]) else {
            continue;
        };
        let annotations = metadata["annotations"].as_object_mut().unwrap();
        assert!(
            annotations.remove(annotation).is_some(),
            "{object} has no {annotation}: {why}"
        );
        if annotations.is_empty() {
            metadata.as_object_mut().unwrap().remove("annotations");
        }
        if let Some(managed) = metadata.pointer_mut("/managedFields/0/fieldsV1/f:metadata/f:annotations") {
            managed.as_object_mut().unwrap().remove(&format!("f:{annotation}"));
        }
    }
}

/// Without what differs in each run, and with words in the place of this run's names.
fn plain(site: &Site, value: Value) -> Value {
    match value {
        Value::Object(fields) => {
            let kept = fields.into_iter().filter(|(key, _)| {
                !["uid", "resourceVersion", "creationTimestamp", "time", "selfLink"].contains(&key.as_str())
            });
            kept.map(|(key, value)| {
                let value = match key.as_str() {
                    LAST_HOOK_EXECUTION => json!("SECONDS"),
                    "openondemand.org/uid" if value == account().uid.to_string().as_str() => json!("UID"),
                    _ => plain(site, value),
                };
                (key, value)
            })
            .collect::<Map<_, _>>()
            .into()
        }
        Value::Array(items) => items.into_iter().map(|item| plain(site, item)).collect(),
        Value::String(text) => plain_text(site, &text).into(),
        other => other,
    }
}

fn plain_text(site: &Site, text: &str) -> String {
    let text = text
        .replace(&site.namespace(), "NAMESPACE")
        .replace(&site.cluster.mark, "MARK");
    if let Some(rest) = text.strip_prefix(&site.user) {
        if rest.is_empty() || rest.starts_with('-') {
            return format!("USER{rest}");
        }
    }
    match text.strip_suffix(&site.user) {
        Some(issuer) if issuer.ends_with('#') => format!("{issuer}USER"),
        _ => text,
    }
}

#[test]
fn without_the_files_a_first_login_leaves_byte_for_byte_what_it_left_before_there_were_any() {
    let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join(GOLDEN);
    let writes = std::env::var_os("OOD_K8S_BEFORE").is_some();
    let mut all = Map::new();
    for (name, lines) in SITES {
        let site = Site::new();
        site.set(lines);
        log_in(&site);
        let mut objects = objects(&site);
        if !writes {
            without_what_came_since(&mut objects);
        }
        all.insert(name.into(), objects.into());
    }
    let text = serde_json::to_string_pretty(&all).unwrap() + "\n";
    if writes {
        std::fs::write(golden, text).unwrap();
        return;
    }
    let before = std::fs::read_to_string(golden).unwrap();
    let differs = before.lines().zip(text.lines()).find(|(before, now)| before != now);
    assert!(
        before == text,
        "{GOLDEN}: the first line that differs: {differs:?}; now:\n{text}"
    );
}

#[test]
fn without_the_files_a_returning_login_changes_the_timestamp_and_nothing_else() {
    let site = Site::new();
    log_in(&site);
    let paths = site.all_paths();
    let look = || {
        paths
            .iter()
            .map(|path| site.cluster.object(path).unwrap())
            .collect::<Vec<_>>()
    };
    let (first, seconds) = (look(), ["metadata", "annotations", LAST_HOOK_EXECUTION]);
    // Older than any login, so that the next one changes it within the same second.
    let mut old = json!({ "metadata": { "annotations": {} } });
    old["metadata"]["annotations"][LAST_HOOK_EXECUTION] = json!("1");
    site.cluster.merge(&site.namespace_path(), &old);
    log_in(&site);
    let returning = look();
    let at = |object: &Value| seconds.iter().fold(object.clone(), |object, key| object[key].clone());
    assert_ne!(at(&returning[0]), "1");
    // With the version that the server gives each object at each change, but for the namespace.
    assert_eq!(first[1..], returning[1..]);
    let namespace = |mut object: Value| {
        let metadata = object["metadata"].as_object_mut().unwrap();
        for key in ["resourceVersion", "managedFields"] {
            metadata.remove(key);
        }
        metadata["annotations"]
            .as_object_mut()
            .unwrap()
            .remove(LAST_HOOK_EXECUTION);
        object
    };
    assert_eq!(namespace(first[0].clone()), namespace(returning[0].clone()));
}
