//! Whole files: what people and other programs wrote in them keeps its meaning.

use std::fs;

use ood_k8s::kubeconfig::{Credentials, Edit, UserEntry};
use secrecy::SecretString;

use super::{kubectl, named, run, view};
use crate::{entries, set, WAIT};

/// A file as only a person writes it: YAML 1.1 words, anchors, merges, tags, comments, unknown fields.
const ODD_FILE: &str = r#"%YAML 1.1
--- # mine
apiVersion: v1
kind: Config
preferences: {colors: yes}
x-defaults: &defaults
  insecure-skip-tls-verify: yes
  proxy-url: "http://proxy:3128"
clusters:
  - name: '012'   # octal
    cluster: {server: "https://octal", insecure-skip-tls-verify: on}
  - cluster:
      <<: *defaults
      server: https://merged:6443
      extensions:
      - name: ext
        extension: {number: 0o17, old: 017, exp: 1e3, date: 2001-12-14, big: 12345678901234567890, hex: 0x1F,
                    bin: 0b11, dec: 1_000, words: [yes, "yes", ~, null, '', off], text: "tab\tline\n\u00e9 \x41"}
    name: merged
  - {name: multi, cluster: {server: "https://folded
      over
      lines", tls-server-name: plain over
      lines}}
users:
- name: exec
  user:
    exec:
      apiVersion: client.authentication.k8s.io/v1
      command: sh
      args:
      - -c
      - |
        # a script
        echo "hi"

          indented
      - >-
        folded
        text
      - !!str 012
      - "012"
      - ! nonspecific
      - !local tagged
      - |2
         leading blank
      - |+
        kept

      env: []
      interactiveMode: Never
      provideClusterInfo: y
- name: certificate
  user: {client-certificate-data: !!binary "Wm05dg==", client-key: ./key.pem, as-groups: [a, b], as-user-extra: {k: ["1"]}}
- name: token
  user:
    token: "1234"
    password: 'it''s'
contexts:
- &ctx
  name: one
  context: {cluster: '012', user: exec, namespace: "null"}
- <<: *ctx
  name: two
current-context: two
"#;

#[test]
fn everything_that_is_not_ours_means_to_kubectl_what_it_meant_before() {
    let Some(program) = kubectl() else { return };
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("config");
    fs::write(&path, ODD_FILE).expect("a file");
    let before = view(&program, &path);
    set(&path, WAIT, entries("ours", "e.y.J")).expect("an update");
    let mut after = view(&program, &path);
    for list in ["clusters", "contexts", "users"] {
        named(&after, list, "ours");
        after[list]
            .as_array_mut()
            .expect("a list")
            .retain(|item| item["name"] != "ours");
    }
    assert_eq!(after, before);
}

#[test]
fn a_kubeconfig_in_json_is_edited_as_well() {
    let Some(program) = kubectl() else { return };
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("config");
    let json = concat!(
        "{\n\t\"kind\": \"Config\", \"apiVersion\": \"v1\",\n\t\"clusters\": [{\"name\": \"a\\u00e9\\\"\", ",
        "\"cluster\": {\"server\": \"https://x\", \"insecure-skip-tls-verify\": true}}],\n\t\"users\": null\n}\n"
    );
    fs::write(&path, json).expect("a file");
    let before = view(&program, &path);
    set(&path, WAIT, entries("ours", "e.y.J")).expect("an update");
    let after = view(&program, &path);
    assert_eq!(after["clusters"][0], before["clusters"][0]);
    named(&after, "users", "ours");
}

#[test]
fn a_name_that_stands_there_twice_is_refused_by_both() {
    let Some(program) = kubectl() else { return };
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("config");
    fs::write(&path, "users: [{name: c, user: {}}, {name: c, user: {}}]\n").expect("a file");
    assert!(!run(&program, &path, &["config", "view"]).status.success());
    set(&path, WAIT, entries("c", "t")).expect_err("refused");
}

#[test]
fn a_token_entry_is_what_kubectl_uses() {
    let Some(program) = kubectl() else { return };
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("config");
    let credentials = Credentials::Token(SecretString::from("0123"));
    let user = Some(UserEntry {
        name: "root".into(),
        credentials,
    });
    set(
        &path,
        WAIT,
        Edit {
            user,
            ..Edit::default()
        },
    )
    .expect("an update");
    assert_eq!(named(&view(&program, &path), "users", "root")["user"]["token"], "0123");
}
