//! `setup-root`: root's kubeconfig from nothing to a context that works.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use serde_json::Value;

use super::support::{Run, Site};

/// A web node that has no kubeconfig of root's yet, and an administrator's to ask with.
fn site() -> Site {
    let site = Site::new();
    fs::remove_file(site.path("root.kubeconfig")).unwrap();
    site.write(
        "admin.kubeconfig",
        &site.kubeconfig(&site.cluster.url(), site.cluster.admin_token()),
    );
    site
}

impl Site {
    fn setup(&self, more: &[&str]) -> Run {
        let account = format!("ondemand/{}", self.cluster.account().name);
        let mut command = self.command(&["setup-root", "--service-account", &account]);
        Run::of(command.args(more))
    }

    fn setup_as_admin(&self, more: &[&str]) -> Run {
        let admin = self.path("admin.kubeconfig").display().to_string();
        self.setup(&[&["--admin-kubeconfig", &admin], more].concat())
    }

    fn root_file(&self) -> Value {
        ood_k8s::yaml::from_str(&fs::read_to_string(self.path("root.kubeconfig")).unwrap()).unwrap()
    }
}

#[test]
fn a_web_node_with_nothing_gets_the_context_of_ondemands_documents_and_a_login_works_with_it() {
    let site = site();
    let run = site.setup_as_admin(&["-o", "json"]).ok();
    let result = &run.json()["results"][0];
    assert_eq!(result["context"], "ondemand@kubernetes");
    assert_eq!(result["outcome"], "created");
    let account = format!("system:serviceaccount:ondemand:{}", site.cluster.account().name);
    assert_eq!(result["account"], account.as_str());
    assert!(result["version"].as_str().unwrap().starts_with('v'), "{result}");
    let file = site.root_file();
    assert_eq!(file["current-context"], "ondemand@kubernetes");
    assert_eq!(file["clusters"][0]["name"], "kubernetes");
    assert_eq!(
        file["clusters"][0]["cluster"]["certificate-authority"],
        site.path("ca.pem").to_str().unwrap()
    );
    assert_eq!(file["contexts"][0]["context"]["user"], "ondemand@kubernetes");
    assert!(file["contexts"][0]["context"]["namespace"].is_null());
    let mode = fs::metadata(site.path("root.kubeconfig")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    site.pre_hook().ok();
}

#[test]
fn a_second_run_finds_that_all_works_and_changes_nothing() {
    let site = site();
    site.setup_as_admin(&[]).ok();
    let before = fs::read_to_string(site.path("root.kubeconfig")).unwrap();
    for run in [
        site.setup_as_admin(&["-o", "json"]).ok(),
        site.setup(&["-o", "json"]).ok(),
    ] {
        assert_eq!(run.json()["results"][0]["outcome"], "unchanged");
        assert!(run.json()["results"][0]["token_end"].is_string());
    }
    assert_eq!(fs::read_to_string(site.path("root.kubeconfig")).unwrap(), before);
}

#[test]
fn a_token_that_does_not_work_any_more_is_replaced_and_the_context_kept() {
    let site = site();
    let text = site
        .kubeconfig(&site.cluster.url(), "gone")
        .replace("ondemand@kubernetes", "mine");
    site.write("root.kubeconfig", &text);
    let run = site.setup_as_admin(&["-o", "json"]).ok();
    assert_eq!(run.json()["results"][0]["context"], "mine");
    assert_eq!(run.json()["results"][0]["outcome"], "changed");
    assert_eq!(site.root_file()["contexts"].as_array().unwrap().len(), 1);
    site.pre_hook().ok();
}

#[test]
fn names_that_are_taken_get_the_clusters_id_and_nothing_else_is_touched() {
    let site = site();
    let theirs = site.kubeconfig("https://192.0.2.1:6443", "theirs");
    site.write("root.kubeconfig", &theirs);
    let before = site.root_file();
    site.setup_as_admin(&[]).ok();
    let after = site.root_file();
    for (list, name) in [
        ("clusters", "prod"),
        ("contexts", "ondemand@prod"),
        ("users", "ondemand@prod"),
    ] {
        assert_eq!(after[list][0], before[list][0], "{list}");
        assert_eq!(after[list][1]["name"], name);
    }
    assert_eq!(after["current-context"], before["current-context"]);
    site.pre_hook().ok();
}

#[test]
fn two_clusters_get_a_context_each_and_one_that_is_down_does_not_stop_the_other() {
    let site = site();
    let named = "  custom:\n    ood_k8s:\n      root_context: mine\n";
    site.write(
        "clusters.d/down.yml",
        &(site.cluster_file("down", "https://127.0.0.1:1", "managed") + named),
    );
    let run = site.setup_as_admin(&["-o", "json"]);
    assert_eq!(
        run.status, 3,
        "the administrator's kubeconfig has no context for the other: {run:?}"
    );
    assert!(
        run.stderr.contains("cluster down") && run.stderr.contains("has no context for"),
        "{}",
        run.stderr
    );
    let run = site.setup_as_admin(&["--admin-context", "ondemand@kubernetes"]);
    assert!(
        run.status == 5 && run.stderr.contains("cannot reach https://127.0.0.1:1"),
        "{run:?}"
    );
    assert_eq!(
        site.root_file()["contexts"].as_array().unwrap().len(),
        1,
        "what did not work was not written"
    );
    assert_eq!(site.root_file()["contexts"][0]["name"], "ondemand@kubernetes");
}

#[test]
fn without_a_ca_in_clusters_d_the_administrators_is_written_into_the_file() {
    let site = site();
    let file = site.cluster_file("prod", &site.cluster.url(), "oidc");
    let without: Vec<_> = file.lines().filter(|line| !line.contains("cert_authority")).collect();
    site.write("clusters.d/prod.yml", &without.join("\n"));
    site.setup_as_admin(&[]).ok();
    let cluster = &site.root_file()["clusters"][0]["cluster"];
    assert!(
        cluster["certificate-authority-data"].is_string() && cluster["certificate-authority"].is_null(),
        "{cluster}"
    );
}

#[test]
fn a_ca_that_did_not_sign_the_server_writes_nothing() {
    let site = site();
    let other = ood_k8s_sandbox::Sandbox::start();
    site.write("other.pem", other.ca_pem());
    let ca = site.path("other.pem").display().to_string();
    site.setup_as_admin(&["--certificate-authority", &ca])
        .fails_with(5, "does not trust");
    assert!(!site.path("root.kubeconfig").exists());
    site.setup_as_admin(&[]).ok();
    let before = fs::read_to_string(site.path("root.kubeconfig")).unwrap();
    site.setup_as_admin(&["--certificate-authority", &ca])
        .fails_with(5, "does not trust");
    assert_eq!(fs::read_to_string(site.path("root.kubeconfig")).unwrap(), before);
}

impl Run {
    #[track_caller]
    fn fails_with(self, status: i32, words: &str) {
        assert!(self.status == status && self.stderr.contains(words), "{self:?}");
    }
}

#[test]
fn without_anybody_who_makes_the_first_token_the_two_ways_are_named() {
    let site = site();
    site.setup(&[]).fails_with(
        2,
        "--admin-kubeconfig FILE (a cluster administrator's) or --token-file FILE",
    );
    assert!(!site.path("root.kubeconfig").exists());
}

#[test]
fn a_dry_run_writes_nothing_and_says_which_context_it_would_make() {
    let site = site();
    let run = site.setup_as_admin(&["--dry-run"]).ok();
    assert!(
        run.stdout.contains("ondemand@kubernetes") && run.stdout.contains("created (dry run)"),
        "{}",
        run.stdout
    );
    assert!(!site.path("root.kubeconfig").exists());
}

#[test]
fn a_folder_that_others_can_write_holds_no_kubeconfig_of_roots() {
    let site = site();
    fs::create_dir(site.path("open")).unwrap();
    fs::set_permissions(site.path("open"), fs::Permissions::from_mode(0o777)).unwrap();
    let account = format!("ondemand/{}", site.cluster.account().name);
    let mut command = site.command_of(
        &site.path("open/config"),
        &["setup-root", "--service-account", &account],
    );
    command.arg("--admin-kubeconfig").arg(site.path("admin.kubeconfig"));
    Run::of(&mut command).fails_with(3, "others can write it");
    assert!(!site.path("open/config").exists());
}
