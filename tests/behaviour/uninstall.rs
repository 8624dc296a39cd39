//! The way back and out: each part is said before it is done, takes what is ours and nothing else, and there is a way forth.

use std::os::unix::fs::MetadataExt as _;
use std::path::Path;
use std::process::Command;

use serde_json::{json, Value};

use super::support::{is_root, skip, Cluster, Run, Site};

const RBAC: &str = "/apis/rbac.authorization.k8s.io/v1";

/// On a cluster of its own: the owners of all namespaces are looked up, and other tests have other users.
fn site(mode: &str) -> Site {
    let site = Site::on(Cluster::own());
    site.set(&format!("HOOK_TIMEOUT=1m\nCREDENTIALS={mode}\nCLIENT_SECRET="));
    site
}

fn uninstall(site: &Site, args: &[&str]) -> Run {
    Run::of(&mut site.command(&[&["uninstall"], args].concat()))
}

fn results(run: &Run) -> Vec<(String, Value)> {
    let json = run.json();
    let rows = json["results"].as_array().unwrap().iter();
    rows.map(|row| (row["what"].as_str().unwrap().to_owned(), row["outcome"].clone()))
        .collect()
}

/// What the stock script runs: `kubectl config set-credentials` as the user.
fn stock_credentials(site: &Site, kubectl: &Path) {
    let args = [
        "config",
        "set-credentials",
        &format!("prod-{}", site.user),
        "--auth-provider=oidc",
        "--auth-provider-arg=idp-issuer-url=https://idp.example.org",
        "--auth-provider-arg=client-id=ood",
        "--auth-provider-arg=id-token=x.y.z",
    ];
    let mut command = Command::new(kubectl);
    command
        .args(args)
        .env_clear()
        .env("KUBECONFIG", site.path("home/config"));
    Run::of(&mut command).done();
}

#[test]
fn after_each_mode_the_stock_scripts_credentials_stand_alone_and_a_login_brings_ours_back() {
    let Ok(programs) = ood_k8s_control_plane::Programs::find() else {
        return skip("kubectl is not built; run tests/control-plane/build");
    };
    for mode in ["auth-provider", "token", "exec"] {
        let site = site(mode);
        site.write_home(
            "config",
            "apiVersion: v1\nkind: Config\nusers:\n- name: own\n  user: {token: mine}\n",
        );
        site.pre_hook().ok();
        let before = std::fs::read_to_string(site.path("home/config")).unwrap();
        let dry = uninstall(&site, &["--homes", "-o", "json"]).done();
        assert!(
            dry.json()["dry_run"] == true && results(&dry)[0].1 == "changed",
            "{dry:?}"
        );
        assert_eq!(std::fs::read_to_string(site.path("home/config")).unwrap(), before);
        let cached = site.path("home/cache/ood-k8s/prod.json");
        assert_eq!(cached.exists(), mode == "exec");

        let run = uninstall(&site, &["--homes", "--apply", "-o", "json"]).done();
        assert_eq!(results(&run)[0].1, "changed", "{run:?}");
        let left = site.user_kubeconfig().unwrap();
        assert_eq!(left["users"], json!([{ "name": "own", "user": { "token": "mine" } }]));
        assert!(!cached.exists(), "the cached token");
        assert_eq!((&left["contexts"], &left["clusters"]), (&json!([]), &json!([])));
        if is_root() {
            let owner = std::fs::metadata(site.path("home/config")).unwrap().uid();
            assert_eq!(owner, super::support::account().uid, "written as the user");
        }
        let again = uninstall(&site, &["--homes", "--apply", "-o", "json"]).done();
        assert_eq!(results(&again)[0].1, "unchanged", "{again:?}");

        stock_credentials(&site, &programs.kubectl);
        let users = site.user_kubeconfig().unwrap()["users"].clone();
        let name = format!("prod-{}", site.user);
        let stock = users
            .as_array()
            .unwrap()
            .iter()
            .find(|it| it["name"] == name.as_str())
            .unwrap();
        let keys: Vec<_> = stock["user"].as_object().unwrap().keys().collect();
        assert_eq!(
            keys,
            ["auth-provider"],
            "nothing beside it wins, and kubectl takes it: {mode}"
        );

        // Forth again.
        site.pre_hook().ok();
        assert!(site.user_kubeconfig().unwrap()["contexts"].as_array().unwrap().len() == 1);
    }
}

