//! `mint-registry-secret`'s file: merged, replaced in one step, and nobody else's to read.

use std::fs::{self, Permissions};
use std::io::{Read as _, Write as _};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::process::{Command, Stdio};
use std::time::Duration;

use base64::Engine as _;
use serde_json::{json, Value};

use super::secrecy::{hear, watch};
use super::support::{is_root, skip, wait_until, with_input, Node, Run, CANARY};

fn auth(user: &str, password: &str) -> String {
    base64::engine::general_purpose::STANDARD.encode(format!("{user}:{password}"))
}

fn entry(user: &str, password: &str) -> Value {
    json!({ "auth": auth(user, password) })
}

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
    Run::of(&mut node.write_command(&["--registry", "r.example.org", "--remove"])).fails(3, &["no entry of", "--list"]);
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
    let listed =
        Run::of(&mut node.mint(&["--list", file.to_str().unwrap(), "-o", "json"])).fails(3, &["b.example.org"]);
    let listed = listed.json();
    assert_eq!(
        listed["registries"],
        json!([
            { "registry": "a.example.org", "username": "robot", "how": "password" },
            { "registry": "b.example.org", "username": null, "how": "credential helper pass" },
            { "registry": "c.example.org", "username": null, "how": "unusable: its auth is not base64 of user:password" },
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
    Run::of(&mut node.write_command(&args)).fails(3, &["others can write it", "chmod o-w"]);
    fs::remove_file(&password).unwrap();
    Run::of(&mut node.write_command(&args)).fails(3, &["password: no such file", "--password-file"]);
}

#[test]
fn a_file_that_others_can_read_or_write_is_refused_with_the_remedy() {
    let node = Node::new();
    node.log_in("r.example.org", "robot", "old").ok();
    for (mode, words) in [
        (0o604, ["others can read it", "chmod 0600"]),
        (0o602, ["others can write it", "chmod o-w"]),
    ] {
        fs::set_permissions(node.file(), Permissions::from_mode(mode)).unwrap();
        // Before a password is asked for: there is none on standard input.
        node.log_in("r.example.org", "robot", "").fails(3, &words);
    }
    fs::set_permissions(node.file(), Permissions::from_mode(0o600)).unwrap();
    fs::set_permissions(node.path("."), Permissions::from_mode(0o777)).unwrap();
    node.log_in("r.example.org", "robot", CANARY)
        .fails(3, &["others can write it, and so could replace", "registry.json"]);
    fs::remove_file(node.file()).unwrap();
    node.log_in("r.example.org", "robot", CANARY)
        .fails(3, &["others can write it, and so could replace", "registry.json"]);
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
fn what_is_no_docker_configuration_is_refused_and_left_alone() {
    let node = Node::new();
    for (text, words) in [
        (CANARY.to_owned(), "not JSON (line 1, column 1)"),
        (format!("[\"{CANARY}\"]"), "no \"auths\""),
        (format!("{{\"{CANARY}\":1}}"), "no \"auths\""),
        (
            format!("{{\"auths\":{{\"r.example.org\":\"{CANARY}\"}}}}"),
            "\"r.example.org\" is not an object",
        ),
        (
            json!({ "auths": { "s.example.org": entry("", CANARY) } }).to_string(),
            "its user is empty",
        ),
        (
            json!({ "auths": { "s.example.org": entry("robot", "") } }).to_string(),
            "its password is empty",
        ),
        (
            json!({ "auths": { "s.example.org": { "auth": [CANARY] } } }).to_string(),
            "its auth is not text",
        ),
    ] {
        node.write("registry.json", &text);
        node.log_in("r.example.org", "robot", CANARY)
            .fails(3, &["registry.json", words]);
        let source = node.file();
        let mut copy = node.mint(&[
            "--write",
            "other.json",
            "--from-docker-config",
            source.to_str().unwrap(),
        ]);
        Run::of(&mut copy).fails(3, &["registry.json", words]);
        assert_eq!(fs::read_to_string(node.file()).unwrap(), text);
        assert_eq!(node.names(), ["registry.json"]);
    }
}

#[test]
fn a_wrong_password_name_or_user_is_refused_on_one_line() {
    let node = Node::new();
    for (password, words) in [
        ("", "empty"),
        ("\n", "empty"),
        ("cAnArY\ncAnArY\n", "control character"),
        ("cAnArY\u{1b}[A", "control character"),
    ] {
        node.log_in("r.example.org", "robot", password)
            .fails(6, &["the password", words]);
    }
    node.log_in("r.example.org", "robot", b"cAnArY\xff")
        .fails(6, &["UTF-8"]);
    node.log_in("r.example.org", "robot", vec![b'x'; 200_000])
        .fails(6, &["longer than"]);
    for (registry, words) in [
        ("https://r.example.org/v2/", "write r.example.org/v2/"),
        ("", "empty"),
        ("r.example.org x", "blank"),
        ("registry", "Docker Hub"),
        ("r.example.org:http", "port"),
        ("2001:db8::1", "brackets"),
    ] {
        node.log_in(registry, "robot", CANARY).fails(2, &[words]);
    }
    // Another one than all other tests have: one of them looks at command lines.
    let in_the_name = node
        .log_in("robot:unfit@r.example.org", "robot", CANARY)
        .fails(2, &["--username"]);
    assert!(!in_the_name.stderr.contains("unfit"), "{in_the_name:?}");
    node.log_in("r.example.org", "ro:bot", CANARY)
        .fails(2, &["--username", "colon"]);
    node.log_in("r.example.org", "", CANARY).fails(2, &["--username"]);
    assert_eq!(node.names(), [""; 0]);
}

#[test]
fn what_was_left_out_on_the_command_line_is_named() {
    let node = Node::new();
    Run::of(&mut node.mint(&[])).fails(2, &["--write FILE", "--list"]);
    Run::of(&mut node.write_command(&[])).fails(2, &["--registry HOST"]);
    Run::of(&mut node.write_command(&["--remove"])).fails(2, &["--registry HOST"]);
    Run::of(&mut node.write_command(&["--registry", "r.example.org"]))
        .fails(2, &["--username", "--credential-command"]);
    let no_terminal = ["--registry", "r.example.org", "--username", "robot"];
    Run::of(&mut node.write_command(&no_terminal)).fails(2, &["no terminal", "--password-stdin"]);
    for together in [
        &["--list", "--write", "x"][..],
        &["--registry", "r.example.org"],
        &["--write", "x", "--password-stdin"],
    ] {
        assert_eq!(Run::of(&mut node.mint(together)).status, 2, "{together:?}");
    }
    let argument = ["--registry", "r.example.org", "--username", "robot", "--password", "x"];
    let refused = Run::of(&mut node.write_command(&argument));
    assert!(
        refused.status == 2 && refused.stderr.contains("--password"),
        "no password in argv: {refused:?}"
    );
}

#[test]
fn at_a_terminal_the_password_is_asked_for_and_not_shown() {
    let node = Node::new();
    for flags in [&[][..], &["--password-stdin"]] {
        let pty = nix::pty::openpty(None, None).unwrap();
        let mut command =
            node.write_command(&[&["--registry", "r.example.org", "--username", "robot"], flags].concat());
        let slave = || Stdio::from(pty.slave.try_clone().unwrap());
        let mut child = command
            .stdin(slave())
            .stdout(Stdio::piped())
            .stderr(slave())
            .spawn()
            .unwrap();
        let mut terminal = fs::File::from(pty.master.try_clone().unwrap());
        let mut shown = read_until(&mut terminal, "Password of robot at r.example.org: ");
        terminal.write_all(format!("{CANARY}x\x7f\r").as_bytes()).unwrap();
        shown.push_str(&read_until(&mut terminal, "\n"));
        assert!(child.wait().unwrap().success(), "{shown}");
        assert!(!shown.contains(CANARY), "{shown}");
        assert_eq!(node.registries()["auths"]["r.example.org"], entry("robot", CANARY));
        let settings = nix::sys::termios::tcgetattr(&pty.slave).unwrap();
        assert!(
            settings.local_flags.contains(nix::sys::termios::LocalFlags::ECHO),
            "the terminal is as before"
        );
        fs::remove_file(node.file()).unwrap();
    }
}

#[test]
fn ctrl_c_at_the_prompt_puts_the_terminal_right_and_writes_nothing() {
    let node = Node::new();
    let pty = nix::pty::openpty(None, None).unwrap();
    let mut command = node.write_command(&["--registry", "r.example.org", "--username", "robot"]);
    let slave = || Stdio::from(pty.slave.try_clone().unwrap());
    let mut child = command
        .stdin(slave())
        .stdout(Stdio::piped())
        .stderr(slave())
        .spawn()
        .unwrap();
    let mut terminal = fs::File::from(pty.master.try_clone().unwrap());
    read_until(&mut terminal, "r.example.org: ");
    terminal.write_all(b"half\x03").unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(6));
    let settings = nix::sys::termios::tcgetattr(&pty.slave).unwrap();
    assert!(settings.local_flags.contains(nix::sys::termios::LocalFlags::ECHO));
    assert_eq!(node.names(), [""; 0]);
}

/// What a terminal shows, until it has shown this.
fn read_until(terminal: &mut fs::File, end: &str) -> String {
    let mut shown = Vec::new();
    let mut byte = [0];
    while !shown.ends_with(end.as_bytes()) {
        assert_eq!(
            terminal.read(&mut byte).unwrap(),
            1,
            "{}",
            String::from_utf8_lossy(&shown)
        );
        shown.push(byte[0]);
    }
    String::from_utf8(shown).unwrap()
}

#[test]
fn twenty_runs_at_once_lose_no_registry() {
    let node = Node::new();
    let names: Vec<_> = (0..20).map(|number| format!("r{number}.example.org")).collect();
    std::thread::scope(|scope| {
        for name in &names {
            let node = &node;
            scope.spawn(move || {
                let args = [
                    "--registry",
                    name,
                    "--username",
                    "robot",
                    "--password-stdin",
                    "--timeout",
                    "60s",
                ];
                with_input(&mut node.write_command(&args), CANARY.as_bytes()).ok();
            });
        }
    });
    let registries = node.registries();
    for name in &names {
        assert_eq!(registries["auths"][name], entry("robot", CANARY), "{name} is lost");
    }
    assert_eq!(fs::metadata(node.file()).unwrap().mode() & 0o7777, 0o600);
    assert_eq!(node.names(), ["registry.json"]);
}

#[test]
fn a_run_killed_at_any_moment_leaves_the_old_file_or_the_new_one() {
    const KILLS: u64 = 100;
    let node = Node::new();
    let passwords = ["short".to_owned(), "x".repeat(20_000)];
    node.log_in("r.example.org", "robot", &passwords[0]).ok();
    let (mut killed, mut written) = (0, 0);
    for kill in 0..KILLS {
        let before = fs::read(node.file()).unwrap();
        let new = &passwords[usize::from(before.len() < 10_000)];
        let mut command =
            node.write_command(&["--registry", "r.example.org", "--username", "robot", "--password-stdin"]);
        let mut run = command.stdin(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        run.stdin.take().unwrap().write_all(new.as_bytes()).unwrap();
        // Any moment will do; these are spread over a whole run.
        std::thread::sleep(Duration::from_micros(kill * 7919 % 50_000));
        run.kill().unwrap();
        killed += u32::from(!run.wait().unwrap().success());
        let after = fs::read(node.file()).unwrap();
        written += u32::from(after != before);
        assert!(
            after == before || node.registries()["auths"]["r.example.org"] == entry("robot", new),
            "after kill {kill}"
        );
        assert_eq!(fs::metadata(node.file()).unwrap().mode() & 0o7777, 0o600);
    }
    println!("{killed} of {KILLS} were killed in time, {written} had written");
    assert!(
        killed > 10 && written > 0,
        "all were killed before or after the write: nothing was proved"
    );
    node.log_in("r.example.org", "robot", "last").ok();
}

#[test]
fn nothing_but_the_file_holds_the_password_while_and_after_it_is_written() {
    // Another one than all other tests have, which run beside this with theirs in their environment.
    let password = "wAtChEdPaSsWoRd";
    let node = Node::new();
    let mut watcher = watch(password, false);
    hear(&mut watcher, "WATCHING");
    node.write("secret", json!({ "Username": "robot", "Secret": password }).to_string());
    let helper = node.write_mode("ood-k8s-helper", "#!/bin/sh\nread -r server\ncat secret\n", 0o700);
    for round in 0..10 {
        node.log_in("r.example.org", "robot", format!("{password}{round}")).ok();
        let args = [
            "--registry",
            "s.example.org",
            "--credential-command",
            helper.to_str().unwrap(),
            "--log-level",
            "debug",
        ];
        Run::of(&mut node.write_command(&args)).done();
    }
    watcher.stdin.take().unwrap().write_all(b"\n").unwrap();
    let result = hear(&mut watcher, "RESULT");
    watcher.wait().unwrap();
    let numbers: Vec<usize> = result.split_whitespace().skip(1).map(|n| n.parse().unwrap()).collect();
    assert!(numbers[0] >= 5, "it saw only {} processes of ours", numbers[0]);
    assert_eq!(numbers[1], 0, "the password was in a command line or an environment");
    assert_eq!(node.names(), ["ood-k8s-helper", "registry.json", "secret"]);
}

#[test]
fn a_file_that_another_program_locks_is_waited_for() {
    let node = Node::new();
    let lock = node.write("registry.json.lock", "");
    let args = ["--registry", "r.example.org", "--username", "robot", "--password-stdin"];
    let mut short = node.write_command(&args);
    with_input(short.args(["--timeout", "300ms"]), CANARY.as_bytes())
        .fails(3, &["another program", "registry.json.lock"]);
    std::thread::scope(|scope| {
        let waiting = scope.spawn(|| node.log_in("r.example.org", "robot", CANARY));
        wait_until("it waits beside the lock", || node.names().len() > 1);
        fs::remove_file(&lock).unwrap();
        waiting.join().unwrap().ok();
    });
    assert_eq!(node.names(), ["registry.json"]);
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
    assert!(warnings[0].contains("chmod 0600"), "{warnings:?}");
    node.write(
        "registry.json",
        json!({ "auths": { "r.example.org": { "auth": CANARY } } }).to_string(),
    );
    assert!(ood_k8s::config::registry::load(&secret, &mut warnings).is_ok());
    assert!(
        warnings[1].contains("r.example.org") && !warnings[1].contains(CANARY),
        "{warnings:?}"
    );
}

#[test]
fn the_record_of_a_write_has_the_registries_and_no_password() {
    let node = Node::new();
    let args = [
        "--registry",
        "r.example.org",
        "--username",
        "robot",
        "--password-stdin",
        "--log-level",
        "info",
    ];
    let run = with_input(&mut node.write_command(&args), CANARY.as_bytes()).done();
    for word in [
        "msg=mint-registry-secret",
        "registry.json",
        "created=r.example.org",
        "milliseconds=",
    ] {
        assert!(run.stderr.contains(word), "no {word} in {}", run.stderr);
    }
    let help = Run::of(Command::new(env!("CARGO_BIN_EXE_ood-k8s")).args(["mint-registry-secret", "--help"])).ok();
    assert!(
        help.stdout.contains("Examples:") && help.stdout.contains("--password-stdin"),
        "{}",
        help.stdout
    );
}
