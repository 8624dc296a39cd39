//! Every string that YAML readers are known to misread reads back as it was written, ours and kubectl's.

use std::fs;

use ood_k8s::kubeconfig::{apply, ClusterEntry, ContextEntry, Credentials, Edit, Mark, OidcAuthProvider, UserEntry};
use ood_k8s::store::update;

use super::{kubectl, named, run, view};
use crate::{entries, WAIT};

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

/// The same with blanks, line breaks, and invisible characters.
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
        mark: Some(Mark {
            cluster: text.into(),
            site: text.into(),
        }),
    }
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
