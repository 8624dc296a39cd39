//! Configuration that cannot be used: one line with the file, the key and the remedy, and nothing changed.

use std::fmt::Write as _;
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;

use super::support::{is_root, skip, Run, Site, CANARY};

fn nothing_happened(site: &Site) {
    assert!(site.cluster.requests().is_empty(), "{:?}", site.cluster.requests());
    assert!(site.user_kubeconfig().is_none());
}

#[test]
fn a_missing_hook_env_is_named() {
    let site = Site::new();
    fs::remove_file(site.path("hook.env")).unwrap();
    site.pre_hook()
        .fails(3, &["hook.env: no such file", "hook.env.example"]);
    nothing_happened(&site);
}

#[test]
fn a_hook_env_that_we_may_not_read_is_named() {
    if is_root() {
        // Root may read everything; a folder in its place is what root cannot read.
        let site = Site::new();
        fs::remove_file(site.path("hook.env")).unwrap();
        fs::create_dir(site.path("hook.env")).unwrap();
        site.pre_hook().fails(3, &["hook.env", "not a regular file"]);
        return;
    }
    let site = Site::new();
    fs::set_permissions(site.path("hook.env"), Permissions::from_mode(0o000)).unwrap();
    site.pre_hook().fails(3, &["hook.env", "Permission denied", "root"]);
    nothing_happened(&site);
}

#[test]
fn a_kubeconfig_of_roots_that_cannot_be_read_is_not_to_be_created() {
    let site = Site::new();
    let path = site.path("root.kubeconfig");
    let told = |words: &[&str]| {
        let run = site.pre_hook().fails(3, words);
        assert!(!run.stderr.contains("setup-root"), "{}", run.stderr);
    };
    if !is_root() {
        fs::set_permissions(&path, Permissions::from_mode(0o000)).unwrap();
        told(&["root.kubeconfig", "Permission denied", "fix its owner"]);
    }
    fs::remove_file(&path).unwrap();
    fs::create_dir(&path).unwrap();
    told(&["root.kubeconfig", "not a regular file", "put the right file there"]);
    fs::remove_dir(&path).unwrap();
    std::os::unix::fs::symlink("root.kubeconfig", &path).unwrap();
    told(&["root.kubeconfig", "it has too many links"]);
    fs::remove_file(&path).unwrap();
    nix::unistd::mkfifo(&path, nix::sys::stat::Mode::S_IRUSR).unwrap();
    told(&["root.kubeconfig", "not a regular file"]);
    assert!(site.cluster.requests().is_empty());
}

#[test]
fn a_hook_env_that_others_can_write_is_refused() {
    let site = Site::new();
    fs::set_permissions(site.path("hook.env"), Permissions::from_mode(0o602)).unwrap();
    site.pre_hook().fails(3, &["others can write it", "run: install -m 06"]);
    nothing_happened(&site);
}

#[test]
fn a_hook_env_of_another_owner_is_refused() {
    if !is_root() {
        return skip("only root can give a file away");
    }
    let site = Site::new();
    std::os::unix::fs::chown(site.path("hook.env"), Some(65534), None).unwrap();
    site.pre_hook().fails(3, &["uid 65534 owns it", "run: install -m 06"]);
    nothing_happened(&site);
}

#[test]
fn a_hook_env_in_a_folder_that_others_can_write_is_refused() {
    let site = Site::new();
    fs::set_permissions(site.path("."), Permissions::from_mode(0o777)).unwrap();
    site.pre_hook()
        .fails(3, &["others can write it, which allows replacing", "hook.env"]);
    nothing_happened(&site);
}

