//! Keys of a cluster's file that OnDemand's adapter reads in its own way, and files as the documents print them.

use std::fs;

use ood_k8s_sandbox::Sandbox;
use serde_json::json;

use super::Node;
use crate::support::{Cluster, Run};

impl Node {
    /// Replaces a line of the cluster's file, or adds one below `v2.job`.
    fn job(&self, line: &str) {
        let file = self.cluster_file("prod");
        let key = line.split_once(':').unwrap().0;
        let kept: Vec<_> = file
            .lines()
            .filter(|old| !old.starts_with(&format!("    {key}:")))
            .collect();
        let text = kept.join("\n").replace(
            "    adapter: kubernetes",
            &format!("    adapter: kubernetes\n    {line}"),
        );
        self.site.write("clusters.d/prod.yml", &format!("{text}\n"));
    }

    /// Nothing but `ok`.
    fn finds_only_good(&self) {
        self.finds_no("warning");
        self.finds_no("error");
    }
}

#[test]
fn a_tilde_that_nothing_expands_is_told_in_check_and_config_show_and_understood_here() {
    let node = Node::sound();
    for name in ["~/.kube/config", "~/k8s/config"] {
        node.job(&format!("config_file: '{name}'"));
        node.finds(
            0,
            "warning",
            "clusters.d",
            &[name, "nothing expands the ~", "leave v2.job.config_file out"],
        );
        let shown = Run::of(&mut node.site.command(&["config", "show", "-o", "json"])).ok();
        let warnings = shown.json()["warnings"].to_string();
        assert!(warnings.contains("nothing expands the ~"), "{warnings}");
        assert_eq!(shown.json()["clusters"][0]["config_file"], name);
    }
    let kept = node.cluster_file("prod").replace(
        &format!("    config_file: {}\n", node.site.path("home/config").display()),
        "",
    );
    node.site.write("clusters.d/prod.yml", &kept);
    node.finds_only_good();
}

#[test]
fn a_kubectl_that_users_cannot_run_is_told() {
    let node = Node::sound();
    node.finds_only_good();
    let elsewhere = node.site.path("kubectl-elsewhere");
    node.job(&format!("bin: {}", elsewhere.display()));
    node.finds(
        0,
        "warning",
        "clusters.d",
        &["kubectl-elsewhere", "is not there", "v2.job.bin"],
    );
    fs::create_dir(&elsewhere).unwrap();
    node.finds(0, "warning", "clusters.d", &["users cannot run", "kubectl-elsewhere"]);
    node.job(&format!("bin: {}", node.site.path("kubectl").display()));
    node.set_mode("kubectl", 0o700);
    node.finds(0, "warning", "clusters.d", &["users cannot run"]);
    // Found in the PATH of users' nginx, which nobody knows here.
    node.job("bin: kubectl");
    node.finds_only_good();
}

#[test]
fn a_kubectl_more_than_one_minor_version_from_the_server_is_told() {
    let node = Node::sound();
    let server = node.site.cluster.object("/version").unwrap()["gitVersion"]
        .as_str()
        .unwrap()
        .to_owned();
    let minor: u32 = server.split('.').nth(1).unwrap().parse().unwrap();
    for (version, words) in [
        (format!("v1.{}.0", minor - 2), Some("older than Kubernetes")),
        (format!("v1.{}.9-gke.1", minor + 2), Some("newer than Kubernetes")),
        (format!("v1.{}.0", minor - 1), None),
        (format!("v1.{}.0", minor + 1), None),
        ("no version".into(), None),
    ] {
        node.provide_kubectl(&json!(version));
        match words {
            Some(words) => node.finds(0, "warning", "cluster prod", &[&version, words, "v2.job.bin"]),
            None => node.finds_only_good(),
        }
    }
    node.site.write("kubectl", "#!/bin/sh\ntouch \"$0.ran\"\n");
    node.set_mode("kubectl", 0o757);
    node.finds_only_good();
    assert!(
        !node.site.path("kubectl.ran").exists(),
        "root runs nothing that others could have changed"
    );
}

#[test]
fn flags_that_are_true_to_ruby_and_links_by_ssh_are_told() {
    let node = Node::sound();
    for (line, count) in [
        ("all_namespaces: true", 1),
        ("all_namespaces: 'false'", 2),
        ("auto_supplemental_groups: 'no'", 1),
    ] {
        node.job(line);
        let (status, found) = node.findings(&[]);
        let told: Vec<_> = found.iter().filter(|found| found["severity"] == "warning").collect();
        assert_eq!((status, told.len()), (0, count), "{line}: {told:#?}");
    }
    node.finds(
        0,
        "warning",
        "clusters.d",
        &["auto_supplemental_groups is a text", "without quotes"],
    );
    node.job("all_namespaces: yes");
    node.finds(
        0,
        "warning",
        "clusters.d",
        &["list all pods", "kubectl auth can-i list pods -A"],
    );
    for (old, new) in [
        ("ssh_allow: false", "ssh_allow: true"),
        ("ssh_allow: true", "ssh_allow: 'false'"),
        ("  batch_connect:\n    ssh_allow: 'false'\n", ""),
    ] {
        if old.ends_with("false") {
            node.job("all_namespaces: false");
        }
        node.edit("clusters.d/prod.yml", old, new);
        node.finds(0, "warning", "clusters.d", &["ssh_allow is not false", "by SSH"]);
    }
}

