//! What was meant for kubectl: other ways to log in within our own entry, and names in hook.env that its programs read.

use std::process::Command;

use ood_k8s_sandbox::{Proxy, Sandbox};
use serde_json::Value;

use super::support::{access_token, Cluster, Run, Site, CANARY};

fn entries(site: &Site) -> Vec<(String, Value)> {
    let users = site.user_kubeconfig().unwrap()["users"].as_array().unwrap().clone();
    users
        .iter()
        .map(|user| (user["name"].as_str().unwrap().to_owned(), user["user"].clone()))
        .collect()
}

#[test]
fn what_would_win_over_the_new_token_moves_to_another_entry_and_is_told_once() {
    for mode in ["auth-provider", "token", "exec"] {
        for (fields, keys) in [
            ("as: somebody, client-certificate-data: eA==, client-key-data: eQ==", &["as", "client-certificate-data", "client-key-data"][..]),
            ("client-certificate: /c, client-key: /k", &["client-certificate", "client-key"]),
            ("as: other, as-groups: [wheel]", &["as", "as-groups"]),
            ("username: me, password: pw", &["username", "password"]),
            ("exec: {apiVersion: client.authentication.k8s.io/v1, command: aws, args: [eks], interactiveMode: Never}", &["exec"]),
        ] {
            let site = Site::new();
            site.set(&format!("CREDENTIALS={mode}\nEXEC_COMMAND=/usr/bin/ood-k8s"));
            let name = format!("prod-{}", site.user);
            site.write_home("config", &format!("users:\n- name: {name}\n  user: {{{fields}}}\n"));
            let run = site.set_creds().done();
            assert_eq!(run.stderr.lines().count(), 1, "{run:?}");
            for words in keys.iter().copied().chain(["would have won over the new token", &format!("\"{name}-before-ondemand\"")]) {
                assert!(run.stderr.contains(words), "no {words}: {run:?}");
            }
            let all = entries(&site);
            let [(_, ours), (other, aside)] = all.as_slice() else { panic!("{all:?}") };
            assert_eq!(*other, format!("{name}-before-ondemand"));
            for key in keys {
                assert!(!aside[key].is_null(), "{key}: {aside}");
                assert!(*key == "exec" && mode == "exec" || ours[key].is_null(), "{key}: {ours}");
            }
            site.set_creds().ok();
        }
    }
}

#[test]
fn an_entry_of_ours_in_another_mode_and_other_peoples_entries_are_left_as_they_are() {
    let site = Site::new();
    site.write_home("config", "users:\n- name: mine\n  user: {as: x, client-key: /k}\n");
    for mode in ["auth-provider", "token", "exec", "auth-provider"] {
        site.set(&format!("CREDENTIALS={mode}\nEXEC_COMMAND=/usr/bin/ood-k8s"));
        site.set_creds().ok();
        let all = entries(&site);
        assert_eq!((all.len(), all[0].1["as"].as_str()), (2, Some("x")), "{all:?}");
    }
}

/// Without `--kubeconfig`, as OnDemand's hook calls it.
fn without_flag(site: &Site, args: &[&str]) -> Run {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ood-k8s"));
    command.env_clear().current_dir("/").args(args);
    command.arg("--hook-env").arg(site.path("hook.env"));
    command.arg("--clusters-dir").arg(site.path("clusters.d"));
    command.env("OOD_OIDC_ACCESS_TOKEN", access_token());
    Run::of(&mut command)
}

#[test]
fn another_kubeconfig_for_the_stock_scripts_kubectl_is_refused_with_the_key_that_names_it() {
    let site = Site::new();
    let named = site.path("root.kubeconfig");
    let before = std::fs::read_to_string(site.path("hook.env")).unwrap();
    for (line, words) in [
        (
            format!("KUBECONFIG={}", named.display()),
            format!("ROOT_KUBECONFIG={}", named.display()),
        ),
        (
            format!("export KUBECONFIG='{}'", named.display()),
            format!("ROOT_KUBECONFIG={}", named.display()),
        ),
        (
            "KUBECONFIG=/root/.kube/a:/root/.kube/b".into(),
            "ROOT_KUBECONFIG=FILE".into(),
        ),
        (
            "HOME=/srv/ondemand".into(),
            "ROOT_KUBECONFIG=/srv/ondemand/.kube/config".into(),
        ),
    ] {
        site.write("hook.env", &before);
        site.set(&line);
        for args in [
            &["pre-hook", "--user", &site.user][..],
            &["bootstrap-user", &site.user],
            &["refresh-token"],
            &["config", "show", "-o", "json"],
        ] {
            let run = without_flag(&site, args);
            assert_eq!(run.status, 3, "{run:?}");
            assert!(
                run.stderr.contains("would have kubectl use") && run.stderr.contains(&words),
                "{run:?}"
            );
        }
        let checked = without_flag(&site, &["check"]);
        assert!(checked.stdout.contains("would have kubectl use"), "{checked:?}");
        assert!(site.user_kubeconfig().is_none());
        // Where the flag stands, the line may stay for the scripts on another node.
        site.bootstrap(&[]).ok();
    }
    assert!(!site.cluster.requests().is_empty());
}

