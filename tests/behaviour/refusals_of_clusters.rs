//! Each refusal of a cluster has its right name: a quota, a policy, a webhook and a plug-in are not missing permissions.

use ood_k8s_sandbox::{Fault, Sandbox};
use serde_json::{json, Value};

use super::support::{wait_until, Cluster, Run, Site};

const POLICIES: &str = "/apis/admissionregistration.k8s.io/v1/validatingadmissionpolic";

fn status(code: u16, message: &str) -> Fault {
    Fault::json(
        code,
        &json!({ "kind": "Status", "apiVersion": "v1", "status": "Failure", "code": code, "message": message }),
    )
}

/// A policy of the site's for namespaces that this test's account makes or changes.
fn site_policy(site: &Site, expression: &str, reason: Option<&str>) {
    let name = format!("site-{}", site.cluster.mark);
    let mut rule = json!({ "expression": expression, "message": "a namespace must have a cost center" });
    if let Some(reason) = reason {
        rule["reason"] = json!(reason);
    }
    let only = format!("request.userInfo.username == '{}'", site.cluster.account().username());
    site.cluster.create(
        &format!("{POLICIES}ies"),
        &json!({ "metadata": { "name": name }, "spec": {
            "failurePolicy": "Fail",
            "matchConditions": [{ "name": "account", "expression": only }],
            "matchConstraints": { "resourceRules": [{
                "apiGroups": [""], "apiVersions": ["v1"], "resources": ["namespaces"], "operations": ["CREATE", "UPDATE"],
            }] },
            "validations": [rule],
        } }),
    );
    site.cluster.create(
        &format!("{POLICIES}ybindings"),
        &json!({ "metadata": { "name": name }, "spec": { "policyName": name, "validationActions": ["Deny"] } }),
    );
    let token = site.cluster.token_of(&site.cluster.account().name);
    let probe = json!({ "metadata": { "name": format!("probe-{}", site.cluster.mark) } });
    wait_until("the policy is in force", || {
        let path = "/api/v1/namespaces?dryRun=All";
        site.cluster
            .ask_as(&token, "POST", path, Some(("application/json", &probe)))
            .0
            >= 400
    });
}

fn check(site: &Site) -> Run {
    let account = format!("ondemand/{}", site.cluster.account().name);
    let text = std::fs::read_to_string(site.path("clusters.d/prod.yml")).unwrap();
    if !text.contains("service_account") {
        let own = format!("{text}    custom: {{}}\n  custom:\n    ood_k8s: {{service_account: {account}}}\n");
        site.write("clusters.d/prod.yml", &own.replace("    custom: {}\n", ""));
    }
    Run::of(&mut site.command(&["check", "-o", "json"]))
}

/// The errors about the cluster that `check` finds without a user.
fn cluster_errors(run: &Run) -> Vec<Value> {
    let json = run.json();
    let of_cluster = |finding: &&Value| {
        let is_of_the_try = finding["text"].as_str().unwrap().contains("made-up");
        is_of_the_try && finding["area"] == "cluster prod" && finding["severity"] == "error"
    };
    json["findings"]
        .as_array()
        .unwrap()
        .iter()
        .filter(of_cluster)
        .cloned()
        .collect()
}

#[test]
fn a_policy_of_the_site_is_named_to_first_and_returning_logins_and_check_finds_it_without_a_user() {
    let site = Site::new();
    if !site.cluster.is_real() {
        // The sandbox has no admission policies.
        return;
    }
    for reason in [Some("Forbidden"), None] {
        let site = Site::new();
        site.pre_hook().ok();
        assert_eq!(cluster_errors(&check(&site)), [json!(null); 0]);
        site_policy(
            &site,
            "has(object.metadata.labels) && 'cost-center' in object.metadata.labels",
            reason,
        );
        let name = format!("the admission policy site-{}", site.cluster.mark);
        let get = format!("kubectl get validatingadmissionpolicy site-{}", site.cluster.mark);
        let returning = site.pre_hook().fails(5, &[&name, "cost center", &get]);
        assert!(!returning.stderr.contains("cluster-roles"), "{returning:?}");
        let errors = cluster_errors(&check(&site));
        assert_eq!(errors.len(), 1, "{errors:?}");
        assert!(
            errors[0]["text"]
                .as_str()
                .unwrap()
                .contains("a first login of a made-up user fails"),
            "{errors:?}"
        );
        assert!(errors[0]["remedy"].as_str().unwrap().contains(&get), "{errors:?}");
        site.cluster.delete(&site.namespace_path());
        site.set("HOOK_TIMEOUT=1m");
        let first = site.pre_hook().fails(5, &[&name, &get]);
        assert!(!first.stderr.contains("cluster-roles"), "{first:?}");
    }
}

