//! Whose a namespace is: another person with the same name, another installation, and what a hand-over must not leave.

use serde_json::{json, Value};

use super::support::{Cluster, Run, Site};

const BINDINGS: &str = "/apis/rbac.authorization.k8s.io/v1/namespaces";

fn annotation(site: &Site, key: &str) -> Value {
    let namespace = site.cluster.object(&site.namespace_path()).unwrap();
    namespace["metadata"]["annotations"][key].clone()
}

fn annotate(site: &Site, key: &str, value: &Value) {
    let body = json!({ "metadata": { "annotations": { key: value } } });
    site.cluster.merge(&site.namespace_path(), &body);
}

fn uid() -> String {
    super::support::account().uid.to_string()
}

/// A login with warnings on standard error.
fn login(site: &Site) -> Run {
    Run::of(&mut site.command_with_tokens(&["pre-hook", "--user", &site.user, "--log-level", "warn"]))
}

fn site() -> Site {
    on(Cluster::start())
}

fn on(cluster: Cluster) -> Site {
    let site = Site::on(cluster);
    site.set("HOOK_TIMEOUT=1m");
    site
}

#[test]
fn the_uid_is_stamped_in_the_claim_and_costs_a_returning_login_nothing() {
    let site = site();
    site.pre_hook().ok();
    assert_eq!(annotation(&site, "openondemand.org/uid"), uid());
    assert_eq!(annotation(&site, "openondemand.org/site"), Value::Null);
    let before = site.cluster.requests().len();
    site.pre_hook().ok();
    assert_eq!(site.cluster.requests().len() - before, 8);
}

#[test]
fn a_namespace_of_an_older_version_is_stamped_once() {
    let site = site();
    site.pre_hook().ok();
    annotate(&site, "openondemand.org/uid", &Value::Null);
    site.pre_hook().ok();
    assert_eq!(annotation(&site, "openondemand.org/uid"), uid());
    let before = site.cluster.requests().len();
    site.pre_hook().ok();
    assert_eq!(site.cluster.requests().len() - before, 8);
}

#[test]
fn another_person_with_the_same_name_gets_nothing_of_the_former_ones() {
    let site = site();
    site.pre_hook().ok();
    annotate(&site, "openondemand.org/uid", &json!("3999"));
    let stamp = annotation(&site, "openondemand.org/last-hook-execution");
    std::fs::remove_file(site.path("home/config")).unwrap();
    let command = format!("ood-k8s users restamp --cluster prod {}", site.user);
    site.pre_hook().fails(4, &["\"3999\"", "another person", &command]);
    assert_eq!(annotation(&site, "openondemand.org/last-hook-execution"), stamp);
    assert_eq!(site.user_kubeconfig(), None);
    site.bootstrap(&["--adopt"]).fails(4, &["another person"]);
    for odd in ["0", "", "-1", "3999 "] {
        annotate(&site, "openondemand.org/uid", &json!(odd));
        site.pre_hook().fails(4, &["another person"]);
    }
    // As printed.
    let run = Run::of(&mut site.command(&["users", "restamp", "--cluster", "prod", "--dry-run", &site.user])).done();
    assert!(run.stdout.contains("changed"), "{run:?}");
    site.pre_hook().fails(4, &["another person"]);
    Run::of(&mut site.command(&["users", "restamp", "--cluster", "prod", &site.user])).done();
    site.pre_hook().ok();
}

#[test]
fn a_site_that_renumbers_its_accounts_can_warn_or_follow() {
    let site = site();
    site.pre_hook().ok();
    annotate(&site, "openondemand.org/uid", &json!("3999"));
    site.set("UID_CHANGE=warn");
    for _ in 0..2 {
        let run = login(&site).done();
        assert!(
            run.stderr.contains("3999") && run.stderr.contains("another person"),
            "{run:?}"
        );
        assert_eq!(annotation(&site, "openondemand.org/uid"), "3999");
    }
    site.set("UID_CHANGE=follow");
    let run = login(&site).done();
    assert!(run.stderr.contains("was stamped with the new uid"), "{run:?}");
    assert_eq!(annotation(&site, "openondemand.org/uid"), uid());
    login(&site).ok();
    site.set("UID_CHANGE=perhaps");
    site.pre_hook().fails(3, &["UID_CHANGE", "refuse, warn or follow"]);
}

