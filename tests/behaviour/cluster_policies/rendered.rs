//! What `ood_core` itself renders (`ood_core/`): each object as it is, created by the user.

use serde_json::{json, Value};

use super::court::{advice, Court};

const RENDERED: [(&str, &str); 5] = [
    ("minimal", include_str!("ood_core/minimal.yml")),
    ("batch", include_str!("ood_core/batch.yml")),
    ("jupyter", include_str!("ood_core/jupyter.yml")),
    ("devices", include_str!("ood_core/devices.yml")),
    ("own-script", include_str!("ood_core/own-script.yml")),
];

/// The objects of a job, in a namespace of the court's.
fn objects(text: &str) -> Vec<Value> {
    // A job without a Service has an empty document in its place.
    let documents = ood_k8s::yaml::documents(text)
        .unwrap()
        .into_iter()
        .filter(Value::is_object);
    let moved = documents.map(|mut object| {
        object["metadata"]["namespace"] = json!("main");
        object
    });
    moved.collect()
}

/// The pod of a job.
pub(super) fn pod(job: &str) -> Value {
    let (_, text) = RENDERED.iter().find(|(name, _)| *name == job).unwrap();
    objects(text).remove(0)
}

fn create(court: &Court, object: &Value) -> (u16, String) {
    let collection = match object["kind"].as_str().unwrap() {
        "Pod" => "pods",
        "Service" => "services",
        "ConfigMap" => "configmaps",
        other => panic!("ood_core renders a {other}"),
    };
    // As kubectl asks: what the server does not know is an error.
    let path = format!("/api/v1/namespaces/main/{collection}?dryRun=All&fieldValidation=Strict");
    let (status, message, _) = court.ask("alice", "POST", &path, "application/json", object);
    (status, message)
}

/// All of it is admitted, and a pod of anybody else's is not.
pub(super) fn all_are_admitted(court: &Court) {
    let mut kinds = Vec::new();
    for (job, text) in RENDERED {
        for mut object in objects(text) {
            let kind = object["kind"].as_str().unwrap().to_owned();
            let (status, message) = create(court, &object);
            assert_eq!(status, 201, "{job}: {kind}: {message}");
            if kind == "Pod" {
                object["spec"]["securityContext"]["runAsUser"] = json!(27602);
                let (status, message) = create(court, &object);
                assert!(
                    status == 403 && message.contains("runAsUser: 27601"),
                    "{job}: {status} {message}"
                );
            }
            kinds.push(kind);
        }
    }
    let of = |kind: &str| kinds.iter().filter(|of| *of == kind).count();
    assert_eq!(
        (of("Pod"), of("ConfigMap"), of("Service")),
        (5, 5, 3),
        "two jobs have no port"
    );
}

/// Where groups are strict and nothing is filled in, one field is missing and nothing else.
pub(super) fn each_lacks_one_field_without_defaults(court: &Court) {
    for (job, _) in RENDERED {
        let (status, message) = create(court, &pod(job));
        let [only] = &advice(&message)[..] else {
            panic!("{job}: {status} {message}")
        };
        assert!(only.contains("supplementalGroupsPolicy: Strict"), "{job}: {only}");
    }
}
