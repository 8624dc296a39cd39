//! The user's home: entered as the user, never waited for, its files kept whole.

use std::fs::{self, Permissions};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::process::Stdio;
use std::time::{Duration, Instant};

use nix::sys::signal::{kill, Signal};
use nix::unistd::Pid;

use super::support::{account, in_mounts, is_root, skip, wait_until, Run, Site, CANARY};

#[test]
fn the_kubeconfig_is_the_users_and_nobody_elses_to_read() {
    let site = Site::new();
    site.pre_hook().ok();
    let metadata = fs::metadata(site.path("home/config")).unwrap();
    assert_eq!((metadata.uid(), metadata.gid()), (account().uid, account().gid));
    assert_eq!(metadata.mode() & 0o777, 0o600);
}

#[test]
fn other_entries_of_the_kubeconfig_are_kept() {
    let site = Site::new();
    let own = "# mine\napiVersion: v1 # of kubectl\nkind: Config\nclusters:\n- name: mine\n  cluster:\n    server: https://mine.example.org\n    insecure-skip-tls-verify: yes\n    x-unknown: 012\ncurrent-context: mine\nusers:\n- name: me\n  user: {token: own}\n";
    site.write_home("config", own);
    site.pre_hook().ok();
    let text = fs::read_to_string(site.path("home/config")).unwrap();
    for line in [
        "insecure-skip-tls-verify: yes",
        "x-unknown: 012",
        "current-context: mine",
        "server: https://mine.example.org",
    ] {
        assert!(text.contains(line), "{line} is gone from: {text}");
    }
    assert_eq!(site.user_kubeconfig().unwrap()["clusters"].as_array().unwrap().len(), 2);
}

#[test]
fn a_kubeconfig_that_is_no_yaml_is_never_overwritten() {
    let site = Site::new();
    let torn = format!("users: [{CANARY}\n");
    site.write_home("config", &torn);
    site.pre_hook().fails(6, &["home/config"]);
    assert_eq!(fs::read_to_string(site.path("home/config")).unwrap(), torn);
    assert!(site.cluster.object(&site.binding("ood-user")).is_some());
}

#[test]
fn a_home_in_which_the_user_may_make_nothing_is_named() {
    let site = Site::new();
    // Root may, and does not.
    fs::create_dir(site.path("roots")).unwrap();
    fs::set_permissions(site.path("roots"), Permissions::from_mode(0o555)).unwrap();
    for folder in ["roots", "roots/below"] {
        let file = site.cluster_file("prod", &site.cluster.url(), "oidc");
        site.write(
            "clusters.d/prod.yml",
            &file.replace("home/config", &format!("{folder}/config")),
        );
        site.pre_hook().fails(6, &[folder, "ermission"]);
        assert!(!site.path(folder).join("config").exists());
    }
    assert!(site.cluster.object(&site.binding("ood-user")).is_some());
}

#[test]
fn a_home_that_is_missing_is_named_and_not_made() {
    let names = ["www-data", "irc", "list", "news", "uucp", "ftp", "operator"];
    let found = names.iter().find_map(|name| {
        let user = nix::unistd::User::from_name(name).unwrap()?;
        (!user.dir.exists()).then_some(user)
    });
    let Some(user) = found.filter(|_| is_root()) else {
        return skip("only root can act for a system account without a home");
    };
    let mut site = Site::new();
    let home = user.dir;
    site.user = user.name;
    let file = site.cluster_file("prod", &site.cluster.url(), "oidc");
    let config = site.path("home/config").display().to_string();
    site.write("clusters.d/prod.yml", &file.replace(&config, "~/.kube/config"));
    site.pre_hook()
        .fails(6, &[&home.display().to_string(), "does not exist"]);
    assert!(!home.exists());
    assert!(site.cluster.object(&site.binding("ood-user")).is_some());
}

