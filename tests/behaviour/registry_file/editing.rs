//! Registries are added, replaced, removed, copied and listed, and everything else in the file stays.

use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::process::Command;

use serde_json::{json, Value};

use super::{auth, entry};
use crate::support::{with_input, Node, Run, CANARY};

#[test]
fn a_registry_is_added_and_the_others_and_unknown_fields_stay() {
    let node = Node::new();
    let before = json!({
        "auths": { "a.example.org": { "auth": auth("old", CANARY), "email": "a@b.example" } },
        "HttpHeaders": { "X-Site": "hpc" }
    });
    node.write("registry.json", before.to_string());
    node.log_in("b.example.org:5000/team", "robot", format!("{CANARY}\n"))
        .ok();
    let mut after = before;
    after["auths"]["b.example.org:5000/team"] = entry("robot", CANARY);
    assert_eq!(node.registries(), after);
    assert_eq!(node.names(), ["registry.json"], "nothing is left beside it");
}

#[test]
fn the_file_is_made_with_its_folder_for_its_owner_alone() {
    let node = Node::new();
    let file = node.path("new/registry.json");
    let args = [
        "--no-verify",
        "--write",
        file.to_str().unwrap(),
        "--registry",
        "docker.io",
        "--username",
        "robot",
        "--password-stdin",
    ];
    // Cron and sudo may set any umask.
    let mint = node.mint(&args);
    let mut shell = Command::new("sh");
    shell
        .args(["-c", "umask 0; exec \"$@\"", "sh"])
        .arg(mint.get_program())
        .args(mint.get_args());
    with_input(&mut shell, CANARY.as_bytes()).ok();
    assert_eq!(fs::metadata(&file).unwrap().mode() & 0o7777, 0o600);
    assert_eq!(fs::metadata(node.path("new")).unwrap().mode() & 0o7777, 0o700);
    let written: Value = serde_json::from_slice(&fs::read(&file).unwrap()).unwrap();
    assert_eq!(
        written,
        json!({ "auths": { "https://index.docker.io/v1/": entry("robot", CANARY) } })
    );
}

#[test]
fn a_new_password_replaces_the_old_one_in_every_spelling() {
    let node = Node::new();
    node.write(
        "registry.json",
        json!({ "auths": { "https://r.example.org/v1/": entry("robot", "old"), "s.example.org": entry("s", "s") } })
            .to_string(),
    );
    node.log_in("r.example.org", "robot", CANARY).ok();
    let expected = json!({ "auths": { "r.example.org": entry("robot", CANARY), "s.example.org": entry("s", "s") } });
    assert_eq!(node.registries(), expected);
}

#[test]
fn a_second_run_changes_nothing_not_even_the_formatting() {
    let node = Node::new();
    let text = format!(
        "{{\"auths\":{{\"r.example.org\":{{\"auth\":\"{}\"}}}}}}",
        auth("robot", CANARY)
    );
    node.write("registry.json", &text);
    let inode = fs::metadata(node.file()).unwrap().ino();
    node.log_in("r.example.org", "robot", CANARY).ok();
    assert_eq!(fs::read_to_string(node.file()).unwrap(), text);
    assert_eq!(fs::metadata(node.file()).unwrap().ino(), inode);
}

#[test]
fn what_was_done_is_printed_when_it_is_asked_for_and_a_dry_run_does_nothing() {
    let node = Node::new();
    let args = [
        "--registry",
        "r.example.org",
        "--registry",
        "s.example.org",
        "--username",
        "robot",
        "--password-stdin",
        "-o",
        "json",
    ];
    let mut dry_run = node.write_command(&args);
    let shown = with_input(dry_run.arg("--dry-run"), CANARY.as_bytes()).ok().json();
    assert_eq!(shown["dry_run"], true);
    assert_eq!(node.names(), [""; 0], "neither the file nor a lock");
    let shown = with_input(&mut node.write_command(&args), CANARY.as_bytes())
        .ok()
        .json();
    assert_eq!(
        shown["registries"],
        json!([
            { "registry": "r.example.org", "username": "robot", "result": "created" },
            { "registry": "s.example.org", "username": "robot", "result": "created" }
        ])
    );
    let quiet = node.log_in("r.example.org", "robot", CANARY).ok();
    assert_eq!(quiet.stdout, "", "a timer has nothing to mail");
    let mut table = node.write_command(&["--registry", "r.example.org", "--remove", "--dry-run"]);
    let table = Run::of(&mut table).ok().stdout;
    assert!(
        table.contains("r.example.org") && table.contains("removed (dry run)"),
        "{table}"
    );
    assert_eq!(node.registries()["auths"].as_object().unwrap().len(), 2);
}

