//! Keys of hook.env that stand for flags: what a hook, a timer and a person get by them, and what a flag does to it.

use std::fs;
use std::path::Path;
use std::process::Command;

use super::support::{Run, Site, CANARY};

/// The program with hook.env and clusters.d alone, as the link that OnDemand calls cannot name root's kubeconfig.
fn command(site: &Site, args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ood-k8s"));
    command.env_clear().current_dir("/").args(args);
    command.arg("--hook-env").arg(site.path("hook.env"));
    command.arg("--clusters-dir").arg(site.path("clusters.d"));
    command.env("OOD_OIDC_ACCESS_TOKEN", super::support::access_token());
    command.env("OOD_OIDC_REFRESH_TOKEN", format!("{CANARY}-refresh"));
    command
}

fn login(site: &Site) -> Run {
    Run::of(&mut command(site, &["pre-hook", "--user", &site.user]))
}

fn set_kubeconfig(site: &Site, name: &str) {
    site.set(&format!("ROOT_KUBECONFIG='{}'", site.path(name).display()));
}

#[test]
fn roots_kubeconfig_is_where_hook_env_says_for_the_hook_and_for_commands() {
    let site = Site::new();
    fs::create_dir(site.path("k8s")).unwrap();
    fs::rename(site.path("root.kubeconfig"), site.path("k8s/kubeconfig")).unwrap();
    set_kubeconfig(&site, "k8s/kubeconfig");
    login(&site).ok();
    assert!(site.cluster.object(&site.namespace_path()).is_some());
    Run::of(&mut command(&site, &["bootstrap-user", &site.user])).done();
    let shown = Run::of(&mut command(&site, &["config", "show", "-o", "json"]))
        .ok()
        .json();
    assert_eq!(shown["kubeconfig"], site.path("k8s/kubeconfig").display().to_string());
    assert_eq!(shown["kubeconfig_source"], "ROOT_KUBECONFIG");
}

