//! Files that cannot be read, or have expired, and declarations that are wrong: they stop nobody's login.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use ood_k8s_sandbox::{Fault, Sandbox};

use super::{content, declare, handed_out, proxy, says, secret, site, site_on, ALL};
use crate::profiles_file::{login, with_own_state};
use crate::secrecy::holders;
use crate::support::{is_root, of_method, requests_of, skip, Cluster, Run, Site, CANARY};

#[test]
fn an_expired_proxy_is_not_handed_out_and_the_one_that_is_there_stays() {
    let site = site(ALL);
    site.write("x509up", &proxy(-1));
    says(
        &site,
        &["grid-proxy", "is not handed out", "x509up expired at 20", "renew it"],
    );
    assert!(secret(&site, "grid-proxy").is_none() && secret(&site, "site-ca").is_some());
    site.write("x509up", &proxy(24));
    site.bootstrap(&[]).ok();
    let before = handed_out(&site);
    assert!(before.is_some());
    site.write("x509up", &proxy(-1));
    let requests = requests_of(&site, || says(&site, &["expired at"]));
    assert_eq!(of_method(&requests, "PATCH"), 1, "the claim: {requests:?}");
    assert_eq!(handed_out(&site), before, "pods that mount it go on");
    site.write("k8s-profiles.yml", "version: 1\nprofiles:\n- secrets: [ca]\n");
    site.bootstrap(&[]).ok();
    assert_eq!(handed_out(&site), None, "it goes once nobody asks for it");
}

#[test]
fn a_file_that_cannot_be_used_stops_no_login_and_says_so_in_one_line() {
    let site = site(ALL);
    site.bootstrap(&[]).ok();
    let (before, whole) = (handed_out(&site), content(&site, "x509up"));
    let path = site.path("x509up");
    for (text, mode, word) in [
        (whole.as_str(), 0o602, "others can write it"),
        ("", 0o600, "is empty"),
        (&whole[..whole.len() / 4], 0o600, "is not complete"),
        (&"x".repeat(1024 * 1024 + 1), 0o600, "larger than 1 MiB"),
    ] {
        fs::write(&path, text).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        says(&site, &["grid-proxy", "what users have of it stays", word]);
        assert_eq!(handed_out(&site), before);
    }
    fs::remove_file(&path).unwrap();
    says(&site, &["grid-proxy", "no such file"]);
    assert_eq!(handed_out(&site), before);
    fs::create_dir(&path).unwrap();
    says(&site, &["grid-proxy", "not a regular file"]);
    assert_eq!(handed_out(&site), before);
}

/// A certificate and its key.
fn pair() -> (String, String) {
    let key = rcgen::KeyPair::generate().unwrap();
    let params = rcgen::CertificateParams::new(vec!["web.example.org".into()]).unwrap();
    (params.self_signed(&key).unwrap().pem(), key.serialize_pem())
}

#[test]
fn a_certificate_and_a_key_of_different_moments_are_not_handed_out_until_they_are_a_pair() {
    let site = site(ALL);
    site.write("k8s-profiles.yml", "version: 1\nprofiles:\n- secrets: [web]\n");
    let ((old, old_key), (new, new_key)) = (pair(), pair());
    let write = |certificate: &str, key: &str| {
        site.write("web.crt", certificate);
        site.write("web.key", key);
    };
    let files = [("tls.crt", "web.crt"), ("tls.key", "web.key")];
    declare(&site, "web", "type: kubernetes.io/tls\n", &files);
    site.grant_profiles();
    write(&old, &old_key);
    site.bootstrap(&[]).ok();
    let live = || secret(&site, "web").unwrap()["data"].clone();
    let before = live();
    write(&new, &old_key);
    let words = ["secret web is not handed out", "web.key is not that of", "web.crt"];
    says(&site, &words);
    assert_eq!(live(), before, "what is in the cluster is a pair");
    write(&new, &new_key);
    site.bootstrap(&[]).ok();
    assert_ne!(live(), before);
}

#[test]
fn a_certificate_whose_dates_cannot_be_read_is_not_handed_out_and_the_login_says_so() {
    let site = site(ALL);
    site.bootstrap(&[]).ok();
    let before = handed_out(&site);
    // Whole PEM, and no certificate in it.
    let whole = content(&site, "x509up");
    let (first, rest) = whole.split_once("-----END CERTIFICATE-----").unwrap();
    let (head, _) = first.split_once("-----BEGIN CERTIFICATE-----").unwrap();
    let odd = format!("{head}-----BEGIN CERTIFICATE-----\nMAMCAQE=\n-----END CERTIFICATE-----{rest}");
    site.write("x509up", &odd);
    says(
        &site,
        &["grid-proxy", "x509up has a certificate whose dates cannot be read"],
    );
    assert_eq!(handed_out(&site), before);
}

#[test]
fn a_chain_with_the_root_first_expires_with_its_own_certificate_and_cas_beside_a_key_do_not() {
    let site = site(ALL);
    site.bootstrap(&[]).ok();
    let (root, _) = pair();
    site.write("x509up", &format!("{root}{}", proxy(-1)));
    says(&site, &["grid-proxy", "x509up expired at 20"]);
    // A CA that has expired, and one that has not, beside a proxy that is good.
    site.write("x509up", &proxy(24));
    let certificate = |text: &str| text[text.find("-----BEGIN CERT").unwrap()..].to_owned();
    let expired = certificate(&proxy(-1))
        .split("-----BEGIN EC")
        .next()
        .unwrap()
        .split("-----BEGIN PRIVATE")
        .next()
        .unwrap()
        .to_owned();
    site.write("cas.pem", &format!("{expired}{root}"));
    declare(
        &site,
        "proxy",
        "name: grid-proxy\n",
        &[("x509up", "x509up"), ("ca.crt", "cas.pem")],
    );
    site.bootstrap(&[]).ok();
    assert_eq!(handed_out(&site).unwrap(), content(&site, "x509up"));
}