#[test]
fn a_registry_is_removed_and_the_last_one_with_a_warning() {
    let node = Node::new();
    node.log_in("r.example.org", "robot", CANARY).ok();
    node.log_in("docker.io", "robot", CANARY).ok();
    Run::of(&mut node.write_command(&["--registry", "index.docker.io", "--remove"])).ok();
    assert_eq!(
        node.registries(),
        json!({ "auths": { "r.example.org": entry("robot", CANARY) } })
    );
    let last = Run::of(&mut node.write_command(&["--registry", "r.example.org", "--remove"])).done();
    assert!(
        last.stderr.contains("no registry any more") && last.stderr.contains("IMAGE_PULL_SECRET"),
        "{last:?}"
    );
    Run::of(&mut node.write_command(&["--registry", "r.example.org", "--remove"]))
        .fails(3, &["no entry for", "--list"]);
    node.log_in("r.example.org", "robot", CANARY).ok();
}

#[test]
fn a_broken_entry_can_be_removed_and_nothing_else_is_done_before() {
    let node = Node::new();
    let broken = json!({ "auths": { "b.example.org": { "auth": CANARY } } });
    node.write("registry.json", broken.to_string());
    node.log_in("r.example.org", "robot", CANARY)
        .fails(3, &["registry.json", "b.example.org", "not base64 of user:password"]);
    assert_eq!(node.registries(), broken);
    Run::of(&mut node.write_command(&["--registry", "b.example.org", "--remove"])).done();
    node.log_in("r.example.org", "robot", CANARY).ok();
}

#[test]
fn the_list_shows_registries_and_users_and_names_what_cannot_be_used() {
    let node = Node::new();
    let config = json!({
        "auths": { "a.example.org": entry("robot", CANARY), "b.example.org": {}, "c.example.org": { "auth": CANARY } },
        "credHelpers": { "b.example.org": "pass" }
    });
    let file = node.write("registry.json", config.to_string());
    let listed = Run::of(&mut node.mint(&["--list", file.to_str().unwrap(), "-o", "json"]));
    let lines: Vec<_> = listed.stderr.lines().collect();
    assert!(
        listed.status == 3
            && lines.len() == 2
            && lines[0].contains("docker-credential-pass")
            && lines[1].contains("c.example.org"),
        "{listed:?}"
    );
    let listed = listed.json();
    assert_eq!(
        listed["registries"],
        json!([
            { "registry": "a.example.org", "username": "robot", "how": "password" },
            { "registry": "b.example.org", "username": null, "how": "credential helper pass" },
            { "registry": "c.example.org", "username": null, "how": "left out: its auth is not base64 of user:password" },
        ])
    );
    node.write(
        "registry.json",
        json!({ "auths": { "a.example.org": entry("robot", CANARY) } }).to_string(),
    );
    let hook_env = node.write(
        "hook.env",
        format!("REGISTRY_DOCKER_CONFIG_JSON={}\n", node.file().display()),
    );
    let table = Run::of(&mut node.mint(&["--list", "--hook-env", hook_env.to_str().unwrap()])).ok();
    let rows: Vec<Vec<&str>> = table
        .stdout
        .lines()
        .map(|line| line.split_whitespace().collect())
        .collect();
    assert_eq!(
        rows,
        [["REGISTRY", "USER", "HOW"], ["a.example.org", "robot", "password"]]
    );
    node.write("hook.env", "");
    Run::of(&mut node.mint(&["--list", "--hook-env", hook_env.to_str().unwrap()]))
        .fails(3, &["REGISTRY_DOCKER_CONFIG_JSON is not set", "--list FILE"]);
}

#[test]
fn another_docker_configuration_is_copied_whole_or_in_part() {
    let node = Node::new();
    let source = json!({
        "auths": { "r.example.org": entry("robot", CANARY), "https://index.docker.io/v1/": entry("hub", CANARY) },
        "credHelpers": { "gcr.example.org": "gcr" }
    });
    let source = node.write("config.json", source.to_string());
    let copy = ["--from-docker-config", source.to_str().unwrap()];
    Run::of(&mut node.write_command(&copy)).fails(
        3,
        &[
            "config.json",
            "gcr.example.org",
            "--credential-command docker-credential-gcr",
        ],
    );
    assert!(!node.file().exists());
    let named = [&copy[..], &["--registry", "docker.io", "--registry", "r.example.org"]].concat();
    Run::of(&mut node.write_command(&named)).ok();
    let expected = json!({ "auths": {
        "r.example.org": entry("robot", CANARY), "https://index.docker.io/v1/": entry("hub", CANARY)
    } });
    assert_eq!(node.registries(), expected);
    node.write(
        "config.json",
        json!({ "auths": { "s.example.org": { "identitytoken": CANARY } } }).to_string(),
    );
    let warned = Run::of(&mut node.write_command(&copy)).done();
    assert!(
        warned.stderr.contains("s.example.org") && warned.stderr.contains("kubelet does not read"),
        "{warned:?}"
    );
}
