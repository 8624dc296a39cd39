//! What manifests may say, what is refused, and that no value changes their shape.

use proptest::prelude::*;
use serde_json::{json, Value};

use super::{parse, Facts, Rules};

fn rules() -> Rules {
    Rules {
        bind: vec!["view".into()],
        email_claim: Some("email".into()),
    }
}

fn facts() -> Facts {
    Facts {
        user: "alice".into(),
        uid: 5001,
        gid: 5000,
        groups: vec![6001, 6002],
        home: "/home/alice".into(),
        email: Some("alice@example.org".into()),
        namespace: "user-alice".into(),
        cluster: "prod".into(),
    }
}

fn only(text: &str, facts: &Facts) -> Option<Value> {
    let objects = parse(text, &rules()).unwrap_or_else(|fault| panic!("{text}: {fault:?}"));
    assert_eq!(objects.len(), 1);
    objects[0].body(facts)
}

const EVERYTHING: &str = r#"
apiVersion: batch/v1
kind: Job
metadata:
  name: fetch
  namespace: ${namespace}
  labels: {uid: "${user.uid}"}
  annotations: {example.org/of: "${user.name} in ${cluster.id}"}
spec:
  uid: ${user.uid}
  gid: "${user.gid}"
  groups: ${user.groups}
  texts: ["${user.uid:text}", "x${user.uid}", "${user.groups:text}", "$${user.uid}", $HOME, "a $$${user.name}"]
  home: ${user.home}
  mail: ${user.email}
  none: null
  numbers: [1, -2, 0.5, "007", true, "true", ""]
"#;

#[test]
fn values_are_filled_in_and_keep_their_types_where_they_stand_alone() {
    let expected = json!({
        "apiVersion": "batch/v1", "kind": "Job",
        "metadata": {
            "name": "fetch", "namespace": "user-alice",
            "labels": { "uid": "5001" }, "annotations": { "example.org/of": "alice in prod" },
        },
        "spec": {
            "uid": 5001, "gid": 5000, "groups": [6001, 6002],
            "texts": ["5001", "x5001", "6001,6002", "${user.uid}", "$HOME", "a $${user.name}"],
            "home": "/home/alice", "mail": "alice@example.org",
            "numbers": [1, -2, 0.5, "007", true, "true", ""],
        },
    });
    assert_eq!(only(EVERYTHING, &facts()), Some(expected));
    let unknown = Facts { email: None, ..facts() };
    assert_eq!(only(EVERYTHING, &unknown), None, "nobody knows the address");
}