#[test]
fn the_line_is_said_once_however_many_clusters_there_are() {
    let site = site(ALL);
    let file = fs::read_to_string(site.path("clusters.d/prod.yml")).unwrap();
    let second = file.replace("ood-prod", "ood-test").replace("prod-", "test-");
    site.write("clusters.d/test.yml", &second);
    site.write("x509up", "");
    says(&site, &["grid-proxy", "is empty"]);
}

#[test]
fn what_is_wrong_in_a_declaration_is_an_error_with_file_and_line() {
    let site = site("version: 1\n");
    let validate = || Run::of(&mut site.command(&["config", "validate"]));
    for (profiles, head, words) in [
        ("- secrets: [none]", "", &["none.yaml", "out of secrets"][..]),
        ("- secrets: [odd]", "nane: x\n", &["odd.yaml:1:", "did you mean name?"]),
        (
            "- secrets: [odd]",
            "name: registry\n",
            &["odd.yaml", "IMAGE_PULL_SECRET"],
        ),
        (
            "- secrets: [proxy, odd]",
            "name: grid-proxy\n",
            &["k8s-profiles.yml:3:", "both have Secret/grid-proxy"],
        ),
        ("- secrets: [../x]", "", &["k8s-profiles.yml:3:", "without .yaml"]),
    ] {
        declare(&site, "odd", head, &[("k", "x509up")]);
        site.write("k8s-profiles.yml", &format!("version: 1\nprofiles:\n{profiles}\n"));
        let run = validate();
        assert!(
            run.status == 3 && words.iter().all(|word| run.stderr.contains(word)),
            "{run:?}"
        );
    }
    site.set("SECRETS_DIR=");
    site.write("k8s-profiles.yml", ALL);
    let run = validate();
    assert!(
        run.status == 3 && run.stderr.contains("SECRETS_DIR is not set"),
        "{run:?}"
    );
    site.set("SECRETS_DIR=relative");
    let run = validate();
    assert!(
        run.status == 3 && run.stderr.contains("not an absolute path"),
        "{run:?}"
    );
}

#[test]
fn a_broken_declaration_stops_nobodys_login_and_what_is_kept_of_it_has_no_content() {
    let site = site(ALL);
    if !is_root() {
        return skip("only root may mount, and keeps what it has read");
    }
    login(&site).ok();
    let kept = site.path("var-lib");
    assert_eq!(holders(&kept, "x509up").len(), 1, "the declaration is kept");
    for secret in [CANARY, "BEGIN", "licence"] {
        assert!(holders(&kept, secret).is_empty(), "{secret}");
    }
    site.write("k8s-secrets.d/proxy.yaml", "data: [\n");
    site.write("x509up", &proxy(48));
    login(&site).ok();
    assert_eq!(handed_out(&site).unwrap(), content(&site, "x509up"));
    let run = with_own_state(&site, &site.command(&["profile", "show", &site.user]));
    assert!(run.status == 3 && run.stderr.contains("proxy.yaml:"), "{run:?}");
    assert!(run.stdout.contains("proxy, ca"), "{run:?}");
}

#[test]
fn without_a_declaration_nothing_in_the_directory_is_read_and_the_role_has_no_right() {
    let site: Site = site("version: 1\nprofiles:\n- labels: {a: b}\n");
    fs::remove_file(site.path("k8s-secrets.d/proxy.yaml")).unwrap();
    site.write("k8s-secrets.d/ca.yaml", "data: [\n");
    let run = Run::of(&mut site.command(&["cluster-roles", "--with", "profiles"])).done();
    assert!(
        run.stderr.contains("no section names") && !run.stdout.contains("grid-proxy"),
        "{run:?}"
    );
    site.grant_profiles();
    site.bootstrap(&[]).ok();
}

#[test]
fn none_is_handed_out_in_a_namespace_without_its_network_policy() {
    let site = site_on(Cluster::sandbox(Sandbox::start()), ALL);
    site.cluster
        .faults()
        .fail(Fault::status(403).containing("networkpolicies"));
    assert_ne!(site.bootstrap(&[]).status, 0);
    assert!(secret(&site, "grid-proxy").is_none() && secret(&site, "site-ca").is_none());
    site.cluster.faults().clear_faults();
    site.bootstrap(&[]).ok();
    assert!(handed_out(&site).is_some());
}

#[test]
fn a_cluster_that_refuses_one_has_the_rest_of_the_login() {
    let site = site_on(Cluster::sandbox(Sandbox::start()), ALL);
    site.cluster
        .faults()
        .fail(Fault::status(403).method("PATCH").containing("secrets/grid-proxy"));
    site.bootstrap(&[]).fails(5, &["grid-proxy"]);
    assert!(secret(&site, "site-ca").is_some() && handed_out(&site).is_none());
    assert!(site.all_paths().iter().all(|path| site.cluster.object(path).is_some()));
    // Two that write at the same time: whoever comes second looks again.
    site.cluster.faults().clear_faults();
    site.bootstrap(&[]).ok();
    site.write("x509up", &proxy(48));
    site.cluster.faults().fail(
        Fault::status(409)
            .method("PATCH")
            .containing("secrets/grid-proxy")
            .times(1),
    );
    site.bootstrap(&[]).ok();
    assert_eq!(handed_out(&site).unwrap(), content(&site, "x509up"));
}
