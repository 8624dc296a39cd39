//! What a real API server makes of profiles: limits, devices and images, for the user and with a login's own objects.

use std::time::{Duration, Instant};

use serde_json::{json, Value};

use super::rights;
use crate::support::{account, refuse_by_policies, Cluster, Site};

/// The profiles of a site that comes from Posit's launcher: for everybody, and more for a group.
const OF_A_LAUNCHER: &str = r"version: 1
profiles:
- limitRange:
    limits:
    - type: Container
      default: {cpu: 1, memory: 512Mi}
      defaultRequest: {cpu: 500m, memory: 256Mi}
      max: {cpu: 2, memory: 1Gi}
  images: [registry.example.org/r-session:3.4.2, registry.example.org/r-session:3.5.0]
- groups: [GROUP]
  limitRange:
    limits:
    - type: Container
      default: {cpu: 4, memory: 4Gi}
      max: {cpu: 20, memory: 20Gi, nvidia.com/gpu: 2, amd.com/gpu: 3}
  resourceQuota: {hard: {requests.nvidia.com/gpu: 1}}
  images: null
";

fn login(site: &Site, group: &str) {
    site.write("k8s-profiles.yml", &OF_A_LAUNCHER.replace("GROUP", group));
    let run = site.bootstrap(&[]).done();
    assert_eq!(run.status, 0, "{run:?}");
}

/// A pod as the policies want it, with what its container asks for.
fn pod(image: &str, limits: &Value) -> Value {
    let account = account();
    let resources = if limits.is_null() {
        json!({})
    } else {
        json!({ "limits": limits })
    };
    json!({
        "apiVersion": "v1", "kind": "Pod", "metadata": { "name": "p" },
        "spec": {
            "securityContext": {
                "runAsUser": account.uid, "runAsGroup": account.gid, "runAsNonRoot": true, "supplementalGroupsPolicy": "Strict",
                "seccompProfile": { "type": "RuntimeDefault" },
            },
            "containers": [{
                "name": "main", "image": image, "resources": resources,
                "securityContext": { "allowPrivilegeEscalation": false, "capabilities": { "drop": ["ALL"] } },
            }],
        },
    })
}

fn try_pod(site: &Site, pod: &Value) -> (u16, Value) {
    let path = format!("{}?dryRun=All", site.core("pods"));
    let body = Some(("application/json", pod));
    let (status, answer, _) = site.cluster.ask_as_user(&site.user, "POST", &path, body);
    (status, answer)
}

/// Policies, quotas and namespaces reach the server's admission a moment later.
fn becomes(site: &Site, what: &str, pod: &Value, is_right: impl Fn(u16, &str) -> bool) -> Value {
    let end = Instant::now() + Duration::from_secs(60);
    loop {
        let (status, answer) = try_pod(site, pod);
        let message = answer["message"].as_str().unwrap_or_default();
        if is_right(status, message) {
            return answer;
        }
        assert!(Instant::now() < end, "{what}: {status} {message}");
        std::thread::sleep(Duration::from_millis(100));
    }
}

#[test]
fn limits_are_enforced_devices_are_counted_and_images_refused_and_a_group_gets_more() {
    if !std::env::var("OOD_K8S_TEST_API").is_ok_and(|api| api == "real") {
        // The sandbox runs no admission.
        return;
    }
    let site = Site::on(Cluster::real_with_controllers());
    site.write("k8s-profiles.yml", "version: 1\n");
    rights(&site);
    login(&site, "no-such-group");
    refuse_by_policies(&site);
    let known = "registry.example.org/r-session:3.5.0";
    let other = pod("docker.io/library/busybox:1", &Value::Null);
    becomes(&site, "another image is refused", &other, |status, message| {
        status == 403 && message.contains("image must be") && message.contains(known)
    });
    let answer = becomes(
        &site,
        "what a pod gets without asking",
        &pod(known, &Value::Null),
        |status, _| status == 201,
    );
    let given = &answer["spec"]["containers"][0]["resources"];
    let expected =
        json!({ "limits": { "cpu": "1", "memory": "512Mi" }, "requests": { "cpu": "500m", "memory": "256Mi" } });
    assert_eq!(given, &expected);
    becomes(
        &site,
        "too much is refused",
        &pod(known, &json!({ "cpu": "3" })),
        |status, message| status == 403 && message.contains("maximum cpu usage per Container is 2"),
    );

    // The same user, in the group.
    let group = nix::unistd::Group::from_gid(account().gid.into()).unwrap().unwrap();
    login(&site, &group.name);
    let answer = becomes(
        &site,
        "any image, four processors and no device",
        &other,
        |status, _| status == 201,
    );
    let given = &answer["spec"]["containers"][0]["resources"];
    assert_eq!(
        given["limits"],
        json!({ "cpu": "4", "memory": "4Gi", "nvidia.com/gpu": "0", "amd.com/gpu": "0" })
    );
    let devices = |count: &str| pod(known, &json!({ "nvidia.com/gpu": count }));
    becomes(&site, "one device", &devices("1"), |status, _| status == 201);
    becomes(
        &site,
        "two are more than all together may have",
        &devices("2"),
        |status, message| status == 403 && message.contains("exceeded quota: ondemand"),
    );
    becomes(
        &site,
        "three are more than a container may have",
        &devices("3"),
        |status, message| status == 403 && message.contains("maximum nvidia.com/gpu usage per Container is 2"),
    );

    // And out of it again: the quota goes, and so do the devices.
    login(&site, "no-such-group");
    becomes(&site, "as before", &devices("1"), |status, message| {
        status == 201 || message.contains("nvidia.com/gpu")
    });
    assert!(site.cluster.object(&site.core("resourcequotas/ondemand")).is_none());
    becomes(&site, "the image again", &other, |status, message| {
        status == 403 && message.contains("image must be")
    });
}
