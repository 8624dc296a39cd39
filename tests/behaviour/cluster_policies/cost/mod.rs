//! What the policies cost the API server, by its own code (`tests/control-plane/cost`), and that a real server's limits are
//! where that says.

mod others;
mod pods;
mod real;

use std::io::Write as _;
use std::process::{Command, Stdio};

use ood_k8s_control_plane::Programs;
use serde_json::{json, Value};

use super::court::annotations;
use super::print;
use crate::support::{skip, Site};

pub(super) use real::has_the_same_limits;

/// Settings with more of everything than a site will have.
const PROFILES: &str = "version: 1
policies:
  hostPaths: [/home, /scratch, /project, /software, /data/a, /data/b, /data/c, /data/d]
  nfs: ['nfs.example.org:/export', 'nfs.example.org:/scratch', 'nfs2.example.org:/project', 'nfs2.example.org:/software']
  volumes: [persistentVolumeClaim, ephemeral, image]
  csiDrivers: [secrets.example.org, csi.example.org]
  tokenAudiences: [vault, registry]
  serviceAccounts: [deployer, notebooks]
  priorityClasses: [batch, interactive]
  runtimeClasses: [gvisor, nvidia]
  foreignAnnotations: [example.org/, sidecar.istio.io/, linkerd.io/]
";

/// What a request may cost of each limit, in percent: what people have, and pods that nobody has.
const USUAL: i64 = 10;
const EXTREME: i64 = 25;

/// What was measured: the server's limits, and a row for each case and policy.
struct Costs(Value);

struct Row<'a> {
    policy: &'a str,
    case: &'a str,
    verdict: &'a str,
    /// Of the budgets of a policy and of its match conditions, and of the limit of one expression.
    costs: [i64; 3],
}

impl Costs {
    /// `None` where the program is not built.
    fn of(policies: &[Value], cases: &[Value]) -> Option<Self> {
        let Some(program) = Programs::policy_cost() else {
            skip("the program that counts what policies cost is not built; run tests/control-plane/cost/build");
            return None;
        };
        let mut child = Command::new(program)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let asked = json!({ "policies": policies, "cases": cases }).to_string();
        // It reads everything before it writes.
        child.stdin.take().unwrap().write_all(asked.as_bytes()).unwrap();
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success(), "it says on standard error why");
        Some(Self(serde_json::from_slice(&output.stdout).unwrap()))
    }

    fn limits(&self) -> [i64; 3] {
        ["budget", "conditions", "expression"].map(|key| self.0[key].as_i64().unwrap())
    }

    fn rows(&self) -> impl Iterator<Item = Row<'_>> {
        self.0["rows"].as_array().unwrap().iter().map(|row| Row {
            policy: row["policy"].as_str().unwrap(),
            case: row["case"].as_str().unwrap(),
            verdict: row["verdict"].as_str().unwrap(),
            costs: ["cost", "conditions", "dearest"].map(|key| row[key].as_i64().unwrap()),
        })
    }

    fn print(&self) {
        let [budget, conditions, expression] = self.limits();
        println!("| policy | request | cost of {budget} | match conditions of {conditions} | dearest expression of {expression} | |");
        println!("| --- | --- | ---: | ---: | ---: | --- |");
        for row in self.rows() {
            let [cost, conditions, dearest] = row.costs;
            let verdict: String = row.verdict.chars().take(40).collect();
            println!(
                "| {} | {} | {cost} | {conditions} | {dearest} | {verdict} |",
                row.policy, row.case
            );
        }
    }

    fn row(&self, policy: &str, case: &str) -> Row<'_> {
        let found = self.rows().find(|row| row.case == case && row.policy == policy);
        found.unwrap_or_else(|| panic!("{policy} does not judge {case}"))
    }
}

/// What `cluster-policies` prints.
fn rendered(site: &Site, version: &str) -> Vec<Value> {
    let account = others::ACCOUNT;
    let args = [
        "--kubernetes",
        version,
        "--mode",
        "deny",
        "--service-account",
        account,
        "-o",
        "json",
    ];
    print(site, &args).ok().json()["items"].as_array().unwrap().clone()
}

