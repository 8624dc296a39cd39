//! kubectl as the judge: what we write it reads the same, what we keep means to it what it meant before.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use ood_k8s::kubeconfig::{apply, ClusterEntry, ContextEntry, Credentials, Edit, OidcAuthProvider, UserEntry};
use ood_k8s::store::update;
use secrecy::SecretString;
use serde_json::Value;

use crate::{entries, says, set, skip, WAIT};

/// From `$KUBECTL`, or the newest one that the control plane of the tests has built.
fn kubectl() -> Option<PathBuf> {
    if let Some(program) = env::var_os("KUBECTL") {
        return Some(program.into());
    }
    let home = || env::var_os("HOME").map(|home| PathBuf::from(home).join(".cache"));
    let cache = env::var_os("XDG_CACHE_HOME").map(PathBuf::from).or_else(home)?;
    let versions = fs::read_dir(cache.join("ood-k8s/control-plane")).ok()?;
    let found = versions.flatten().map(|version| version.path().join("kubectl"));
    let found = found.filter(|program| program.is_file()).max();
    if found.is_none() {
        skip("there is no kubectl; set KUBECTL");
    }
    found
}

fn run(program: &Path, path: &Path, arguments: &[&str]) -> Output {
    Command::new(program)
        .args(arguments)
        .env("KUBECONFIG", path)
        .output()
        .expect("kubectl")
}

/// The whole file, as kubectl understands it.
fn view(program: &Path, path: &Path) -> Value {
    let output = run(program, path, &["config", "view", "--raw", "-o", "json"]);
    let problem = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success(),
        "{problem}\n{}",
        fs::read_to_string(path).unwrap_or_default()
    );
    serde_json::from_slice(&output.stdout).expect("json")
}

