//! Declared secrets: files of root's that users get at a login, how they change and go, and what is not handed out.

mod commands;
mod faults;
mod logins;

use std::time::{Duration, SystemTime};

use base64::Engine as _;
use serde_json::Value;

use crate::support::{Cluster, Site, CANARY};

const ALL: &str = "version: 1\nprofiles:\n- secrets: [proxy, ca]\n";

/// A site that hands out a proxy, which lives for a day, and a CA, and whose account has the rights for these and no more, in
/// a cluster of its own.
fn site(profiles: &str) -> Site {
    site_on(Cluster::own(), profiles)
}

fn site_on(cluster: Cluster, profiles: &str) -> Site {
    let site = Site::on(cluster);
    site.set(&format!("PROFILES_FILE={}", site.path("k8s-profiles.yml").display()));
    site.set(&format!("SECRETS_DIR={}", site.path("k8s-secrets.d").display()));
    std::fs::create_dir(site.path("k8s-secrets.d")).unwrap();
    site.write("x509up", &proxy(24));
    site.write("site-ca.pem", "a licence, which never expires");
    declare(&site, "proxy", "name: grid-proxy\n", &[("x509up", "x509up")]);
    declare(&site, "ca", "name: site-ca\n", &[("ca.crt", "site-ca.pem")]);
    site.write("k8s-profiles.yml", profiles);
    site.name_account();
    site.grant_profiles();
    site
}

/// Declares a secret with these keys, whose content is in these files of the site.
fn declare(site: &Site, name: &str, head: &str, data: &[(&str, &str)]) {
    let line = |(key, file): &(&str, &str)| format!("  {key}: {{file: {}}}", site.path(file).display());
    let data: Vec<String> = data.iter().map(line).collect();
    site.write(
        &format!("k8s-secrets.d/{name}.yaml"),
        &format!("{head}data:\n{}\n", data.join("\n")),
    );
}

/// A grid proxy that was made at its beginning and ends in so many hours: a certificate, its key, and that of the user. None of
/// it may be printed anywhere.
fn proxy(hours: i64) -> String {
    let now = SystemTime::now();
    let from = |hours: i64| {
        let distance = Duration::from_secs(hours.unsigned_abs() * 3600);
        if hours < 0 {
            now - distance
        } else {
            now + distance
        }
    };
    let params = |name: &str, from: SystemTime, until: SystemTime| {
        let mut params = rcgen::CertificateParams::new(Vec::new()).unwrap();
        params.distinguished_name.push(rcgen::DnType::CommonName, name);
        (params.not_before, params.not_after) = (from.into(), until.into());
        // As RFC 3820 has it, which TLS libraries refuse.
        let info = rcgen::CustomExtension::from_oid_content(&[1, 3, 6, 1, 5, 5, 7, 1, 14], vec![0x30, 0]);
        params.custom_extensions.push(info);
        params
    };
    let key = rcgen::KeyPair::generate().unwrap();
    let user = rcgen::Issuer::new(params("user", from(-1000), from(8000)), &key);
    let ca = rcgen::Issuer::new(params("ca", from(-1000), from(8000)), &key);
    let of_user = params("user", from(-1000), from(8000)).signed_by(&key, &ca).unwrap();
    let of_proxy = params("proxy", from(hours - 24), from(hours))
        .signed_by(&key, &user)
        .unwrap();
    format!("{CANARY}\n{}{}{}", of_proxy.pem(), key.serialize_pem(), of_user.pem())
}

fn secret(site: &Site, name: &str) -> Option<Value> {
    site.cluster.object(&site.core(&format!("secrets/{name}")))
}

/// What the proxy is in the namespace.
fn handed_out(site: &Site) -> Option<String> {
    let secret = secret(site, "grid-proxy")?;
    let data = base64::engine::general_purpose::STANDARD.decode(secret["data"]["x509up"].as_str()?);
    Some(String::from_utf8(data.unwrap()).unwrap())
}

fn content(site: &Site, name: &str) -> String {
    std::fs::read_to_string(site.path(name)).unwrap()
}

fn applied(site: &Site) -> Value {
    let namespace = site.cluster.object(&site.namespace_path()).unwrap();
    namespace["metadata"]["annotations"]["openondemand.org/applied"].clone()
}

/// A login that is well, but has this to say in one line.
#[track_caller]
fn says(site: &Site, words: &[&str]) {
    let run = site.bootstrap(&[]).done();
    let lines: Vec<_> = run.stderr.lines().collect();
    assert_eq!(lines.len(), 1, "{run:?}");
    for word in words {
        assert!(lines[0].contains(word), "no {word:?}: {run:?}");
    }
}
