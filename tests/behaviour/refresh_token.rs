//! `refresh-token`: a new token in root's kubeconfig, tried first, and the old one kept whatever fails.

use std::fs;
use std::os::unix::fs::{symlink, PermissionsExt as _};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use ood_k8s_sandbox::Sandbox;
use serde_json::{json, Value};

use super::support::{alone, is_root, jwt, skip, wait_until, Cluster, Run, Site};

const BINDINGS: &str = "/apis/rbac.authorization.k8s.io/v1/namespaces/ondemand";

impl Site {
    fn refresh_command(&self, more: &[&str]) -> Command {
        self.refresh_of(&self.path("root.kubeconfig"), more)
    }

    fn refresh_of(&self, kubeconfig: &Path, more: &[&str]) -> Command {
        let account = format!("ondemand/{}", self.cluster.account().name);
        let mut command = self.command_of(kubeconfig, &["refresh-token", "--service-account", &account]);
        // The accounts of tests have tokens for an hour.
        if !more.contains(&"--interval") {
            command.args(["--interval", "10m"]);
        }
        command.args(more);
        command
    }

    fn refresh(&self, more: &[&str]) -> Run {
        Run::of(&mut self.refresh_command(more))
    }

    fn root_text(&self) -> String {
        fs::read_to_string(self.path("root.kubeconfig")).unwrap()
    }

    fn root_token(&self) -> String {
        token_of(&self.root_text(), "ondemand@kubernetes")
    }

    /// An administrator's kubeconfig.
    fn write_admin_kubeconfig(&self) -> String {
        self.write(
            "admin.kubeconfig",
            &self.kubeconfig(&self.cluster.url(), self.cluster.admin_token()),
        );
        self.path("admin.kubeconfig").display().to_string()
    }

    /// A new token of this test's account, made by the administrator.
    fn mint(&self, seconds: u64) -> String {
        let path = format!(
            "/api/v1/namespaces/ondemand/serviceaccounts/{}/token",
            self.cluster.account().name
        );
        let spec = json!({ "expirationSeconds": seconds });
        let answer = self.cluster.create(
            &path,
            &json!({ "apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": spec }),
        );
        answer["status"]["token"].as_str().unwrap().to_owned()
    }

    fn set_root_token(&self, token: &str) {
        self.write("root.kubeconfig", &self.kubeconfig(&self.cluster.url(), token));
    }
}

fn token_of(kubeconfig: &str, user: &str) -> String {
    let file: Value = ood_k8s::yaml::from_str(kubeconfig).unwrap();
    let users = file["users"].as_array().unwrap();
    let user = users.iter().find(|known| known["name"] == user).unwrap();
    user["user"]["token"].as_str().unwrap_or_default().to_owned()
}

fn end_of(token: &str) -> u64 {
    let end = ood_k8s::oidc::token::expiry(&token.to_owned().into()).unwrap();
    end.duration_since(UNIX_EPOCH).unwrap().as_secs()
}

fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()
}

/// Nothing was written, and the old token still works.
fn is_as_it_was(site: &Site, before: &str) {
    assert_eq!(site.root_text(), before);
    let token = token_of(before, "ondemand@kubernetes");
    assert!(site.cluster.who_is(&token).is_some(), "the old token still works");
}

#[test]
fn a_new_token_takes_the_place_of_the_old_one_which_works_until_its_own_end() {
    let site = Site::new();
    let old = site.root_token();
    let run = site.refresh(&[]).ok();
    assert_eq!(run.stdout, "", "quiet when well");
    let new = site.root_token();
    assert_ne!(new, old);
    let account = format!("system:serviceaccount:ondemand:{}", site.cluster.account().name);
    assert_eq!(site.cluster.who_is(&new).as_deref(), Some(account.as_str()));
    assert_eq!(site.cluster.who_is(&old).as_deref(), Some(account.as_str()));
    let left = end_of(&new) - now();
    assert!((9 * 3600 - 60..=9 * 3600).contains(&left), "nine hours: {left}");
    site.pre_hook().ok();
}