#[test]
fn a_full_home_keeps_the_old_kubeconfig() {
    if !is_root() {
        return skip("only root can mount a small file system");
    }
    let site = Site::new();
    let home = site.path("home");
    let mounted = std::process::Command::new("mount")
        .args(["-t", "tmpfs", "-o", "size=16k,mode=0777", "tmpfs"])
        .arg(&home)
        .status();
    if !mounted.is_ok_and(|status| status.success()) {
        return skip("this root cannot mount");
    }
    let _unmount = Unmount(&home);
    site.write_home("config", "apiVersion: v1\nkind: Config\n");
    fs::write(home.join("fill"), vec![0u8; 64 * 1024]).unwrap_err();
    site.set_creds()
        .fails(6, &["home", "no space left", "old file is intact"]);
    assert_eq!(
        fs::read_to_string(home.join("config")).unwrap(),
        "apiVersion: v1\nkind: Config\n"
    );
}

/// Takes a mounted file system away again, also when the test fails.
struct Unmount<'a>(&'a std::path::Path);

impl Drop for Unmount<'_> {
    fn drop(&mut self) {
        let _ = std::process::Command::new("umount").arg("-l").arg(self.0).status();
    }
}

#[test]
fn a_link_to_a_file_of_roots_is_not_followed_with_roots_rights() {
    if !is_root() {
        return skip("only root has more rights than the user");
    }
    let site = Site::new();
    fs::write(site.path("precious"), "root's own\n").unwrap();
    fs::set_permissions(site.path("precious"), Permissions::from_mode(0o600)).unwrap();
    std::os::unix::fs::symlink(site.path("precious"), site.path("home/config")).unwrap();
    site.pre_hook().fails(6, &["precious", "permission denied"]);
    assert_eq!(fs::read_to_string(site.path("precious")).unwrap(), "root's own\n");
}

#[test]
fn a_held_lock_is_waited_for_and_then_named() {
    let site = Site::new();
    // The lock gets three seconds of it at most, so that the answer is back in time on a busy machine, too.
    site.set("HOOK_TIMEOUT=6s");
    site.write_home("config.lock", "");
    let run = site.set_creds().fails(6, &["config.lock"]);
    assert!(run.took < Duration::from_secs(6), "{:?}", run.took);
    assert!(site.path("home/config.lock").exists(), "another's lock is left alone");
    assert!(site.user_kubeconfig().is_none());
}

#[test]
fn an_abandoned_lock_is_broken() {
    let site = Site::new();
    site.write_home("config.lock", "");
    let old = std::time::SystemTime::now() - Duration::from_secs(120);
    fs::File::options()
        .write(true)
        .open(site.path("home/config.lock"))
        .unwrap()
        .set_modified(old)
        .unwrap();
    site.set_creds().done();
    assert!(!site.path("home/config.lock").exists());
    assert!(site.user_kubeconfig().is_some());
}

#[test]
fn a_home_that_hangs_is_left_behind_at_the_deadline() {
    let site = Site::new();
    site.set("HOOK_TIMEOUT=2s");
    // Another's fresh lock keeps the child in the home while it is stopped, as a dead file server would stop it.
    site.write_home("config.lock", "");
    let mut command = site.command_with_tokens(&["pre-hook", "--user", &site.user]);
    let started = Instant::now();
    let hook = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let child = the_child_of(hook.id());
    kill(child, Signal::SIGSTOP).unwrap();
    // Reads both pipes to their ends, as OnDemand does: a child that held one of them would hold it up.
    let output = hook.wait_with_output().unwrap();
    let took = started.elapsed();
    let _ = kill(child, Signal::SIGKILL);
    Run::from_output(output, took).fails(7, &["home of user", "did not answer"]);
    assert!(took < Duration::from_secs(5), "{took:?}");
    assert!(
        site.cluster.object(&site.binding("ood-user")).is_some(),
        "the cluster's part is done"
    );
}

