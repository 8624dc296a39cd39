//! `check`: each thing that can be broken is broken, and found with its remedy; and nothing is changed.

mod as_users_meet_it;
mod bundle;
mod codes;
mod credentials;
mod files;
mod in_cluster;
mod neighbours;
mod ood_core;
mod pods;
mod provider;
mod rights;
mod user;
mod web_node;

use std::fs::{self, Permissions};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use ood_k8s_sandbox::Sandbox;
use serde_json::{json, Value};

use super::support::{Cluster, Run, Site};

const REALM: &str = "/realms/main";

/// A web node on which all is well: a site, its identity provider, and OnDemand's own files.
struct Node {
    site: Site,
    provider: Sandbox,
}

impl Node {
    fn sound() -> Self {
        Self::on(Cluster::start())
    }

    /// With an API server that can be disturbed.
    fn on_sandbox() -> Self {
        Self::on(Cluster::sandbox(Sandbox::start()))
    }

    fn on(cluster: Cluster) -> Self {
        let node = Self {
            site: Site::on(cluster),
            provider: Sandbox::start(),
        };
        node.lay_out();
        node
    }

    fn lay_out(&self) {
        let site = &self.site;
        self.provide(&self.issuer());
        site.write("provider.pem", self.provider.ca_pem());
        site.set(&format!("IDP_ISSUER_URL={}\nCLIENT_SECRET=", self.issuer()));
        self.provide_kubectl(&site.cluster.object("/version").unwrap()["gitVersion"]);
        site.write("clusters.d/prod.yml", &self.cluster_file("prod"));
        self.use_token(&self.token(9 * 3600));
        fs::copy(
            Path::new(env!("CARGO_MANIFEST_DIR")).join("hooks/pre-hook"),
            site.path("pre-hook"),
        )
        .unwrap();
        self.set_mode("pre-hook", 0o755);
        self.write_portal(&self.hook(), "OIDC_ACCESS_TOKEN,OIDC_REFRESH_TOKEN");
        site.write("sudoers", "Defaults:apache env_keep += \"NGINX_STAGE_* OOD_*\"\n");
    }

    /// OnDemand's kubectl, of this version.
    fn provide_kubectl(&self, version: &Value) {
        let answer = json!({ "clientVersion": { "gitVersion": version } });
        self.site
            .write("kubectl", &format!("#!/bin/sh\ncat <<'E'\n{answer}\nE\n"));
        self.set_mode("kubectl", 0o755);
    }

    fn issuer(&self) -> String {
        format!("{}{REALM}", self.provider.url())
    }

    /// Lets the identity provider say that its issuer is this.
    fn provide(&self, issuer: &str) {
        let document = json!({ "issuer": issuer, "token_endpoint": format!("{issuer}/token") });
        self.provide_text(200, &document.to_string());
    }

    fn provide_text(&self, status: u16, text: &str) {
        let path = format!("{REALM}/.well-known/openid-configuration");
        self.provider.serve_page(&path, status, text);
    }

    /// A file of clusters.d that says all that `ood_core` must know.
    fn cluster_file(&self, id: &str) -> String {
        let Site { cluster, .. } = &self.site;
        format!(
            "{}    namespace_prefix: {mark}-\n    bin: {}\n  batch_connect:\n    ssh_allow: false\n  custom:\n    ood_k8s:\n      \
             service_account: ondemand/ondemand-{mark}\n",
            self.site.cluster_file(id, &cluster.url(), "oidc"),
            self.site.path("kubectl").display(),
            mark = cluster.mark
        )
    }

    /// A token of the site's account that lives so long.
    fn token(&self, seconds: u64) -> String {
        let path = format!(
            "/api/v1/namespaces/ondemand/serviceaccounts/ondemand-{}/token",
            self.site.cluster.mark
        );
        let request = json!({
            "apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": { "expirationSeconds": seconds },
        });
        let answer = self.site.cluster.create(&path, &request);
        answer["status"]["token"].as_str().unwrap().to_owned()
    }

    fn use_token(&self, token: &str) {
        let kubeconfig = self.site.kubeconfig(&self.site.cluster.url(), token);
        self.site.write("root.kubeconfig", &kubeconfig);
    }

    fn hook(&self) -> String {
        self.site.path("pre-hook").display().to_string()
    }