#[test]
fn nothing_but_the_token_is_changed() {
    let site = Site::new();
    let text = site.root_text();
    let other = "- name: other\n  user: {client-certificate: /x.pem, odd: 012}\n";
    site.write(
        "root.kubeconfig",
        &(text.replace("users:\n", &format!("users:\n{other}")) + "extra: {kept: yes}\npreferences: {}\n"),
    );
    let before: Value = ood_k8s::yaml::from_str(&site.root_text()).unwrap();
    site.refresh(&[]).ok();
    let mut after: Value = ood_k8s::yaml::from_str(&site.root_text()).unwrap();
    assert_ne!(after, before);
    after["users"][1]["user"]["token"] = before["users"][1]["user"]["token"].clone();
    assert_eq!(after, before);
    let mode = fs::metadata(site.path("root.kubeconfig")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}

#[test]
fn a_cluster_is_asked_for_one_token_and_then_who_it_is_for() {
    let site = Site::new();
    site.refresh(&[]).ok();
    let seen: Vec<_> = site
        .cluster
        .requests()
        .into_iter()
        .map(|r| (r.method, r.path, r.status))
        .collect();
    let token = format!(
        "/api/v1/namespaces/ondemand/serviceaccounts/{}/token",
        site.cluster.account().name
    );
    let review = "/apis/authentication.k8s.io/v1/selfsubjectreviews".to_owned();
    assert_eq!(
        seen,
        [("POST".to_owned(), token, 201), ("POST".to_owned(), review, 201)]
    );
}

#[test]
fn a_token_that_works_long_enough_is_left_alone_and_nobody_is_asked() {
    let site = Site::new();
    site.set_root_token(&site.mint(4 * 3600));
    let before = site.root_text();
    // With nothing due there is nothing to wait for either.
    let run = site
        .refresh(&["--if-remaining-below", "3h", "--jitter", "1d", "-o", "json"])
        .ok();
    assert!(run.took < Duration::from_secs(30));
    assert_eq!(run.json()["results"][0]["outcome"], "unchanged");
    assert_eq!(site.root_text(), before);
    assert_eq!(site.cluster.requests().len(), 0);
    site.refresh(&["--if-remaining-below", "5h", "--jitter", "1s"]).ok();
    assert_ne!(site.root_text(), before);
}

#[test]
fn a_token_that_another_run_renewed_during_the_random_wait_is_left_alone() {
    let site = Site::new();
    let mut command = site.refresh_command(&["--if-remaining-below", "5h", "--jitter", "20s", "--log-level", "info"]);
    let run = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    // Whether this comes during the wait or, seldom, after it: the run ends well, and the newer token stays.
    let theirs = site.mint(10 * 3600);
    site.set_root_token(&theirs);
    Run::from_output(run.wait_with_output().unwrap(), Duration::ZERO).done();
    assert_eq!(site.root_token(), theirs);
}

#[test]
fn a_dry_run_asks_nobody_and_changes_nothing() {
    let site = Site::new();
    let before = site.root_text();
    let run = site.refresh(&["--dry-run"]).done();
    assert!(run.stdout.contains("changed (dry run)"), "{}", run.stdout);
    assert_eq!(site.root_text(), before);
    assert_eq!(site.cluster.requests().len(), 0);
}

#[test]
fn a_server_that_gives_less_time_is_believed_and_an_end_before_the_next_run_has_a_status_of_its_own() {
    let site = Site::on(Cluster::with_longest_token(Duration::from_secs(3600)));
    let run = site.refresh(&["-o", "json", "--interval", "30m"]).ok();
    let end = run.json()["results"][0]["token_end"].as_str().unwrap().to_owned();
    let end = ood_k8s::time::parse_rfc3339(&end)
        .unwrap()
        .duration_since(UNIX_EPOCH)
        .unwrap()
        .as_secs();
    assert!((3600 - 60..=3600).contains(&(end - now())), "an hour, not nine");
    assert_eq!(end, end_of(&site.root_token()));
    let run = site
        .refresh(&["--interval", "2h"])
        .fails(8, &["warning", "ends in", "runs every 2h", "--duration"]);
    assert!(!run.stderr.contains("error"), "{}", run.stderr);
}

#[test]
fn a_token_that_had_ended_before_it_came_is_not_used() {
    let site = Site::on(Cluster::sandbox(
        Sandbox::builder().longest_token(Duration::ZERO).start(),
    ));
    site.set_root_token(&add_token(&site, 4 * 3600));
    let before = site.root_text();
    site.refresh(&[])
        .fails(5, &["made a token that ended", "compare the clocks"]);
    assert_eq!(site.root_text(), before);
}

/// A token of this test's account that the sandbox did not make.
fn add_token(site: &Site, seconds: u64) -> String {
    let sub = format!("system:serviceaccount:ondemand:{}", site.cluster.account().name);
    let token = jwt(&json!({ "sub": sub, "exp": now() + seconds }));
    site.cluster.faults().add_token(&token, &sub, &[]);
    token
}

#[test]
fn without_the_right_to_make_tokens_the_old_one_stays_and_the_remedy_is_named() {
    let site = Site::new();
    site.cluster
        .delete(&format!("{BINDINGS}/rolebindings/{}", site.cluster.account().name));
    let before = site.root_text();
    site.refresh(&[])
        .fails(5, &["not allowed to", "token", "ood-k8s cluster-roles"]);
    is_as_it_was(&site, &before);
}

#[test]
fn a_new_token_that_does_not_work_is_not_used() {
    let site = Site::on(Cluster::sandbox(Sandbox::start()));
    let before = site.root_text();
    let review = "/apis/authentication.k8s.io";
    site.cluster
        .faults()
        .fail(ood_k8s_sandbox::Fault::status(401).on("POST", review));
    site.refresh(&[])
        .fails(5, &["does not accept the new token", "the old one stays"]);
    is_as_it_was(&site, &before);
}

#[test]
fn a_held_lock_leaves_the_old_token() {
    let site = Site::new();
    let before = site.root_text();
    site.write("root.kubeconfig.lock", "");
    site.refresh(&["--timeout", "1s"])
        .fails(3, &["cannot lock", "has held", "root's kubeconfig is as it was"]);
    is_as_it_was(&site, &before);
}

#[test]
fn a_full_file_system_leaves_the_old_token() {
    if !is_root() {
        return skip("only root can mount a small file system");
    }
    let site = Site::new();
    let folder = site.path("small");
    fs::create_dir(&folder).unwrap();
    let small = ["-t", "tmpfs", "-o", "size=16k", "tmpfs"];
    if !Command::new("mount")
        .args(small)
        .arg(&folder)
        .status()
        .is_ok_and(|status| status.success())
    {
        return skip("this root cannot mount");
    }
    let _unmount = Unmount(&folder);
    let before = site.root_text();
    fs::write(folder.join("config"), &before).unwrap();
    fs::set_permissions(folder.join("config"), fs::Permissions::from_mode(0o600)).unwrap();
    let filler = vec![0; 16 * 1024];
    let _ = fs::write(folder.join("filler"), &filler);
    let config = folder.join("config");
    Run::of(&mut site.refresh_of(&config, &[])).fails(3, &["no space left", "the old file is whole"]);
    assert_eq!(fs::read_to_string(&config).unwrap(), before);
    assert!(remount_read_only(&folder));
    Run::of(&mut site.refresh_of(&config, &[])).fails(3, &["read-only", "root's kubeconfig is as it was"]);
    assert_eq!(fs::read_to_string(&config).unwrap(), before);
}

fn remount_read_only(folder: &Path) -> bool {
    let status = Command::new("mount").args(["-o", "remount,ro"]).arg(folder).status();
    status.is_ok_and(|status| status.success())
}

/// Takes a mounted file system away again, also when the test fails.
struct Unmount<'a>(&'a Path);