/// Texts that YAML readers are known to take for something else, one a line.
const ODD_TEXTS: &str = r#"012
yes
no
on
Off
y
N
1e3
null
Null
~
0x1F
0o14
0b11
1_000
190:20:30
2001-12-14
2001-12-14t21:59:43.10-05:00
.inf
-.INF
.nan
true
False
=
<<
a: b
#x
x #y
- x
-
--
---
...
? x
?
: x
:
!x
!!str x
&x
*x
%x
@x
`x
|
>
{
}
[
]
,
{a: b}
[a]
'
"
'x'
"x"
\
\n
x\
ü
日本語
😀
a/b.c_d@e
https://[::1]:6443/x?y=z&a=b#c
CN=x,OU=y
+1
-1
1.
.5
1.2.3
0
00
-0
1e400
12-5
abc
nan
inf"#;

/// The same with blanks, line breaks, and what cannot be seen.
const UNSEEN_TEXTS: &str = concat!(
    " x|x |\tx|x\t| |x\ny|x\n|\nx|x\n\n| x\n y|x\r\ny|x: >\n  y|a\u{301}|\u{85}|x\u{85}y|\u{2028}|x\u{2029}y|",
    "\u{feff}x|\u{fffe}|\u{ffff}|\u{7f}|\u{1b}[0m|\u{0}|\u{a0}x"
);

fn odd_texts() -> Vec<String> {
    let mut texts: Vec<String> = ODD_TEXTS.lines().map(str::to_owned).collect();
    texts.extend(UNSEEN_TEXTS.split('|').map(str::to_owned));
    texts.extend(["9".repeat(40), "x".repeat(5000), "x ".repeat(5000)]);
    let control = (1..32).filter_map(char::from_u32).filter(|c| *c != '\n');
    texts.extend(control.map(|c| format!("x{c}y")));
    texts
}

fn odd_edit(text: &str) -> Edit {
    Edit {
        cluster: Some(ClusterEntry {
            name: text.into(),
            server: text.into(),
            certificate_authority: None,
        }),
        context: Some(ContextEntry {
            name: text.into(),
            cluster: text.into(),
            user: text.into(),
            namespace: Some(text.into()),
        }),
        user: Some(UserEntry {
            name: text.into(),
            credentials: Credentials::AuthProviderOidc(OidcAuthProvider {
                idp_issuer_url: text.into(),
                client_id: text.into(),
                client_secret: text.into(),
                idp_certificate_authority_data: None,
                id_token: text.into(),
                refresh_token: Some(text.into()),
            }),
        }),
    }
}

/// The entry called `name` in a list of kubectl's view.
fn named<'v>(view: &'v Value, list: &str, name: &str) -> &'v Value {
    let items = view[list].as_array().unwrap_or_else(|| panic!("{list} in {view}"));
    let mut found = items.iter().filter(|item| item["name"] == name);
    let item = found.next().unwrap_or_else(|| panic!("no {name:?} in {list}"));
    assert!(found.next().is_none(), "{name:?} twice in {list}");
    item
}

#[test]
fn every_string_reads_back_as_it_was_set() {
    let Some(program) = kubectl() else { return };
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("config");
    let texts = odd_texts();
    let edits: Vec<Edit> = texts.iter().map(|text| odd_edit(text)).collect();
    update(&path, WAIT, |text| apply(text, &edits)).expect("an update");
    let view = view(&program, &path);
    assert_eq!(view["current-context"], texts[0].as_str());
    for text in &texts {
        assert_eq!(named(&view, "clusters", text)["cluster"]["server"], text.as_str());
        let context = &named(&view, "contexts", text)["context"];
        for key in ["cluster", "user", "namespace"] {
            assert_eq!(context[key], text.as_str());
        }
        let config = &named(&view, "users", text)["user"]["auth-provider"]["config"];
        for key in [
            "idp-issuer-url",
            "client-id",
            "client-secret",
            "id-token",
            "refresh-token",
        ] {
            assert_eq!(config[key], text.as_str());
        }
    }
    assert_eq!(view["users"].as_array().map(Vec::len), Some(texts.len()));
}

#[test]
fn every_string_that_kubectl_wrote_counts_as_unchanged() {
    let Some(program) = kubectl() else { return };
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("config");
    let edits = || {
        [
            entries("c", "e.y.J"),
            odd_edit("yes"),
            odd_edit("https://x:1"),
            odd_edit("ü: 1"),
        ]
    };
    update(&path, WAIT, |text| apply(text, &edits())).expect("an update");
    // kubectl now writes the whole file in its own style.
    let output = run(&program, &path, &["config", "set-context", "other", "--cluster=c"]);
    assert!(output.status.success());
    let again = apply(&fs::read_to_string(&path).expect("the file"), &edits());
    assert!(again.expect("applicable").is_none());
}

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

/// kubectl gives up at once where the lock is held.
fn set_context_with_patience(program: &Path, path: &Path, name: &str) {
    loop {
        let output = run(
            program,
            path,
            &["config", "set-context", name, "--cluster=c", "--user=u"],
        );
        if output.status.success() {
            return;
        }
        let problem = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(problem.contains(".lock"), "{problem}");
    }
}

/// kubectl reads before it locks (client-go `ModifyConfig`), and so undoes what others wrote in between. So the
/// proof goes one way: what kubectl wrote is never lost, and after it has ended, nothing of ours is.
#[test]
fn beside_kubectl_nothing_that_it_wrote_is_lost_and_the_file_is_always_whole() {
    let Some(program) = kubectl() else { return };
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("config");
    let done = AtomicBool::new(false);
    let names: Vec<String> = (0..12).map(|number| format!("kubectl-{number}")).collect();
    thread::scope(|scope| {
        for writer in ["a", "b"] {
            let (path, done) = (&path, &done);
            scope.spawn(move || {
                for number in 0.. {
                    let token = format!("{writer}-{number}");
                    set(path, WAIT, entries(writer, &token)).expect("an update");
                    if done.load(Ordering::SeqCst) {
                        return;
                    }
                    // kubectl does not wait its turn, so it must be left some.
                    thread::sleep(Duration::from_millis(5));
                }
            });
        }
        for name in &names {
            set_context_with_patience(&program, &path, name);
        }
        done.store(true, Ordering::SeqCst);
    });
    set(&path, WAIT, entries("last", "t")).expect("an update");
    let view = view(&program, &path);
    for name in names.iter().map(String::as_str).chain(["last"]) {
        named(&view, "contexts", name);
    }
    assert!(says(&path, entries("last", "t")));
}
