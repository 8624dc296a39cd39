//! Twenty odd values through every key of every file, and through the tokens of the environment: nothing panics.

use std::sync::atomic::{AtomicUsize, Ordering};

use ood_k8s::config::settings::{KEYS, KUBECTL_NAMES};
use ood_k8s_sandbox::Sandbox;
use serde_json::{json, Value};

use super::support::{access_token, Cluster, Run, Site};

fn values() -> Vec<String> {
    let mut values: Vec<String> = [
        "",
        " ",
        "a\n",
        "\na",
        "a\nb",
        "a\r\nb",
        "\t",
        "a\0b",
        "\u{7f}",
        "\u{1b}[0m",
        "ü",
        "日本語",
        "😀",
        "\u{202e}x",
        "\u{feff}",
        "'\"\\$`",
        "%00%zz",
        "../../etc/passwd",
        "https://[::1]:99999/?#",
        "-1",
        "{}",
        "a b",
        ":@/",
    ]
    .map(str::to_owned)
    .to_vec();
    values.extend(["x".repeat(70_000), "9".repeat(400)]);
    values
}

/// In bash's `$'…'`, which has no NUL.
fn quoted(value: &str) -> String {
    let escaped: String = value
        .chars()
        .map(|c| match c {
            '\'' | '\\' => format!("\\{c}"),
            '\n' => "\\n".into(),
            '\r' => "\\r".into(),
            '\0' => "\\x00".into(),
            c => c.to_string(),
        })
        .collect();
    format!("$'{escaped}'")
}

/// A run may fail, and says so in its own words.
fn in_its_own_words(run: &Run, what: &str) {
    let words = ["a fault in this program", "panicked", "RUST_BACKTRACE"];
    let is_told = words.iter().any(|word| run.stderr.contains(word));
    assert!(
        (0..=8).contains(&run.status) && run.status != 1 && !is_told,
        "{what}: {run:?}"
    );
}

/// Every case, by three at a time, each with a site of its own.
fn all(cases: &[(String, String, String)], run: impl Fn(&Site, &str, &str) -> Run + Sync) {
    let next = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                let site = Site::on(Cluster::sandbox(Sandbox::start()));
                while let Some((what, key, value)) = cases.get(next.fetch_add(1, Ordering::SeqCst)) {
                    in_its_own_words(&run(&site, key, value), what);
                }
            });
        }
    });
}

fn cases<'k>(keys: impl IntoIterator<Item = &'k str>) -> Vec<(String, String, String)> {
    let keys: Vec<_> = keys.into_iter().collect();
    let of_value = |value: String| {
        let short: String = value.chars().take(20).collect();
        keys.iter()
            .map(|key| (format!("{key}={short:?}"), (*key).to_owned(), value.clone()))
            .collect::<Vec<_>>()
    };
    values().into_iter().flat_map(of_value).collect()
}

#[test]
fn in_the_keys_of_hook_env() {
    let keys = KEYS.iter().chain(KUBECTL_NAMES).copied();
    all(&cases(keys), |site, key, value| {
        let before = std::fs::read_to_string(site.path("hook.env")).unwrap();
        let good = before.split("\n# odd\n").next().unwrap_or_default().to_owned();
        site.write("hook.env", &format!("{good}\n# odd\n{key}={}\n", quoted(value)));
        Run::of(&mut site.command_with_tokens(&["pre-hook", "--user", &site.user, "--timeout", "3s"]))
    });
}

