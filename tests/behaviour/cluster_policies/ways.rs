//! Other ways than a new pod: Services, rights, the namespace, updates, and what controllers make.

use serde_json::{json, Value};

use super::cases::{changed, right_pod};
use super::court::{wait, Court};
use super::POLICIES;

const JSON: &str = "application/json";
const MERGE: &str = "application/merge-patch+json";
const RBAC: &str = "/apis/rbac.authorization.k8s.io/v1";

/// Services, Secrets, rights, and the namespace itself.
#[allow(clippy::too_many_lines, reason = "a table")]
pub(super) fn others_ways(court: &Court) {
    let main = |rest: &str| format!("/api/v1/namespaces/main/{rest}?dryRun=All");
    let service = |spec: Value, annotations: Value| json!({ "metadata": { "name": "s", "annotations": annotations }, "spec": spec });
    let ports = json!([{ "port": 80 }]);
    let secret = |kind: &str| {
        json!({
            "metadata": { "name": "x", "annotations": { "kubernetes.io/service-account.name": "default" } }, "type": kind,
        })
    };
    let own = "/api/v1/namespaces/main?dryRun=All".to_owned();
    let uid = json!({ "metadata": { "annotations": { "openondemand.org/uid": "0" } } });
    let groups = json!({ "metadata": { "annotations": { "openondemand.org/groups": "1,2" } } });
    let label = |value: Value| json!({ "metadata": { "labels": { "app.kubernetes.io/name": value } } });
    let level = json!({ "metadata": { "labels": { "pod-security.kubernetes.io/enforce": "privileged" } } });
    let binding = json!({
        "metadata": { "name": "x" }, "roleRef": { "apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "ood-user" },
        "subjects": [{ "apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": "mallory" }],
    });
    let wall = json!({ "metadata": { "name": "open" }, "spec": { "podSelector": {}, "ingress": [{}] } });
    let bindings = format!("{RBAC}/namespaces/main/rolebindings?dryRun=All");
    let policy = format!("{POLICIES}/validatingadmissionpolicies/ondemand-pods?dryRun=All");
    let pods_binding = format!("{POLICIES}/validatingadmissionpolicybindings/ondemand-pods?dryRun=All");
    let cases = [
        (
            "alice",
            "POST",
            main("services"),
            service(json!({ "type": "NodePort", "ports": ports }), json!({})),
            201,
            "",
        ),
        (
            "alice",
            "POST",
            main("services"),
            service(json!({ "ports": ports }), json!({})),
            201,
            "",
        ),
        (
            "alice",
            "POST",
            main("services"),
            service(json!({ "type": "LoadBalancer", "ports": ports }), json!({})),
            403,
            "type must be",
        ),
        (
            "alice",
            "POST",
            main("services"),
            service(json!({ "type": "ExternalName", "externalName": "x.org" }), json!({})),
            403,
            "type must be",
        ),
        (
            "alice",
            "POST",
            main("services"),
            service(json!({ "ports": ports, "externalIPs": ["10.0.0.1"] }), json!({})),
            403,
            "externalIPs",
        ),
        (
            "alice",
            "POST",
            main("services"),
            service(
                json!({ "ports": ports }),
                json!({ "external-dns.alpha.kubernetes.io/hostname": "x" }),
            ),
            403,
            "annotations",
        ),
        ("alice", "POST", main("secrets"), secret("Opaque"), 201, ""),
        (
            "alice",
            "POST",
            main("secrets"),
            secret("kubernetes.io/service-account-token"),
            403,
            "a token must end",
        ),
        (
            "system:serviceaccount:main:default",
            "POST",
            main("secrets"),
            secret("Opaque"),
            201,
            "",
        ),
        (
            "alice",
            "POST",
            main("configmaps"),
            json!({ "metadata": { "name": "c" } }),
            201,
            "",
        ),
        ("alice", "PATCH", own.clone(), uid.clone(), 403, "cannot patch"),
        ("alice", "PATCH", own.clone(), label(Value::Null), 403, "cannot patch"),
        ("alice", "DELETE", own.clone(), json!({}), 403, "cannot delete"),
        ("alice", "POST", bindings.clone(), binding.clone(), 403, "cannot create"),
        ("alice", "DELETE", policy, json!({}), 403, "cannot delete"),
        ("alice", "DELETE", pods_binding, json!({}), 403, "cannot delete"),
        ("gitops", "PATCH", own.clone(), uid.clone(), 403, "openondemand.org/uid"),
        (
            "gitops",
            "PATCH",
            own.clone(),
            groups.clone(),
            403,
            "openondemand.org/groups",
        ),
        (
            "gitops",
            "PATCH",
            "/api/v1/namespaces/main/status?dryRun=All".into(),
            uid.clone(),
            403,
            "openondemand.org/uid",
        ),
        (
            "gitops",
            "PATCH",
            own.clone(),
            label(Value::Null),
            403,
            "app.kubernetes.io/name",
        ),
        (
            "gitops",
            "PATCH",
            own.clone(),
            label(json!("mine")),
            403,
            "app.kubernetes.io/name",
        ),
        (
            "gitops",
            "PATCH",
            own.clone(),
            level,
            403,
            "pod-security.kubernetes.io/enforce",
        ),
        (
            "gitops",
            "PATCH",
            "/api/v1/namespaces/other?dryRun=All".into(),
            label(json!("open-ondemand")),
            403,
            "app.kubernetes.io/name",
        ),
        (
            "gitops",
            "PATCH",
            own.clone(),
            json!({ "metadata": { "labels": { "team": "x" } } }),
            200,
            "",
        ),
        (
            "gitops",
            "POST",
            "/api/v1/namespaces?dryRun=All".into(),
            json!({ "metadata": { "name": "n", "labels": { "app.kubernetes.io/name": "open-ondemand" } } }),
            403,
            "app.kubernetes.io/name",
        ),
        (
            "gitops",
            "POST",
            "/api/v1/namespaces?dryRun=All".into(),
            json!({ "metadata": { "name": "n" } }),
            201,
            "",
        ),
        (
            "power",
            "POST",
            bindings,
            binding,
            403,
            "rolebindings of a user's namespace",
        ),
        (
            "power",
            "POST",
            "/apis/networking.k8s.io/v1/namespaces/main/networkpolicies?dryRun=All".into(),
            wall,
            403,
            "networkpolicies of a user's namespace",
        ),
    ];
    for (user, method, path, body, status, words) in cases {
        let kind = if method == "PATCH" { MERGE } else { JSON };
        let (got, message, _) = court.ask(user, method, &path, kind, &body);
        assert!(
            got == status && message.contains(words),
            "{user} {method} {path} {body}: {got} {message}"
        );
    }
    // Whoever makes it: another account's pod in a user's namespace is the user's too.
    let path = "/api/v1/namespaces/main/pods?dryRun=All";
    assert_eq!(court.ask("power", "POST", path, JSON, &right_pod()).0, 201);
    let as_root = changed(&["/spec/securityContext/runAsUser=0"]);
    assert_eq!(court.ask("power", "POST", path, JSON, &as_root).0, 403);
    let (status, answer) = court.site.cluster.ask("POST", path, Some((JSON, &as_root)));
    assert_eq!(status, 403, "an administrator's too: {answer}");
}

/// What is changed in a pod later; and one that is older than the policy.
pub(super) fn updates(court: &Court) {
    let cluster = &court.site.cluster;
    let pods = "/api/v1/namespaces/profile/pods";
    assert_eq!(court.ask("alice", "POST", pods, JSON, &right_pod()).0, 201);
    let change = |body: Value| {
        court.ask(
            "alice",
            "PATCH",
            "/api/v1/namespaces/profile/pods/p?dryRun=All",
            MERGE,
            &body,
        )
    };
    let image = |image: &str| {
        json!({ "spec": { "containers": [{ "name": "main", "image": image, "securityContext": {
        "allowPrivilegeEscalation": false, "capabilities": { "drop": ["ALL"] } } }] } })
    };
    let strategic = |body: &Value| {
        let path = "/api/v1/namespaces/profile/pods/p?dryRun=All";
        court.ask("alice", "PATCH", path, "application/strategic-merge-patch+json", body)
    };
    assert_eq!(strategic(&image("harbor.example.org/app:2")).0, 200);
    let (status, message, _) = strategic(&image("nginx"));
    assert!(status == 403 && message.contains("image must be"), "{status} {message}");
    let everything = json!({ "spec": { "tolerations": [{ "operator": "Exists" }] } });
    let (status, message, _) = change(everything);
    assert!(status == 403 || status == 422, "{status} {message}");
    let multus = json!({ "metadata": { "annotations": { "k8s.v1.cni.cncf.io/networks": "x" } } });
    assert_eq!(change(multus).0, 403);
    assert_eq!(change(json!({ "metadata": { "labels": { "a": "b" } } })).0, 200);

    // Ephemeral containers, by somebody who may.
    let debug = |security: Value| {
        json!({ "spec": { "ephemeralContainers": [{
        "name": "debug", "image": "harbor.example.org/debug", "securityContext": security,
    }] } })
    };
    let path = "/api/v1/namespaces/profile/pods/p/ephemeralcontainers?dryRun=All";
    let strategic = "application/strategic-merge-patch+json";
    let right = json!({ "allowPrivilegeEscalation": false, "capabilities": { "drop": ["ALL"] } });
    assert_eq!(
        court.ask("alice", "PATCH", path, strategic, &debug(right.clone())).0,
        403,
        "by RBAC"
    );
    for (security, wanted) in [
        (right, 200),
        (json!({}), if court.fills_in { 200 } else { 403 }),
        (json!({ "runAsUser": 0 }), 403),
        (json!({ "capabilities": { "add": ["SYS_PTRACE"] } }), 403),
        (json!({ "privileged": true }), 403),
    ] {
        let (status, message, _) = court.ask("power", "PATCH", path, strategic, &debug(security.clone()));
        assert_eq!(status, wanted, "{security}: {message}");
    }

    // A pod from before: made where it is allowed, and then the namespace becomes OnDemand's.
    cluster.create("/api/v1/namespaces", &json!({ "metadata": { "name": "old" } }));
    wait("the account default", || {
        cluster
            .object("/api/v1/namespaces/old/serviceaccounts/default")
            .is_some()
    });
    cluster.create(
        "/api/v1/namespaces/old/pods",
        &changed(&[
            "/spec/securityContext/runAsUser=0",
            "/spec/securityContext/runAsNonRoot=false",
        ]),
    );
    let claim = json!({ "metadata": {
        "labels": { "app.kubernetes.io/name": "open-ondemand" },
        "annotations": { "openondemand.org/uid": "27601", "openondemand.org/gid": "27601", "openondemand.org/groups": "",
                         "openondemand.org/max-lifetime": "1h" },
    } });
    cluster.merge("/api/v1/namespaces/old", &claim);
    wait("the namespace is OnDemand's", || {
        court.try_pod("old", &right_pod()).0 != 201
    });
    let path = "/api/v1/namespaces/old/pods/p?dryRun=All";
    let change = |body: Value| cluster.ask("PATCH", path, Some((MERGE, &body)));
    assert_eq!(change(json!({ "metadata": { "labels": { "a": "b" } } })).0, 200);
    assert_eq!(
        change(json!({ "metadata": { "annotations": { "note": "of a controller" } } })).0,
        200
    );
    assert_eq!(
        change(json!({ "metadata": { "annotations": { "pod.kubernetes.io/lifetime": "9h" } } })).0,
        403
    );
    let newer = image("harbor.example.org/app:2");
    let (status, answer) = cluster.ask("PATCH", path, Some((strategic, &newer)));
    assert!(
        status == 403 && answer["message"].as_str().unwrap().contains("runAsUser"),
        "{status} {answer}"
    );
    cluster.delete("/api/v1/namespaces/old/pods/p");
    cluster.delete("/api/v1/namespaces/profile/pods/p");
}

/// Pods that controllers make, and the warning for who wrote the template.
pub(super) fn controllers(court: &Court) {
    let template = |changes: &[&str]| {
        let mut pod = changed(changes);
        pod["metadata"] = json!({ "labels": { "app": "x" } });
        json!({ "metadata": pod["metadata"], "spec": pod["spec"] })
    };
    let as_root = template(&["/spec/securityContext/runAsUser=0"]);
    let deployment = |template: &Value| {
        json!({ "metadata": { "name": "d" }, "spec": {
        "selector": { "matchLabels": { "app": "x" } }, "template": template,
    } })
    };
    let mut batch = as_root.clone();
    batch["spec"]["restartPolicy"] = json!("Never");
    let job = json!({ "template": batch });
    for (path, body) in [
        ("apps/v1/namespaces/main/deployments", deployment(&as_root)),
        (
            "batch/v1/namespaces/main/jobs",
            json!({ "metadata": { "name": "d" }, "spec": job }),
        ),
        (
            "batch/v1/namespaces/main/cronjobs",
            json!({ "metadata": { "name": "d" }, "spec": { "schedule": "1 1 1 1 1", "jobTemplate": { "spec": job } } }),
        ),
    ] {
        let (status, message, mut warnings) =
            court.ask("power", "POST", &format!("/apis/{path}?dryRun=All"), JSON, &body);
        assert_eq!(status, 201, "{path}: {message}");
        // A server that does not know a field of the pod says so.
        warnings.retain(|warning| court.fills_in || !warning.contains("unknown field"));
        assert!(
            warnings.len() == 1 && warnings[0].contains("runAsUser: 27601"),
            "{path}: {warnings:?}"
        );
    }
    let path = "/apis/apps/v1/namespaces/main/deployments";
    // What is filled in later is not missed.
    let bare = template(&["/spec/securityContext=null", "/spec/containers/0/securityContext=null"]);
    let (status, _, warnings) = court.ask("power", "POST", &format!("{path}?dryRun=All"), JSON, &deployment(&bare));
    assert_eq!((status, warnings.is_empty()), (201, court.fills_in), "{warnings:?}");

    assert_eq!(court.ask("power", "POST", path, JSON, &deployment(&as_root)).0, 201);
    let cluster = &court.site.cluster;
    let conditions = || cluster.object(&format!("{path}/d")).unwrap()["status"]["conditions"].to_string();
    wait("the controller is told", || conditions().contains("runAsUser: 27601"));
    let pods = || cluster.items("/api/v1/namespaces/main/pods").len();
    assert_eq!(pods(), 0);
    cluster.merge(&format!("{path}/d"), &json!({ "spec": { "template": template(&[]) } }));
    wait("the controller's pod is admitted", || pods() == 1);
}