/// A login as OSC's own pre-hook makes it: the scripts in `OOD_STOCK_HOOKS`, one after the other.
fn stock_login(site: &Site, hooks: &Path, kubectl: &Path) -> Run {
    // Functions take precedence over PATH, which the scripts set themselves; not every machine has sudo.
    let as_osc = r#"set -e
        kubectl() { "$KUBECTL" "$@"; }
        sudo() { setpriv --reuid "$2" --clear-groups env KUBECONFIG="$USERS" "$KUBECTL" "${@:4}"; }
        export -f kubectl sudo
        bash "$HOOKS/k8s-bootstrap/k8s-bootstrap-ondemand.sh" "$1" "$2"
        bash "$HOOKS/k8s-bootstrap/set-k8s-creds.sh" "$1" "$2""#;
    let mut command = Command::new("bash");
    command
        .args(["-c", as_osc, "stock", &site.user])
        .arg(site.path("hook.env"))
        .env("HOOKS", hooks)
        .env("KUBECTL", kubectl)
        .env("KUBECONFIG", site.path("root.kubeconfig"))
        .env("USERS", site.path("home/config"))
        .env("OOD_OIDC_ACCESS_TOKEN", "x.y.z")
        .env("OOD_OIDC_REFRESH_TOKEN", "r");
    Run::of(&mut command)
}

/// Only the scripts themselves show that they work; they belong to OnDemand, so whoever has them says where they are.
#[test]
fn the_real_stock_hooks_work_after_an_uninstallation_in_every_mode_and_a_login_of_ours_after_them() {
    let (Some(hooks), true) = (std::env::var_os("OOD_STOCK_HOOKS"), is_root()) else {
        return eprintln!("SKIPPED: needs root, and OOD_STOCK_HOOKS=DIR with OnDemand's k8s-bootstrap/ in it");
    };
    let Ok(programs) = ood_k8s_control_plane::Programs::find() else {
        return skip("kubectl is not built; run tests/control-plane/build");
    };
    for mode in ["auth-provider", "token", "exec"] {
        let site = site(mode);
        if !site.cluster.is_real() {
            return eprintln!(
                "SKIPPED: kubectl apply needs the API's schema, so a real API server: OOD_K8S_TEST_API=real"
            );
        }
        // The stock script names the user's entry by this key, and ours by the cluster's file.
        // And it takes one network.
        site.set("K8S_USERNAME_PREFIX=prod-\nNETWORK_POLICY_ALLOW_CIDR=10.0.0.0/8");
        site.pre_hook().ok();
        uninstall(&site, &["--homes", "--apply"]).done();
        // Where the user can run it.
        let kubectl = site.path("kubectl");
        std::fs::copy(&programs.kubectl, &kubectl).unwrap();
        // The scripts' own rights: they apply everything with kubectl, which reads first.
        let token = site.cluster.stock_token();
        site.write("root.kubeconfig", &site.kubeconfig(&site.cluster.url(), &token));
        for visit in ["first", "returning"] {
            let run = stock_login(&site, Path::new(&hooks), &kubectl);
            assert_eq!(run.status, 0, "{mode}, {visit}: {run:?}");
        }
        let users = site.user_kubeconfig().unwrap()["users"].clone();
        let keys: Vec<_> = users[0]["user"].as_object().unwrap().keys().cloned().collect();
        assert_eq!(
            (users.as_array().unwrap().len(), keys),
            (1, vec!["auth-provider".to_owned()])
        );
        assert!(site.cluster.object(&site.policy()).is_some());
        assert!(site.cluster.object(&site.binding("ood-user")).is_some());

        let token = site.cluster.ondemand_token();
        site.write("root.kubeconfig", &site.kubeconfig(&site.cluster.url(), &token));
        site.pre_hook().ok();
        let ours = site.user_kubeconfig().unwrap();
        assert_eq!(ours["contexts"].as_array().unwrap().len(), 1, "{mode}: forth again");
    }
}

