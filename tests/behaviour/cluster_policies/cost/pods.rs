//! Pods, from the smallest to more than anybody has, and what is made of them.

use serde_json::{json, Value};

use super::super::cases::right_pod;
use super::super::rendered;
use super::{made, namespace, plain};

/// A user with this many groups, and a profile that says something of everything.
fn with_profile(groups: u32) -> Value {
    let groups: Vec<_> = (30000..30000 + groups).map(|gid| gid.to_string()).collect();
    namespace(&json!({
        "uid": "27601", "gid": "27601", "groups": groups.join(","), "owner": "alice", "max-lifetime": "24h",
        "images": "harbor.example.org/ quay.io/site/tool quay.io/site/r-session:3.4.2 ghcr.io/site/ registry.example.org/",
        "tolerations": "nvidia.com/gpu dedicated example.org/large",
        "node-selector": "node-role.kubernetes.io/ondemand= pool=a zone=b",
    }))
}

/// A right pod with this many containers, volumes and groups, and with what the profile asks for.
fn large_pod(containers: u32, volumes: u32, groups: u32) -> Value {
    let mut pod = right_pod();
    pod["metadata"]["annotations"] = json!({ "pod.kubernetes.io/lifetime": "8h" });
    let spec = &mut pod["spec"];
    spec["securityContext"]["supplementalGroups"] = (30000..30000 + groups).collect::<Vec<_>>().into();
    spec["securityContext"]["fsGroup"] = json!(27601);
    spec["nodeSelector"] = json!({ "node-role.kubernetes.io/ondemand": "", "pool": "a", "zone": "b" });
    spec["tolerations"] = json!([
        { "key": "nvidia.com/gpu", "operator": "Exists" }, { "key": "dedicated", "operator": "Exists" },
        { "key": "example.org/large", "operator": "Exists", "effect": "NoSchedule" },
    ]);
    spec["containers"] = (0..containers).map(container).collect();
    spec["volumes"] = (0..volumes).map(volume).collect();
    pod
}

fn container(number: u32) -> Value {
    // Of the registries that the profile allows, the last one.
    json!({
        "name": format!("container-{number}"), "image": format!("registry.example.org/team/project/image-{number}:1.2.3"),
        "env": [{ "name": "HOME", "value": "/home/alice" }], "ports": [{ "containerPort": 8080 }],
        "livenessProbe": { "httpGet": { "path": "/", "port": 8080 } },
        "resources": { "limits": { "cpu": "1", "memory": "1Gi" } },
        "securityContext": {
            "runAsUser": 27601, "runAsGroup": 27601, "runAsNonRoot": true, "allowPrivilegeEscalation": false,
            "capabilities": { "drop": ["ALL"] }, "seccompProfile": { "type": "RuntimeDefault" },
        },
    })
}

fn volume(number: u32) -> Value {
    let name = format!("volume-{number}");
    match number % 4 {
        // Of the directories and exports that the settings allow, the last ones.
        0 => {
            json!({ "name": name, "hostPath": { "path": format!("/data/d/alice/project-{number}"), "type": "Directory" } })
        }
        1 => json!({ "name": name, "nfs": { "server": "nfs2.example.org", "path": format!("/software/{number}") } }),
        2 => json!({ "name": name, "projected": { "sources": [
            { "serviceAccountToken": { "path": "token", "audience": "registry", "expirationSeconds": 3600 } },
            { "configMap": { "name": "settings" } },
        ] } }),
        _ => json!({ "name": name, "configMap": { "name": format!("settings-{number}") } }),
    }
}