#[test]
fn a_link_in_a_folder_that_others_can_write_is_refused_wherever_it_leads() {
    if !is_root() {
        return skip("only root can make a folder of another user");
    }
    let site = Site::new();
    // The file is root's own, in root's own folder; but whoever owns the link can let it lead elsewhere.
    fs::create_dir(site.path("theirs")).unwrap();
    std::os::unix::fs::chown(site.path("theirs"), Some(65534), None).unwrap();
    for (flag, file) in [("--hook-env", "hook.env"), ("--kubeconfig", "root.kubeconfig")] {
        std::os::unix::fs::symlink(site.path(file), site.path("theirs").join(file)).unwrap();
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_ood-k8s"));
        command.env_clear().args(["bootstrap-user", &site.user]);
        command.arg("--clusters-dir").arg(site.path("clusters.d"));
        for (other, name) in [("--hook-env", "hook.env"), ("--kubeconfig", "root.kubeconfig")] {
            let folder = if other == flag {
                site.path("theirs")
            } else {
                site.path("")
            };
            command.arg(other).arg(folder.join(name));
        }
        Run::of(&mut command).fails(3, &["theirs", "uid 65534 owns it"]);
    }
    assert!(site.cluster.requests().is_empty());
}

#[test]
fn yaml_of_other_accounts_is_not_parsed_as_root() {
    let site = Site::new();
    let mut bomb = "v2: {job: {adapter: slurm}}\na0: &a0 [x]\n".to_owned();
    for level in 1..=8 {
        let aliases = vec![format!("*a{}", level - 1); 100].join(",");
        writeln!(bomb, "a{level}: &a{level} [{aliases}]").unwrap();
    }
    site.write("clusters.d/slurm.yml", &bomb);
    fs::set_permissions(site.path("clusters.d/slurm.yml"), Permissions::from_mode(0o666)).unwrap();
    let run = site.pre_hook().ok();
    assert!(run.took < std::time::Duration::from_secs(5), "{:?}", run.took);
}

#[test]
fn hidden_files_of_clusters_d_are_an_editors_and_two_files_of_one_name_are_refused() {
    let site = Site::new();
    std::os::unix::fs::symlink("nobody@host.1234", site.path("clusters.d/.#prod.yml")).unwrap();
    site.pre_hook().ok();
    site.write(
        "clusters.d/prod.yaml",
        &site.cluster_file("prod", &site.cluster.url(), "oidc"),
    );
    site.pre_hook().fails(3, &["prod.yml", "rename or remove one"]);
}

#[test]
fn a_folder_of_clusters_that_was_asked_for_must_be_there() {
    let site = Site::new();
    fs::rename(site.path("clusters.d"), site.path("elsewhere")).unwrap();
    site.bootstrap(&[])
        .fails(3, &["clusters.d: no such file", "--clusters-dir"]);
    nothing_happened(&site);
}

#[test]
fn of_several_clusters_each_must_say_which_server_it_is() {
    let site = Site::new();
    site.write("clusters.d/bare.yml", "v2: {job: {adapter: kubernetes}}\n");
    site.pre_hook()
        .fails(3, &["bare.yml", "v2.job.server.endpoint", "root_context"]);
    assert!(site.cluster.object(&site.binding("ood-user")).is_some());
    fs::remove_file(site.path("clusters.d/prod.yml")).unwrap();
    site.pre_hook().ok();
}

#[test]
fn a_line_that_bash_would_have_to_run_is_refused_with_its_number() {
    let site = Site::new();
    site.write(
        "hook.env",
        &format!("NAMESPACE_PREFIX=user-\nCLIENT_SECRET={CANARY}$(cat /etc/secret)\n"),
    );
    site.pre_hook().fails(3, &["hook.env", "line 2"]);
    nothing_happened(&site);
}

#[test]
fn a_wrong_timeout_lets_nobody_wait() {
    let site = Site::new();
    site.set("HOOK_TIMEOUT=soon");
    site.pre_hook().fails(3, &["hook.env:", "HOOK_TIMEOUT", "10s"]);
    nothing_happened(&site);
}

#[test]
fn an_unknown_key_is_a_warning_and_the_run_goes_on() {
    let site = Site::new();
    site.set("NAMESPACE_PREFX=x");
    let run = site.bootstrap(&[]).done();
    assert!(run.stderr.contains("did you mean NAMESPACE_PREFIX"), "{}", run.stderr);
}

