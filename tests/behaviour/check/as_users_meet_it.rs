//! What logins never use and users meet at once: their CA, the name that the API server takes them for, and what ends soon.

use std::process::Command;
use std::time::{Duration, SystemTime};

use ood_k8s_sandbox::Sandbox;
use serde_json::json;

use super::Node;
use crate::support::{jwt, skip, with_input, Cluster, Run};

/// The CA of another cluster, where users' kubeconfigs name it.
fn wrong_ca(node: &Node) {
    node.site.write("users.crt", Sandbox::start().ca_pem());
    node.set_mode("users.crt", 0o644);
    node.edit("clusters.d/prod.yml", "/ca.pem", "/users.crt");
}

#[test]
fn a_ca_for_users_that_does_not_fit_is_an_error_although_logins_work() {
    let node = Node::sound();
    node.finds(
        0,
        "ok",
        "cluster prod",
        &["users' kubeconfigs trust the certificate of"],
    );
    wrong_ca(&node);
    node.site.pre_hook().ok();
    node.finds(
        3,
        "error",
        "cluster prod",
        &["x509", "users.crt", "does not fit", "config view --raw"],
    );
    // Two in one file, the second of them right.
    let both = format!("{}{}", Sandbox::start().ca_pem(), node.site.cluster.ca_pem());
    node.site.write("users.crt", &both);
    node.set_mode("users.crt", 0o644);
    node.finds(0, "ok", "cluster prod", &["users' kubeconfigs trust"]);
}

#[test]
fn no_ca_for_users_is_told_where_the_system_does_not_know_it_either() {
    let node = Node::sound();
    for key in ["      cert_authority_file: ", "      cert_authorty_file: "] {
        let text = std::fs::read_to_string(node.site.path("clusters.d/prod.yml")).unwrap();
        let (before, after) = text.split_once("      cert_auth").unwrap();
        let rest = after.split_once('\n').unwrap().1;
        let line = if key.contains("authority") {
            String::new()
        } else {
            format!("{key}/x\n")
        };
        node.site.write("clusters.d/prod.yml", &format!("{before}{line}{rest}"));
        node.finds(
            0,
            "warning",
            "cluster prod",
            &["the system's CA certificates", "cert_authority_file", "x509"],
        );
        node.site.write("clusters.d/prod.yml", &text);
    }
}

#[test]
fn the_command_that_is_printed_for_a_wrong_ca_mends_it() {
    let node = Node::sound();
    let Ok(programs) = ood_k8s_control_plane::Programs::find() else {
        return skip("kubectl is not built; run tests/control-plane/build");
    };
    wrong_ca(&node);
    let (_, found) = node.findings(&[]);
    let finding = found.iter().find(|finding| finding["severity"] == "error").unwrap();
    let command = finding["remedy"].as_str().unwrap().split_once("run: ").unwrap().1;
    let path = format!("{}:/usr/bin:/bin", programs.kubectl.parent().unwrap().display());
    Run::of(Command::new("sh").args(["-c", command]).env("PATH", path)).ok();
    node.finds(0, "ok", "cluster prod", &["users' kubeconfigs trust"]);
}

#[test]
fn the_name_that_the_api_server_takes_a_user_for_is_compared_with_the_binding() {
    let node = Node::on_sandbox();
    let (site, user) = (&node.site, node.site.user.clone());
    let token = jwt(&json!({ "iss": "https://idp.example.org", "sub": "x" }));
    let area = format!("user {user}");
    let found = |name: &str| {
        site.cluster.faults().add_token(&token, name, &[]);
        let (conf, sudoers) = (site.path("ood-portal.conf"), site.path("sudoers"));
        let args = ["check", "-o", "json", "--user", &user, "--token-file", "-"];
        let mut command = site.command(&args);
        command.arg("--portal-conf").arg(conf).arg("--sudoers").arg(sudoers);
        command.env("SSL_CERT_FILE", site.path("provider.pem"));
        let run = with_input(&mut command, token.as_bytes());
        let findings = run.json()["findings"].as_array().unwrap().clone();
        let told = findings
            .iter()
            .filter(|it| it["area"] == area.as_str() && it["text"].as_str().unwrap().contains("knows the user"));
        let told: Vec<_> = told
            .map(|it| format!("{} {} {}", it["severity"], it["text"], it["remedy"]))
            .collect();
        assert_eq!(told.len(), 1, "{findings:#?}");
        (run.status, told[0].clone())
    };
    let (status, told) = found(&user);
    assert!(status == 0 && told.starts_with("\"ok\""), "{told}");
    for (prefix, name, words) in [
        ("oidc:", user.clone(), "OIDC_USERNAME_PREFIX=''"),
        ("", format!("https://idp#{user}"), "OIDC_USERNAME_PREFIX='https://idp#'"),
        ("", "4711".into(), "OIDC_USERNAME_CLAIM"),
        ("", format!("{user}@example.org"), "OIDC_USERNAME_CLAIM"),
    ] {
        site.set(&format!("OIDC_USERNAME_PREFIX='{prefix}'"));
        let (status, told) = found(&name);
        assert!(
            status == 5 && told.contains("no permissions") && told.contains(words),
            "{told}"
        );
    }
}

#[test]
fn a_users_token_that_the_api_server_does_not_take_is_told_with_its_issuer() {
    let node = Node::on_sandbox();
    let token = jwt(&json!({ "iss": "https://idp.example.org", "aud": "grafana" }));
    node.site.write("token", &token);
    let path = node.site.path("token").display().to_string();
    let user = node.site.user.clone();
    node.finds_with(
        &["--user", &user, "--token-file", &path],
        5,
        "error",
        &format!("user {user}"),
        &["401", "https://idp.example.org", "grafana", "--oidc-client-id"],
    );
    let run = node.site.command(&["check", "--token-file", "-"]).output().unwrap();
    assert_eq!(run.status.code(), Some(2), "--token-file is for --user");
}

