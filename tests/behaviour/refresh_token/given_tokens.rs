//! Tokens from elsewhere: a file, standard input, another account's kubeconfig, or a Secret.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use ood_k8s_sandbox::Sandbox;
use serde_json::json;

use super::{is_as_it_was, now, BINDINGS};
use crate::support::{jwt, Cluster, Run, Site};

#[test]
fn a_token_made_elsewhere_is_taken_from_a_file_or_from_standard_input() {
    let site = Site::new();
    let token = site.mint(3 * 3600);
    site.write("token", &format!("{token}\n"));
    let path = site.path("token").display().to_string();
    site.refresh(&["--token-file", &path]).ok();
    assert_eq!(site.root_token(), token);

    let token = site.mint(4 * 3600);
    site.write("token", &token);
    let mut command = site.refresh_command(&["--token-file", "-"]);
    command.stdin(fs::File::open(&path).unwrap());
    Run::of(&mut command).ok();
    assert_eq!(site.root_token(), token);
}

#[test]
fn a_token_made_elsewhere_that_cannot_be_right_is_refused_before_any_server_sees_it() {
    let site = Site::new();
    let before = site.root_text();
    let path = site.path("token").display().to_string();
    let sub = format!("system:serviceaccount:ondemand:{}", site.cluster.account().name);
    let exp = now() + 3600;
    for (text, words) in [
        (String::new(), &["there is no token in", "kubectl create token"][..]),
        (" \n".into(), &["there is no token in"]),
        ("cAnArY".into(), &["not a JWT", "not a token of a ServiceAccount"]),
        (
            jwt(&json!({ "sub": "system:serviceaccount:ondemand:other", "exp": exp })),
            &["is for system:serviceaccount:ondemand:other"],
        ),
        (jwt(&json!({ "exp": exp })), &["is for no account"]),
        (
            jwt(&json!({ "sub": sub, "exp": now() - 7200 })),
            &["expired 2h0m ago", "create a new one"],
        ),
        (
            jwt(&json!({ "sub": sub, "exp": exp, "aud": ["vault"] })),
            &["for the audience \"vault\"", "--audience"],
        ),
    ] {
        site.write("token", &text);
        site.refresh(&["--token-file", &path]).fails(6, words);
    }
    site.write("token", &site.mint(3600));
    fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
    site.refresh(&["--token-file", &path])
        .fails(6, &["holds a secret and others can read it", "chmod 0600"]);
    fs::set_permissions(&path, fs::Permissions::from_mode(0o622)).unwrap();
    site.refresh(&["--token-file", &path])
        .fails(6, &["others can write it", "run: install -m 06"]);
    site.refresh(&["--token-file", "/nonexistent/token"])
        .fails(6, &["no such file"]);
    assert_eq!(site.cluster.requests().len(), 0);
    is_as_it_was(&site, &before);
}

#[test]
fn a_token_that_looks_right_and_does_not_work_is_not_used() {
    let site = Site::new();
    let before = site.root_text();
    let sub = format!("system:serviceaccount:ondemand:{}", site.cluster.account().name);
    site.write(
        "token",
        &jwt(&json!({ "sub": sub, "exp": now() + 3600, "iss": "https://other.example" })),
    );
    let path = site.path("token").display().to_string();
    site.refresh(&["--token-file", &path]).fails(
        5,
        &[
            "does not accept the new token",
            "the issuer https://other.example",
            "the old one stays",
        ],
    );
    is_as_it_was(&site, &before);
}

#[test]
fn after_the_old_token_has_ended_an_administrators_kubeconfig_makes_the_first_one_anew() {
    let site = Site::new();
    let sub = format!("system:serviceaccount:ondemand:{}", site.cluster.account().name);
    site.set_root_token(&jwt(&json!({ "sub": sub, "exp": now() - 7200 })));
    let run = site.refresh(&[]);
    assert_eq!(run.status, 8, "{run:?}");
    for words in [
        "its token expired 2h0m ago",
        "refresh-token --cluster prod --admin-kubeconfig FILE",
    ] {
        assert!(run.stderr.contains(words), "no {words:?} in {}", run.stderr);
    }
    let admin = site.write_admin_kubeconfig();
    site.refresh(&["--admin-kubeconfig", &admin]).ok();
    assert!(site.cluster.who_is(&site.root_token()).is_some());
    site.refresh(&["--admin-kubeconfig", &admin, "--admin-context", "none"])
        .fails(3, &["has no context \"none\""]);
    site.refresh(&["--admin-kubeconfig", "/nonexistent"])
        .fails(3, &["/nonexistent", "no such file"]);
}