impl Drop for Unmount<'_> {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(self.0).status();
    }
}

#[test]
fn a_kubeconfig_that_cannot_be_used_is_named_and_left_alone() {
    let site = Site::new();
    let good = site.root_text();
    for (text, words) in [
        ("users: [canary", &["is not a kubeconfig in YAML", "setup-root"][..]),
        (
            &good.replace("token:", "password: x, token:"),
            &["logs in by a password", "setup-root"],
        ),
        (
            &good.replace("token:", "tokenFile: /x, token:"),
            &["logs in by a tokenFile"],
        ),
        (
            &good.replace("token:", "client-certificate: /x, token:"),
            &["logs in by a client certificate"],
        ),
        (&good.replace(", user: ondemand@kubernetes}", "}"), &["names no user"]),
        (
            &good.replace("contexts:", "contexts: []\nold:"),
            &["has no context for", "setup-root"],
        ),
    ] {
        site.write("root.kubeconfig", text);
        site.refresh(&[]).fails(3, words);
        assert_eq!(site.root_text(), text);
    }
    fs::remove_file(site.path("root.kubeconfig")).unwrap();
    site.refresh(&[]).fails(3, &["no such file", "setup-root"]);
}

#[test]
fn one_cluster_down_does_not_keep_the_others_old_tokens() {
    let site = Site::new();
    let dead = "https://127.0.0.1:1";
    site.write("clusters.d/down.yml", &site.cluster_file("down", dead, "managed"));
    let text = site.root_text();
    let text = text.replace(
        "clusters:\n",
        &format!("clusters:\n- name: down\n  cluster: {{server: '{dead}'}}\n"),
    );
    let text = text.replace("users:\n", "users:\n- name: down\n  user: {token: old}\n");
    let text = text.replace(
        "contexts:\n",
        "contexts:\n- name: down\n  context: {cluster: down, user: down}\n",
    );
    site.write("root.kubeconfig", &text);
    let old = site.root_token();
    let run = site
        .refresh(&["-o", "json"])
        .fails(5, &["cluster down", "cannot reach"]);
    assert_ne!(site.root_token(), old);
    assert_eq!(token_of(&site.root_text(), "down"), "old");
    let results = &run.json()["results"];
    assert_eq!(results[0]["cluster"], "down");
    assert!(
        results[0]["error"].is_string() && results[1]["outcome"] == "changed",
        "{results}"
    );
}

