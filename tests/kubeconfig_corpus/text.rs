//! The cases' texts: a good kubeconfig with one thing in it that is odd.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use base64::engine::general_purpose::STANDARD;
use base64::Engine as _;
use ood_k8s_sandbox::Sandbox;

use crate::{others, ours};

/// One kubeconfig.
pub struct Case {
    pub number: usize,
    pub name: String,
    pub text: String,
    /// The odd thing is not in our own context.
    pub is_elsewhere: bool,
    /// What no message may have.
    pub token: String,
}

impl Case {
    /// Whether the edit touches what is odd, so that a request is worth its time.
    pub fn is_tried_again(&self) -> bool {
        !self.is_elsewhere || self.number.is_multiple_of(8)
    }
}

/// What the placeholders stand for.
pub struct Text {
    url: String,
    ca: String,
    token: String,
    folder: String,
}

impl Text {
    /// With the files that kubeconfigs name.
    pub fn new(sandbox: &Sandbox, folder: &Path) -> Self {
        let token = sandbox.admin_token();
        let files = [
            ("ca.pem", sandbox.ca_pem().to_owned()),
            ("empty", String::new()),
            ("token", token.to_owned()),
            ("token-line", format!("{token}\n")),
            ("token-space", format!(" {token}\t\r\n\r\n")),
            ("token-two", format!("{token}\n{token}\n")),
        ];
        for (name, text) in files {
            write(&folder.join(name), text.as_bytes(), 0o600);
        }
        let kind = r#""apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential""#;
        let plugins = [
            ("plugin", format!(r#"{{"token":"{token}"}}"#)),
            ("plugin-line", format!(r#"{{"token":"{token}\\n"}}"#)),
            (
                "plugin-end",
                format!(r#"{{"token":"{token}\\n","expirationTimestamp":"2099-01-01T00:00:00Z"}}"#),
            ),
            ("plugin-empty", r#"{"token":""}"#.into()),
            ("plugin-null", "null".into()),
            ("plugin-half", r#"{"clientCertificateData":"x"}"#.into()),
            (
                "plugin-when",
                format!(r#"{{"token":"{token}","expirationTimestamp":"soon"}}"#),
            ),
            (
                "plugin-over",
                format!(r#"{{"token":"{token}","expirationTimestamp":"2020-01-01T00:00:00Z"}}"#),
            ),
        ];
        for (name, status) in plugins {
            // The answer has the version that was asked for.
            let answer = format!("{{{kind},\"status\":{status}}}");
            let script = format!(
                "#!/bin/sh\nanswer='{answer}'\ncase \"$KUBERNETES_EXEC_INFO\" in\n\
                 *v1beta1*) echo \"$answer\" | sed 's|k8s.io/v1|k8s.io/v1beta1|' ;;\n*) printf '%s\\n' \"$answer\" ;;\nesac\n"
            );
            write(&folder.join(name), script.replace("\\\\n", "\\n").as_bytes(), 0o700);
        }
        let good = format!("{folder}/plugin", folder = folder.display());
        let scripts = [
            (
                "plugin-yaml",
                format!("printf 'apiVersion: client.authentication.k8s.io/v1\\nkind: ExecCredential\\nstatus:\\n  token: {token}\\n'"),
            ),
            (
                "plugin-wants",
                format!("[ \"$1,$2,$#,$WANTED\" = 'give,it,2,yes it is' ] && exec {good}"),
            ),
            (
                "plugin-cluster",
                format!(
                    "case \"$KUBERNETES_EXEC_INFO\" in *'\"server\":\"{}\"'*) ;; *) exit 1 ;; esac\n\
                     case \"$KUBERNETES_EXEC_INFO\" in *'\"certificate-authority-data\":\"'*) exec {good} ;; esac\nexit 1",
                    sandbox.url()
                ),
            ),
            (
                "plugin-loud",
                format!("yes 'this is said aloud' | head -c 300000 >&2; exec {good}"),
            ),
            (
                "plugin-asks",
                format!("read -r answer && exit 1\nexec {good}"),
            ),
        ];
        for (name, script) in scripts {
            write(&folder.join(name), format!("#!/bin/sh\n{script}\n").as_bytes(), 0o700);
        }
        Self {
            url: sandbox.url(),
            ca: sandbox.ca_pem().to_owned(),
            token: token.to_owned(),
            folder: folder.display().to_string(),
        }
    }

    pub fn token(&self) -> &str {
        &self.token
    }

    /// All of them.
    pub fn cases(&self) -> Vec<Case> {
        let mut cases = Vec::new();
        let mut add = |kind: &str, name: &str, text: String, is_elsewhere: bool| {
            cases.push(Case {
                number: cases.len(),
                name: format!("{kind}: {name}"),
                text: self.filled(&text),
                is_elsewhere,
                token: self.token.clone(),
            });
        };
        for (name, entry) in others::USERS {
            add("another user", name, body(CLUSTER, USER, "", entry, ""), true);
        }
        for (name, entry) in others::CLUSTERS {
            add("another cluster", name, body(CLUSTER, USER, entry, "", ""), true);
        }
        for (name, entry) in others::CONTEXTS {
            add("another context", name, body(CLUSTER, USER, "", "", entry), true);
        }
        for (name, user) in ours::USER {
            add("user", name, body(CLUSTER, user, "", "", ""), false);
        }
        for (name, cluster) in ours::CLUSTER {
            add("cluster", name, body(cluster, USER, "", "", ""), false);
        }
        for (name, file) in ours::FILES {
            add("file", name, whole(file), true);
        }
        cases
    }

    fn filled(&self, text: &str) -> String {
        let ca = STANDARD.encode(&self.ca);
        let bytes = ca.as_bytes().chunks(76).map(String::from_utf8_lossy);
        let lines = bytes.fold(String::new(), |lines, line| lines + "      " + &line + "\n");
        let address = self.url.trim_start_matches("https://");
        [
            ("@CALINES@", lines.as_str()),
            ("@CA@", &ca),
            ("@URL@", &self.url),
            ("@ADDRESS@", address),
            ("@TOKEN@", &self.token),
            ("@TOKEN64@", &STANDARD.encode(&self.token)),
            ("@FOLDER@", &self.folder),
        ]
        .iter()
        .fold(text.to_owned(), |text, (mark, value)| text.replace(mark, value))
    }
}

const CLUSTER: &str = "    server: @URL@\n    certificate-authority: @FOLDER@/ca.pem\n";
const USER: &str = "    token: @TOKEN@\n";

fn body(cluster: &str, user: &str, clusters: &str, users: &str, contexts: &str) -> String {
    format!(
        "apiVersion: v1\nkind: Config\nclusters:\n- name: kubernetes\n  cluster:\n{cluster}{clusters}\
         users:\n- name: ondemand\n  user:\n{user}{users}\
         contexts:\n- name: ondemand\n  context:\n    cluster: kubernetes\n    user: ondemand\n{contexts}\
         current-context: ondemand\n"
    )
}

const JSON: &str = r#"{
    "kind": "Config",
    "apiVersion": "v1",
    "clusters": [{"name": "kubernetes", "cluster": {"server": "@URL@", "certificate-authority": "@FOLDER@/ca.pem"}}],
    "users": [{"name": "ondemand", "user": {"token": "@TOKEN@"}}],
    "contexts": [{"name": "ondemand", "context": {"cluster": "kubernetes", "user": "ondemand"}}],
    "current-context": "ondemand"
}
"#;

fn whole(file: &str) -> String {
    let body = body(CLUSTER, USER, "", "", "");
    let flow = JSON
        .replace('"', "")
        .replace("@URL@", "'@URL@'")
        .replace(':', ": ")
        .replace("https: ", "https:");
    let quoted = body
        .replace("server:", "\"server\":")
        .replace("users:", "'users':")
        .replace("token:", "? token\n    :");
    let indented = body
        .replace("\n- ", "\n  - ")
        .replace("\n  cluster:", "\n    cluster:")
        .replace("\n  user:", "\n    user:");
    let indented = indented
        .replace("\n  context:", "\n    context:")
        .replace("\n    server", "\n      server");
    let indented = indented
        .replace("\n    certificate", "\n      certificate")
        .replace("\n    token", "\n      token");
    let indented = indented
        .replace("\n    cluster: k", "\n      cluster: k")
        .replace("\n    user: o", "\n      user: o");
    [
        ("@CHOMPED@", body.trim_end().to_owned()),
        ("@CRLF@", body.replace('\n', "\r\n")),
        ("@JSONLINE@", JSON.replace("\n    ", "").replace('\n', "")),
        ("@JSON@", JSON.to_owned()),
        ("@FLOW@", flow),
        ("@QUOTED@", quoted),
        ("@INDENTED@", indented),
        ("@BODY@", body),
    ]
    .iter()
    .fold(file.to_owned(), |text, (mark, value)| text.replace(mark, value))
}

/// A file of whoever runs this.
pub fn write(path: &Path, bytes: &[u8], mode: u32) {
    fs::write(path, bytes).expect("a file");
    fs::set_permissions(path, Permissions::from_mode(mode)).expect("a mode");
}