fn site() -> Site {
    let site = Site::new();
    site.write("k8s-profiles.yml", PROFILES);
    site.set(&format!("PROFILES_FILE={}", site.path("k8s-profiles.yml").display()));
    site
}

/// A user's namespace with these annotations of OnDemand's.
fn namespace(stamps: &Value) -> Value {
    let annotations = annotations(stamps);
    json!({
        "apiVersion": "v1", "kind": "Namespace",
        "metadata": { "name": "main", "labels": { "app.kubernetes.io/name": "open-ondemand" }, "annotations": annotations },
    })
}

#[test]
fn policies_cost_a_tenth_of_what_the_api_server_allows_at_most_and_a_quarter_for_pods_that_nobody_has() {
    let site = site();
    let policies = rendered(&site, "1.36");
    let cases = [pods::cases(), others::cases()].concat();
    let Some(costs) = Costs::of(&policies, &cases) else {
        return;
    };
    // With --nocapture, the table for the book.
    costs.print();
    for row in costs.rows() {
        assert!(
            !row.verdict.starts_with("error"),
            "{}: {}: {}",
            row.case,
            row.policy,
            row.verdict
        );
        let percent = if row.case.contains("200 containers") {
            EXTREME
        } else {
            USUAL
        };
        // What an authorizer's answer costs is a constant, a third of what one expression may, and users cannot raise it.
        let asks = ["ondemand-namespaces", "ondemand-rights"].contains(&row.policy);
        for (cost, limit) in row.costs.into_iter().zip(costs.limits()).take(if asks { 2 } else { 3 }) {
            assert!(
                cost * 100 <= limit * percent,
                "{}: {}: {cost} of {limit}",
                row.case,
                row.policy
            );
        }
    }
    for (policy, case, verdict) in JUDGED {
        let row = costs.row(policy, case);
        assert!(row.verdict.starts_with(verdict), "{policy}: {case}: {}", row.verdict);
        assert!(row.costs[0] > 0, "{policy}: {case}: costs nothing");
    }
}

/// What must have been judged, and how, for the figures to mean anything.
const JUDGED: [(&str, &str, &str); 16] = [
    ("ondemand-pods", "one container", "admitted"),
    ("ondemand-pods", "OnDemand's own pod", "admitted"),
    ("ondemand-pod-defaults", "OnDemand's own pod", "filled in"),
    ("ondemand-pods", "20 containers, 200 groups", "admitted"),
    ("ondemand-pods", "20 containers that say nothing", "admitted"),
    ("ondemand-pods", "20 containers, all wrong", "refused"),
    ("ondemand-pods", "20 containers, debugged", "admitted"),
    ("ondemand-pods", "200 containers, 200 of 1000 groups", "admitted"),
    ("ondemand-workloads", "a Deployment of 200 containers", "admitted"),
    ("ondemand", "a claim, 600 labels and annotations", "admitted"),
    ("ondemand", "a login's RoleBinding, 100 subjects", "admitted"),
    ("ondemand", "a login's Secret of a mebibyte", "admitted"),
    (
        "ondemand-namespaces",
        "400 annotations, changed by an administrator",
        "admitted",
    ),
    ("ondemand-rights", "a user's NetworkPolicy, 200 networks", "refused"),
    ("ondemand-secrets", "a user's Secret of a mebibyte", "admitted"),
    ("ondemand-services", "a user's Service, 200 annotations", "admitted"),
];

/// That of a user in two groups.
fn plain() -> Value {
    namespace(&json!({ "uid": "27601", "gid": "27601", "groups": "27610,27611", "owner": "alice" }))
}

/// The user makes an object.
fn made(name: &str, namespace: &Value, resource: &str, object: &Value) -> Value {
    json!({ "name": name, "namespace": namespace, "user": "alice", "resource": resource, "object": object })
}

/// The same as a change of an object that was there before.
fn updated(mut case: Value, old: &Value) -> Value {
    case["oldObject"] = old.clone();
    case
}
