//! OnDemand's own files: the generated portal configuration, the hook that it names, and sudoers.

use std::fs;
use std::path::Path;

use super::Node;
use crate::support::{is_root, skip, Run};

const TOKENS: &str = "OIDC_ACCESS_TOKEN,OIDC_REFRESH_TOKEN";

#[test]
fn a_portal_without_a_hook_is_told_what_to_do() {
    let node = Node::on_sandbox();
    node.edit("ood-portal.conf", "SetEnv OOD_PUN_PRE_HOOK_ROOT_CMD", "# SetEnv X");
    node.finds(
        3,
        "error",
        "portal",
        &["specifies no hook", "add pun_pre_hook_root_cmd"],
    );
    node.site.write("ood_portal.yml", "pun_pre_hook_root_cmd: /x\n");
    node.finds(
        3,
        "error",
        "portal",
        &["specifies no hook", "ood_portal.yml specifies one", "update_ood_portal"],
    );
    node.site.write("nginx_stage.yml", "pun_pre_hook_root_cmd: /x\n");
    node.finds(
        3,
        "warning",
        "portal",
        &["nginx_stage.yml", "move it to ood_portal.yml"],
    );
}

#[test]
fn a_hook_that_cannot_be_run_is_an_error() {
    let node = Node::on_sandbox();
    let hook = node.hook();
    for (named, words) in [
        ("pre-hook".to_owned(), ["not an absolute path", "pun_pre_hook_root_cmd"]),
        ("/nowhere/pre-hook".into(), ["does not exist", "pun_pre_hook_root_cmd"]),
        (
            format!("{hook} --verbose"),
            ["a single path, without arguments", "pun_pre_hook_root_cmd"],
        ),
    ] {
        node.write_portal(&named, TOKENS);
        node.finds(3, "error", "portal", &words);
    }
    node.write_portal(&hook, TOKENS);
    node.set_mode("pre-hook", 0o644);
    node.finds(3, "error", "portal", &["not an executable file"]);
    node.set_mode("pre-hook", 0o777);
    node.finds(3, "error", "portal", &["others can write it", "run: install -m 0755"]);
}

#[test]
fn a_hook_that_leads_elsewhere_is_told() {
    let node = Node::on_sandbox();
    node.site.write("pre-hook", "#!/bin/sh\nexec /opt/site/hook\n");
    node.set_mode("pre-hook", 0o755);
    node.finds(
        0,
        "warning",
        "portal",
        &["does not call ood-k8s", "change it to call ood-k8s pre-hook"],
    );
}

#[test]
fn a_link_to_the_program_is_the_hook_under_its_name_alone() {
    let node = Node::on_sandbox();
    for (name, status, severity, word) in [
        ("ood-pre-hook", 0, "ok", "this program"),
        ("hook", 3, "error", "does not end in pre-hook"),
    ] {
        let link = node.site.path(name);
        // A copy in the site: the folder of the build may be anybody's.
        fs::copy(env!("CARGO_BIN_EXE_ood-k8s"), node.site.path("ood-k8s")).unwrap();
        std::os::unix::fs::symlink(node.site.path("ood-k8s"), &link).unwrap();
        node.write_portal(link.to_str().unwrap(), TOKENS);
        node.finds(status, severity, "portal", &[word]);
    }
}

#[test]
fn the_exports_are_looked_for_in_any_letter_case() {
    let node = Node::on_sandbox();
    node.write_portal(&node.hook(), "OIDC_access_token,OIDC_refresh_token");
    node.finds(0, "ok", "portal", &["exports both tokens"]);
    node.write_portal(&node.hook(), "OIDC_REFRESH_TOKEN");
    node.finds(
        3,
        "error",
        "portal",
        &["does not export OIDC_ACCESS_TOKEN", "pun_pre_hook_exports"],
    );
    node.write_portal(&node.hook(), "OIDC_ACCESS_TOKEN");
    node.finds(
        0,
        "warning",
        "portal",
        &["does not export OIDC_REFRESH_TOKEN", "cannot renew"],
    );
    node.write_portal(&node.hook(), "OIDC_ACCESS_TOKEN, OIDC_REFRESH_TOKEN");
    node.finds(0, "warning", "portal", &["with a space", "by commas without spaces"]);
    node.write_portal(&node.hook(), TOKENS);
    node.edit("ood-portal.conf", "OIDCPassRefreshToken On", "");
    node.finds(0, "warning", "portal", &["OIDCPassRefreshToken On", "oidc_settings"]);
}

#[test]
fn without_oidc_no_token_has_to_be_exported() {
    let node = Node::on_sandbox();
    node.write_portal(&node.hook(), "");
    node.edit("clusters.d/prod.yml", "type: oidc", "type: managed");
    node.finds_no("error");
}

#[test]
fn sudo_must_let_the_exported_variables_through() {
    let node = Node::on_sandbox();
    node.site
        .write("sudoers", "Defaults:apache env_keep += \"NGINX_STAGE_*\"\n");
    node.finds(
        3,
        "error",
        "sudoers",
        &["OOD_OIDC_ACCESS_TOKEN", "does not pass", "env_keep"],
    );
    node.site.write(
        "sudoers",
        "Defaults:apache env_keep += \"OOD_OIDC_ACCESS_TOKEN OOD_OIDC_REFRESH_TOKEN\"\n",
    );
    node.finds(0, "ok", "sudoers", &["passes OOD_* to the hook"]);
    node.write_portal(&node.hook(), "OIDC_access_token,OIDC_REFRESH_TOKEN");
    node.finds(3, "error", "sudoers", &["OOD_OIDC_access_token"]);
    fs::remove_file(node.site.path("sudoers")).unwrap();
    node.finds(3, "error", "sudoers", &["no such file", "--sudoers"]);
}

#[test]
fn a_portal_configuration_that_was_named_and_is_not_there_is_an_error() {
    let node = Node::on_sandbox();
    fs::remove_file(node.site.path("ood-portal.conf")).unwrap();
    node.finds(3, "error", "portal", &["no such file", "update_ood_portal"]);
}

#[test]
fn a_file_that_may_not_be_read_is_a_warning() {
    if is_root() {
        // Root may read everything; this runs when the tests run as an ordinary user.
        return;
    }
    let node = Node::on_sandbox();
    node.set_mode("sudoers", 0o000);
    node.finds(0, "warning", "sudoers", &["cannot read", "run this as root"]);
}

#[test]
fn a_machine_that_is_no_web_node_is_told_so_once() {
    if Path::new("/etc/sudoers.d/ood").exists() {
        return skip("this machine is a web node of OnDemand");
    }
    let node = Node::on_sandbox();
    let mut command = node.site.command(&["check", "-o", "json"]);
    command.env("SSL_CERT_FILE", node.site.path("provider.pem"));
    let run = Run::of(&mut command).ok();
    let found = run.json()["findings"].as_array().unwrap().clone();
    let of_node: Vec<_> = found
        .iter()
        .filter(|finding| finding["area"] == "portal" || finding["area"] == "sudoers")
        .collect();
    assert_eq!(of_node.len(), 1, "{found:#?}");
    assert_eq!(of_node[0]["severity"], "warning");
    assert!(
        of_node[0]["text"]
            .as_str()
            .unwrap()
            .contains("not an OnDemand web node"),
        "{found:#?}"
    );
}