#[test]
fn check_tries_a_first_login_and_leaves_nothing() {
    let site = Site::new();
    let run = check(&site);
    let json = run.json();
    let found = json["findings"].as_array().unwrap().iter();
    let passes = found.filter(|finding| {
        finding["text"]
            .as_str()
            .unwrap()
            .contains("a first login of a made-up user passes")
    });
    assert_eq!(passes.count(), 1, "{json}");
    let prefix = format!("{}-ood-k8s-check", site.cluster.mark);
    let namespaces = site.cluster.items("/api/v1/namespaces");
    let left = namespaces
        .iter()
        .filter(|it| it["metadata"]["name"].as_str().unwrap().starts_with(&prefix));
    assert_eq!(left.count(), 0);
}

#[test]
fn a_quota_is_told_as_a_quota_with_all_that_it_kept_out() {
    let site = Site::new();
    let words = "exceeded quota: q, requested: secrets=1, used: secrets=1, limited: secrets=1";
    if site.cluster.is_real() {
        site.pre_hook().ok();
        for path in [site.core("secrets/registry"), site.binding("ood-user")] {
            site.cluster.delete(&path);
        }
        let hard = json!({ "secrets": "0", "count/rolebindings.rbac.authorization.k8s.io": "0" });
        site.cluster.create(
            &site.core("resourcequotas"),
            &json!({ "metadata": { "name": "q" }, "spec": { "hard": hard } }),
        );
        // There is no controller that counts.
        let counted = json!({ "status": { "hard": hard, "used": hard } });
        site.cluster.merge(&site.core("resourcequotas/q/status"), &counted);
    } else {
        for (place, kind) in [
            ("secrets/registry", "secrets \"registry\""),
            ("ood-user", "rolebindings \"b\""),
        ] {
            let fault = status(403, &format!("{kind} is forbidden: {words}"));
            site.cluster.faults().fail(fault.containing(place).method("PATCH"));
        }
    }
    let describe = format!("kubectl describe quota -n {}", site.namespace());
    let run = site.pre_hook().fails(
        5,
        &[
            "a ResourceQuota denies it",
            "exceeded quota",
            &describe,
            "1 more errors",
        ],
    );
    assert!(!run.stderr.contains("cluster-roles"), "{run:?}");
    let scripted = site.bootstrap(&["-o", "json"]).json();
    let error = scripted["results"][0]["error"].as_str().unwrap();
    assert!(
        error.contains("ood-user") && error.contains("secrets/registry"),
        "{error}"
    );
    assert!(
        scripted["results"][0]["objects"].as_array().unwrap().len() >= 3,
        "{scripted}"
    );
}

