//! The support bundle: one new file, whole, for root alone, and without a secret.

use std::fs;
use std::os::unix::fs::{symlink, PermissionsExt as _};

use serde_json::Value;

use super::Node;
use crate::support::{access_token, CANARY};

/// A node with secrets in every place that has some, and a log that holds one, too.
fn node() -> Node {
    let node = Node::on_sandbox();
    let site = &node.site;
    // A secret of the portal's, of the registry file's and of root's kubeconfig is there already.
    let own: String = fs::read_to_string(site.path("hook.env")).unwrap();
    let own = own.replace("CLIENT_SECRET=\n", "");
    site.write(
        "hook.env",
        &format!("{own}\nCLIENT_SECRET={CANARY}-client\nEXCHANGE_CLIENT_SECRET={CANARY}-exchange\nIDP_PROXY=http://u:{CANARY}@127.0.0.1:9\n"),
    );
    site.write(
        "messages",
        &format!(
            "Nov 26 17:00:00 web ood-k8s[7]: user=alice msg=login result=ok\n\
             Nov 26 17:00:01 web sshd[9]: not of ours {CANARY}\n\
             Nov 26 17:00:02 web ood-k8s[8]: forged {CANARY}-client and {}\n",
            access_token()
        ),
    );
    node
}

fn root_token(node: &Node) -> String {
    let text = fs::read_to_string(node.site.path("root.kubeconfig")).unwrap();
    let kubeconfig: Value = ood_k8s::yaml::from_str(&text).unwrap();
    kubeconfig["users"][0]["user"]["token"].as_str().unwrap().to_owned()
}

/// A registry password as its file has it.
fn password(node: &Node) -> String {
    let text = fs::read_to_string(node.site.path("registry.json")).unwrap();
    let registry: Value = serde_json::from_str(&text).unwrap();
    let entry = registry["auths"].as_object().unwrap().values().next().unwrap().clone();
    entry["auth"].as_str().unwrap().to_owned()
}

fn bundle(node: &Node, name: &str) -> (i32, Option<Value>, String) {
    let (conf, sudoers) = (node.site.path("ood-portal.conf"), node.site.path("sudoers"));
    let (path, log) = (node.site.path(name), node.site.path("messages"));
    let arguments = [
        "check",
        "--portal-conf",
        super::text(&conf),
        "--sudoers",
        super::text(&sudoers),
    ];
    let more = ["--bundle", super::text(&path), "--log-file", super::text(&log), "-q"];
    let output = node.site.command(&[&arguments[..], &more].concat()).output().unwrap();
    let text = fs::read_to_string(&path).ok();
    let value = text.and_then(|text| serde_json::from_str(&text).ok());
    let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
    (output.status.code().unwrap(), value, stderr)
}

#[test]
fn the_bundle_has_versions_settings_findings_and_log_lines_and_no_secret() {
    let node = node();
    let (_, bundle, stderr) = bundle(&node, "bundle.json");
    let bundle = bundle.expect(&stderr);
    assert_eq!(bundle["program"]["release"], env!("CARGO_PKG_VERSION"));
    assert!(bundle["system"]["kernel"].is_string(), "{bundle:#}");
    assert_eq!(bundle["settings"]["hook_env"]["CLIENT_ID"], "ood");
    assert_eq!(bundle["settings"]["hook_env"]["CLIENT_SECRET"], "<redacted>");
    let findings = bundle["findings"].as_array().unwrap();
    assert!(
        findings.iter().any(|finding| finding["severity"] == "ok"),
        "all of them: {bundle:#}"
    );
    let lines = bundle["log"]["lines"].as_array().unwrap();
    assert_eq!(lines.len(), 2, "ours alone: {lines:?}");
    assert!(lines[0].as_str().unwrap().ends_with("result=ok"), "{lines:?}");
    let text = fs::read_to_string(node.site.path("bundle.json")).unwrap();
    assert!(!text.contains(CANARY), "{text}");
    for secret in [root_token(&node), password(&node)] {
        assert!(secret.len() > 8 && !text.contains(&secret), "{secret}");
    }
    let mode = fs::metadata(node.site.path("bundle.json"))
        .unwrap()
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o600);
}

#[test]
fn what_has_the_name_of_the_bundle_stays_as_it_is() {
    let node = node();
    node.site.write("file", "kept");
    node.site.write("empty", "");
    symlink(node.site.path("elsewhere"), node.site.path("link")).unwrap();
    fs::create_dir(node.site.path("folder")).unwrap();
    for name in ["file", "empty", "link", "folder"] {
        let (status, _, stderr) = bundle(&node, name);
        assert_eq!(status, 3, "{name}: {stderr}");
        assert!(stderr.contains("is there already"), "{name}: {stderr}");
    }
    assert_eq!(fs::read_to_string(node.site.path("file")).unwrap(), "kept");
    assert_eq!(fs::read_to_string(node.site.path("empty")).unwrap(), "");
    assert!(!node.site.path("elsewhere").exists());
    let names = fs::read_dir(node.site.path(""))
        .unwrap()
        .map(|it| it.unwrap().file_name());
    let left: Vec<_> = names
        .filter(|name| name.to_string_lossy().contains(".ood-k8s-"))
        .collect();
    assert!(left.is_empty(), "{left:?}");
}

#[test]
fn a_log_that_cannot_be_read_is_told_in_the_bundle() {
    let node = node();
    fs::remove_file(node.site.path("messages")).unwrap();
    let (_, bundle, stderr) = bundle(&node, "bundle.json");
    let log = &bundle.expect(&stderr)["log"];
    assert_eq!(log["lines"], Value::Array(Vec::new()));
    assert!(log["reason"].as_str().unwrap().contains("no such file"), "{log}");
}
