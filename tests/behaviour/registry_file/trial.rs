//! A password is tried with the registry's own API before it is written: distribution's registry, and its token protocol.

use std::net::TcpListener;

use serde_json::json;

use super::entry;
use crate::support::{with_input, Node, Registry, Run, TokenService, CANARY, REGISTRY_PASSWORD, REGISTRY_USER};

impl Node {
    fn try_in(&self, registry: &str, user: &str, password: &str) -> Run {
        let args = ["--registry", registry, "--username", user, "--password-stdin"];
        with_input(&mut self.write_tried(&args), password.as_bytes())
    }
}

#[test]
fn a_password_that_the_registry_accepts_is_written_without_a_word() {
    let Some(registry) = Registry::with_password() else {
        return;
    };
    let node = Node::new();
    node.try_in(&registry.host, REGISTRY_USER, REGISTRY_PASSWORD).ok();
    let port = registry.host.rsplit_once(':').unwrap().1;
    let path = format!("localhost:{port}/team");
    node.try_in(&path, REGISTRY_USER, REGISTRY_PASSWORD).ok();
    let written = entry(REGISTRY_USER, REGISTRY_PASSWORD);
    let expected = json!({ "auths": { registry.host.as_str(): written, path.as_str(): written } });
    assert_eq!(node.registries(), expected);
}

#[test]
fn a_password_that_the_registry_refuses_is_not_written() {
    let Some(registry) = Registry::with_password() else {
        return;
    };
    let node = Node::new();
    node.try_in(&registry.host, REGISTRY_USER, REGISTRY_PASSWORD).ok();
    let before = node.registries();
    for (user, password) in [
        (REGISTRY_USER, CANARY),
        ("somebody", REGISTRY_PASSWORD),
        (REGISTRY_USER, "cAnArY-registry "),
    ] {
        let words = [
            registry.host.as_str(),
            "refuses user",
            user,
            "status 401",
            "--no-verify",
        ];
        node.try_in(&registry.host, user, password).fails(6, &words);
        assert_eq!(node.registries(), before);
    }
    let args = [
        "--registry",
        &registry.host,
        "--username",
        "somebody",
        "--password-stdin",
    ];
    with_input(&mut node.write_command(&args), CANARY.as_bytes()).ok();
    assert_ne!(node.registries(), before, "nothing was asked");
}

#[test]
fn a_password_is_tried_with_the_registrys_token_service() {
    let service = TokenService::start();
    let Some(registry) = Registry::with_tokens(&service) else {
        return;
    };
    let node = Node::new();
    node.try_in(&registry.host, REGISTRY_USER, REGISTRY_PASSWORD).ok();
    let before = node.registries();
    let words = [
        registry.host.as_str(),
        "refuses user \"robot\"",
        "status 401 of its token service",
        "--no-verify",
    ];
    node.try_in(&registry.host, REGISTRY_USER, CANARY).fails(6, &words);
    assert_eq!(node.registries(), before);
}

#[test]
fn a_token_that_the_registry_does_not_accept_is_a_refusal() {
    // The registry sends us to one service, and trusts the key of another.
    let mut mixed = TokenService::start();
    mixed.url = TokenService::start().url;
    let Some(registry) = Registry::with_tokens(&mixed) else {
        return;
    };
    let node = Node::new();
    node.try_in(&registry.host, REGISTRY_USER, REGISTRY_PASSWORD)
        .fails(6, &["refuses user", "status 401 at http://"]);
    assert_eq!(node.names(), [""; 0]);
}

#[test]
fn copied_and_dry_run_passwords_are_tried_as_well() {
    let Some(registry) = Registry::with_password() else {
        return;
    };
    let node = Node::new();
    let host = registry.host.as_str();
    let source = node.write(
        "config.json",
        json!({ "auths": { host: entry(REGISTRY_USER, CANARY) } }).to_string(),
    );
    let copy = ["--from-docker-config", source.to_str().unwrap()];
    Run::of(&mut node.write_tried(&copy)).fails(6, &[host, "refuses user"]);
    Run::of(&mut node.write_tried(&[&copy[..], &["--dry-run"]].concat())).fails(6, &[host, "refuses user"]);
    node.write(
        "config.json",
        json!({ "auths": { host: entry(REGISTRY_USER, REGISTRY_PASSWORD) } }).to_string(),
    );
    Run::of(&mut node.write_tried(&copy)).ok();
}

#[test]
fn a_registry_that_cannot_be_asked_is_a_warning_and_the_password_is_written() {
    let node = Node::new();
    let closed = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .to_string();
    let mut asked = vec![(closed, "cannot reach http://127.0.0.1")];
    asked.push(("*.example.org".into(), "a pattern is no registry"));
    let open = Registry::open();
    asked.extend(
        open.iter()
            .map(|open| (open.host.clone(), "answers without a password")),
    );
    for (registry, words) in asked {
        let run = node.try_in(&registry, REGISTRY_USER, CANARY).done();
        assert!(
            run.stderr.lines().count() == 1 && run.stderr.contains("warning"),
            "{run:?}"
        );
        for words in [words, "was written untried", "--no-verify"] {
            assert!(run.stderr.contains(words), "no {words:?}: {run:?}");
        }
        assert_eq!(node.registries()["auths"][&registry], entry(REGISTRY_USER, CANARY));
    }
}

#[test]
fn without_plain_http_no_password_goes_to_a_port_that_any_account_can_open() {
    let node = Node::new();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let host = listener.local_addr().unwrap().to_string();
    let seen = std::thread::spawn(move || {
        let mut seen = Vec::new();
        let (mut stream, _) = listener.accept().unwrap();
        stream
            .set_read_timeout(Some(std::time::Duration::from_millis(300)))
            .unwrap();
        let _ = std::io::Read::read_to_end(&mut stream, &mut seen);
        drop(stream);
        listener.set_nonblocking(true).unwrap();
        (seen, listener.accept().is_ok())
    });
    let args = ["--registry", &host, "--username", REGISTRY_USER, "--password-stdin"];
    let file = node.file().display().to_string();
    let args = [&["--write", &file], &args[..]].concat();
    let run = with_input(&mut node.mint(&args), CANARY.as_bytes()).done();
    assert!(
        run.stderr.contains("cannot reach https://127.0.0.1") && run.stderr.contains("--plain-http"),
        "{run:?}"
    );
    let (seen, came_again) = seen.join().unwrap();
    // A TLS handshake, and nothing after it.
    assert!(seen.first() == Some(&0x16) && !came_again, "{seen:?}");
}

#[test]
fn a_registry_that_never_answers_costs_five_seconds_and_no_password() {
    let node = Node::new();
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let host = silent.local_addr().unwrap().to_string();
    let run = node.try_in(&host, REGISTRY_USER, CANARY).done();
    assert!(run.stderr.contains("no answer within"), "{run:?}");
    assert_eq!(node.registries()["auths"][&host], entry(REGISTRY_USER, CANARY));
}