#[test]
fn clusters_that_share_a_users_entry_share_its_token_unless_their_servers_differ() {
    let site = Site::new();
    site.write(
        "clusters.d/twin.yml",
        &site.cluster_file("twin", &site.cluster.url(), "managed"),
    );
    let run = site.refresh(&["-o", "json"]).ok();
    assert_eq!(run.json()["results"].as_array().unwrap().len(), 1);
    assert_eq!(run.json()["results"][0]["cluster"], "prod,twin");
    assert_eq!(site.cluster.requests().len(), 2, "one token for both");

    let text = site.root_text();
    let other = "contexts:\n- name: other\n  context: {cluster: other, user: ondemand@kubernetes}\n";
    let text = text.replace("contexts:\n", other);
    let text = text.replace(
        "clusters:\n",
        "clusters:\n- name: other\n  cluster: {server: 'https://192.0.2.1:6443'}\n",
    );
    site.write("root.kubeconfig", &text);
    let run = Run::of(&mut site.refresh_command(&["--cluster", "prod"]));
    run.fails(3, &["a token works at one of them", "192.0.2.1"]);
    assert_eq!(site.root_text(), text);
}

#[test]
fn a_token_made_elsewhere_is_taken_from_a_file_or_from_standard_input() {
    let site = Site::new();
    let token = site.mint(3 * 3600);
    site.write("token", &format!("{token}\n"));
    let path = site.path("token").display().to_string();
    site.refresh(&["--token-file", &path]).ok();
    assert_eq!(site.root_token(), token);

    let token = site.mint(4 * 3600);
    site.write("token", &token);
    let mut command = site.refresh_command(&["--token-file", "-"]);
    command.stdin(fs::File::open(&path).unwrap());
    Run::of(&mut command).ok();
    assert_eq!(site.root_token(), token);
}