#[test]
fn a_prefix_with_which_nobody_can_log_in_is_an_error() {
    for prefix in ["User_", "-user-", "user.", "USER", &"x".repeat(63)] {
        let node = Node::on_sandbox();
        node.edit(
            "clusters.d/prod.yml",
            "namespace_prefix: ",
            &format!("namespace_prefix: \"{prefix}\" # "),
        );
        node.site.pre_hook().fails(4, &[]);
        node.finds(
            4,
            "error",
            "clusters.d",
            &["namespace_prefix", "nobody can log in", "use a-z"],
        );
    }
    let node = Node::on_sandbox();
    node.site.set("NAMESPACE_PREFIX=User_");
    node.edit("clusters.d/prod.yml", "namespace_prefix: ", "x: ");
    node.finds(
        4,
        "error",
        "clusters.d",
        &["NAMESPACE_PREFIX in hook.env", "nobody can log in"],
    );
}

#[test]
fn a_token_without_an_end_is_not_judged_before_the_server_has_accepted_it() {
    let node = Node::on_sandbox();
    let token = jwt(&json!({ "sub": "system:serviceaccount:ondemand:x" }));
    node.use_token(&token);
    let never = |node: &Node| {
        let (_, found) = node.findings(&[]);
        found
            .iter()
            .any(|finding| finding["text"].as_str().unwrap().contains("never expires"))
    };
    node.finds(5, "error", "cluster prod", &["401"]);
    assert!(!never(&node));
    node.site
        .cluster
        .faults()
        .add_token(&token, "system:serviceaccount:ondemand:x", &["system:masters"]);
    assert!(never(&node));
}

/// The date so many days from now.
fn day(days: u64) -> (i32, u8, u8) {
    let date = ood_k8s::time::rfc3339(SystemTime::now() + Duration::from_secs(days * 86_400));
    let part = |range: std::ops::Range<usize>| date[range].parse().unwrap();
    (date[..4].parse().unwrap(), part(5..7), part(8..10))
}

#[test]
fn certificates_that_expire_within_a_month_are_told_the_api_servers_and_the_providers() {
    let soon = || Sandbox::builder().certificate_until(day(20)).start();
    let node = Node::on(Cluster::sandbox(soon()));
    node.finds(
        0,
        "warning",
        "cluster prod",
        &["the certificate of", &node.site.cluster.url(), "expires in", "A new CA"],
    );
    let late = Node::on(Cluster::sandbox(Sandbox::builder().certificate_until(day(40)).start()));
    late.finds_no("warning");
    let mut node = Node::on_sandbox();
    node.provider = soon();
    node.lay_out();
    node.finds(
        0,
        "warning",
        "issuer",
        &["the certificate of", &node.issuer(), "expires in"],
    );
}

#[test]
fn ca_certificates_that_expire_within_a_month_are_told_in_each_file() {
    let node = Node::on_sandbox();
    let mut params = rcgen::CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    let (year, month, date) = day(20);
    params.not_after = rcgen::date_time_ymd(year, month, date);
    let old = params.self_signed(&rcgen::KeyPair::generate().unwrap()).unwrap().pem();
    node.site
        .write("both.crt", &format!("{}{old}", node.site.cluster.ca_pem()));
    node.set_mode("both.crt", 0o644);
    node.edit("clusters.d/prod.yml", "/ca.pem", "/both.crt");
    node.finds(
        0,
        "warning",
        "cluster prod",
        &["a CA certificate in", "both.crt", "cert_authority_file", "expires in"],
    );
    node.edit("root.kubeconfig", "/ca.pem", "/both.crt");
    node.finds(
        0,
        "warning",
        "cluster prod",
        &["the CA certificate in root's kubeconfig expires in"],
    );
    node.site.write("idp.crt", &format!("{}{old}", node.provider.ca_pem()));
    node.site
        .set(&format!("IDP_CA_FILE={}", node.site.path("idp.crt").display()));
    node.finds(0, "warning", "issuer", &["IDP_CA_FILE", "expires in"]);
}

#[test]
fn a_login_and_check_say_the_same_of_a_secret_that_the_role_does_not_cover() {
    let node = Node::on_sandbox();
    node.site.set("IMAGE_PULL_SECRET=other HOOK_TIMEOUT=1m");
    let remedy = "ood-k8s cluster-roles --apply --admin-kubeconfig FILE";
    node.site
        .pre_hook()
        .fails(5, &["secrets/other", remedy, "--pull-secret other"]);
    assert!(node.site.cluster.object(&node.site.binding("ood-user")).is_some());
    let (_, found) = node.findings(&[]);
    let told: Vec<_> = found
        .iter()
        .filter(|finding| finding["text"].as_str().unwrap().contains("secrets other"))
        .collect();
    assert_eq!(told.len(), 3, "{found:#?}");
    for finding in told {
        assert!(finding["remedy"].as_str().unwrap().contains(remedy), "{finding}");
        assert!(!finding["text"].as_str().unwrap().contains("all logins"), "{finding}");
    }
    // As printed.
    let admin = node
        .site
        .kubeconfig(&node.site.cluster.url(), node.site.cluster.admin_token());
    node.site.write("admin.kubeconfig", &admin);
    let file = node.site.path("admin.kubeconfig").display().to_string();
    let args = [
        "cluster-roles",
        "--apply",
        "--admin-kubeconfig",
        &file,
        "--pull-secret",
        "other",
    ];
    Run::of(&mut node.site.command(&args)).done();
    node.site.pre_hook().ok();
}
