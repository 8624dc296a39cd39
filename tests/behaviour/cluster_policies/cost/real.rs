//! A real API server's limits are where the program says that they are, to the last group and the last question.

use serde_json::{json, Value};

use super::super::cases::changed;
use super::super::court::{wait, Court};
use super::super::POLICIES;
use super::{rendered, Costs};

const JSON: &str = "application/json";

/// Of the policy for pods, the limit that is nearest: how many groups one pod may ask for. And of a policy that only spends,
/// the budget of a request.
pub(in super::super) fn has_the_same_limits(court: &Court) {
    let Some(most) = most_groups(court) else {
        return;
    };
    assert!((500..2000).contains(&most), "{most}");
    for groups in [most, most + 1] {
        stamp(court, groups);
        let (status, message) = court.try_pod("many", &pod(groups));
        if groups == most {
            assert_eq!(status, 201, "{groups} groups: {message}");
        } else {
            assert!(
                status >= 400 && message.contains("cost"),
                "{groups} groups: {status} {message}"
            );
        }
    }
    println!("a pod may ask for {most} groups");
    // As it was, for other tests.
    court.site.cluster.merge("/api/v1/namespaces/many", &stamps(200));
    wait("the groups are as they were", || {
        court.try_pod("many", &pod(201)).0 == 403
    });
    // 1.30 counts an authorizer's answer as next to nothing.
    if court.fills_in {
        spend(court, "bare", 28);
        spend(court, "other", 29);
    }
}

fn gids(groups: u32) -> Vec<u32> {
    (30000..30000 + groups).collect()
}

/// A pod that asks for all of them.
fn pod(groups: u32) -> Value {
    changed(&[&format!(
        "/spec/securityContext/supplementalGroups={}",
        json!(gids(groups))
    )])
}

fn stamps(groups: u32) -> Value {
    let text: Vec<_> = gids(groups).iter().map(u32::to_string).collect();
    json!({ "metadata": { "annotations": { "openondemand.org/groups": text.join(",") } } })
}

/// Gives the user of the namespace this many groups, and waits until the policy sees the last one.
fn stamp(court: &Court, groups: u32) {
    court.site.cluster.merge("/api/v1/namespaces/many", &stamps(groups));
    let last = changed(&[&format!(
        "/spec/securityContext/supplementalGroups=[{}]",
        30000 + groups - 1
    )]);
    wait("the groups are seen", || court.try_pod("many", &last).0 == 201);
}

/// How many groups a pod may ask for, by the program; `None` where it is not built.
fn most_groups(court: &Court) -> Option<u32> {
    let (_, version) = court.site.cluster.ask("GET", "/version", None);
    let text = |key: &str| version[key].as_str().unwrap().to_owned();
    let policies = rendered(&court.site, &format!("{}.{}", text("major"), text("minor")));
    let namespace = court.site.cluster.object("/api/v1/namespaces/many").unwrap();
    let first_refused = |tried: Vec<u32>| {
        let cases: Vec<_> = tried.iter().map(|groups| with_groups(&namespace, *groups)).collect();
        let costs = Costs::of(&policies, &cases)?;
        let is_admitted = |groups: &u32| costs.row("ondemand-pods", &groups.to_string()).verdict == "admitted";
        Some(tried[tried.partition_point(is_admitted)])
    };
    let hundred = first_refused((200..=3000).step_by(100).collect())?;
    Some(first_refused((hundred - 100..=hundred).collect())? - 1)
}

fn with_groups(namespace: &Value, groups: u32) -> Value {
    let mut namespace = namespace.clone();
    let key = "openondemand.org/groups";
    namespace["metadata"]["annotations"][key] = stamps(groups)["metadata"]["annotations"][key].clone();
    json!({
        "name": groups.to_string(), "namespace": namespace, "user": "alice", "resource": "pods", "object": pod(groups),
    })
}

/// A policy that asks the authorizer so often, each time for 350,000 of 10,000,000, admits with the program what it admits
/// with the server.
fn spend(court: &Court, namespace: &str, questions: usize) {
    let (policy, binding) = spender(namespace, questions);
    let map = |name: &str| json!({ "apiVersion": "v1", "kind": "ConfigMap", "metadata": { "name": name } });
    let case = json!({
        "name": "spent", "namespace": { "apiVersion": "v1", "kind": "Namespace", "metadata": { "name": namespace } },
        "user": "alice", "resource": "configmaps", "object": map("c"),
    });
    let Some(costs) = Costs::of(std::slice::from_ref(&policy), &[case]) else {
        return;
    };
    let row = costs.row("spender", "spent");
    let [budget, ..] = costs.limits();
    assert!(row.costs[0] * 100 > budget * 97, "{}", row.costs[0]);

    let mut named = policy;
    named["metadata"]["name"] = json!(format!("spender-{namespace}"));
    court
        .site
        .cluster
        .create(&format!("{POLICIES}/validatingadmissionpolicies"), &named);
    court
        .site
        .cluster
        .create(&format!("{POLICIES}/validatingadmissionpolicybindings"), &binding);
    let path = format!("/api/v1/namespaces/{namespace}/configmaps?dryRun=All");
    let ask = |name: &str| court.ask("alice", "POST", &path, JSON, &map(name));
    wait("the policy is in force", || ask("in-force").0 >= 400);
    let (status, message, _) = ask("c");
    if row.verdict == "admitted" {
        assert_eq!((status, questions), (201, 28), "{message}");
    } else {
        assert!(row.verdict.contains("cost budget"), "{}", row.verdict);
        assert!(status >= 400 && message.contains("cost budget"), "{status} {message}");
        assert_eq!(questions, 29);
    }
}

fn spender(namespace: &str, questions: usize) -> (Value, Value) {
    let question = json!({ "expression": "authorizer.group('').resource('pods').check('get').allowed() || true" });
    let mut validations = vec![json!({ "expression": "object.metadata.name != 'in-force'" })];
    validations.resize(questions + 1, question);
    let rule =
        json!({ "apiGroups": [""], "apiVersions": ["v1"], "resources": ["configmaps"], "operations": ["CREATE"] });
    let policy = json!({
        "apiVersion": "admissionregistration.k8s.io/v1", "kind": "ValidatingAdmissionPolicy", "metadata": { "name": "spender" },
        "spec": { "matchConstraints": { "resourceRules": [rule] }, "validations": validations },
    });
    let selected = json!({ "matchLabels": { "kubernetes.io/metadata.name": namespace } });
    let binding = json!({
        "apiVersion": "admissionregistration.k8s.io/v1", "kind": "ValidatingAdmissionPolicyBinding",
        "metadata": { "name": format!("spender-{namespace}") },
        "spec": {
            "policyName": format!("spender-{namespace}"), "validationActions": ["Deny"],
            "matchResources": { "namespaceSelector": selected },
        },
    });
    (policy, binding)
}
