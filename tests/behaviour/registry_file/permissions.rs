//! Files that others could read or change are refused; a login only warns of them.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;

use serde_json::json;

use super::entry;
use crate::support::{is_root, skip, Node, Run, CANARY};

#[test]
fn a_password_file_is_read_if_nobody_else_can_read_it() {
    let node = Node::new();
    let password = node.write("password", format!("{CANARY} with blanks \n"));
    let args = [
        "--registry",
        "r.example.org",
        "--username",
        "robot",
        "--password-file",
        password.to_str().unwrap(),
    ];
    Run::of(&mut node.write_command(&args)).ok();
    assert_eq!(
        node.registries()["auths"]["r.example.org"],
        entry("robot", &format!("{CANARY} with blanks "))
    );
    for mode in [0o644, 0o604] {
        node.write_mode("password", CANARY, mode);
        Run::of(&mut node.write_command(&args)).fails(3, &["others can read it", "chmod 0600"]);
    }
    fs::set_permissions(&password, Permissions::from_mode(0o622)).unwrap();
    Run::of(&mut node.write_command(&args)).fails(3, &["others can write it", "run: install -m 06"]);
    fs::remove_file(&password).unwrap();
    Run::of(&mut node.write_command(&args)).fails(3, &["password: no such file", "--password-file"]);
}

#[test]
fn a_file_that_others_can_read_or_write_is_refused_with_the_remedy() {
    let node = Node::new();
    node.log_in("r.example.org", "robot", "old").ok();
    for (mode, words) in [
        (0o604, ["others can read it", "chmod 0600"]),
        (0o602, ["others can write it", "run: install -m 06"]),
    ] {
        fs::set_permissions(node.file(), Permissions::from_mode(mode)).unwrap();
        // Before a password is asked for: there is none on standard input.
        node.log_in("r.example.org", "robot", "").fails(3, &words);
    }
    fs::set_permissions(node.file(), Permissions::from_mode(0o600)).unwrap();
    fs::set_permissions(node.path("."), Permissions::from_mode(0o777)).unwrap();
    node.log_in("r.example.org", "robot", CANARY)
        .fails(3, &["others can write it, which allows replacing", "registry.json"]);
    fs::remove_file(node.file()).unwrap();
    node.log_in("r.example.org", "robot", CANARY)
        .fails(3, &["others can write it, which allows replacing", "registry.json"]);
    assert_eq!(
        node.names(),
        [""; 0],
        "a file that is not there yet is not made there either"
    );
}

#[test]
fn a_file_that_a_group_of_others_can_read_is_refused() {
    if !is_root() {
        return skip("only root can give a file to another group");
    }
    let node = Node::new();
    node.log_in("r.example.org", "robot", "old").ok();
    fs::set_permissions(node.file(), Permissions::from_mode(0o640)).unwrap();
    node.log_in("r.example.org", "robot", "old").ok();
    std::os::unix::fs::chown(node.file(), None, Some(65534)).unwrap();
    node.log_in("r.example.org", "robot", CANARY)
        .fails(3, &["group 65534 can read it", "chmod 0600"]);
}

#[test]
fn a_file_of_somebody_else_and_a_link_to_nowhere_are_refused() {
    let node = Node::new();
    std::os::unix::fs::symlink(node.path("nowhere"), node.file()).unwrap();
    node.log_in("r.example.org", "robot", CANARY)
        .fails(3, &["link to a file that does not exist"]);
    assert!(!node.path("nowhere").exists());
    if !is_root() {
        return;
    }
    fs::remove_file(node.file()).unwrap();
    node.log_in("r.example.org", "robot", "old").ok();
    std::os::unix::fs::chown(node.file(), Some(65534), None).unwrap();
    node.log_in("r.example.org", "robot", CANARY)
        .fails(3, &["uid 65534 owns it"]);
}

#[test]
fn a_login_takes_the_file_as_it_was_written() {
    let node = Node::new();
    node.log_in("r.example.org", "robot", CANARY).ok();
    let secret = ood_k8s::config::settings::PullSecret {
        name: "registry".into(),
        file: node.file(),
        per_registry: false,
    };
    let mut warnings = Vec::new();
    assert!(
        ood_k8s::config::registry::load(&secret, &mut warnings).is_ok() && warnings.is_empty(),
        "{warnings:?}"
    );
    // A login must not break on an upgrade: what is refused elsewhere is a warning there.
    fs::set_permissions(node.file(), Permissions::from_mode(0o644)).unwrap();
    assert!(ood_k8s::config::registry::load(&secret, &mut warnings).is_ok());
    assert!(warnings[0].to_string().contains("chmod 0600"), "{warnings:?}");
    node.write(
        "registry.json",
        json!({ "auths": { "r.example.org": { "auth": CANARY } } }).to_string(),
    );
    assert!(ood_k8s::config::registry::load(&secret, &mut warnings).is_ok());
    assert!(
        warnings[1].to_string().contains("r.example.org") && !warnings[1].to_string().contains(CANARY),
        "{warnings:?}"
    );
}
