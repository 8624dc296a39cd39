//! How root logs in other than by a token: client certificates in all their forms, and exec plugins, bounded.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use super::support::{skip, Cluster, Site};

use ood_k8s_sandbox::Sandbox;

/// Runs openssl in the folder.
fn openssl(folder: &Path, arguments: &str) {
    let mut command = Command::new("openssl");
    let command = command.args(arguments.split(' ')).current_dir(folder);
    let output = command.stdin(Stdio::null()).output().expect("openssl");
    assert!(output.status.success(), "{arguments}: {output:?}");
}

/// An administrator's certificate for a key that this command makes: of X.509 version 3 with extensions, else of version 1.
fn certificate(folder: &Path, name: &str, make_key: &str, extensions: &str) {
    openssl(folder, &format!("{make_key} -out {name}.key"));
    openssl(
        folder,
        &format!("req -new -key {name}.key -subj /O=system:masters/CN={name} -out {name}.csr"),
    );
    openssl(
        folder,
        &format!(
            "x509 -req -in {name}.csr -CA ca.crt -CAkey ca.key -CAcreateserial -days 2 -out {name}.crt{extensions}"
        ),
    );
    let both = ["crt", "key"].map(|end| fs::read_to_string(folder.join(format!("{name}.{end}"))).unwrap());
    fs::write(folder.join(format!("{name}.both")), both.concat()).unwrap();
}

/// A program of root's in the site's folder.
fn script(site: &Site, name: &str, text: &str) -> String {
    site.write(name, &format!("#!/bin/sh\n{text}\n"));
    fs::set_permissions(site.path(name), fs::Permissions::from_mode(0o700)).unwrap();
    site.path(name).display().to_string()
}

fn exec(command: &str) -> String {
    format!("{{exec: {{apiVersion: client.authentication.k8s.io/v1, command: {command}, interactiveMode: Never}}}}")
}

/// Root's kubeconfig with another way to log in.
fn with_user(site: &Site, user: &str) {
    let text = site.root_text();
    let token = format!("{{token: '{}'}}", site.root_token());
    assert!(text.contains(&token), "root's kubeconfig has its token");
    site.write("root.kubeconfig", &text.replace(&token, user));
}

#[test]
fn a_client_certificate_logs_in_whatever_its_keys_form_and_from_a_plugin_too() {
    if !Site::new().cluster.is_real() {
        // The sandbox knows tokens.
        return;
    }
    if Command::new("openssl").arg("version").output().is_err() {
        return skip("there is no openssl");
    }
    let folder = tempfile::tempdir().unwrap();
    openssl(
        folder.path(),
        "req -x509 -newkey rsa:2048 -nodes -keyout ca.key -out ca.crt -subj /CN=ca -days 2",
    );
    fs::write(folder.path().join("client"), "extendedKeyUsage = clientAuth\n").unwrap();
    let of_kubeadm = " -extfile client";
    for (name, make_key, extensions) in [
        ("pkcs1", "genrsa -traditional", of_kubeadm),
        ("pkcs8", "genpkey -algorithm RSA", ""),
        ("sec1", "ecparam -name prime256v1 -genkey -noout", of_kubeadm),
        ("ed25519", "genpkey -algorithm ed25519", ""),
    ] {
        certificate(folder.path(), name, make_key, extensions);
    }
    let file = |name: &str| folder.path().join(name).display().to_string();
    let site = Site::on(Cluster::real_with(vec![format!("--client-ca-file={}", file("ca.crt"))]));
    let mut users: Vec<String> = ["pkcs1", "pkcs8", "sec1", "ed25519"]
        .iter()
        .map(|name| {
            let (chain, key) = (file(&format!("{name}.crt")), file(&format!("{name}.key")));
            format!("{{client-certificate: {chain}, client-key: {key}}}")
        })
        .collect();
    let both = file("sec1.both");
    users.push(format!("{{client-certificate: {both}, client-key: {both}}}"));
    let text = |name: &str| fs::read_to_string(file(name)).unwrap().replace('\n', "\\n");
    let answer = format!(
        r#"{{"kind":"ExecCredential","status":{{"clientCertificateData":"{}","clientKeyData":"{}"}}}}"#,
        text("sec1.crt"),
        text("sec1.key")
    );
    site.write("answer", &answer);
    users.push(exec(&script(
        &site,
        "plugin",
        &format!("cat {}", site.path("answer").display()),
    )));
    let good = site.root_text();
    for user in users {
        site.write("root.kubeconfig", &good);
        with_user(&site, &user);
        site.pre_hook().ok();
    }
    let other = format!(
        "{{client-certificate: {}, client-key: {}}}",
        file("sec1.crt"),
        file("pkcs8.key")
    );
    site.write("root.kubeconfig", &good);
    with_user(&site, &other);
    site.pre_hook()
        .fails(3, &["a client certificate or client-key", "do not fit together"]);
}

#[test]
fn a_plugin_that_hangs_is_ended_with_what_it_has_started_before_the_deadline() {
    let site = Site::on(Cluster::sandbox(Sandbox::start()));
    let started = site.path("started");
    let text = format!("sleep 1000 & echo $! > {}; wait", started.display());
    let plugin = script(&site, "plugin", &text);
    with_user(&site, &exec(&plugin));
    site.set("HOOK_TIMEOUT=3s");
    site.pre_hook()
        .fails(3, &["the exec plugin", "did not answer within", "run it by hand"]);
    let pid = fs::read_to_string(started).unwrap();
    let begun = Instant::now();
    // Whoever was killed is gone once its parent has collected it.
    while is_running(pid.trim()) {
        assert!(begun.elapsed() < Duration::from_secs(10), "{pid} is still there");
        std::thread::yield_now();
    }
}

/// Whether the process is there, and no zombie.
fn is_running(pid: &str) -> bool {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    let state = stat.rsplit_once(") ").map(|(_, rest)| rest.chars().next());
    !matches!(state, None | Some(None | Some('Z' | 'X')))
}