#[test]
fn a_token_made_elsewhere_that_cannot_be_right_is_refused_before_any_server_sees_it() {
    let site = Site::new();
    let before = site.root_text();
    let path = site.path("token").display().to_string();
    let sub = format!("system:serviceaccount:ondemand:{}", site.cluster.account().name);
    let exp = now() + 3600;
    for (text, words) in [
        (String::new(), &["there is no token in", "kubectl create token"][..]),
        (" \n".into(), &["there is no token in"]),
        ("cAnArY".into(), &["no token of a ServiceAccount", "no JWT"]),
        (
            jwt(&json!({ "sub": "system:serviceaccount:ondemand:other", "exp": exp })),
            &["is for system:serviceaccount:ondemand:other"],
        ),
        (jwt(&json!({ "exp": exp })), &["is for nobody"]),
        (
            jwt(&json!({ "sub": sub, "exp": now() - 7200 })),
            &["ended 2h0m ago", "make a new one"],
        ),
        (
            jwt(&json!({ "sub": sub, "exp": exp, "aud": ["vault"] })),
            &["for the audience vault", "--audience"],
        ),
    ] {
        site.write("token", &text);
        site.refresh(&["--token-file", &path]).fails(6, words);
    }
    site.write("token", &site.mint(3600));
    fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
    site.refresh(&["--token-file", &path])
        .fails(6, &["holds a secret and others can read it", "chmod 0600"]);
    fs::set_permissions(&path, fs::Permissions::from_mode(0o622)).unwrap();
    site.refresh(&["--token-file", &path])
        .fails(6, &["others can write it", "chmod"]);
    site.refresh(&["--token-file", "/nonexistent/token"])
        .fails(6, &["no such file"]);
    assert_eq!(site.cluster.requests().len(), 0);
    is_as_it_was(&site, &before);
}

#[test]
fn a_token_that_looks_right_and_does_not_work_is_not_used() {
    let site = Site::new();
    let before = site.root_text();
    let sub = format!("system:serviceaccount:ondemand:{}", site.cluster.account().name);
    site.write(
        "token",
        &jwt(&json!({ "sub": sub, "exp": now() + 3600, "iss": "https://other.example" })),
    );
    let path = site.path("token").display().to_string();
    site.refresh(&["--token-file", &path]).fails(
        5,
        &[
            "does not accept the new token",
            "the issuer https://other.example",
            "the old one stays",
        ],
    );
    is_as_it_was(&site, &before);
}

#[test]
fn one_token_cannot_be_for_several_clusters() {
    let site = Site::new();
    site.write(
        "clusters.d/twin.yml",
        &site.cluster_file("twin", &site.cluster.url(), "managed"),
    );
    site.write("token", &site.mint(3600));
    let path = site.path("token").display().to_string();
    site.refresh(&["--token-file", &path])
        .fails(2, &["--cluster", "prod, twin"]);
    site.refresh(&["--token-file", &path, "--cluster", "twin"]).done();
}

#[test]
fn after_the_old_token_has_ended_an_administrators_kubeconfig_makes_the_first_one_anew() {
    let site = Site::new();
    let sub = format!("system:serviceaccount:ondemand:{}", site.cluster.account().name);
    site.set_root_token(&jwt(&json!({ "sub": sub, "exp": now() - 7200 })));
    let run = site.refresh(&[]);
    assert_eq!(run.status, 8, "{run:?}");
    for words in [
        "its token ended 2h0m ago",
        "refresh-token --cluster prod --minter-kubeconfig FILE",
        "ended 2h0m ago, and this runs",
    ] {
        assert!(run.stderr.contains(words), "no {words:?} in {}", run.stderr);
    }
    let admin = site.write_admin_kubeconfig();
    site.refresh(&["--minter-kubeconfig", &admin]).ok();
    assert!(site.cluster.who_is(&site.root_token()).is_some());
    site.refresh(&["--minter-kubeconfig", &admin, "--minter-context", "none"])
        .fails(3, &["has no context \"none\""]);
    site.refresh(&["--minter-kubeconfig", "/nonexistent"])
        .fails(3, &["/nonexistent", "no such file"]);
}

