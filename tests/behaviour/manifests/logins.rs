//! First and returning logins with manifests, and what becomes of one that goes.

use serde_json::json;

use super::{applied, claim, helpdesk, helpdesk_path, manifest, settings, site, ALL, HELPDESK, SETTINGS};
use crate::support::{account, jwt, of_method, requests_of, returning_login_writes_nothing, Run};

#[test]
fn a_first_login_makes_all_of_them_and_the_next_one_writes_nothing() {
    let site = site(ALL);
    let first = requests_of(&site, || drop(site.bootstrap(&[]).ok()));
    let settings = settings(&site).unwrap();
    let account = account();
    assert_eq!(
        settings["metadata"]["labels"]["example.org/uid"],
        account.uid.to_string()
    );
    assert_eq!(settings["data"]["SHELL_TEXT"], "${HOME}");
    let greeting = format!("{} in {} of prod", site.user, site.namespace());
    assert_eq!(settings["data"]["GREETING"], greeting);
    assert_eq!(claim(&site).unwrap()["spec"]["accessModes"], json!(["ReadWriteMany"]));
    assert_eq!(helpdesk(&site).unwrap()["roleRef"]["name"], "view");
    let noted = "ConfigMap/site-settings PersistentVolumeClaim/scratch RoleBinding/helpdesk";
    assert_eq!(applied(&site), noted);
    // Beside the others, and each is one request: the namespace says what it has from the beginning.
    assert_eq!(of_method(&first, "PATCH"), 1 + 5 + 3, "{first:?}");

    returning_login_writes_nothing(&site, 5 + 3);
}

#[test]
fn a_manifest_that_goes_is_taken_away_and_one_that_changes_loses_what_it_says_no_more() {
    let site = site(ALL);
    site.bootstrap(&[]).ok();
    let less = SETTINGS.replace("  HOME: ${user.home}\n", "");
    manifest(&site, "settings", &less);
    site.write(
        "k8s-profiles.yml",
        "version: 1\nprofiles:\n- manifests: [settings, scratch]\n- manifests: [settings]\n",
    );
    let run = site.bootstrap(&[]).done();
    let left = settings(&site).unwrap();
    assert_eq!(left["data"]["HOME"], json!(null));
    assert!(left["data"]["GREETING"].is_string());
    assert!(helpdesk(&site).is_none());
    // The data are the user's.
    assert!(claim(&site).unwrap()["metadata"]["deletionTimestamp"].is_null());
    let command = format!("kubectl delete persistentvolumeclaim scratch -n {}", site.namespace());
    assert!(run.stderr.contains(&command), "{run:?}");
    assert_eq!(applied(&site), "ConfigMap/site-settings");
    site.write(
        "k8s-profiles.yml",
        "version: 1\nprofiles:\n- manifests: [settings]\n- manifests: null\n",
    );
    site.bootstrap(&[]).ok();
    assert!(settings(&site).is_none());
    assert_eq!(applied(&site), json!(null));
}

#[test]
fn a_user_whom_no_section_with_manifests_is_about_gets_none() {
    let site = site("version: 1\nprofiles:\n- groups: [no-such-group]\n  manifests: [settings]\n");
    let requests = requests_of(&site, || drop(site.bootstrap(&[]).ok()));
    assert!(
        requests.iter().all(|(_, path)| !path.contains("configmaps")),
        "{requests:?}"
    );
    assert!(settings(&site).is_none());
    assert_eq!(applied(&site), json!(null));
}

#[test]
fn the_account_has_rights_to_these_names_alone_and_check_says_which_are_missing() {
    let site = site(ALL);
    let rules = || {
        let name = format!("{}-profiles", site.cluster.account().name);
        let role = site
            .cluster
            .object(&format!("/apis/rbac.authorization.k8s.io/v1/clusterroles/{name}"));
        role.unwrap()["rules"].clone()
    };
    let rule = json!({ "apiGroups": [""], "resources": ["configmaps"], "resourceNames": ["site-settings"], "verbs": ["get", "create", "patch", "delete"] });
    assert!(rules().as_array().unwrap().contains(&rule), "{}", rules());
    let bind = json!({ "apiGroups": ["rbac.authorization.k8s.io"], "resources": ["clusterroles"], "resourceNames": ["view"], "verbs": ["bind"] });
    assert!(rules().as_array().unwrap().contains(&bind), "{}", rules());
    manifest(
        &site,
        "settings",
        &SETTINGS.replace("name: site-settings", "name: other"),
    );
    let found = || Run::of(&mut site.command(&["check", "--cluster", "prod"]));
    let missing = found();
    assert!(missing.stdout.contains("create configmaps other"), "{missing:?}");
    site.grant_profiles();
    assert!(!found().stdout.contains("configmaps other"));
}