#[test]
fn all_namespaces_are_stamped_anew_and_those_of_users_who_are_gone_are_listed() {
    let site = on(Cluster::own());
    site.pre_hook().ok();
    annotate(&site, "openondemand.org/uid", &json!("3999"));
    let gone = format!("{}-gone", site.cluster.mark);
    site.cluster.create(
        "/api/v1/namespaces",
        &json!({ "metadata": {
        "name": gone, "labels": { "app.kubernetes.io/name": "open-ondemand" },
        "annotations": { "openondemand.org/owner": "no-such-user" },
    } }),
    );
    let own = site.namespace();
    let found = |run: &Run, namespace: &str| {
        let json = run.json();
        let results = json["results"].as_array().unwrap().iter();
        results
            .filter(|it| it["namespace"] == namespace)
            .cloned()
            .collect::<Vec<_>>()
    };
    let dry = Run::of(&mut site.command(&["users", "restamp", "--all", "--dry-run", "-o", "json"])).done();
    assert_eq!(found(&dry, &own)[0]["objects"][0]["outcome"], "changed", "{dry:?}");
    assert_eq!(found(&dry, &gone)[0]["state"], "gone", "{dry:?}");
    assert_eq!(annotation(&site, "openondemand.org/uid"), "3999");
    Run::of(&mut site.command(&["users", "restamp", "--all"])).done();
    assert_eq!(annotation(&site, "openondemand.org/uid"), uid());
    // A file of root's is not for those who have left.
    site.write("ca", "a file");
    let file = site.path("ca").display().to_string();
    let args = ["sync-secret", "site-ca", "--from-file", &file, "--all"];
    if !site.cluster.is_real() {
        site.write(
            "root.kubeconfig",
            &site.kubeconfig(&site.cluster.url(), site.cluster.admin_token()),
        );
        let run = Run::of(&mut site.command(&args)).done();
        assert!(run.stdout.contains("1 gone"), "{run:?}");
        assert!(site
            .cluster
            .object(&format!("/api/v1/namespaces/{gone}/secrets/site-ca"))
            .is_none());
        assert!(site.cluster.object(&site.core("secrets/site-ca")).is_some());
    }
}

#[test]
fn a_namespace_of_another_site_is_refused_in_both_directions() {
    let site = site();
    site.set("SITE=north");
    site.pre_hook().ok();
    assert_eq!(annotation(&site, "openondemand.org/site"), "north");
    for (other, words) in [("SITE=south", "south"), ("SITE=", "empty"), ("SITE=North", "North")] {
        site.set(other);
        site.pre_hook()
            .fails(4, &["of the site \"north\"", words, "NAMESPACE_PREFIX"]);
        site.bootstrap(&["--adopt"]).fails(4, &["of the site \"north\""]);
    }
    site.set("SITE=north");
    site.pre_hook().ok();
    site.set("SITE='no rth'");
    site.pre_hook().fails(3, &["SITE"]);
}

#[test]
fn a_site_that_gets_a_name_stamps_its_namespaces_at_the_next_login() {
    let site = site();
    site.pre_hook().ok();
    site.set("SITE=north");
    site.pre_hook().ok();
    assert_eq!(annotation(&site, "openondemand.org/site"), "north");
    let before = site.cluster.requests().len();
    site.pre_hook().ok();
    assert_eq!(site.cluster.requests().len() - before, 8);
}