/// Wrong in as many ways as the API server itself lets pass, with a message that names each container and group.
fn wrong(pod: &Value) -> Value {
    let mut pod = pod.clone();
    for container in pod["spec"]["containers"].as_array_mut().unwrap() {
        let security = &mut container["securityContext"];
        security["runAsUser"] = json!(1);
        security["runAsGroup"] = json!(1);
        security["allowPrivilegeEscalation"] = json!(true);
        security["capabilities"] = json!({ "add": ["NET_ADMIN"] });
        security["seccompProfile"] = json!({ "type": "Unconfined" });
        security["seLinuxOptions"] = json!({ "level": "s0" });
        container["image"] = json!("docker.io/library/busybox");
        container["livenessProbe"]["httpGet"]["host"] = json!("10.0.0.1");
        container["ports"][0]["hostPort"] = json!(8080);
    }
    for volume in pod["spec"]["volumes"].as_array_mut().unwrap() {
        *volume =
            json!({ "name": volume["name"], "hostPath": { "path": "/data/e/../d", "type": "DirectoryOrCreate" } });
    }
    let spec = &mut pod["spec"];
    let security = &mut spec["securityContext"];
    security["runAsUser"] = json!(1);
    let groups = security["supplementalGroups"].as_array().unwrap().len();
    security["supplementalGroups"] = (40000..40000 + groups).collect::<Vec<_>>().into();
    spec["hostNetwork"] = json!(true);
    spec["serviceAccountName"] = json!("other");
    spec["tolerations"] = json!([{ "operator": "Exists" }]);
    spec["nodeSelector"] = json!({});
    pod["metadata"]["annotations"] = json!({ "k8s.v1.cni.cncf.io/networks": "other" });
    pod
}

/// The pod with nothing said of who it is, which all has to be filled in.
fn unsaid(pod: &Value) -> Value {
    let mut pod = pod.clone();
    pod["spec"]["securityContext"] = json!({});
    pod["spec"].as_object_mut().unwrap().remove("nodeSelector");
    for container in pod["spec"]["containers"].as_array_mut().unwrap() {
        container.as_object_mut().unwrap().remove("securityContext");
    }
    pod
}

fn deployment(pod: &Value) -> Value {
    json!({
        "apiVersion": "apps/v1", "kind": "Deployment", "metadata": { "name": "d" },
        "spec": {
            "selector": { "matchLabels": { "a": "b" } },
            "template": { "metadata": { "labels": { "a": "b" }, "annotations": pod["metadata"]["annotations"] }, "spec": pod["spec"] },
        },
    })
}

fn updated(name: &str, namespace: &Value, resource: &str, [object, old]: [&Value; 2]) -> Value {
    super::updated(made(name, namespace, resource, object), old)
}

pub(super) fn cases() -> Vec<Value> {
    let (many, most) = (large_pod(20, 20, 200), large_pod(200, 200, 200));
    let mut debugged = many.clone();
    debugged["spec"]["ephemeralContainers"] = json!([container(1000), container(1001)]);
    let mut labelled = many.clone();
    labelled["metadata"]["labels"] = json!({ "a": "b" });
    let (user, usual, extreme) = (plain(), with_profile(200), with_profile(1000));
    let debug = "pods/ephemeralcontainers";
    vec![
        made("one container", &user, "pods", &right_pod()),
        made("OnDemand's own pod", &user, "pods", &rendered::pod("jupyter")),
        made("20 containers, 200 groups", &usual, "pods", &many),
        made("20 containers that say nothing", &usual, "pods", &unsaid(&many)),
        made("20 containers, all wrong", &usual, "pods", &wrong(&many)),
        updated("20 containers, debugged", &usual, debug, [&debugged, &many]),
        updated("20 containers, labelled", &usual, "pods", [&labelled, &many]),
        made("200 containers, 200 of 1000 groups", &extreme, "pods", &most),
        made("200 containers that say nothing", &extreme, "pods", &unsaid(&most)),
        made("200 containers, all wrong", &extreme, "pods", &wrong(&most)),
        made(
            "a Deployment of 20 containers",
            &usual,
            "deployments",
            &deployment(&many),
        ),
        made(
            "a Deployment of 200 containers",
            &extreme,
            "deployments",
            &deployment(&most),
        ),
    ]
}