#[test]
fn a_child_that_its_user_stopped_does_not_stay() {
    let site = Site::new();
    site.set("HOOK_TIMEOUT=1s");
    site.write_home("config.lock", "");
    let mut command = site.command_with_tokens(&["pre-hook", "--user", &site.user]);
    let hook = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let child = the_child_of(hook.id());
    kill(child, Signal::SIGSTOP).unwrap();
    let output = hook.wait_with_output().unwrap();
    Run::from_output(output, Duration::ZERO).fails(7, &["home of user"]);
    wait_until("the stopped child is gone", || {
        let state = fs::read_to_string(format!("/proc/{child}/stat")).unwrap_or_default();
        state.is_empty() || state.contains(") Z ")
    });
}

#[test]
fn a_kubeconfig_that_becomes_too_much_is_told_as_such_and_not_as_a_slow_file_server() {
    let head = "apiVersion: v1\nkind: Config\n";
    // Short entries, nearly as many as 4 MiB can have: a fast machine does fewer in the time that there is.
    let many = |line: &dyn Fn(u32) -> String| (0..250_000).map(line).collect::<String>();
    for text in [
        format!("{head}users:\n{}", many(&|i| format!("- name: u{i}\n"))),
        format!("{head}preferences:\n{}", many(&|i| format!(" k{i}: !t v\n"))),
    ] {
        let site = Site::new();
        site.set("HOOK_TIMEOUT=30s");
        site.write_home("config", &text);
        let run = site.set_creds().fails(
            6,
            &["your kubeconfig is too large to be processed in time", "home/config"],
        );
        assert!(!run.stderr.contains("file server"), "{}", run.stderr);
        assert!(run.took < Duration::from_secs(20), "{:?}", run.took);
        assert_eq!(
            fs::read_to_string(site.path("home/config")).unwrap(),
            text,
            "the old file stays"
        );
    }
}

#[test]
fn a_large_kubeconfig_of_a_hundred_clusters_is_served() {
    let site = Site::new();
    let ca = "LS0t".repeat(500);
    let cluster = |i| {
        format!(
            "- name: c{i}\n  cluster:\n    server: https://c{i}.example.org\n    certificate-authority-data: {ca}\n"
        )
    };
    let clusters = (0..100).map(cluster).collect::<Vec<_>>().concat();
    site.write_home(
        "config",
        &format!("apiVersion: v1\nkind: Config\nclusters:\n{clusters}"),
    );
    site.set_creds().done();
}

#[test]
fn a_child_has_a_timer_that_ends_it_even_where_its_user_has_stopped_it() {
    if !is_root() {
        return skip("only root can see the timers of a process that cannot be traced");
    }
    let site = Site::new();
    site.set("HOOK_TIMEOUT=5s");
    site.write_home("config.lock", "");
    let mut command = site.command_with_tokens(&["pre-hook", "--user", &site.user]);
    let hook = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let child = the_child_of(hook.id());
    wait_until("the child has its limits", || {
        let limits = fs::read_to_string(format!("/proc/{child}/limits")).unwrap_or_default();
        let limit = |name: &str| {
            limits
                .lines()
                .any(|line| line.starts_with(name) && !line.contains("unlimited"))
        };
        limit("Max address space") && limit("Max cpu time")
    });
    wait_until("the child has its timer", || {
        let timers = fs::read_to_string(format!("/proc/{child}/timers")).unwrap_or_default();
        // SIGKILL to the process itself, which no stop holds up (timer_create(2)).
        timers.contains("signal: 9/") && timers.contains(&format!("notify: signal/pid.{child}"))
    });
    hook.wait_with_output().unwrap();
}

#[test]
fn where_the_child_cannot_see_what_it_has_inherited_it_writes_nothing_and_the_login_says_why() {
    if !is_root() {
        return skip("only root may mount");
    }
    let site = Site::new();
    let login = site.command_with_tokens(&["pre-hook", "--user", &site.user]);
    let run = Run::of(&mut in_mounts("mount -t tmpfs none /proc", &login));
    run.fails(6, &["/proc/self/fd", "mount /proc"]);
    assert_eq!(site.user_kubeconfig(), None);
}