#[test]
fn webhooks_plug_ins_and_large_objects_are_told_apart() {
    let site = Site::on(Cluster::sandbox(Sandbox::start()));
    let cases = [
        (
            400,
            "admission webhook \"validate.kyverno.svc\" denied the request: no",
            "webhook validate.kyverno.svc denies it",
            "webhookconfigurations",
        ),
        (
            403,
            "admission webhook \"gatekeeper.sh\" denied the request: no",
            "webhook gatekeeper.sh denies it",
            "webhookconfigurations",
        ),
        (
            403,
            "secrets \"registry\" is forbidden: something else",
            "an admission plug-in",
            "--enable-admission-plugins",
        ),
        (
            413,
            "Request entity too large: limit is 3145728",
            "has no room for what is to be written to it",
            "kubectl delete secret registry",
        ),
        (
            500,
            "etcdserver: request is too large",
            "has no room for what is to be written to it",
            "kubectl delete secret registry",
        ),
        (
            422,
            "Secret \"registry\" is invalid: data: Too long: may not be more than 1048576 bytes",
            "has no room for what is to be written to it",
            "kubectl delete secret registry",
        ),
    ];
    for (code, message, by, remedy) in cases {
        site.cluster
            .faults()
            .fail(status(code, message).containing("secrets/registry"));
        let run = site.pre_hook().fails(5, &[by, remedy]);
        assert!(!run.stderr.contains("cluster-roles"), "{message}: {run:?}");
        site.cluster.faults().clear_faults();
    }
    let rbac = "secrets \"registry\" is forbidden: User \"system:serviceaccount:ondemand:x\" cannot patch resource \"secrets\"";
    site.cluster
        .faults()
        .fail(status(403, rbac).containing("secrets/registry"));
    site.pre_hook().fails(
        5,
        &[
            "not allowed to",
            "ood-k8s cluster-roles --apply --admin-kubeconfig FILE --pull-secret registry",
        ],
    );
}

#[test]
fn a_binding_with_another_role_is_told_with_the_command_that_removes_it() {
    let site = Site::new();
    site.bootstrap(&[]).ok();
    let path = site.binding("ood-user");
    let binding = site.cluster.object(&path).unwrap();
    site.cluster.delete(&path);
    let other = json!({
        "metadata": { "name": binding["metadata"]["name"] },
        "roleRef": { "apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "job-pod-reaper" },
        "subjects": binding["subjects"],
    });
    site.cluster.create(path.rsplit_once('/').unwrap().0, &other);
    let command = format!(
        "kubectl delete rolebinding {}-ood-user -n {}",
        site.user,
        site.namespace()
    );
    site.pre_hook().fails(5, &[&command, "roleRef"]);
    let json = Run::of(&mut site.command(&["check", "--user", &site.user, "-o", "json"])).json();
    let found = json["findings"].as_array().unwrap().iter();
    let remedies: Vec<_> = found.filter_map(|finding| finding["remedy"].as_str()).collect();
    assert!(remedies.iter().any(|remedy| remedy.contains(&command)), "{remedies:?}");
    // As printed, it works.
    site.cluster.delete(&path);
    site.pre_hook().ok();
}

#[test]
fn a_user_who_was_named_and_whose_namespace_is_going_is_not_passed_over() {
    let site = Site::on(Cluster::own());
    site.bootstrap(&[]).ok();
    site.cluster.merge(
        &site.namespace_path(),
        &json!({ "metadata": { "finalizers": ["example.org/held"] } }),
    );
    if site.cluster.is_real() {
        site.cluster.create(
            &site.core("configmaps"),
            &json!({ "metadata": { "name": "holds", "finalizers": ["example.org/held"] } }),
        );
    } else {
        site.cluster.faults().hold_termination();
    }
    site.cluster.delete(&site.namespace_path());
    let run = Run::of(&mut site.command(&["mint-registry-secret", &site.user]));
    assert_eq!(run.status, 7, "{run:?}");
    assert!(
        run.stdout.contains("terminating") && run.stderr.contains("is terminating, so nothing was written"),
        "{run:?}"
    );
    let run = Run::of(&mut site.command(&["mint-registry-secret", "--all", "--cluster", "prod"]));
    assert!(run.stdout.contains("1 terminating"), "{run:?}");
    if site.cluster.is_real() {
        site.cluster.merge(
            &site.core("configmaps/holds"),
            &json!({ "metadata": { "finalizers": [] } }),
        );
    }
}

#[test]
fn no_number_is_printed_where_the_namespaces_could_not_be_listed() {
    let site = Site::on(Cluster::sandbox(Sandbox::start()));
    site.cluster.faults().refuse_connections();
    let run = Run::of(&mut site.command(&["mint-registry-secret", "--all"]));
    assert_eq!((run.status, run.stdout.as_str()), (5, ""), "{run:?}");
}