#[test]
fn whoever_makes_tokens_can_be_another_than_the_one_they_are_for() {
    let site = Site::new();
    site.cluster
        .delete(&format!("{BINDINGS}/rolebindings/{}", site.cluster.account().name));
    let admin = site.write_admin_kubeconfig();
    let old = site.root_token();
    site.refresh(&["--minter-kubeconfig", &admin]).ok();
    assert_ne!(site.root_token(), old);
    let admin_token = site.cluster.admin_token();
    assert!(
        !site.root_text().contains(admin_token),
        "the minter's own token stays with the minter"
    );
}

#[test]
fn the_token_without_an_end_is_read_from_a_secret_with_a_warning() {
    let site = Site::new();
    let admin = site.write_admin_kubeconfig();
    let account = site.cluster.account().name;
    let secrets = "/api/v1/namespaces/ondemand/secrets";
    let secret = |name: &str, owner: &str, kind: &str, token: &str| {
        use base64::Engine as _;
        let token = base64::engine::general_purpose::STANDARD.encode(token);
        site.cluster.create(secrets, &json!({
            "metadata": { "name": format!("{name}-{account}"), "annotations": { "kubernetes.io/service-account.name": owner } },
            "type": kind, "data": { "token": token },
        }));
        format!("{name}-{account}")
    };
    let kind = "kubernetes.io/service-account-token";
    let token = site.mint(7200);
    let good = secret("good", &account, kind, &token);
    let args = ["--minter-kubeconfig", &admin, "--from-secret"];
    let run = site.refresh(&[&args[..], &[&good]].concat()).done();
    assert!(
        run.stderr.contains("warning") && run.stderr.contains("never ends"),
        "{}",
        run.stderr
    );
    assert_eq!(site.root_token(), token);

    let empty = secret("empty", &account, kind, "");
    let opaque = secret("opaque", &account, "Opaque", &token);
    let other = secret("other", "default", kind, &token);
    let large = secret("large", &account, kind, &"x".repeat(70_000));
    let none = "none".to_owned();
    for (name, words) in [
        (empty, "has not filled it in"),
        (opaque, "its type is Opaque"),
        (other, "it is of default"),
        (large, "larger than any token"),
        (none, "no such Secret"),
    ] {
        let run = site.refresh(&[&args[..], &[&name]].concat());
        assert!(run.status == 5 && run.stderr.contains(words), "{name}: {run:?}");
    }
    assert_eq!(site.root_token(), token);
}

#[test]
fn metrics_tell_the_end_the_last_success_and_the_last_failure() {
    let site = Site::new();
    let path = site.path("ood-k8s.prom");
    let metrics = path.display().to_string();
    site.refresh(&["--metrics-file", &metrics]).ok();
    let text = fs::read_to_string(&path).unwrap();
    let value = |text: &str, name: &str| -> Option<f64> {
        let line = text
            .lines()
            .find(|line| line.starts_with(&format!("{name}{{cluster=\"prod\"}} ")))?;
        line.rsplit(' ').next()?.parse().ok()
    };
    let end = value(&text, "ood_k8s_root_token_end_timestamp_seconds").unwrap();
    assert!((end - Duration::from_secs(end_of(&site.root_token())).as_secs_f64()).abs() < 1.0);
    let success = value(&text, "ood_k8s_refresh_token_last_success_timestamp_seconds").unwrap();
    assert!(value(&text, "ood_k8s_refresh_token_duration_seconds").is_some_and(|seconds| seconds < 10.0));
    assert_eq!(
        value(&text, "ood_k8s_refresh_token_last_failure_timestamp_seconds"),
        None
    );
    assert_eq!(
        fs::metadata(&path).unwrap().permissions().mode() & 0o777,
        0o644,
        "node_exporter is no root"
    );

    site.cluster
        .delete(&format!("{BINDINGS}/rolebindings/{}", site.cluster.account().name));
    let run = site.refresh(&["--metrics-file", &metrics]);
    assert_eq!(run.status, 5, "{run:?}");
    let text = fs::read_to_string(&path).unwrap();
    assert_eq!(
        value(&text, "ood_k8s_refresh_token_last_success_timestamp_seconds"),
        Some(success)
    );
    assert!(value(&text, "ood_k8s_refresh_token_last_failure_timestamp_seconds").unwrap() >= success);
    let run = site.refresh(&["--metrics-file", "/tmp/x.txt"]);
    assert!(run.status == 2 && run.stderr.contains("must end in .prom"), "{run:?}");
}