#[test]
fn audit_knows_the_bindings_that_profiles_have_made_and_finds_one_that_took_their_name() {
    let site = site(ALL);
    site.bootstrap(&[]).ok();
    let admin = site.path("admin.kubeconfig").display().to_string();
    let found = || {
        let run = Run::of(&mut site.command(&["audit", "--admin-kubeconfig", &admin, "-o", "json"]));
        let findings = run.json()["findings"].as_array().unwrap().clone();
        let texts = findings.iter().filter_map(|finding| finding["text"].as_str());
        texts
            .filter(|text| text.contains("helpdesk"))
            .map(str::to_owned)
            .collect::<Vec<_>>()
    };
    assert_eq!(found(), [""; 0]);
    let theirs = helpdesk(&site).unwrap();
    site.cluster.delete(&helpdesk_path(&site));
    let body =
        json!({ "metadata": { "name": "helpdesk" }, "roleRef": theirs["roleRef"], "subjects": theirs["subjects"] });
    site.cluster
        .create(helpdesk_path(&site).trim_end_matches("/helpdesk"), &body);
    assert_eq!(found().len(), 1, "no login made it");
}

#[test]
fn a_suspension_takes_what_a_manifest_gave_to_the_users_pods_and_a_login_after_it_gives_it_again() {
    let site = site(ALL);
    let of_pods = HELPDESK.replace(
        "- {apiGroup: rbac.authorization.k8s.io, kind: Group, name: helpdesk}",
        "- {kind: ServiceAccount, name: default, namespace: \"${namespace}\"}",
    );
    manifest(&site, "helpdesk", &of_pods);
    site.bootstrap(&[]).ok();
    assert_eq!(helpdesk(&site).unwrap()["subjects"][0]["name"], "default");
    let admin = site.path("admin.kubeconfig").display().to_string();
    let run = |args: &[&str]| {
        Run::of(&mut site.command(&[args, &[&site.user, "--admin-kubeconfig", &admin]].concat())).done()
    };
    run(&["offboard", "--suspend", "--yes"]);
    assert!(helpdesk(&site).is_none());
    run(&["resume"]);
    site.bootstrap(&[]).done();
    assert!(helpdesk(&site).is_some());
}

#[test]
fn a_login_without_the_claim_says_so_and_leaves_the_object_that_needs_it_as_it_is() {
    let site = site("version: 1\n");
    site.set("CREDENTIALS=token\nLOG_LEVEL=warn");
    manifest(
        &site,
        "mail",
        &SETTINGS
            .replace("${user.home}", "${user.email}")
            .replace("site-settings", "mail"),
    );
    let profiles = "version: 1\nmanifests: {emailClaim: email}\nprofiles:\n- manifests: [settings, mail]\n";
    site.write("k8s-profiles.yml", profiles);
    site.grant_profiles();
    let lines = |run: Run| {
        let lines = run.done().stderr;
        let lines: Vec<_> = lines
            .lines()
            .filter(|line| line.contains("${user.email}"))
            .map(str::to_owned)
            .collect();
        lines
    };
    let login = |claims: serde_json::Value| {
        let end = std::time::SystemTime::now()
            .duration_since(std::time::UNIX_EPOCH)
            .unwrap()
            .as_secs()
            + 3600;
        let mut all = json!({ "iss": "https://idp.example.org/realms/main", "exp": end, "sub": "4f0c" });
        all.as_object_mut().unwrap().extend(claims.as_object().unwrap().clone());
        Run::of(&mut site.command_with(&["pre-hook", "--user", &site.user], &jwt(&all), ""))
    };
    let mail = || site.cluster.object(&site.core("configmaps/mail"));
    let said = lines(site.bootstrap(&[]));
    assert!(
        said.len() == 1 && said[0].contains("configmap/mail") && said[0].contains("emailClaim"),
        "{said:?}"
    );
    assert!(mail().is_none() && settings(&site).is_some());
    assert_eq!(lines(login(json!({ "email": "ann@example.org" }))), [""; 0]);
    assert_eq!(mail().unwrap()["data"]["HOME"], "ann@example.org");
    assert_eq!(lines(login(json!({}))).len(), 1);
    assert_eq!(mail().unwrap()["data"]["HOME"], "ann@example.org", "it stays");
}

#[test]
fn what_the_server_drops_or_writes_otherwise_is_not_written_at_each_login() {
    if !std::env::var("OOD_K8S_TEST_API").is_ok_and(|api| api == "real") {
        // The sandbox keeps what it gets.
        return;
    }
    let site = site("version: 1\n");
    let all = r#"apiVersion: apps/v1
kind: Deployment
metadata: {name: idle}
spec:
  replicas: 0
  paused: false
  minReadySeconds: 0
  selector: {matchLabels: {app: idle}}
  template:
    metadata: {labels: {app: idle}}
    spec:
      hostNetwork: false
      nodeName: ""
      tolerations: [{key: gpu, value: "", operator: Exists}]
      containers:
      - name: idle
        image: registry.example.org/idle
        tty: false
        env:
        - {name: EMPTY, value: ""}
        - {name: CPU, valueFrom: {resourceFieldRef: {resource: limits.cpu, divisor: 1000m}}}
---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: idle}
spec:
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: idle}
  maxReplicas: 2
  metrics:
  - type: Pods
    pods: {metric: {name: requests}, target: {type: AverageValue, averageValue: 2000m}}
---
apiVersion: v1
kind: LimitRange
metadata: {name: ratio}
spec: {limits: [{type: Container, maxLimitRequestRatio: {cpu: 2000m}}]}
"#;
    manifest(&site, "idle", all);
    site.write("k8s-profiles.yml", "version: 1\nprofiles: [{manifests: [idle]}]\n");
    site.grant_profiles();
    site.bootstrap(&[]).ok();
    returning_login_writes_nothing(&site, 5 + 3);
}
