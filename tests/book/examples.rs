//! Every example file in README and the book is one that its reader accepts: hook.env, clusters.d, JSON, cron, alerts.

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use super::commands::programs_are_accepted;
use super::pages::{self, Block, Page};

/// This page's examples are checked with Puppet and Ansible, by `packaging/tests/snippets`.
const BY_SNIPPETS: &str = "docs/src/puppet-and-ansible.md";

/// What `config show` says of a hook.env and a file of clusters.d.
fn config_show(hook_env: &str, cluster: &str) -> Value {
    let site = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| {
        use std::os::unix::fs::PermissionsExt as _;
        let path = site.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        path
    };
    let required = "NETWORK_POLICY_ALLOW_CIDR=192.0.2.0/24\nIDP_ISSUER_URL=https://idp.example.org\nCLIENT_ID=ood\n";
    let hook_env = write("hook.env", &format!("{required}{hook_env}"));
    write("clusters.d/prod.yml", cluster);
    let run = Command::new(env!("CARGO_BIN_EXE_ood-k8s"))
        .args(["config", "show", "-o", "json", "--hook-env"])
        .arg(hook_env)
        .arg("--clusters-dir")
        .arg(site.path().join("clusters.d"))
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&run.stderr);
    serde_json::from_slice(&run.stdout).unwrap_or_else(|error| panic!("{error}: {said}"))
}

const CLUSTER: &str = "v2:\n  metadata: {title: Kubernetes}\n  job:\n    adapter: kubernetes\n    server: \
     {endpoint: 'https://k8s.example.org'}\n    auth: {type: oidc}\n  custom: {ood_k8s: {exchange_audience: k8s}}\n";

/// Nothing is wrong, and nothing is told.
fn nothing_is_told(shown: &Value) -> Result<(), String> {
    for list in ["errors", "warnings"] {
        let told = shown[list].as_array().ok_or(format!("no {list} in {shown}"))?;
        if !told.is_empty() {
            return Err(format!("{told:?}"));
        }
    }
    Ok(())
}

fn hook_env(text: &str) -> Result<(), String> {
    let assigned = ood_k8s::config::hook_env::parse(text.as_bytes(), &|_| None).map_err(|error| error.to_string())?;
    assert!(!assigned.is_empty());
    nothing_is_told(&config_show(text, CLUSTER))
}

fn portal(text: &str) -> Result<(), String> {
    let portal: Value = serde_yaml::from_str(text).map_err(|error| error.to_string())?;
    let known = ["pun_pre_hook_root_cmd", "pun_pre_hook_exports", "oidc_settings"];
    let unknown: Vec<_> = portal
        .as_object()
        .unwrap()
        .keys()
        .filter(|key| !known.contains(&key.as_str()))
        .collect();
    unknown.is_empty().then_some(()).ok_or(format!("{unknown:?}"))
}

/// The metrics in the expressions are those that the program writes.
fn alerts(text: &str) -> Result<(), String> {
    let rules: Value = serde_yaml::from_str(text).map_err(|error| error.to_string())?;
    let written = fs::read_to_string(pages::root().join("src/metrics/root_token.rs")).unwrap();
    for rule in rules["groups"][0]["rules"].as_array().ok_or("no rules")? {
        let expression = rule["expr"].as_str().ok_or("no expression")?;
        let word = |c: char| !(c.is_ascii_alphanumeric() || c == '_');
        let metric = expression
            .split(word)
            .find(|word| word.starts_with("ood_k8s_"))
            .ok_or("no metric")?;
        if !written.contains(metric.trim_start_matches("ood_k8s_")) {
            return Err(format!("the program writes no {metric}"));
        }
    }
    Ok(())
}

/// Read whole, and its policies rendered as they are shown, without asking a cluster.
fn profiles(text: &str) -> Result<(), String> {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    fs::create_dir(path("clusters.d")).unwrap();
    fs::write(path("profiles.yml"), text).unwrap();
    fs::create_dir(path("manifests")).unwrap();
    // Those that the page names, whatever is in them.
    for name in ["site-settings", "gpu-queue", "helpdesk"] {
        let text = format!("apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {name}}}\n");
        fs::write(path(&format!("manifests/{name}.yaml")), text).unwrap();
    }
    fs::create_dir(path("secrets")).unwrap();
    fs::write(path("secrets/grid-proxy.yaml"), "data: {x509up: {file: /nowhere}}\n").unwrap();
    let settings = format!(
        "PROFILES_FILE={}\nMANIFESTS_DIR={}\nSECRETS_DIR={}\n",
        path("profiles.yml").display(),
        path("manifests").display(),
        path("secrets").display()
    );
    fs::write(path("hook.env"), settings).unwrap();
    let run = Command::new(env!("CARGO_BIN_EXE_ood-k8s"))
        .args(["cluster-policies", "--kubernetes", "1.36", "--hook-env"])
        .arg(path("hook.env"))
        .arg("--clusters-dir")
        .arg(path("clusters.d"))
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&run.stderr).into_owned();
    let is_rendered = !text.contains("policies:") || String::from_utf8_lossy(&run.stdout).contains("/scratch");
    (run.status.success() && said.is_empty() && is_rendered)
        .then_some(())
        .ok_or(said)
}