#[test]
fn a_home_without_a_kubeconfig_gets_none_and_one_that_cannot_be_read_is_said() {
    let site = site("token");
    site.bootstrap(&[]).done();
    let run = uninstall(&site, &["--homes", "--apply", "-o", "json"]).done();
    assert_eq!(results(&run)[0].1, "unchanged");
    assert!(!site.path("home/config").exists());
    site.write_home("config", "users: [\n");
    let user = site.user.clone();
    let run = uninstall(&site, &["--homes", "--apply", &user]);
    assert_eq!(run.status, 6, "{run:?}");
    let run = uninstall(&site, &["--homes", "--apply", "no-such-user"]);
    assert_eq!(run.status, 4, "{run:?}");
}

#[test]
fn entries_of_another_site_and_of_the_user_stay() {
    let site = site("token");
    site.pre_hook().ok();
    let text = std::fs::read_to_string(site.path("home/config")).unwrap();
    site.set("CLIENT_ID=another");
    uninstall(&site, &["--homes", "--apply"]).done();
    assert_eq!(std::fs::read_to_string(site.path("home/config")).unwrap(), text);
}

#[test]
fn roots_part_takes_the_accounts_context_and_users_refresh_tokens() {
    let site = site("token");
    site.set(&format!("RENEWAL_DIR={}", site.path("renewal").display()));
    site.pre_hook().ok();
    let record = site.path("renewal").join(format!("{}.json", site.user));
    assert!(record.exists());
    // An administrator's own entry, in the same file.
    let file = site.path("root.kubeconfig");
    let text = std::fs::read_to_string(&file).unwrap();
    let text = text.replace("users:\n", "users:\n- name: admin\n  user: {token: own}\n");
    site.write("root.kubeconfig", &text);
    site.write("clusters.d/prod.yml", &{
        let account = site.cluster.account();
        let own = format!("  custom:\n    ood_k8s:\n      service_account: {account}\n");
        site.cluster_file("prod", &site.cluster.url(), "oidc") + &own
    });
    let dry = uninstall(&site, &["--root", "-o", "json"]).done();
    assert!(results(&dry).iter().all(|(_, outcome)| outcome == "deleted"), "{dry:?}");
    assert!(record.exists() && std::fs::read_to_string(&file).unwrap() == text);
    let run = uninstall(&site, &["--root", "--apply", "-o", "json"]).done();
    assert_eq!(results(&run).len(), 2, "{run:?}");
    assert!(!record.exists());
    let left: Value = ood_k8s::yaml::from_str(&std::fs::read_to_string(&file).unwrap()).unwrap();
    assert_eq!(left["users"], json!([{ "name": "admin", "user": { "token": "own" } }]));
    assert_eq!(
        (&left["contexts"], &left["clusters"], &left["current-context"]),
        (&json!([]), &json!([]), &json!(""))
    );
    assert_eq!(
        results(&uninstall(&site, &["--root", "--apply", "-o", "json"]).done())[0].1,
        "unchanged"
    );
}

#[test]
fn a_context_with_another_accounts_token_stays() {
    let site = site("token");
    let before = std::fs::read_to_string(site.path("root.kubeconfig")).unwrap();
    // The tests' account is not the one of the settings.
    let run = uninstall(&site, &["--root", "--apply", "-o", "json"]).done();
    assert_eq!(results(&run)[0].1, "unchanged", "{run:?}");
    assert_eq!(std::fs::read_to_string(site.path("root.kubeconfig")).unwrap(), before);
}

/// A site whose account `cluster-roles --apply` has made, under a name of its own.
fn with_roles() -> (Site, String) {
    let site = site("token");
    let name = format!("fresh-{}", site.cluster.mark);
    let own = format!("  custom:\n    ood_k8s:\n      service_account: ondemand/{name}\n");
    let file = site.cluster_file("prod", &site.cluster.url(), "oidc") + &own;
    site.write("clusters.d/prod.yml", &file);
    site.write(
        "admin.kubeconfig",
        &site.kubeconfig(&site.cluster.url(), site.cluster.admin_token()),
    );
    let admin = site.path("admin.kubeconfig").display().to_string();
    Run::of(&mut site.command(&["cluster-roles", "--apply", "--admin-kubeconfig", &admin])).done();
    (site, name)
}

