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
pub fn watch(secret: &str, as_nobody: bool) -> Child {
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
pub fn hear(watcher: &mut Child, word: &str) -> String {
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

/// A syslog that is there for as long as this is; other tests' lines arrive at it too.
struct Syslog {
    lines: std::sync::mpsc::Receiver<String>,
}

impl Syslog {
    const SOCKET: &'static str = "/dev/log";

    fn listen() -> Option<Self> {
        let socket = std::os::unix::net::UnixDatagram::bind(Self::SOCKET).ok()?;
        fs::set_permissions(Self::SOCKET, std::os::unix::fs::PermissionsExt::from_mode(0o666)).unwrap();
        let (told, lines) = std::sync::mpsc::channel();
        std::thread::spawn(move || {
            let mut buffer = vec![0; 64 * 1024];
            while let Ok(length) = socket.recv(&mut buffer) {
                if told
                    .send(String::from_utf8_lossy(&buffer[..length]).into_owned())
                    .is_err()
                {
                    return;
                }
            }
        });
        Some(Self { lines })
    }

    /// The lines that have this in them, until there are so many.
    fn hear(&self, part: &str, count: usize) -> Vec<String> {
        let mut heard = Vec::new();
        while heard.len() < count {
            let line = self
                .lines
                .recv_timeout(std::time::Duration::from_secs(10))
                .expect("a line in syslog");
            if line.contains(part) {
                heard.push(line);
            }
        }
        heard
    }
}

impl Drop for Syslog {
    fn drop(&mut self) {
        let _ = fs::remove_file(Self::SOCKET);
    }
}

#[test]
fn syslog_gets_a_line_a_login_with_what_was_done_and_no_secret() {
    let syslog = if is_root() { Syslog::listen() } else { None };
    let Some(syslog) = syslog else {
        return skip("only root can be the syslog, and only where there is none");
    };
    let site = Site::new();
    site.pre_hook().ok();
    site.set("IMAGE_PULL_SECRET=UPPER");
    site.pre_hook().fails(3, &["IMAGE_PULL_SECRET"]);
    let lines = syslog.hear(&site.namespace(), 2);
    assert!(
        lines[0].starts_with("<30>") && lines[0].contains("ood-k8s["),
        "daemon.info: {}",
        lines[0]
    );
    for word in [
        "msg=login",
        "cluster=prod",
        "created=namespace/",
        "kubeconfig=created",
        "milliseconds=",
    ] {
        assert!(lines[0].contains(word), "no {word} in {}", lines[0]);
    }
    assert!(
        lines[1].contains("error=") && lines[1].contains("IMAGE_PULL_SECRET"),
        "{}",
        lines[1]
    );
    assert!(!lines.concat().contains(CANARY), "{lines:?}");
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