/// A manifest that can be used.
fn manifest(text: &str) -> Result<(), String> {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("example.yaml"), text).unwrap();
    let hook_env = folder.path().join("hook.env");
    fs::write(&hook_env, format!("MANIFESTS_DIR={}\n", folder.path().display())).unwrap();
    let run = Command::new(env!("CARGO_BIN_EXE_ood-k8s"))
        .args(["manifests", "validate", "--hook-env"])
        .arg(&hook_env)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&run.stderr).into_owned();
    run.status.success().then_some(()).ok_or(said)
}

fn yaml(text: &str) -> Result<(), String> {
    let first = text.lines().next().unwrap();
    if first.starts_with("# /etc/ood/config/clusters.d/") {
        nothing_is_told(&config_show("EXCHANGE_CLIENT_ID=k\n", text))
    } else if first == "    server:" {
        let head = "v2:\n  metadata: {title: GKE}\n  job:\n    adapter: kubernetes\n";
        nothing_is_told(&config_show("", &format!("{head}{text}")))
    } else if first.starts_with("# /etc/ood/config/ood_portal.yml") {
        portal(text)
    } else if first == "groups:" {
        alerts(text)
    } else if first == "version: 1" {
        profiles(text)
    } else if first.starts_with("# /etc/ood/config/k8s-secrets.d/") {
        ood_k8s::config::profiles::parse_secret("page", text).map_or_else(|fault| Err(fault.reason), |_| Ok(()))
    } else if first.starts_with("apiVersion: ") {
        manifest(text)
    } else {
        Err("YAML of no known kind".to_owned())
    }
}

/// Lines that the program writes are compared with its own in `tests/behaviour/documented.rs`.
fn text(page: &Page, block: &Block) -> Result<(), String> {
    let first = &block.lines[0];
    if first.starts_with("level=") || first.starts_with("ood-k8s: ") {
        return Ok(());
    }
    if !first.starts_with("# /etc/cron.d/") {
        return Err("text of no known kind".to_owned());
    }
    let line = block.lines.last().unwrap();
    let command = line.split_once(" root ").ok_or("no line of cron")?.1;
    programs_are_accepted(page, block.line, command)
}

fn check(page: &Page, block: &Block) -> Result<(), String> {
    let whole = block.lines.join("\n") + "\n";
    match block.language.as_str() {
        // Commands; see there.
        "console" | "sh" => Ok(()),
        "bash" => hook_env(&whole),
        "yaml" => yaml(&whole),
        "json" => serde_json::from_str::<Value>(&whole)
            .map(drop)
            .map_err(|error| error.to_string()),
        "text" => text(page, block),
        other => Err(format!("a block of {other:?}: nothing checks it")),
    }
}

#[test]
fn every_example_in_readme_and_the_book_is_accepted_by_its_reader() {
    let mut wrong = Vec::new();
    let mut checked = 0;
    for page in pages::of_users().iter().filter(|page| page.name != BY_SNIPPETS) {
        for block in &page.blocks {
            if let Err(why) = check(page, block) {
                wrong.push(format!("{}:{}: {why}", page.name, block.line));
            }
            checked += 1;
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(checked > 40, "{checked}");
    assert!(Path::new(&pages::root()).join(BY_SNIPPETS).exists());
}

#[test]
fn an_example_with_a_mistake_is_seen() {
    assert!(hook_env("CREDENTALS=token\n").is_err());
    assert!(hook_env("POD_SECURITY=strict\n").is_err());
    assert!(yaml("# /etc/ood/config/clusters.d/a.yml\nv2: {job: {adapter: kubernetes, servr: {}}}\n").is_err());
    assert!(alerts("groups:\n- rules:\n  - expr: time() - ood_k8s_refresh_token_lst_success > 1\n").is_err());
}