    fn write_portal(&self, hook: &str, exports: &str) {
        let text = format!(
            "<VirtualHost *:443>\n  OIDCClientID ood\n  OIDCClientSecret cAnArY\n  OIDCPassRefreshToken On\n\
             \x20 SetEnv OOD_PUN_PRE_HOOK_ROOT_CMD \"{hook}\"\n  SetEnv OOD_PUN_PRE_HOOK_EXPORTS \"{exports}\"\n</VirtualHost>\n"
        );
        self.site.write("ood-portal.conf", &text);
    }

    fn set_mode(&self, name: &str, mode: u32) {
        fs::set_permissions(self.site.path(name), Permissions::from_mode(mode)).unwrap();
    }

    /// Replaces text in a file of the site.
    fn edit(&self, name: &str, old: &str, new: &str) {
        let text = fs::read_to_string(self.site.path(name)).unwrap();
        assert!(text.contains(old), "no {old:?} in {text}");
        self.site.write(name, &text.replace(old, new));
    }

    #[must_use = "a run says nothing unless it is asserted"]
    fn check(&self, more: &[&str]) -> Run {
        let (conf, sudoers) = (self.site.path("ood-portal.conf"), self.site.path("sudoers"));
        let files = ["--portal-conf", text(&conf), "--sudoers", text(&sudoers)];
        let mut command = self.site.command(&[&["check"], &files[..], more].concat());
        command.env("SSL_CERT_FILE", self.site.path("provider.pem"));
        let run = Run::of(&mut command);
        assert_eq!(run.stderr, "", "the findings are the result: {run:?}");
        run
    }

    #[must_use = "a run says nothing unless it is asserted"]
    fn findings(&self, more: &[&str]) -> (i32, Vec<Value>) {
        let run = self.check(&[&["-o", "json"], more].concat());
        let mut found = run.json()["findings"].as_array().unwrap().clone();
        // Of the machine that runs the tests: what starts our commands there, and its syslog.
        found.retain(|finding| finding["area"] != "installation");
        for finding in &found {
            let is_one_line = |text: &Value| text.as_str().is_none_or(|text| !text.contains('\n'));
            assert!(
                is_one_line(&finding["text"]) && is_one_line(&finding["remedy"]),
                "{finding}"
            );
            assert!(
                finding["severity"] == "ok" || finding["remedy"].is_string(),
                "no remedy: {finding}"
            );
            let is_coded = finding["code"].as_str().is_some_and(|code| code.starts_with("OK8S-"));
            assert_eq!(finding["severity"] != "ok", is_coded, "{finding}");
        }
        (run.status, found)
    }

    /// Exactly one finding of this severity and area, with all of these words in its text and remedy.
    #[track_caller]
    fn finds(&self, status: i32, severity: &str, area: &str, words: &[&str]) {
        self.finds_with(&[], status, severity, area, words);
    }

    #[track_caller]
    fn finds_with(&self, more: &[&str], status: i32, severity: &str, area: &str, words: &[&str]) {
        let (ended, found) = self.findings(more);
        let fits = |finding: &&Value| {
            let word = |key: &str| finding[key].as_str().unwrap_or_default();
            let line = format!("{}; {}", word("text"), word("remedy"));
            finding["severity"] == severity && finding["area"] == area && words.iter().all(|word| line.contains(word))
        };
        let count = found.iter().filter(fits).count();
        assert_eq!(count, 1, "{severity} {area} {words:?} in {found:#?}");
        assert_eq!(ended, status, "{found:#?}");
    }

    /// No finding of this severity.
    #[track_caller]
    fn finds_no(&self, severity: &str) {
        let (_, found) = self.findings(&[]);
        assert!(
            found.iter().all(|finding| finding["severity"] != severity),
            "{found:#?}"
        );
    }

    /// Every file of the site: its name, mode, time and content.
    fn files(&self) -> Vec<(PathBuf, u32, i64, i64, Vec<u8>)> {
        let mut files = Vec::new();
        let mut folders = vec![self.site.path("")];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                let metadata = path.symlink_metadata().unwrap();
                let content = if metadata.is_dir() {
                    folders.push(path.clone());
                    Vec::new()
                } else {
                    fs::read(&path).unwrap()
                };
                files.push((path, metadata.mode(), metadata.mtime(), metadata.mtime_nsec(), content));
            }
        }
        files.sort();
        files
    }
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