#[test]
fn in_the_keys_of_clusters_d() {
    let keys = [
        "cluster",
        "config_file",
        "context",
        "username_prefix",
        "namespace_prefix",
        "endpoint",
        "cert_authority_file",
        "type",
        "root_context",
        "service_account",
        "credentials",
        "exchange_audience",
        "exchange_scope",
        "oidc_username_prefix",
        "oidc_audience",
        "oidc_username_claim",
        "id",
        "svc_acct_file",
        "zone",
        "region",
        "bin",
        "all_namespaces",
        "auto_supplemental_groups",
        "mounts",
        "ssh_allow",
        "acls",
    ];
    // A file for each key: one that cannot be used costs its own cluster alone.
    all(&cases(["every key"]), |site, _, value| {
        for key in keys {
            let mut job = json!({
                "adapter": "kubernetes", "cluster": format!("ood-{key}"), "config_file": site.path("home/config"),
                "server": { "endpoint": site.cluster.url(), "cert_authority_file": site.path("ca.pem") },
                "auth": { "type": "oidc" },
            });
            let mut own = json!({});
            match key {
                "endpoint" | "cert_authority_file" => job["server"][key] = value.into(),
                "type" => job["auth"][key] = value.into(),
                "svc_acct_file" | "zone" | "region" => job["auth"] = json!({ "type": "gke", key: value }),
                "bin" | "all_namespaces" | "auto_supplemental_groups" => job[key] = value.into(),
                "mounts" => {
                    job[key] = json!([{ "type": value, "name": value, "path": value, "destination_path": value }]);
                }
                "cluster" | "config_file" | "context" | "username_prefix" | "namespace_prefix" => {
                    job[key] = value.into();
                }
                _ => own[key] = value.into(),
            }
            let mut file = json!({ "v2": { "job": job, "custom": { "ood_k8s": own } } });
            match key {
                "ssh_allow" => file["v2"]["batch_connect"] = json!({ key: value }),
                "acls" => file["v2"][key] = json!([{ "adapter": value, "groups": [value], "type": value }]),
                _ => {}
            }
            site.write(&format!("clusters.d/{key}.yml"), &file.to_string());
        }
        let checked = Run::of(&mut site.command(&["check", "--timeout", "5s"]));
        in_its_own_words(&checked, "check");
        Run::of(&mut site.command_with_tokens(&["pre-hook", "--user", &site.user, "--timeout", "5s"]))
    });
}

#[test]
fn in_the_keys_of_the_registry_file() {
    let keys = [
        "registry",
        "auth",
        "auth decoded",
        "user decoded",
        "username",
        "password",
        "email",
        "identitytoken",
        "registrytoken",
        "openondemand.org/credential-end",
        "credsStore",
        "credHelpers",
        "HttpHeaders",
        "proxies",
        "other",
    ];
    all(&cases(keys), |site, key, value| {
        use base64::Engine as _;
        let encode = |text: String| base64::engine::general_purpose::STANDARD.encode(text);
        let mut entry = json!({ "auth": encode("robot:pass".into()) });
        let mut file = json!({ "auths": {} });
        let mut name = "r.example.org";
        match key {
            "registry" => name = value,
            "auth decoded" => entry["auth"] = encode(format!("robot:{value}")).into(),
            "user decoded" => entry["auth"] = encode(format!("{value}:pass")).into(),
            "username" | "password" => entry = json!({ "username": "robot", "password": "pass", key: value }),
            "credsStore" | "other" => file[key] = value.into(),
            "credHelpers" | "HttpHeaders" | "proxies" => file[key] = json!({ "r.example.org": value, value: value }),
            key => entry[key] = value.into(),
        }
        file["auths"][name] = entry;
        site.write("registry.json", &file.to_string());
        for command in [&["check", "--timeout", "5s"][..], &["mint-registry-secret", "--list"]] {
            in_its_own_words(&Run::of(&mut site.command(command)), command[0]);
        }
        Run::of(&mut site.command(&["bootstrap-user", &site.user, "--timeout", "5s"]))
    });
}