#[test]
fn a_flag_takes_precedence_over_each_key() {
    let site = Site::new();
    set_kubeconfig(&site, "nowhere");
    site.set("CLUSTERS=nowhere\nLOG_FORMAT=logfmt\nLOG_LEVEL=error");
    let kubeconfig = site.path("root.kubeconfig");
    let args = [
        "pre-hook",
        "--user",
        &site.user,
        "--cluster",
        "prod",
        "--log-level",
        "info",
        "--log-format",
        "json",
    ];
    let mut command = command(&site, &args);
    let run = Run::of(command.arg("--kubeconfig").arg(kubeconfig)).done();
    assert!(
        run.stderr.contains(r#"{"level":"info","msg":"login""#),
        "{}",
        run.stderr
    );
}

#[test]
fn a_relative_kubeconfig_costs_the_clusters_only_and_no_other_file_is_taken_for_it() {
    let site = Site::new();
    site.set("ROOT_KUBECONFIG=.kube/config");
    login(&site).fails(3, &["ROOT_KUBECONFIG", "is not an absolute path"]);
    assert!(site.cluster.requests().is_empty(), "{:?}", site.cluster.requests());
    assert!(site.user_kubeconfig().is_some(), "the home is another matter");
    Run::of(&mut command(&site, &["refresh-token"])).fails(3, &["ROOT_KUBECONFIG"]);
    Run::of(&mut command(&site, &["setup-root", "--token-file", "/nowhere"])).fails(3, &["ROOT_KUBECONFIG"]);
    // With the flag the key does not matter.
    Run::of(&mut site.command(&["bootstrap-user", &site.user])).done();
}

#[test]
fn only_the_clusters_that_are_named_are_used() {
    let site = Site::new();
    site.write(
        "clusters.d/down.yml",
        &site.cluster_file("down", "https://127.0.0.1:9", "oidc"),
    );
    site.set("CLUSTERS='prod'");
    set_kubeconfig(&site, "root.kubeconfig");
    login(&site).ok();
    let users = site.user_kubeconfig().unwrap().to_string();
    assert!(users.contains("ood-prod") && !users.contains("ood-down"), "{users}");
    site.set("CLUSTERS=prod,elsewhere");
    login(&site).fails(3, &["\"elsewhere\"", "known: "]);
}

#[test]
fn the_level_and_the_format_of_hook_env_apply_to_a_login() {
    let site = Site::new();
    set_kubeconfig(&site, "root.kubeconfig");
    assert_eq!(login(&site).ok().stderr, "");
    site.set("LOG_LEVEL=info\nLOG_FORMAT=json");
    let run = login(&site).done();
    assert!(
        run.stderr.starts_with(r#"{"level":"info","msg":"login""#),
        "{}",
        run.stderr
    );
    site.set("LOG_LEVEL=loud\nLOG_FORMAT=xml");
    let shown = Run::of(&mut command(&site, &["config", "show", "-o", "json"]))
        .done()
        .json();
    let warnings = shown["warnings"].to_string();
    assert!(
        warnings.contains("LOG_LEVEL is not error, warn, info or debug"),
        "{warnings}"
    );
    assert!(warnings.contains("LOG_FORMAT is neither logfmt nor json"), "{warnings}");
    assert_eq!(login(&site).done().stderr, "", "a wrong word costs nothing else");
}

#[test]
fn a_secret_that_lost_its_end_is_told_by_check_and_config_show_without_the_rest_of_it() {
    let site = Site::new();
    site.set("EXCHANGE_CLIENT_SECRET=\"pa$hunter2\"\nUSE_JOB_POD_REAPER=True");
    for args in [&["config", "show"][..], &["check"], &["bootstrap-user", &site.user]] {
        let run = Run::of(&mut site.command(args));
        let told = format!("{}{}", run.stdout, run.stderr);
        assert!(
            told.contains("EXCHANGE_CLIENT_SECRET refers to a name that is not set"),
            "{told}"
        );
        assert!(told.contains("USE_JOB_POD_REAPER is True, which means false"), "{told}");
        assert!(!told.contains("hunter2"), "{told}");
    }
}

/// The paths in a text that are below /usr and of this package.
fn installed(text: &str) -> Vec<String> {
    let parts = text.split(|c: char| !(c.is_ascii_alphanumeric() || "/._-".contains(c)));
    let paths = parts.filter(|part| part.starts_with("/usr/") && part.contains("ood-k8s"));
    paths.map(|path| path.trim_end_matches(['.', '/']).to_owned()).collect()
}

#[test]
fn every_installed_path_in_a_message_or_an_example_is_in_the_package() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let package = fs::read_to_string(root.join("packaging/nfpm.yaml")).unwrap();
    let is_there = |path: &String| {
        package.contains(&format!("dst: {path}\n"))
            || package.contains(&format!("dst: {path},"))
            || path.starts_with("/usr/lib/systemd/system/ood-k8s-")
    };
    let mut found = 0;
    for folder in ["src", "hooks", "README.md", "docs/src"] {
        for file in files(&root.join(folder)) {
            let text = fs::read_to_string(&file).unwrap();
            for path in installed(&text) {
                assert!(is_there(&path), "{}: {path}", file.display());
                found += 1;
            }
            let shows_source = text.lines().filter(|line| !line.trim_start().starts_with("//"));
            let shows_source: Vec<_> = shows_source
                .filter(|line| folder == "src" && line.contains("hooks/") && !line.contains("include_str"))
                .collect();
            assert!(shows_source.is_empty(), "{}: {shows_source:?}", file.display());
        }
    }
    assert!(found > 5, "{found}");
}

fn files(path: &Path) -> Vec<std::path::PathBuf> {
    if path.is_file() {
        return vec![path.to_owned()];
    }
    let entries = fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|entry| files(&entry)).collect()
}
