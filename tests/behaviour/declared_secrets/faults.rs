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