#[test]
fn pod_security_policies_are_a_warning_and_the_login_goes_on() {
    let site = Site::new();
    site.set("USE_POD_SECURITY_POLICY=true");
    let run = site.bootstrap(&[]).done();
    assert!(run.stderr.contains("1.25"), "{}", run.stderr);
    site.pre_hook().ok();
}

#[test]
fn no_network_or_a_wrong_one_in_the_policy_keeps_the_namespace_from_being_made() {
    let site = Site::new();
    site.set("NETWORK_POLICY_ALLOW_CIDR=");
    site.pre_hook().fails(3, &["NETWORK_POLICY_ALLOW_CIDR is not set"]);
    site.set("NETWORK_POLICY_ALLOW_CIDR=10.0.0.0/33");
    site.pre_hook().fails(3, &["10.0.0.0/33", "NETWORK_POLICY_ALLOW_CIDR"]);
    assert!(site.cluster.requests().is_empty());
    assert!(site.user_kubeconfig().is_some(), "the credentials need no network");
}

#[test]
fn a_clusters_d_file_that_is_no_yaml_costs_only_its_own_cluster() {
    let site = Site::new();
    site.write("clusters.d/torn.yml", "v2:\n  job: {adapter: kubernetes\n");
    site.pre_hook().fails(3, &["torn.yml", "YAML"]);
    assert!(site.cluster.object(&site.binding("ood-user")).is_some());
    assert!(site.user_kubeconfig().is_some());
}

#[test]
fn an_unknown_auth_type_is_named_and_the_slip_of_the_documents_too() {
    let site = Site::new();
    site.write(
        "clusters.d/second.yaml",
        &site.cluster_file("second", "https://second.example.org", "odic"),
    );
    site.pre_hook().fails(3, &["second.yaml", "v2.job.auth.type", "oidc"]);
    site.write(
        "clusters.d/second.yaml",
        &site.cluster_file("second", "https://second.example.org", "kerberos"),
    );
    site.pre_hook().fails(3, &["kerberos", "oidc, managed or gke"]);
    assert!(site.cluster.object(&site.binding("ood-user")).is_some());
}

#[test]
fn files_of_other_schedulers_are_skipped_whatever_is_in_them() {
    let site = Site::new();
    site.write(
        "clusters.d/slurm.yml",
        "v2:\n  job:\n    adapter: slurm\n    cluster: 12\n    server: [a, b]\n    1: x\n",
    );
    site.pre_hook().ok();
}

#[test]
fn a_file_of_another_scheduler_may_belong_to_whoever_runs_that() {
    let site = Site::new();
    site.write("clusters.d/slurm.yml", "v2: {job: {adapter: slurm}}\n");
    fs::set_permissions(site.path("clusters.d/slurm.yml"), Permissions::from_mode(0o666)).unwrap();
    site.pre_hook().ok();
    fs::set_permissions(site.path("clusters.d/prod.yml"), Permissions::from_mode(0o666)).unwrap();
    site.pre_hook().fails(3, &["prod.yml", "others can write it"]);
}

#[test]
fn an_endpoint_that_roots_kubeconfig_does_not_know_is_never_written_to() {
    let site = Site::new();
    site.write(
        "clusters.d/prod.yml",
        &site.cluster_file("prod", "https://elsewhere.example.org:6443", "managed"),
    );
    site.pre_hook().fails(
        3,
        &[
            "has no context for https://elsewhere.example.org:6443",
            &format!("its current context \"ondemand@kubernetes\" has {}", site.cluster.url()),
            "set v2.custom.ood_k8s.root_context: ondemand@kubernetes",
            "setup-root",
        ],
    );
    assert!(site.cluster.requests().is_empty());
}