#[test]
fn in_the_keys_of_roots_kubeconfig() {
    let cluster = [
        "server",
        "certificate-authority",
        "certificate-authority-data",
        "tls-server-name",
        "proxy-url",
        "extensions",
    ];
    let user = [
        "token",
        "tokenFile",
        "client-certificate",
        "client-certificate-data",
        "client-key",
        "client-key-data",
        "username",
        "password",
        "as",
        "as-uid",
        "as-groups",
        "as-user-extra",
        "auth-provider",
        "auth-provider.name",
        "exec",
        "exec.command",
        "exec.apiVersion",
        "exec.env",
        "exec.args",
        "exec.interactiveMode",
    ];
    let others = [
        "name",
        "context.cluster",
        "context.user",
        "context.namespace",
        "current-context",
        "kind",
    ];
    let keys: Vec<_> = cluster.into_iter().chain(user).chain(others).collect();
    // A context for each key, and a cluster of clusters.d for each: 30 at once.
    all(&cases(["every key"]), |site, _, value| {
        let (mut clusters, mut users, mut contexts) = (Vec::new(), Vec::new(), Vec::new());
        for (index, key) in keys.iter().enumerate() {
            let id = format!("c{index}");
            let authority = site.path("ca.pem");
            let mut entry = json!({ "server": site.cluster.url(), "certificate-authority": authority });
            let mut login = json!({ "token": site.root_token() });
            let mut context = json!({ "cluster": id, "user": id });
            let mut name = json!(id);
            match (*key, key.split_once('.')) {
                ("name", _) => name = value.into(),
                (_, Some(("context", key))) => context[key] = value.into(),
                (key, _) if cluster.contains(&key) => entry[key] = value.into(),
                ("current-context" | "kind", _) => {}
                _ => login = odd_login(key, value),
            }
            clusters.push(json!({ "name": id, "cluster": entry }));
            users.push(json!({ "name": id, "user": login }));
            contexts.push(json!({ "name": name, "context": context }));
            let file = json!({ "v2": { "job": { "adapter": "kubernetes", "cluster": id },
                "custom": { "ood_k8s": { "root_context": id } } } });
            site.write(&format!("clusters.d/{id}.yml"), &file.to_string());
        }
        let text = json!({ "clusters": clusters, "users": users, "contexts": contexts, "current-context": value, "kind": value });
        let good = site.root_token();
        site.write("odd.kubeconfig", &text.to_string());
        assert_eq!(site.root_token(), good);
        let odd = site.path("odd.kubeconfig");
        let mut command = site.command_of(&odd, &["bootstrap-user", &site.user, "--timeout", "5s"]);
        let run = Run::of(&mut command);
        in_its_own_words(
            &Run::of(&mut site.command_of(&odd, &["refresh-token", "--timeout", "5s"])),
            "refresh-token",
        );
        run
    });
}

#[test]
fn in_the_names_of_the_environment() {
    let names = [
        "HOME",
        "PATH",
        "SSL_CERT_FILE",
        "SSL_CERT_DIR",
        "HTTPS_PROXY",
        "NO_PROXY",
        "KUBECONFIG",
        "TZ",
        "LANG",
        "USER",
        "NO_COLOR",
        "TERM",
    ];
    all(&cases(names), |site, name, value| {
        // Of 128 KiB at most, and without a NUL, as the system wants them.
        Run::of(
            site.command_with_tokens(&["pre-hook", "--user", &site.user, "--timeout", "5s"])
                .env(name, value.replace('\0', "")),
        )
    });
}

#[test]
fn in_the_tokens_of_the_environment() {
    all(&cases(["access", "refresh"]), |site, key, value| {
        // No program can be started with a NUL in its environment.
        let value = value.replace('\0', "");
        let (access, refresh) = match key {
            "access" => (value.as_str(), "r"),
            _ => ("", value.as_str()),
        };
        let good = access_token();
        let access = if key == "access" { access } else { &good };
        Run::of(&mut site.command_with(&["pre-hook", "--user", &site.user, "--timeout", "5s"], access, refresh))
    });
}

/// A user's entry with an odd value under a key.
fn odd_login(key: &str, value: &str) -> Value {
    match key {
        "as-groups" => json!({ "as": "x", "as-groups": [value] }),
        "as-user-extra" => json!({ "as": "x", "as-user-extra": { value: [value] } }),
        "auth-provider" => json!({ "auth-provider": { "name": "oidc", "config": { "id-token": value } } }),
        "auth-provider.name" => json!({ "auth-provider": { "name": value, "config": { value: value } } }),
        _ => match key.strip_prefix("exec.") {
            Some(key) => {
                let mut exec = json!({ "apiVersion": "client.authentication.k8s.io/v1", "command": "/bin/false" });
                exec[key] = match key {
                    "env" => json!([{ "name": value, "value": value }]),
                    "args" => json!([value]),
                    _ => value.into(),
                };
                json!({ "exec": exec })
            }
            None => json!({ key: value }),
        },
    }
}