#[test]
fn where_all_is_well_every_area_says_so_and_the_status_is_success() {
    let node = Node::sound();
    let (status, found) = node.findings(&[]);
    assert_eq!(status, 0, "{found:#?}");
    for area in [
        "hook.env",
        "registry file",
        "clusters.d",
        "kubeconfig",
        "cluster prod",
        "issuer",
        "portal",
        "sudoers",
    ] {
        let is_well = |finding: &Value| finding["area"] == area && finding["severity"] == "ok";
        assert!(found.iter().any(is_well), "{area}: {found:#?}");
    }
    // With OnDemand's stock ClusterRole its rights are warned of, and nothing else is.
    for finding in found.iter().filter(|finding| finding["severity"] != "ok") {
        let remedy = finding["remedy"].as_str().unwrap();
        assert!(
            finding["severity"] == "warning" && remedy.contains("cluster-roles"),
            "{finding}"
        );
    }
}

#[test]
fn nothing_is_changed_neither_files_nor_the_cluster() {
    let node = Node::sound();
    let files = node.files();
    assert_eq!(node.check(&[]).status, 0);
    let requests = node.site.cluster.requests();
    assert!(requests.len() > 20, "{requests:?}");
    for request in &requests {
        let is_review = request.method == "POST" && request.path.ends_with("reviews");
        // The first login of a made-up user is a dry run: below, and in the next test.
        let is_try =
            request.path.contains("-ood-k8s-check-") || request.path.split('?').next() == Some("/api/v1/namespaces");
        assert!(request.method == "GET" || is_review || is_try, "{request:?}");
    }
    let namespaces = node.site.cluster.items("/api/v1/namespaces");
    let is_made_up = |it: &&Value| it["metadata"]["name"].as_str().unwrap().contains("-ood-k8s-check-");
    assert_eq!(namespaces.iter().filter(is_made_up).count(), 0);
    assert!(node.files() == files, "a file was changed");
}

#[test]
fn a_login_that_is_tried_is_a_dry_run_in_every_request() {
    let node = Node::on_sandbox();
    let user = node.site.user.clone();
    let files = node.files();
    for _ in ["a first login", "a returning one"] {
        node.site.cluster.faults().forget_requests();
        assert_eq!(node.check(&["--user", &user]).status, 0);
        let requests = node.site.cluster.faults().requests();
        let writes = requests
            .iter()
            .filter(|request| request.method != "GET" && !request.path.ends_with("reviews"));
        assert!(writes.clone().count() > 1, "{requests:?}");
        for request in writes {
            assert!(request.query.contains("dryRun=All"), "{request:?}");
        }
        assert!(node.files() == files, "a file was changed");
        assert!(node.site.user_kubeconfig().is_none());
        node.site.bootstrap(&[]).done();
    }
}

#[test]
fn quietly_what_is_well_is_left_out_and_yaml_says_the_same_as_json() {
    let node = Node::on_sandbox();
    node.site.cluster.faults().set_clock_skew(120);
    let json = node.check(&["-q", "-o", "json"]).json();
    let findings = json["findings"].as_array().unwrap();
    assert!(
        findings.iter().all(|finding| finding["severity"] == "warning"),
        "{json:#}"
    );
    assert_eq!(
        (&json["errors"], &json["warnings"]),
        (&json!(0), &json!(findings.len()))
    );
    let yaml: Value = ood_k8s::yaml::from_str(&node.check(&["--quiet", "--output", "yaml"]).stdout).unwrap();
    let texts = |value: &Value| -> Vec<Value> {
        let list = value["findings"].as_array().unwrap();
        list.iter().map(|finding| finding["area"].clone()).collect()
    };
    assert_eq!(texts(&yaml), texts(&json));
}

#[test]
fn a_table_has_a_line_a_finding_without_colour_and_a_summary() {
    let node = Node::on_sandbox();
    fs::remove_file(node.site.path("sudoers")).unwrap();
    let run = node.check(&[]);
    assert_eq!(run.status, 3, "{run:?}");
    let lines: Vec<_> = run.stdout.lines().collect();
    let (summary, findings) = lines.split_last().unwrap();
    assert!(
        summary.starts_with("1 error, ") && summary.ends_with(" ok"),
        "{summary}"
    );
    for line in findings {
        let severity = line.split_whitespace().next().unwrap();
        assert!(matches!(severity, "ok" | "warning" | "error"), "{line}");
    }
    let error = findings.iter().find(|line| line.starts_with("error")).unwrap();
    assert!(
        error.contains("sudoers") && error.contains("no such file; install"),
        "{error}"
    );
    assert!(!run.stdout.contains('\u{1b}'), "{}", run.stdout);
}