#[test]
fn a_value_that_falls_apart_in_the_adapters_command_line_is_told() {
    let node = Node::sound();
    for (line, key) in [
        ("context: 'ood prod'", "v2.job.context"),
        ("cluster: ood;prod", "v2.job.cluster"),
        ("username_prefix: 'a$b'", "v2.job.username_prefix"),
        ("config_file: '/srv/kube config'", "v2.job.config_file"),
    ] {
        node.job(line);
        node.finds(0, "warning", "clusters.d", &[key, "without quotes"]);
    }
}

#[test]
fn mounts_that_no_server_or_policy_admits_are_told() {
    let node = Node::sound();
    let host = "{type: host, name: home, path: /home, destination_path: /home, host_type: Directory}";
    node.job(&format!("mounts: [{host}]"));
    node.finds(0, "warning", "clusters.d", &["home", "baseline and restricted refuse"]);
    node.job("mounts: [{type: nfs, name: data, host: nfs.example.org, path: /x, destination_path: /x}]");
    node.finds_only_good();
    for (old, new, words) in [
        ("Directory", "directory", "host_type \"directory\""),
        ("name: home", "name: Home_1", "no DNS label"),
        ("path: /home, dest", "path: home, dest", "no absolute path"),
        ("type: host,", "type: hostPath,", "the type \"hostPath\""),
    ] {
        node.job(&format!("mounts: [{}]", host.replacen(old, new, 1)));
        node.finds(3, "error", "clusters.d", &[words, "refuses every job"]);
    }
}

#[test]
fn two_addresses_of_one_cluster_are_shown_to_be_one_and_of_two_to_be_two() {
    // `localhost` is 127.0.0.1, and not everywhere ::1 too.
    let node = Node::on(Cluster::sandbox(Sandbox::builder().usual().start()));
    let url = node.site.cluster.url();
    let port = url.rsplit_once(':').unwrap().1;
    let (other, absent) = (Sandbox::start(), "https://127.0.0.1:1");
    let own = "    ood_k8s:\n      root_context: ondemand@kubernetes\n";
    let with = |endpoint: &str| {
        let file = node.cluster_file("prod").replace(&url, endpoint);
        node.site
            .write("clusters.d/prod.yml", &file.replace("    ood_k8s:\n", own));
    };
    with(&format!("https://localhost:{port}"));
    node.finds(0, "ok", "cluster prod", &[&url, "localhost", "are one cluster"]);
    with(absent);
    node.finds(0, "warning", "cluster prod", &["could not be compared", absent]);
    let second = Cluster::sandbox(other);
    with(&second.url());
    node.site
        .write("ca.pem", &format!("{}{}", node.site.cluster.ca_pem(), second.ca_pem()));
    node.finds(0, "warning", "cluster prod", &["could not be compared", "401"]);
    for sandbox in [node.site.cluster.faults(), second.faults()] {
        sandbox.add_token("of-both", "admin", &["system:masters"]);
    }
    node.use_token("of-both");
    node.finds(
        3,
        "error",
        "cluster prod",
        &["are two clusters", &second.url(), "root_context"],
    );
}

#[test]
fn a_hooks_env_beside_hook_env_is_told() {
    let node = Node::sound();
    node.site.write("hooks.env", "NAMESPACE_PREFIX=other-\n");
    node.finds(0, "warning", "hook.env", &["hooks.env is not read", "hook.env is"]);
    let shown = Run::of(&mut node.site.command(&["config", "show", "-o", "json"])).ok();
    assert!(shown.json()["warnings"].to_string().contains("hooks.env is not read"));
    node.site.bootstrap(&[]).ok();
    fs::rename(node.site.path("hooks.env"), node.site.path("hook.env.bak")).unwrap();
    node.finds_only_good();
}

/// OnDemand's two documents print a file for one cluster each; this is what they have in common.
const OF_THE_DOCUMENTS: &str = "---
v2:
  metadata:
    title: \"My K8s Cluster\"
  login:
    host: \"my_k8s_cluster.my_center.edu\"
  job:
    adapter: \"kubernetes\"
    config_file: \"~/.kube/config\"
    cluster: \"ood-prod\"
    context: \"ood-prod\"
    bin: \"KUBECTL\"
    username_prefix: \"prod-\"
    namespace_prefix: \"MARK-\"
    all_namespaces: false
    auto_supplemental_groups: false
    server:
      endpoint: \"ENDPOINT\"
      cert_authority_file: \"CA\"
    auth:
      type: \"oidc\"
    mounts: []
  batch_connect:
    ssh_allow: false
  custom:
    ood_k8s:
      service_account: \"ondemand/ondemand-MARK\"
";

#[test]
fn the_documents_cluster_file_works_as_it_is_printed_and_only_the_tilde_is_told() {
    let node = Node::sound();
    let text = OF_THE_DOCUMENTS
        .replace("KUBECTL", node.site.path("kubectl").to_str().unwrap())
        .replace("MARK", &node.site.cluster.mark)
        .replace("ENDPOINT", &node.site.cluster.url())
        .replace("CA\"", &format!("{}\"", node.site.path("ca.pem").display()));
    node.site.write("clusters.d/prod.yml", &text);
    let (status, found) = node.findings(&[]);
    let told: Vec<_> = found.iter().filter(|found| found["severity"] != "ok").collect();
    assert!(
        status == 0 && told.len() == 1 && told[0]["text"].as_str().unwrap().contains("nothing expands the ~"),
        "{told:#?}"
    );
    node.site.bootstrap(&[]).ok();
}
