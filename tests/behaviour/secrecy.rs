//! No secret where others can see it: command lines, environments, output.

use std::fs;
use std::io::{Read as _, Write as _};
use std::os::unix::process::CommandExt as _;
use std::process::{Child, Command, Stdio};

use super::support::{is_root, skip, Site, CANARY};

/// Names the secret to look for, in the process that watches; see `the_watcher`.
const WATCH: &str = "OOD_K8S_TEST_WATCH";
/// Any account but the user's and root's.
const NOBODY: u32 = 65534;

/// Starts this test binary again as a process that looks at every other one's command line and environment.
fn watch(secret: &str, as_nobody: bool) -> Child {
    let mut command = Command::new("/proc/self/exe");
    command
        .args(["secrecy::the_watcher", "--exact", "--nocapture"])
        .env(WATCH, secret);
    if as_nobody {
        command.uid(NOBODY).gid(NOBODY);
    }
    command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

/// Waits for the watcher's next line of this kind.
fn hear(watcher: &mut Child, word: &str) -> String {
    let mut line = Vec::new();
    let mut byte = [0];
    loop {
        let read = watcher.stdout.as_mut().unwrap().read(&mut byte).unwrap();
        assert_eq!(read, 1, "the watcher ended");
        if byte[0] != b'\n' {
            line.push(byte[0]);
            continue;
        }
        let text = String::from_utf8_lossy(&line).into_owned();
        if text.starts_with(word) {
            return text;
        }
        line.clear();
    }
}

/// Not a test of its own: the body of the process that watches, until its standard input ends.
#[test]
fn the_watcher() {
    let Ok(secret) = std::env::var(WATCH) else {
        return;
    };
    println!("WATCHING");
    let stop = std::sync::Arc::new(std::sync::atomic::AtomicBool::new(false));
    let stopped = stop.clone();
    std::thread::spawn(move || {
        let _ = std::io::stdin().read(&mut [0]);
        stopped.store(true, std::sync::atomic::Ordering::SeqCst);
    });
    let (mut seen, mut hooks) = (Vec::new(), std::collections::BTreeSet::new());
    while !stop.load(std::sync::atomic::Ordering::SeqCst) {
        for entry in fs::read_dir("/proc").unwrap().flatten() {
            let cmdline = fs::read(entry.path().join("cmdline")).unwrap_or_default();
            let text = String::from_utf8_lossy(&cmdline).into_owned();
            if text.contains("ood-k8s") {
                hooks.insert(entry.file_name());
                let environ = fs::read(entry.path().join("environ")).unwrap_or_default();
                if text.contains(&secret) || String::from_utf8_lossy(&environ).contains(&secret) {
                    seen.push(text);
                    println!("SEEN");
                }
            }
        }
    }
    println!("RESULT {} {}", hooks.len(), seen.len());
}

#[test]
fn an_unprivileged_process_that_watches_proc_sees_no_secret() {
    if !is_root() {
        return skip("only root can start a process of another user");
    }
    let site = Site::new();
    let mut watcher = watch(CANARY, true);
    hear(&mut watcher, "WATCHING");
    for _ in 0..20 {
        site.pre_hook().ok();
    }
    watcher.stdin.take().unwrap().write_all(b"\n").unwrap();
    let result = hear(&mut watcher, "RESULT");
    watcher.wait().unwrap();
    let numbers: Vec<usize> = result.split_whitespace().skip(1).map(|n| n.parse().unwrap()).collect();
    assert!(
        numbers[0] >= 10,
        "it saw only {} processes of ours: the watch proves nothing",
        numbers[0]
    );
    assert_eq!(numbers[1], 0, "it saw a secret");
}

#[test]
fn the_watcher_would_see_a_secret_in_a_command_line() {
    // Another one than all other tests have, which run beside this.
    let secret = "lEaKyCanary";
    let mut watcher = watch(secret, false);
    hear(&mut watcher, "WATCHING");
    let mut leaky = Command::new("sh");
    let mut leaky = leaky
        .args(["-c", "read line", "ood-k8s", secret])
        .stdin(Stdio::piped())
        .spawn()
        .unwrap();
    hear(&mut watcher, "SEEN");
    watcher.stdin.take().unwrap().write_all(b"\n").unwrap();
    hear(&mut watcher, "RESULT");
    watcher.wait().unwrap();
    drop(leaky.stdin.take());
    leaky.wait().unwrap();
}

#[test]
fn nothing_but_the_kubeconfig_holds_the_users_tokens() {
    let site = Site::new();
    site.pre_hook().ok();
    let mut holders = Vec::new();
    for entry in fs::read_dir(site.path("home")).unwrap() {
        let path = entry.unwrap().path();
        if fs::read_to_string(&path).unwrap_or_default().contains(CANARY) {
            holders.push(path);
        }
    }
    assert_eq!(holders, [site.path("home/config")]);
}

#[test]
fn the_record_at_every_level_holds_no_secret() {
    let site = Site::new();
    for format in ["logfmt", "json"] {
        // Run looks for the canary in every output.
        let run = super::support::Run::of(&mut site.command_with_tokens(&[
            "pre-hook",
            "--user",
            &site.user,
            "--log-level",
            "debug",
            "--log-format",
            format,
        ]))
        .done();
        assert!(
            run.stderr.contains("user") && run.stderr.contains(&site.namespace()),
            "{}",
            run.stderr
        );
    }
}

#[test]
fn a_configuration_that_is_printed_for_debugging_shows_no_secret() {
    let site = Site::new();
    let sources = ood_k8s::config::Sources {
        hook_env: Some(site.path("hook.env")),
        clusters_dir: Some(site.path("clusters.d")),
        only: Vec::new(),
    };
    let printed = format!("{:?}", ood_k8s::config::Site::load(&sources).unwrap());
    assert!(!printed.contains(CANARY), "{printed}");
}