#[test]
fn the_kubeconfig_that_is_used_anyway_may_be_named() {
    let site = Site::new();
    let own = nix::unistd::User::from_uid(nix::unistd::Uid::effective())
        .unwrap()
        .unwrap()
        .dir;
    site.set(&format!("KUBECONFIG={}", own.join(".kube/config").display()));
    let run = without_flag(&site, &["config", "show", "-o", "json"]);
    assert_eq!(run.json()["warnings"].as_array().map(Vec::len), Some(0), "{run:?}");
    assert!(!run.stderr.contains("KUBECONFIG"), "{run:?}");
}

/// `0.0.0.0` is this machine, and for Go no loopback address, so that a proxy is used.
fn behind_a_proxy() -> Site {
    let site = Site::on(Cluster::sandbox(Sandbox::builder().usual().start()));
    let port = site.cluster.url().rsplit_once(':').unwrap().1.to_owned();
    let url = format!("https://0.0.0.0:{}", port.trim_end_matches('/'));
    let kubeconfig = site.kubeconfig(&url, &site.cluster.ondemand_token());
    site.write(
        "root.kubeconfig",
        &kubeconfig.replace("{server:", "{tls-server-name: localhost, server:"),
    );
    site.write("clusters.d/prod.yml", &site.cluster_file("prod", &url, "oidc"));
    site
}

#[test]
fn a_proxy_in_hook_env_is_the_way_to_the_cluster_as_for_the_stock_scripts_kubectl() {
    let site = behind_a_proxy();
    let proxy = Proxy::http_connect();
    for name in ["HTTPS_PROXY", "https_proxy"] {
        let before = proxy.targets().len();
        site.set(&format!("{name}={}", proxy.url()));
        site.bootstrap(&[]).ok();
        assert_eq!(proxy.targets().len(), before + 1, "{name}");
        site.set(&format!("{name}="));
    }
    let before = proxy.targets().len();
    site.set(&format!("HTTPS_PROXY={}", proxy.url().trim_start_matches("http://")));
    site.bootstrap(&[]).ok();
    assert_eq!(proxy.targets().len(), before + 1, "Go adds http:// itself");
    for rules in ["0.0.0.0", "0.0.0.0/8", "*", "example.org, 0.0.0.0"] {
        let before = proxy.targets().len();
        site.set(&format!("NO_PROXY='{rules}'"));
        site.bootstrap(&[]).ok();
        assert_eq!(proxy.targets().len(), before, "{rules}");
    }
    site.set("NO_PROXY=\nHTTPS_PROXY=http://127.0.0.1:1");
    let kubeconfig = std::fs::read_to_string(site.path("root.kubeconfig")).unwrap();
    let own = format!("{{proxy-url: '{}', tls-server-name:", proxy.url());
    site.write("root.kubeconfig", &kubeconfig.replace("{tls-server-name:", &own));
    site.bootstrap(&[]).ok();
    assert_eq!(
        proxy.targets().len(),
        before + 2,
        "what root's kubeconfig says comes first"
    );
}

#[test]
fn a_proxy_that_is_no_url_is_refused_and_a_password_in_it_is_not_shown() {
    let site = Site::new();
    for value in [
        format!("ftp://user:{CANARY}@p:1"),
        format!("http://user:{CANARY}@"),
        format!("user {CANARY}"),
    ] {
        site.set(&format!("HTTPS_PROXY='{value}'"));
        site.bootstrap(&[])
            .fails(3, &["HTTPS_PROXY", "is not the URL of a proxy"]);
    }
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o644);
    site.set(&format!("CLIENT_SECRET=\nHTTPS_PROXY=http://user:{CANARY}@127.0.0.1:1"));
    std::fs::set_permissions(site.path("hook.env"), mode).unwrap();
    let shown = Run::of(&mut site.command(&["config", "show", "-o", "json"]));
    assert!(
        shown.json()["warnings"][0]
            .as_str()
            .unwrap()
            .contains("holds HTTPS_PROXY and is readable by others"),
        "{shown:?}"
    );
}