#[test]
fn a_folder_for_metrics_that_is_missing_is_named_and_not_made() {
    let site = Site::new();
    let old = site.root_token();
    let metrics = site.path("missing/ood-k8s.prom").display().to_string();
    site.refresh(&["--metrics-file", &metrics])
        .fails(3, &["its folder does not exist", "the metrics are as they were"]);
    assert_ne!(site.root_token(), old, "the token is renewed all the same");
    assert!(!site.path("missing").exists());
}

#[test]
fn a_ca_that_another_account_could_change_is_not_trusted() {
    if !is_root() {
        return skip("only root can give a file away");
    }
    let site = Site::new();
    let before = site.root_text();
    std::os::unix::fs::chown(site.path("ca.pem"), Some(65_534), None).unwrap();
    site.refresh(&[]).fails(3, &["ca.pem", "uid 65534 owns it", "chown"]);
    is_as_it_was(&site, &before);
    site.bootstrap(&[]).fails(3, &["uid 65534 owns it"]);
}

#[test]
fn failures_before_any_cluster_is_asked_reach_the_metrics_too() {
    let site = Site::new();
    let metrics = site.path("ood-k8s.prom").display().to_string();
    site.refresh(&["--metrics-file", &metrics]).ok();
    let end = |text: &str| {
        text.lines()
            .find(|line| line.contains("_end_timestamp_seconds{"))
            .map(str::to_owned)
    };
    let before = fs::read_to_string(&metrics).unwrap();
    site.write("root.kubeconfig", "users: [broken");
    site.refresh(&["--metrics-file", &metrics])
        .fails(3, &["is not a kubeconfig"]);
    let after = fs::read_to_string(&metrics).unwrap();
    assert!(
        after.contains("last_failure_timestamp_seconds{cluster=\"prod\"}"),
        "{after}"
    );
    assert_eq!(end(&after), end(&before), "the alert on the end goes on");
    site.write(
        "clusters.d/prod.yml",
        "v2: {job: {adapter: kubernetes, auth: {type: odic}}}",
    );
    let _ = site.refresh(&["--metrics-file", &metrics]);
    assert_eq!(
        end(&fs::read_to_string(&metrics).unwrap()),
        end(&before),
        "a broken file is no cluster that is gone"
    );
}

#[test]
fn a_link_in_the_place_of_the_metrics_is_replaced_and_not_followed() {
    let site = Site::new();
    site.write("precious", "root's own");
    let path = site.path("ood-k8s.prom");
    symlink(site.path("precious"), &path).unwrap();
    let metrics = path.display().to_string();
    site.refresh(&["--metrics-file", &metrics]).ok();
    assert_eq!(fs::read_to_string(site.path("precious")).unwrap(), "root's own");
    assert!(fs::symlink_metadata(&path).unwrap().is_file());
}

/// Runs a refresh that finds the file locked after its token was tried, does `meanwhile`, and lets it go on.
fn refresh_after(site: &Site, meanwhile: impl FnOnce()) -> Run {
    let lock = site.path("root.kubeconfig.lock");
    fs::write(&lock, "").unwrap();
    let mut command = site.refresh_command(&["--timeout", "60s", "-o", "json"]);
    let run = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    wait_until("the new token was tried", || site.cluster.requests().len() >= 2);
    meanwhile();
    fs::remove_file(lock).unwrap();
    Run::from_output(run.wait_with_output().unwrap(), Duration::ZERO)
}

