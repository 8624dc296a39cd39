//! No secret where others can see it: command lines, environments, output.

mod watcher;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use watcher::Watcher;

use crate::support::{is_root, skip, Run, Site, CANARY};

pub use watcher::no_process_shows;

/// The files below a folder that contain this.
pub fn holders(folder: &Path, text: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let found = entries.flat_map(|path| {
        if path.is_dir() {
            holders(&path, text)
        } else if String::from_utf8_lossy(&fs::read(&path).unwrap()).contains(text) {
            vec![path]
        } else {
            Vec::new()
        }
    });
    found.collect()
}

#[test]
fn an_unprivileged_process_that_watches_proc_sees_no_secret() {
    if !is_root() {
        return skip("only root can start a process of another user");
    }
    let site = Site::new();
    let watcher = Watcher::start_as_nobody(CANARY);
    for _ in 0..20 {
        site.pre_hook().ok();
    }
    let seen = watcher.stop();
    assert!(
        seen.processes >= 10,
        "it saw only {} processes of ours: the watch proves nothing",
        seen.processes
    );
    assert_eq!(seen.secrets, 0, "it saw a secret");
}

#[test]
fn the_watcher_would_see_a_secret_in_a_command_line() {
    // Unlike the secret of all other tests, which run at the same time.
    let secret = "lEaKyCanary";
    let mut watcher = Watcher::start(secret);
    let mut leaky = Command::new("sh");
    let mut leaky = leaky
        .args(["-c", "read line", "ood-k8s", secret])
        .stdin(Stdio::piped())
        .spawn()
        .unwrap();
    watcher.wait_for_secret();
    watcher.stop();
    drop(leaky.stdin.take());
    leaky.wait().unwrap();
}

#[test]
fn nothing_but_the_kubeconfig_holds_the_users_tokens() {
    let site = Site::new();
    site.pre_hook().ok();
    assert_eq!(holders(&site.path("home"), CANARY), [site.path("home/config")]);
}

#[test]
fn the_record_at_every_level_holds_no_secret() {
    let site = Site::new();
    for format in ["logfmt", "json"] {
        // Run looks for the canary in every output.
        let run = Run::of(&mut site.command_with_tokens(&[
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

/// A syslog for as long as this value lives; other tests' lines arrive at it too.
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

    /// Waits for this many lines that contain `part`.
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
        names_kubeconfig: true,
    };
    let printed = format!("{:?}", ood_k8s::config::Site::load(&sources).unwrap());
    assert!(!printed.contains(CANARY), "{printed}");
}