#[test]
fn the_data_of_a_configmap_are_texts_and_a_custom_resource_says_its_plural_to_us_alone() {
    let text = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\ndata: {UID: \"${user.uid}\"}\n";
    assert_eq!(only(text, &facts()).unwrap()["data"], json!({ "UID": "5001" }));
    let text = "apiVersion: kueue.x-k8s.io/v1beta1\nkind: LocalQueue\nmetadata:\n  name: q\n  annotations: {openondemand.org/resource: localqueues}\nspec: {clusterQueue: c}\n";
    let queue = only(text, &facts()).unwrap();
    assert_eq!(queue["metadata"], json!({ "name": "q", "namespace": "user-alice" }));
    assert_eq!(parse(text, &rules()).unwrap()[0].kind.plural, "localqueues");
}

/// How a manifest of a `ConfigMap` goes on, the line with the fault, and words of what is told.
const CONFIG_MAPS: &[(&str, usize, &str)] = &[
    ("metadata: {labels: {}}\n", 1, "metadata.name is missing"),
    ("metadata: {name: \"x-${user.name}\"}\n", 3, "same for everybody"),
    ("metadata: {name: Upper}\n", 3, "no name"),
    (
        "metadata:\n  name: c\n  namespace: kube-system\n",
        5,
        "users' namespaces",
    ),
    ("metadata:\n  name: c\n  generateName: c-\n", 5, "generateName"),
    ("metadata:\n  name: c\n  managedFields: []\n", 5, "managedFields"),
    ("metadata: {name: c}\nstatus: {}\n", 4, "API server's"),
    (
        "metadata:\n  name: c\n  annotations:\n    openondemand.org/hands-off: \"true\"\n",
        6,
        "logins write",
    ),
    (
        "metadata: {name: c}\ndata:\n  a: \"${user.nam}\"\n",
        5,
        "did you mean ${user.name}?",
    ),
    ("metadata: {name: c}\ndata:\n  a: \"${HOME}\"\n", 5, "the names are"),
    ("metadata: {name: c}\ndata:\n  a: \"${user.name\"\n", 5, "without its }"),
    ("metadata: {name: c}\ndata:\n  \"${user.name}\": a\n", 5, "keys do not"),
    ("metadata: {name: c}\ndata:\n  a: yes\n", 5, "in quotes"),
    ("metadata: {name: c}\ndata:\n  a: 1\n  a: 2\n", 6, "stands twice"),
    ("metadata: {name: c}\n---\nkind: [\n", 5, "unclosed"),
    (
        "metadata: {name: c}\n---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\n",
        5,
        "in line 1 already",
    ),
];

/// The same of other kinds.
const OTHERS: &[(&str, usize, &str)] = &[
    ("", 0, "no object"),
    ("kind: ConfigMap\nmetadata: {name: c}\n", 1, "apiVersion is missing"),
    (
        "apiVersion: v1\nkind: \"${user.name}\"\nmetadata: {name: c}\n",
        2,
        "same for everybody",
    ),
    ("apiVersion: v1\nkind: Secret\nmetadata: {name: c}\n", 1, "sync-secret"),
    (
        "apiVersion: v1\nkind: ResourceQuota\nmetadata: {name: ondemand}\n",
        3,
        "take another name",
    ),
];

fn is_told(text: &str, line: usize, words: &str) {
    let fault = parse(text, &rules()).expect_err(text);
    assert!(fault.line == line && fault.reason.contains(words), "{text}: {fault:?}");
    assert!(!fault.reason.contains('\n'), "{fault:?}");
}

#[test]
fn what_is_wrong_is_told_with_its_line() {
    let of = |rest: &str| format!("apiVersion: v1\nkind: ConfigMap\n{rest}");
    for &(rest, line, words) in CONFIG_MAPS {
        is_told(&of(rest), line, words);
    }
    for &(text, line, words) in OTHERS {
        is_told(text, line, words);
    }
    let mail = of("metadata: {name: c}\ndata: {a: \"${user.email}\"}\n");
    let fault = parse(&mail, &Rules::default()).unwrap_err();
    assert!(fault.reason.contains("emailClaim"), "{fault:?}");
}

#[test]
fn a_binding_is_only_to_a_cluster_role_that_root_has_allowed() {
    let binding = |name: &str, role: &str| {
        format!("apiVersion: rbac.authorization.k8s.io/v1\nkind: RoleBinding\nmetadata: {{name: {name}}}\nroleRef: {role}\n")
    };
    for (role, words) in [
        ("{kind: ClusterRole, name: admin}", "manifests.bind"),
        ("{kind: Role, name: view}", "must be a ClusterRole"),
        ("{kind: ClusterRole, name: \"${user.name}\"}", "must be a ClusterRole"),
    ] {
        is_told(&binding("b", role), 1, words);
    }
    let of_ours = binding("x-ood-user", "{kind: ClusterRole, name: view}");
    is_told(&of_ours, 3, "take another name");
}

/// A tree without its values: keys, kinds of nodes and lengths of lists.
fn shape(value: &Value, path: &str) -> Value {
    match value {
        Value::Object(fields) => fields
            .iter()
            .map(|(key, value)| (key.clone(), shape(value, key)))
            .collect::<serde_json::Map<_, _>>()
            .into(),
        // The one list whose length is the user's.
        Value::Array(_) if path == "groups" => "groups".into(),
        Value::Array(items) => items.iter().map(|item| shape(item, "")).collect(),
        Value::String(_) => "text".into(),
        other => json!(if other.is_number() { "number" } else { "other" }),
    }
}

proptest! {
    #[test]
    fn no_value_of_a_user_changes_the_shape_of_a_manifest(
        user in any::<String>(), home in any::<String>(), email in any::<String>(), namespace in any::<String>(),
        cluster in any::<String>(), uid in any::<u32>(), gid in any::<u32>(), groups in any::<Vec<u32>>(),
    ) {
        let hostile = Facts { user: user.clone(), uid, gid, groups, home: home.clone(), email: Some(email), namespace, cluster };
        let (one, other) = (only(EVERYTHING, &facts()).unwrap(), only(EVERYTHING, &hostile).unwrap());
        prop_assert_eq!(shape(&one, ""), shape(&other, ""));
        prop_assert_eq!(&other["spec"]["home"], &Value::from(home));
        prop_assert_eq!(&other["kind"], "Job");
        prop_assert_eq!(&other["metadata"]["name"], "fetch");
        // Also as YAML, as it is printed.
        let again: Value = crate::yaml::documents(&crate::yaml::to_string(&other).unwrap()).unwrap().remove(0);
        prop_assert_eq!(again, other);
    }

    #[test]
    fn whatever_a_manifest_says_is_read_or_refused_on_one_line(text in "[a-z${}:.\\-\\[\\]'\" \n#&*!|>]{0,80}") {
        for text in [text.clone(), format!("apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: c}}\ndata:\n  a: {text}\n")] {
            match parse(&text, &rules()) {
                Ok(objects) => objects.iter().for_each(|object| drop(object.body(&facts()))),
                Err(fault) => prop_assert!(!fault.reason.contains('\n'), "{:?}", fault),
            }
        }
    }
}
