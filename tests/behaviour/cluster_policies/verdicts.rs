//! One real API server with the policies in force: every pod of the table, and how users would get round them.

use std::collections::BTreeMap;

use serde_json::{json, Value};

use super::cases::{changed, right_pod, Case, Verdict, BAD_STAMPS, CASES, NEWER};
use super::cost;
use super::court::{advice, wait, Court};
use super::holes::HOLES;
use super::rights;
use super::ways::{controllers, others_ways, updates};
use super::{as_administrator, rendered, without, POLICIES};

/// How many objects must have got their verdict, at least: pods, and what else users and others try.
const LEAST: usize = 300;

/// All pods get their verdict; the advice that was given alone, with its pod.
fn judge_all(court: &Court, is_filled_in: bool) -> BTreeMap<String, &'static Case> {
    let (mut wrong, mut alone) = (Vec::new(), BTreeMap::new());
    for case in CASES.iter().chain(HOLES) {
        let (namespace, what, changes, verdict) = case;
        let (status, message) = court.try_pod(namespace, &changed(changes));
        let advice = advice(&message);
        let is_right = match verdict {
            Verdict::Admitted => status == 201,
            Verdict::Filled if is_filled_in => status == 201,
            Verdict::Filled => status == 403 && !advice.is_empty(),
            Verdict::Refused(words) => {
                status == 403 && message.replace("org/, ", "org/ ").contains(words) && !message.contains('\n')
            }
            Verdict::Invalid => status >= 400,
        };
        let is_dropped = !court.fills_in && NEWER.iter().any(|field| what.starts_with(field)) && status == 201;
        if !is_right && !is_dropped {
            wrong.push(format!("{namespace}: {what}: {verdict:?}, but {status} {message}"));
        }
        if let [only] = advice.as_slice() {
            alone.entry(only.chars().take(21).collect()).or_insert(case);
        }
    }
    let all = CASES.len() + HOLES.len();
    assert!(wrong.is_empty(), "{} of {all}:\n{}", wrong.len(), wrong.join("\n"));
    alone
}

#[test]
fn every_pod_gets_its_verdict_and_without_each_rule_in_turn_one_passes_that_was_refused() {
    if !std::env::var("OOD_K8S_TEST_API").is_ok_and(|api| api == "real") {
        // The sandbox does not obey policies.
        return;
    }
    let court = Court::convene("deny");
    let alone = judge_all(&court, court.fills_in);
    // Each of the 31 rules, and the stamps themselves, is all that refuses some pod: without it that pod would pass.
    let rules = if court.fills_in { 32 } else { 32 - NEWER.len() };
    assert!(alone.len() >= rules && alone.len() <= 32, "{alone:#?}");

    without::each_rule_is_needed(&court, &alone);
    rendered::all_are_admitted(&court);
    // All that is wrong, in one line.
    let (_, message) = court.try_pod(
        "main",
        &changed(&[
            "/spec/securityContext/runAsUser=0",
            "/spec/hostNetwork=true",
            "/spec/priorityClassName=\"batch\"",
        ]),
    );
    assert_eq!(advice(&message).len(), 3, "{message}");
    type_checks(&court);
    bad_stamps(&court);
    others_ways(&court);
    rights::each_is_tried(&court);
    updates(&court);
    controllers(&court);
    let judged = court.judged();
    assert!(judged >= LEAST, "{judged}");
    println!("{judged} objects got their verdict");
    cost::has_the_same_limits(&court);
    if court.fills_in {
        not_filled_in(&court);
    }
}

/// The API server's own opinion of each expression; `ondemand` asks of each kind what only some have, behind a condition.
fn type_checks(court: &Court) {
    for name in [
        "ondemand-namespaces",
        "ondemand-secrets",
        "ondemand-services",
        "ondemand-rights",
        "ondemand-pods",
        "ondemand-workloads",
    ] {
        let path = format!("{POLICIES}/validatingadmissionpolicies/{name}");
        let checked = || court.site.cluster.object(&path).unwrap()["status"].clone();
        wait("the expressions are checked", || {
            checked()["observedGeneration"].is_number()
        });
        assert_eq!(checked()["typeChecking"]["expressionWarnings"], Value::Null, "{name}");
    }
}

/// Stamps that are not well-formed are no stamps.
fn bad_stamps(court: &Court) {
    for (key, value) in BAD_STAMPS {
        let key = format!("openondemand.org/{key}");
        let before = court.site.cluster.object("/api/v1/namespaces/bad").unwrap();
        court.site.cluster.merge(
            "/api/v1/namespaces/bad",
            &json!({ "metadata": { "annotations": { &key: value } } }),
        );
        wait("the stamp is seen", || {
            let (status, message) = court.try_pod("bad", &right_pod());
            status == 403 && message.contains("log in to Open OnDemand once more")
        });
        let back = json!({ "metadata": { "annotations": { &key: before["metadata"]["annotations"][&key] } } });
        court.site.cluster.merge("/api/v1/namespaces/bad", &back);
        wait("the stamp is back", || court.try_pod("bad", &right_pod()).0 == 201);
    }
}

/// Without the policy that fills in, as on servers before 1.36, what is missing is refused.
fn not_filled_in(court: &Court) {
    court.site.cluster.delete(&format!(
        "{POLICIES}/mutatingadmissionpolicybindings/ondemand-pod-defaults"
    ));
    let plain = changed(&["/spec/securityContext/runAsUser=null"]);
    wait("nothing is filled in", || court.try_pod("main", &plain).0 == 403);
    judge_all(court, false);
    rendered::each_lacks_one_field_without_defaults(court);
    // Rendered for a server that is older, ood_core's own pod passes as it is.
    as_administrator(&court.site, &["--apply", "--mode", "deny", "--kubernetes", "1.30"]).done();
    wait("the older form is in force", || {
        court.try_pod("main", &rendered::pod("minimal")).0 == 201
    });
    rendered::all_are_admitted(court);
}