#[test]
fn the_child_of_a_login_keeps_no_descriptor_of_its_caller_and_its_user_cannot_look_into_it() {
    if !is_root() {
        return skip("only root can look into a process that cannot be traced");
    }
    let site = Site::new();
    site.set("HOOK_TIMEOUT=10s");
    site.write_home("config.lock", "");
    let mut command = site.command_with_tokens(&["pre-hook", "--user", &site.user]);
    // A descriptor that a careless caller left open.
    let careless = fs::File::open(site.path("hook.env")).unwrap();
    nix::fcntl::fcntl(&careless, nix::fcntl::FcntlArg::F_SETFD(nix::fcntl::FdFlag::empty())).unwrap();
    let hook = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let child = the_child_of(hook.id());
    wait_until("the child is the user", || {
        let status = fs::read_to_string(format!("/proc/{child}/status")).unwrap_or_default();
        let ids = format!("Uid:\t{0}\t{0}\t{0}\t{0}\n", account().uid);
        status.contains(&ids) && fs::read(format!("/proc/{child}/timers")).is_ok_and(|timers| !timers.is_empty())
    });
    let held: Vec<_> = fs::read_dir(format!("/proc/{child}/fd"))
        .unwrap()
        .filter_map(|entry| fs::read_link(entry.unwrap().path()).ok())
        .map(|held| held.display().to_string())
        .collect();
    let is_its_own = |held: &String| {
        let below_home = site.path("home").display().to_string();
        held.starts_with("pipe:") || held == "/dev/null" || held.starts_with(&below_home)
    };
    let pipes = held.iter().filter(|held| held.starts_with("pipe:")).count();
    assert!(pipes > 0 && held.iter().all(is_its_own), "{held:?}");
    // Its own two, not the caller's: those of the hook are others.
    let of_hook: Vec<_> = [1, 2]
        .map(|fd| fs::read_link(format!("/proc/{}/fd/{fd}", hook.id())).unwrap())
        .map(|path| path.display().to_string())
        .into();
    assert!(held.iter().all(|held| !of_hook.contains(held)), "{held:?} {of_hook:?}");
    assert_eq!(
        fs::read_link(format!("/proc/{child}/cwd")).unwrap(),
        std::path::Path::new("/")
    );
    for file in ["environ", "mem", "fd"] {
        let owner = fs::metadata(format!("/proc/{child}/{file}")).unwrap().uid();
        assert_eq!(owner, 0, "the user can look into {file}");
    }
    hook.wait_with_output().unwrap();
}

#[test]
fn what_a_users_links_are_called_cannot_forge_a_line_in_roots_log() {
    let site = Site::new();
    let target = site
        .path("home")
        .join("no/such\u{9b}2J\u{202e}; cluster prod: fine\nood-k8s: error: x");
    std::os::unix::fs::symlink(target, site.path("home/config")).unwrap();
    let run = site.set_creds();
    assert_eq!((run.status, run.stderr.lines().count()), (6, 1), "{run:?}");
    assert!(!run.stderr.contains(['\u{9b}', '\u{202e}']), "{run:?}");
}

/// The process that works in the home for the hook `parent`.
fn the_child_of(parent: u32) -> Pid {
    let mut found = None;
    wait_until("the child in the home", || {
        let path = format!("/proc/{parent}/task/{parent}/children");
        let children = fs::read_to_string(path).unwrap_or_default();
        found = children.split_whitespace().next().and_then(|pid| pid.parse().ok());
        // It has its name when it holds nothing of its caller's any more; before, it is a copy of its parent.
        found.is_some_and(|pid: i32| {
            fs::read_to_string(format!("/proc/{pid}/comm")).is_ok_and(|name| name == "ood-k8s-home\n")
        })
    });
    Pid::from_raw(found.unwrap())
}

#[test]
fn the_child_serves_nobody_but_whom_it_can_become() {
    if is_root() {
        eprintln!("SKIPPED: root can become anybody; .ci/run runs this as an ordinary user too");
        return;
    }
    let other = if account().name == "games" { "bin" } else { "games" };
    let site = Site::new();
    Run::of(&mut site.command_with_tokens(&["set-creds", other]))
        .fails(6, &["only root can write to the home directory"]);
}