#[test]
fn a_token_that_another_run_put_there_meanwhile_is_kept_if_it_works_at_least_as_long() {
    let site = Site::new();
    let theirs = site.mint(10 * 3600);
    let run = refresh_after(&site, || site.set_root_token(&theirs)).ok();
    assert_eq!(run.json()["results"][0]["outcome"], "unchanged");
    assert_eq!(site.root_token(), theirs);

    let site = Site::new();
    let theirs = site.mint(8 * 3600);
    refresh_after(&site, || site.set_root_token(&theirs)).ok();
    assert_ne!(site.root_token(), theirs);
}

#[test]
fn a_context_that_was_given_another_server_meanwhile_does_not_get_the_token() {
    let site = Site::new();
    let changed = site.root_text().replace(&site.cluster.url(), "https://192.0.2.1:6443");
    refresh_after(&site, || site.write("root.kubeconfig", &changed)).fails(
        3,
        &["contexts were changed meanwhile", "root's kubeconfig is as it was"],
    );
    assert_eq!(site.root_text(), changed);
}

#[test]
fn twenty_refreshes_at_once_leave_one_whole_kubeconfig_with_a_token_that_works() {
    let _alone = alone();
    let site = Site::new();
    let start = |_| {
        site.refresh_command(&["--timeout", "60s"])
            .stderr(Stdio::piped())
            .spawn()
            .unwrap()
    };
    let runs: Vec<_> = (0..20).map(start).collect();
    for run in runs {
        let output = run.wait_with_output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
    assert!(site.cluster.who_is(&site.root_token()).is_some());
    assert!(!site.path("root.kubeconfig.lock").exists());
}

#[test]
fn sudden_deaths_leave_roots_kubeconfig_whole_and_working() {
    let _alone = alone();
    let site = Site::new();
    // The moments are spread over somewhat more than a whole run, however long that takes here and now.
    let whole = site.refresh(&["--timeout", "60s"]).ok().took;
    let (mut renewed, mut killed) = (0, 0);
    let mut before = site.root_token();
    for round in 0..120_u32 {
        let mut run = site
            .refresh_command(&["--timeout", "60s"])
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        std::thread::sleep(whole * (round * 37 % 60) / 40);
        run.kill().unwrap();
        killed += u32::from(!run.wait().unwrap().success());
        let after = site.root_token();
        if after != before {
            renewed += 1;
            assert!(site.cluster.who_is(&after).is_some(), "round {round}");
            before = after;
        }
    }
    site.refresh(&[]).ok();
    assert!(
        renewed > 0 && killed > 0,
        "{renewed} renewed, {killed} killed: nothing was proved"
    );
}

#[test]
fn a_token_works_up_to_its_real_end_and_not_beyond() {
    let site = Site::new();
    let Some(plane) = site.cluster.plane() else {
        // The sandbox has no signatures; a token of it that has ended is in the tests above.
        return;
    };
    let account = site.cluster.account().name;
    let sign = |end: u64| {
        plane
            .sign_service_account_token("ondemand", &account, now() - 3600, end)
            .unwrap()
    };
    // The API server lets a clock be wrong by a minute (go-jose's leeway).
    let last_moment = sign(now() - 20);
    assert!(site.cluster.who_is(&last_moment).is_some(), "within the leeway");
    site.set_root_token(&last_moment);
    let run = site.refresh(&[]).ok();
    assert_eq!(run.stdout, "");
    assert_ne!(site.root_token(), last_moment);
    let gone = sign(now() - 90);
    assert_eq!(site.cluster.who_is(&gone), None, "beyond it");
    site.set_root_token(&gone);
    let run = site.refresh(&[]);
    assert!(run.status == 8 && run.stderr.contains("its token ended 1m"), "{run:?}");
    assert_eq!(site.root_token(), gone, "kept, whatever it is worth");
}
