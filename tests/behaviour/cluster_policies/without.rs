//! Each rule for pods taken out in turn: a pod that was refused is admitted then.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{json, Value};

use super::cases::{changed, Case};
use super::court::{advice, wait, Court};
use super::POLICIES;

/// The advice about a namespace without stamps is not a variable of its own.
const STAMPS: &str = "!variables.stamped";

/// A namespace that is judged by a copy of the policy without one rule, and the pod that shows what that changes.
struct Trial<'a> {
    name: String,
    rule: String,
    case: &'a Case,
}

/// For each advice that was all that refused a pod, its rule: taken out, the pod passes.
pub(super) fn each_rule_is_needed(court: &Court, alone: &BTreeMap<String, &'static Case>) {
    let policy = court
        .site
        .cluster
        .object(&format!("{POLICIES}/validatingadmissionpolicies/ondemand-pods"))
        .unwrap();
    let trials: Vec<_> = alone
        .iter()
        .enumerate()
        .map(|(number, (advice, case))| Trial {
            name: format!("without-{number}"),
            rule: rule_that_says(&policy, advice),
            case,
        })
        .collect();
    for trial in &trials {
        trial.lay_out(court, &policy);
    }
    for trial in &trials {
        trial.is_in_force(court);
        trial.changes_the_verdict(court);
    }
    let taken_out: BTreeSet<_> = trials.iter().map(|trial| trial.rule.as_str()).collect();
    assert_eq!(taken_out.len(), trials.len(), "each by a pod of its own: {taken_out:?}");
    let variables = policy["spec"]["variables"].as_array().unwrap();
    let rules = variables.iter().filter_map(|variable| variable["name"].as_str());
    let left: Vec<_> = rules
        .filter(|name| name.ends_with("Advice") && !taken_out.contains(name))
        .collect();
    // A server that drops the fields of some rules leaves those untried.
    assert!(left.is_empty() || !court.fills_in, "never taken out: {left:?}");
}

/// The variable with this advice in it.
fn rule_that_says(policy: &Value, advice: &str) -> String {
    let variables = policy["spec"]["variables"].as_array().unwrap();
    let mut rules = variables.iter().filter(|variable| {
        variable["name"].as_str().unwrap().ends_with("Advice")
            && variable["expression"].as_str().unwrap().contains(advice)
    });
    rules
        .next()
        .map_or(STAMPS, |rule| rule["name"].as_str().unwrap())
        .to_owned()
}

impl Trial<'_> {
    /// The namespace of the case, but for the label: the policy itself does not judge it, and nothing is filled in.
    fn lay_out(&self, court: &Court, policy: &Value) {
        let cluster = &court.site.cluster;
        let of_case = cluster.object(&format!("/api/v1/namespaces/{}", self.case.0)).unwrap();
        let metadata = json!({
            "name": self.name, "labels": { "without": self.name }, "annotations": of_case["metadata"]["annotations"],
        });
        cluster.create("/api/v1/namespaces", &json!({ "metadata": metadata }));
        // The account of which one pod asks for more than the default one.
        let accounts = format!("/api/v1/namespaces/{}/serviceaccounts", self.name);
        cluster.create(&accounts, &json!({ "metadata": { "name": "deployer" } }));
        let mut spec = policy["spec"].clone();
        for variable in spec["variables"].as_array_mut().unwrap() {
            if variable["name"] == *self.rule {
                variable["expression"] = json!("''");
            }
            if self.rule == STAMPS && variable["name"] == "advice" {
                let rest = variable["expression"].as_str().unwrap().replacen(STAMPS, "false", 1);
                variable["expression"] = json!(rest);
            }
        }
        let named = |spec: Value| json!({ "metadata": { "name": self.name }, "spec": spec });
        cluster.create(&format!("{POLICIES}/validatingadmissionpolicies"), &named(spec));
        let binding = json!({
            "policyName": self.name, "validationActions": ["Deny"],
            "matchResources": { "namespaceSelector": { "matchLabels": { "without": self.name } } },
        });
        cluster.create(
            &format!("{POLICIES}/validatingadmissionpolicybindings"),
            &named(binding),
        );
    }

    fn try_pod(&self, court: &Court, changes: &[&str]) -> (u16, String) {
        let path = format!("/api/v1/namespaces/{}/pods?dryRun=All", self.name);
        let body = changed(changes);
        let (status, answer) = court.site.cluster.ask("POST", &path, Some(("application/json", &body)));
        (status, answer["message"].as_str().unwrap_or_default().to_owned())
    }

    /// Any other rule refuses.
    fn is_in_force(&self, court: &Court) {
        let account = format!("/api/v1/namespaces/{}/serviceaccounts/default", self.name);
        wait("the account default", || court.site.cluster.object(&account).is_some());
        let other = if self.rule == "hostNamespacesAdvice" {
            "/spec/priorityClassName=\"batch\""
        } else {
            "/spec/hostNetwork=true"
        };
        wait("the copy is in force", || {
            !advice(&self.try_pod(court, &[other]).1).is_empty()
        });
    }

    fn changes_the_verdict(&self, court: &Court) {
        let (_, what, changes, _) = self.case;
        let (status, message) = self.try_pod(court, changes);
        if self.rule == STAMPS {
            // Without stamps there is no uid to compare with: other rules refuse, with words that help nobody.
            assert!(
                status == 403 && !message.contains("log in to Open OnDemand"),
                "{status} {message}"
            );
        } else {
            assert_eq!(status, 201, "{what}: admitted without {}: {message}", self.rule);
        }
    }
}
