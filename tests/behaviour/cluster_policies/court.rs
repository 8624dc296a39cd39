//! A real API server with the policies in force, and namespaces in every state.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use serde_json::{json, Value};

use super::cases::changed;
use super::{as_administrator, with_profiles};
use crate::support::{Cluster, Site};

const JSON: &str = "application/json";
const RBAC: &str = "/apis/rbac.authorization.k8s.io/v1";

/// Waits longer than other tests: an applied policy is seen some seconds later on a loaded machine.
pub(super) fn wait(what: &str, mut condition: impl FnMut() -> bool) {
    let end = Instant::now() + Duration::from_secs(60);
    while !condition() {
        assert!(Instant::now() < end, "waited a minute for: {what}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// A server with namespaces in every state, and a user with the rights of a login in each.
pub(super) struct Court {
    pub site: Site,
    /// Whether the server knows the policy that fills pods in.
    pub fills_in: bool,
    /// What was asked for, once each.
    asked: RefCell<BTreeSet<String>>,
}

impl Court {
    pub fn convene(mode: &str) -> Self {
        let site = with_profiles(Site::on(Cluster::real_with_controllers()));
        let fills_in = site.cluster.fills_in();
        let asked = RefCell::default();
        let court = Self { site, fills_in, asked };
        court.namespaces();
        court.enforce(mode);
        court
    }

    fn enforce(&self, mode: &str) {
        as_administrator(&self.site, &["--apply", "--mode", mode]).done();
        if mode == "deny" {
            let as_root = changed(&["/spec/securityContext/runAsUser=0"]);
            wait("the policies are in force", || self.try_pod("main", &as_root).0 == 403);
            if !self.fills_in {
                return;
            }
            let plain = changed(&["/spec/securityContext/runAsUser=null"]);
            wait("pods are filled in", || self.try_pod("main", &plain).0 == 201);
        }
    }

    fn namespaces(&self) {
        let cluster = &self.site.cluster;
        let many: Vec<_> = (30000..30200).map(|gid: u32| gid.to_string()).collect();
        let stamps = |more: Value| {
            let mut all = json!({ "uid": "27601", "gid": "27601", "groups": "27610,27611", "owner": "alice" });
            all.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            all
        };
        for (name, stamps) in [
            ("main", stamps(json!({}))),
            (
                "profile",
                stamps(json!({
                    "images": "harbor.example.org/ quay.io/site/tool quay.io/site/r-session:3.4.2", "tolerations": "nvidia.com/gpu",
                })),
            ),
            ("life", stamps(json!({ "max-lifetime": "24h" }))),
            (
                "nodes",
                stamps(json!({ "node-selector": "node-role.kubernetes.io/ondemand= pool=a" })),
            ),
            ("bad", stamps(json!({}))),
            ("many", stamps(json!({ "groups": many.join(",") }))),
            ("bare", json!({})),
            ("other", json!({})),
        ] {
            let annotations = annotations(&stamps);
            let labels = if name == "other" {
                json!({})
            } else {
                json!({ "app.kubernetes.io/name": "open-ondemand" })
            };
            let metadata = json!({ "name": name, "labels": labels, "annotations": annotations });
            cluster.create("/api/v1/namespaces", &json!({ "metadata": metadata }));
            for (role, user) in [("ood-user", "alice"), ("cluster-admin", "power")] {
                cluster.create(
                    &format!("{RBAC}/namespaces/{name}/rolebindings"),
                    &json!({
                        "metadata": { "name": role },
                        "roleRef": { "apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": role },
                        "subjects": [{ "apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": user }],
                    }),
                );
            }
            cluster.create(
                &format!("{RBAC}/namespaces/{name}/rolebindings"),
                &json!({
                    "metadata": { "name": "ood-initializer" },
                    "roleRef": { "apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "ood-initializer" },
                    "subjects": [{ "kind": "ServiceAccount", "name": "default", "namespace": name }],
                }),
            );
            let account = format!("/api/v1/namespaces/{name}/serviceaccounts/default");
            wait("the account default", || cluster.object(&account).is_some());
        }
        cluster.create(
            "/api/v1/namespaces/main/serviceaccounts",
            &json!({ "metadata": { "name": "deployer" } }),
        );
        cluster.create(
            "/apis/scheduling.k8s.io/v1/priorityclasses",
            &json!({ "metadata": { "name": "batch" }, "value": 5 }),
        );
        cluster.create(
            "/apis/node.k8s.io/v1/runtimeclasses",
            &json!({ "metadata": { "name": "bare" }, "handler": "runc" }),
        );
        cluster.create(
            &format!("{RBAC}/clusterroles"),
            &json!({
                "metadata": { "name": "namespaces" },
                "rules": [{ "apiGroups": [""], "resources": ["namespaces", "namespaces/status"], "verbs": ["*"] }],
            }),
        );
        cluster.create(
            &format!("{RBAC}/clusterrolebindings"),
            &json!({
                "metadata": { "name": "namespaces" },
                "roleRef": { "apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "namespaces" },
                "subjects": [{ "apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": "gitops" }],
            }),
        );
    }

    pub fn ask(&self, user: &str, method: &str, path: &str, kind: &str, body: &Value) -> (u16, String, Vec<String>) {
        self.asked.borrow_mut().insert(format!("{user} {method} {path} {body}"));
        let (status, answer, warnings) = self.site.cluster.ask_as_user(user, method, path, Some((kind, body)));
        (
            status,
            answer["message"].as_str().unwrap_or_default().to_owned(),
            warnings,
        )
    }

    /// How many different requests have been judged.
    pub fn judged(&self) -> usize {
        self.asked.borrow().len()
    }

    /// As the user; in a namespace that is not the user's own kind, as somebody with more rights.
    pub fn try_pod(&self, namespace: &str, pod: &Value) -> (u16, String) {
        let path = format!("/api/v1/namespaces/{namespace}/pods?dryRun=All");
        let (status, message, _) = self.ask("alice", "POST", &path, JSON, pod);
        (status, message)
    }
}

/// What a policy advises, piece by piece; empty if somebody else refused.
pub(super) fn advice(message: &str) -> Vec<String> {
    let told = message.split_once("denied request: ").map_or("", |(_, told)| told);
    told.split("; ")
        .filter(|piece| !piece.is_empty())
        .map(str::to_owned)
        .collect()
}

/// OnDemand's annotations with these values.
pub(super) fn annotations(stamps: &Value) -> serde_json::Map<String, Value> {
    let stamps = stamps.as_object().unwrap().iter();
    stamps
        .map(|(key, value)| (format!("openondemand.org/{key}"), value.clone()))
        .collect()
}