/// The namespace as another user left it: bindings, a token that never ends, and things that are nobody's rights.
fn left_by(site: &Site, old: &str) {
    site.pre_hook().ok();
    annotate(site, "openondemand.org/owner", &json!(old));
    let bindings = format!("{BINDINGS}/{}/rolebindings", site.namespace());
    for (name, role, subject) in [
        (
            "old-ood-user",
            "ood-user",
            json!({ "kind": "User", "name": old, "apiGroup": "rbac.authorization.k8s.io" }),
        ),
        (
            "friends",
            "ood-user",
            json!({ "kind": "Group", "name": "friends", "apiGroup": "rbac.authorization.k8s.io" }),
        ),
        (
            "old-ood-initializer",
            "ood-initializer",
            json!({ "kind": "ServiceAccount", "name": "robot", "namespace": site.namespace() }),
        ),
    ] {
        site.cluster.create(
            &bindings,
            &json!({
                "metadata": { "name": name }, "subjects": [subject],
                "roleRef": { "apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": role },
            }),
        );
    }
    site.cluster.create(
        &site.core("secrets"),
        &json!({
            "metadata": { "name": "forever", "annotations": { "kubernetes.io/service-account.name": "default" } },
            "type": "kubernetes.io/service-account-token",
        }),
    );
    site.cluster.create(
        &site.core("secrets"),
        &json!({ "metadata": { "name": "theirs" }, "type": "Opaque" }),
    );
}

fn as_administrator(site: &Site, args: &[&str]) -> Run {
    site.write(
        "admin.kubeconfig",
        &site.kubeconfig(&site.cluster.url(), site.cluster.admin_token()),
    );
    Run::of(&mut site.command_of(&site.path("admin.kubeconfig"), args))
}

#[test]
fn a_hand_over_leaves_the_old_user_nothing() {
    let site = site();
    left_by(&site, "a.b");
    let command = format!("bootstrap-user --take-over-from a.b --kubeconfig FILE {}", site.user);
    site.pre_hook().fails(4, &["it belongs to user \"a.b\"", &command]);
    let args = ["bootstrap-user", "--take-over-from", "a.b", &site.user];
    let account = Run::of(&mut site.command(&args));
    assert_eq!(account.status, 5, "root's account may not: {account:?}");

    let dry = as_administrator(&site, &[&args[..], &["--dry-run=server", "-o", "json"]].concat())
        .done()
        .json();
    let deleted = |run: &Value| {
        let objects = run["results"][0]["objects"].as_array().unwrap().iter();
        let names = objects
            .filter(|it| it["outcome"] == "deleted")
            .map(|it| it["name"].as_str().unwrap().to_owned());
        let mut names: Vec<_> = names.collect();
        names.sort();
        names
    };
    let all = ["default", "forever", "friends", "old-ood-initializer", "old-ood-user"];
    assert_eq!(deleted(&dry), all);
    assert_eq!(annotation(&site, "openondemand.org/owner"), "a.b");
    assert!(site.cluster.object(&site.core("secrets/forever")).is_some());

    let run = as_administrator(&site, &[&args[..], &["-o", "json"]].concat())
        .done()
        .json();
    assert_eq!(deleted(&run), all);
    assert_eq!(annotation(&site, "openondemand.org/owner"), site.user);
    assert_eq!(annotation(&site, "openondemand.org/uid"), uid());
    assert!(site.cluster.object(&site.core("secrets/forever")).is_none());
    assert!(
        site.cluster.object(&site.core("secrets/theirs")).is_some(),
        "it gives nobody rights"
    );
    let bindings = site
        .cluster
        .items(&format!("{BINDINGS}/{}/rolebindings", site.namespace()));
    assert_eq!(bindings.len(), 3, "{bindings:?}");
    site.pre_hook().ok();
}