#[test]
fn whoever_makes_tokens_can_be_another_than_the_one_they_are_for() {
    let site = Site::new();
    site.cluster
        .delete(&format!("{BINDINGS}/rolebindings/{}", site.cluster.account().name));
    let admin = site.write_admin_kubeconfig();
    let old = site.root_token();
    site.refresh(&["--admin-kubeconfig", &admin]).ok();
    assert_ne!(site.root_token(), old);
    let admin_token = site.cluster.admin_token();
    assert!(
        !site.root_text().contains(admin_token),
        "the minter's own token stays with the minter"
    );
}

#[test]
fn the_token_without_an_end_is_read_from_a_secret_with_a_warning() {
    let site = Site::new();
    let admin = site.write_admin_kubeconfig();
    let account = site.cluster.account().name;
    let secrets = "/api/v1/namespaces/ondemand/secrets";
    let secret = |name: &str, owner: &str, kind: &str, token: &str| {
        use base64::Engine as _;
        let token = base64::engine::general_purpose::STANDARD.encode(token);
        site.cluster.create(secrets, &json!({
            "metadata": { "name": format!("{name}-{account}"), "annotations": { "kubernetes.io/service-account.name": owner } },
            "type": kind, "data": { "token": token },
        }));
        format!("{name}-{account}")
    };
    let kind = "kubernetes.io/service-account-token";
    let token = site.mint(7200);
    let good = secret("good", &account, kind, &token);
    let args = ["--admin-kubeconfig", &admin, "--from-secret"];
    let run = site.refresh(&[&args[..], &[&good]].concat()).done();
    assert!(
        run.stderr.contains("warning") && run.stderr.contains("never expires"),
        "{}",
        run.stderr
    );
    assert_eq!(site.root_token(), token);

    let empty = secret("empty", &account, kind, "");
    let opaque = secret("opaque", &account, "Opaque", &token);
    let other = secret("other", "default", kind, &token);
    let large = secret("large", &account, kind, &"x".repeat(70_000));
    let none = "none".to_owned();
    for (name, words) in [
        (empty, "has not filled it in"),
        (opaque, "its type is \"Opaque\""),
        (other, "it belongs to default"),
        (large, "larger than any token"),
        (none, "no such Secret"),
    ] {
        let run = site.refresh(&[&args[..], &[&name]].concat());
        assert!(run.status == 5 && run.stderr.contains(words), "{name}: {run:?}");
    }
    assert_eq!(site.root_token(), token);
}

#[test]
fn a_token_without_an_end_is_printed_as_one_that_never_expires() {
    use base64::Engine as _;
    let site = Site::on(Cluster::sandbox(Sandbox::start()));
    let admin = site.write_admin_kubeconfig();
    let account = site.cluster.account().name;
    // {"sub":"x"}, as the tokens of such Secrets: signed, with no exp.
    let token = "e30.eyJzdWIiOiJ4In0.x";
    let user = format!("system:serviceaccount:ondemand:{account}");
    site.cluster
        .faults()
        .add_token(token, &user, &["system:serviceaccounts"]);
    site.cluster.create(
        "/api/v1/namespaces/ondemand/secrets",
        &json!({
            "metadata": { "name": "endless", "annotations": { "kubernetes.io/service-account.name": account } },
            "type": "kubernetes.io/service-account-token",
            "data": { "token": base64::engine::general_purpose::STANDARD.encode(token) },
        }),
    );
    let run = site
        .refresh(&["--admin-kubeconfig", &admin, "--from-secret", "endless", "-o", "table"])
        .done();
    let row: Vec<_> = run.stdout.lines().nth(1).unwrap().split_whitespace().collect();
    assert_eq!(row[2..], ["changed", "never", "-"], "{run:?}");
    assert_eq!(site.root_token(), token);
}