/// The two documents of OnDemand have the controller's name in root's kubeconfig, and the cluster's in clusters.d.
#[test]
fn a_context_that_is_named_is_taken_at_its_word_whatever_the_endpoint_is() {
    let site = Site::new();
    let own = "  custom:\n    ood_k8s:\n      root_context: ondemand@kubernetes\n";
    for endpoint in [
        "https://elsewhere.example.org:6443",
        "https://elsewhere.example.org",
        "https://192.0.2.7:6443/k8s/c1",
    ] {
        let file = site.cluster_file("prod", endpoint, "oidc");
        site.write("clusters.d/prod.yml", &format!("{file}{own}"));
        site.pre_hook().ok();
        let kubeconfig = site.user_kubeconfig().unwrap();
        assert_eq!(kubeconfig["clusters"][0]["cluster"]["server"], endpoint);
    }
    assert!(site.cluster.object(&site.binding("ood-user")).is_some());
    let other = own.replace("ondemand@kubernetes", "another");
    let file = site.cluster_file("prod", &site.cluster.url(), "oidc");
    site.write("clusters.d/prod.yml", &format!("{file}{other}"));
    site.pre_hook()
        .fails(3, &["has no context \"another\"", "root_context"]);
}

#[test]
fn a_context_of_roots_can_be_named_and_a_misspelt_setting_of_ours_is_a_warning() {
    let site = Site::new();
    let file = site.cluster_file("prod", &site.cluster.url(), "managed");
    site.write(
        "clusters.d/prod.yml",
        &format!("{file}  custom:\n    ood_k8s:\n      root_context: ondemand@kubernetes\n"),
    );
    site.pre_hook().ok();
    site.write(
        "clusters.d/prod.yml",
        &format!("{file}  custom:\n    ood_k8s:\n      root_contxt: x\n"),
    );
    let run = site.bootstrap(&[]).done();
    assert!(run.stderr.contains("unknown key \"root_contxt\""), "{}", run.stderr);
    assert!(run.stderr.contains("did you mean root_context?"), "{}", run.stderr);
}

#[test]
fn a_missing_torn_or_unsafe_kubeconfig_of_roots_is_named_and_the_credentials_are_written() {
    let site = Site::new();
    let good = fs::read_to_string(site.path("root.kubeconfig")).unwrap();
    fs::remove_file(site.path("root.kubeconfig")).unwrap();
    site.pre_hook()
        .fails(3, &["root.kubeconfig", "no such file", "--kubeconfig"]);
    assert!(site.user_kubeconfig().is_some());
    site.write("root.kubeconfig", &format!("users: [{CANARY}"));
    site.pre_hook().fails(3, &["root.kubeconfig", "YAML"]);
    site.write("root.kubeconfig", &good);
    fs::set_permissions(site.path("root.kubeconfig"), Permissions::from_mode(0o666)).unwrap();
    site.pre_hook().fails(3, &["others can write it"]);
    assert!(site.cluster.requests().is_empty());
}

#[test]
fn a_registry_file_that_is_missing_or_wrong_costs_only_the_pull_secret() {
    let site = Site::new();
    for (text, words) in [
        (None, "no such file"),
        (Some(format!("not json {CANARY}")), "not JSON"),
        (Some(format!("{{\"user\":\"{CANARY}\"}}")), "no \"auths\""),
    ] {
        match text {
            None => fs::remove_file(site.path("registry.json")).unwrap(),
            Some(text) => site.write("registry.json", &text),
        }
        site.pre_hook().fails(3, &["registry.json", words]);
    }
    assert!(site.cluster.object(&site.core("secrets/registry")).is_none());
    assert!(site.cluster.object(&site.binding("ood-user")).is_some());
}

#[test]
fn without_issuer_or_client_the_key_is_named() {
    let site = Site::new();
    site.set("IDP_ISSUER_URL=");
    site.set_creds().fails(3, &["IDP_ISSUER_URL is not set"]);
    site.set("IDP_ISSUER_URL=https://idp.example.org\nCLIENT_ID=");
    site.set_creds().fails(3, &["CLIENT_ID is not set"]);
}

#[test]
fn a_cluster_that_is_not_there_is_named_with_those_that_are() {
    let site = Site::new();
    let run = Run::of(&mut site.command_with_tokens(&["bootstrap-user", "--cluster", "prd", &site.user]));
    run.fails(3, &["\"prd\"", "prod"]);
    nothing_happened(&site);
}