#[test]
fn a_hand_over_by_the_old_advice_is_found_and_can_be_finished() {
    let site = site();
    left_by(&site, "a.b");
    annotate(&site, "openondemand.org/owner", &json!(site.user));
    site.pre_hook().ok();
    let json = Run::of(&mut site.command(&["check", "--user", &site.user, "-o", "json"])).json();
    let found: Vec<_> = json["findings"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|it| {
            it["severity"] == "error"
                && it["text"]
                    .as_str()
                    .unwrap()
                    .contains("has the role ood-user in it, too")
        })
        .collect();
    assert_eq!(found.len(), 2, "{json}");
    assert!(
        found[0]["remedy"].as_str().unwrap().contains("--take-over-from OLD"),
        "{found:?}"
    );
    as_administrator(&site, &["bootstrap-user", "--take-over-from", "a.b", &site.user]).done();
    let json = Run::of(&mut site.command(&["check", "--user", &site.user, "-o", "json"])).json();
    assert!(!json.to_string().contains("in it, too"), "{json}");
}

#[test]
fn a_hand_over_from_the_wrong_user_touches_nothing() {
    let site = site();
    left_by(&site, "a.b");
    as_administrator(&site, &["bootstrap-user", "--take-over-from", "c.d", &site.user])
        .fails(4, &["it belongs to user \"a.b\"", "give the old name"]);
    assert!(site.cluster.object(&site.core("secrets/forever")).is_some());
    annotate(&site, "openondemand.org/owner", &Value::Null);
    as_administrator(&site, &["bootstrap-user", "--take-over-from", "a.b", &site.user]).fails(4, &["nobody owns it"]);
    as_administrator(
        &site,
        &["bootstrap-user", "--take-over-from", "a.b", &site.user, "daemon"],
    )
    .fails(2, &["one user"]);
}

#[test]
fn two_installations_that_undo_each_others_networks_are_told_at_the_login() {
    let site = site();
    site.pre_hook().ok();
    let warned = |run: &Run| run.stderr.contains("another OnDemand installation");
    for cidr in ["10.9.0.0/16", "10.0.0.0/8", "10.9.0.0/16"] {
        site.set(&format!("NETWORK_POLICY_ALLOW_CIDR={cidr}"));
        let run = login(&site).done();
        assert!(warned(&run) && run.stderr.contains("SITE"), "{run:?}");
        login(&site).ok();
    }
    // What somebody else changed is put back, and is no other installation's.
    let wide = json!({ "spec": { "ingress": [{}] } });
    site.cluster.merge(&site.policy(), &wide);
    assert!(!warned(&login(&site).done()));
}

#[test]
fn whoever_else_was_in_the_users_own_binding_is_told_when_it_is_put_right() {
    let site = site();
    site.pre_hook().ok();
    let user = |name: &str| json!({ "kind": "User", "name": name, "apiGroup": "rbac.authorization.k8s.io" });
    for others in [vec!["mallory"], vec!["a.b", "c@d"]] {
        let mut subjects: Vec<_> = others.iter().map(|name| user(name)).collect();
        subjects.push(user(&site.user));
        site.cluster
            .merge(&site.binding("ood-user"), &json!({ "subjects": subjects }));
        let before = site.cluster.requests().len();
        let run = login(&site).done();
        let words = others.join(", ");
        assert!(
            run.stderr.contains(&words) && run.stderr.contains("does not any more"),
            "{run:?}"
        );
        assert_eq!(site.cluster.requests().len() - before, 9, "the write, and nothing more");
        login(&site).ok();
    }
}

#[test]
fn a_label_that_another_tool_removed_or_changed_is_put_back_by_the_next_login() {
    let site = site();
    site.pre_hook().ok();
    let label = |site: &Site| {
        site.cluster.object(&site.namespace_path()).unwrap()["metadata"]["labels"]["app.kubernetes.io/name"].clone()
    };
    for value in [Value::Null, json!("other"), json!("")] {
        let body = json!({ "metadata": { "labels": { "app.kubernetes.io/name": value } } });
        site.cluster.merge(&site.namespace_path(), &body);
        let before = site.cluster.requests().len();
        site.pre_hook().ok();
        assert_eq!(label(&site), "open-ondemand", "{value}");
        assert_eq!(site.cluster.requests().len() - before, 8, "in the claim's own request");
    }
}