#[test]
fn the_clusters_part_takes_the_account_and_its_roles_and_leaves_namespaces_and_what_is_others_too() {
    let (site, name) = with_roles();
    site.bootstrap(&[]).done();
    let paths = [
        format!("/api/v1/namespaces/ondemand/serviceaccounts/{name}"),
        format!("{RBAC}/clusterroles/{name}"),
        format!("{RBAC}/clusterrolebindings/{name}"),
        format!("{RBAC}/namespaces/ondemand/roles/{name}"),
        format!("{RBAC}/namespaces/ondemand/rolebindings/{name}"),
    ];
    let there = || paths.iter().filter(|path| site.cluster.object(path).is_some()).count();
    assert_eq!(there(), 5);
    let admin = site.path("admin.kubeconfig").display().to_string();
    let args = ["--in-clusters", "--admin-kubeconfig", &admin, "-o", "json"];
    let dry = uninstall(&site, &args).done();
    assert_eq!(
        results(&dry).iter().filter(|(_, outcome)| outcome == "deleted").count(),
        5,
        "{dry:?}"
    );
    assert_eq!(there(), 5);
    // Somebody has applied the role from another file since.
    let role = json!({ "metadata": { "labels": { "site": "own" } } });
    site.cluster.merge(&paths[1], &role);
    let run = uninstall(&site, &[&args[..], &["--apply"]].concat()).done();
    assert_eq!(there(), 1, "{run:?}");
    assert!(site.cluster.object(&paths[1]).is_some());
    // The tests' fixture made these, not we.
    assert!(site.cluster.object(&format!("{RBAC}/clusterroles/ood-user")).is_some());
    assert!(
        site.cluster.object(&site.namespace_path()).is_some(),
        "users' namespaces stay"
    );
    assert!(site.cluster.object("/api/v1/namespaces/ondemand").is_some());
    // Nothing that stays can keep anything from being deleted.
    for path in site.all_paths() {
        let finalizers = site
            .cluster
            .object(&path)
            .map(|it| it["metadata"]["finalizers"].clone());
        assert_eq!(finalizers, Some(Value::Null), "{path}");
    }
    // Forth again.
    Run::of(&mut site.command(&["cluster-roles", "--apply", "--admin-kubeconfig", &admin])).done();
    assert_eq!(there(), 5);
    uninstall(&site, &[&args[..], &["--apply"]].concat()).done();
}

#[test]
fn the_policies_go_too_since_each_stock_login_would_be_refused() {
    let site = Site::on(Cluster::own());
    let Some(plane) = site.cluster.plane() else {
        // The sandbox has no admission policies.
        return;
    };
    let policies = include_str!("../../hooks/k8s-bootstrap/ondemand-admission.yaml");
    site.write(
        "admin.kubeconfig",
        &site.kubeconfig(&site.cluster.url(), site.cluster.admin_token()),
    );
    let admin = site.path("admin.kubeconfig").display().to_string();
    // The shipped file, and later those for pods, which contain it.
    plane.apply(policies).unwrap();
    Run::of(&mut site.command(&["cluster-policies", "--apply", "--admin-kubeconfig", &admin])).done();
    let of_each_kind = if site.cluster.fills_in() { 9 } else { 8 };
    let run = uninstall(
        &site,
        &["--in-clusters", "--admin-kubeconfig", &admin, "--apply", "-o", "json"],
    )
    .done();
    let deleted = results(&run)
        .into_iter()
        .filter(|(what, outcome)| what.contains("admission") && outcome == "deleted");
    assert_eq!(deleted.count(), 2 * of_each_kind, "{run:?}");
    let left = site
        .cluster
        .items("/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicies");
    assert!(left.is_empty(), "{left:?}");
}

#[test]
fn without_a_part_nothing_is_done_and_the_steps_by_hand_are_always_said() {
    let site = site("token");
    uninstall(&site, &[]).fails(2, &["--homes, --root, --in-clusters"]);
    uninstall(&site, &["--in-clusters"]);
    assert_eq!(
        uninstall(&site, &["--in-clusters"]).status,
        2,
        "it needs an administrator's kubeconfig"
    );
    let run = uninstall(&site, &["--root"]).done();
    for words in [
        "pun_pre_hook_root_cmd",
        "systemctl disable --now",
        "ondemand.yaml",
        "NETWORK_POLICY_ALLOW_CIDR",
        "(dry run)",
    ] {
        assert!(run.stdout.contains(words), "{words}: {run:?}");
    }
    site.set("NETWORK_POLICY_ALLOW_CIDR=10.0.0.0/8");
    let run = uninstall(&site, &["--root"]).done();
    assert!(!run.stdout.contains("NETWORK_POLICY_ALLOW_CIDR"), "{run:?}");
}
