//! Logins that wait for their turn on a web node of their own: a directory of the test over `/run/ood-k8s`.

use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::process::{Child, Stdio};
use std::time::Duration;

use ood_k8s_sandbox::{Fault, Sandbox};

use super::support::{in_mounts, is_root, skip, wait_until, Cluster, Run, Site};

/// One login at a time.
fn node() -> Option<Site> {
    if !is_root() {
        skip("only root has a queue, and may mount");
        return None;
    }
    let site = Site::on(Cluster::sandbox(Sandbox::start()));
    std::fs::create_dir(site.path("run")).unwrap();
    std::fs::set_permissions(site.path("run"), std::fs::Permissions::from_mode(0o700)).unwrap();
    site.set("LOGINS_AT_ONCE=1");
    Some(site)
}

fn start(site: &Site) -> Child {
    let command = site.command_with_tokens(&["pre-hook", "--user", &site.user, "--log-level", "info"]);
    let run = site.path("run");
    let over = format!("mkdir -p /run/ood-k8s; mount --bind {} /run/ood-k8s", run.display());
    let mut command = in_mounts(&over, &command);
    let command = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command.spawn().unwrap()
}

fn finish(child: Child) -> Run {
    Run::from_output(child.wait_with_output().unwrap(), Duration::ZERO)
}

/// How many locks are held in the queue: one for each login that has its turn, one for the next (proc(5), `/proc/locks`).
fn held(site: &Site) -> usize {
    let Ok(file) = std::fs::metadata(site.path("run/logins/turns")) else {
        return 0;
    };
    let inode = format!(":{} ", file.ino());
    let locks = std::fs::read_to_string("/proc/locks").unwrap();
    let held = locks
        .lines()
        .filter(|line| line.contains(&inode) && !line.contains("->"));
    held.count()
}

fn await_held(site: &Site, locks: usize) {
    wait_until("the queue", || held(site) == locks);
}

/// The user has a namespace already, and its next claim is not answered, once.
fn first_hangs(site: &Site) {
    finish(start(site)).done();
    std::fs::remove_file(site.path("home/config")).unwrap();
    let claim = format!("{}?fieldManager=ood-k8s", site.namespace_path());
    site.cluster
        .faults()
        .fail(Fault::hang().on_exactly("PATCH", &claim).times(1));
}

#[test]
fn a_login_waits_for_the_one_before_and_says_how_long() {
    let Some(site) = node() else { return };
    first_hangs(&site);
    let first = start(&site);
    await_held(&site, 1);
    let second = start(&site);
    await_held(&site, 2);
    // What hangs keeps its place for two seconds.
    let second = finish(second).done();
    let waited = second.stderr.split_once(" waited=").unwrap().1;
    let waited: u64 = waited.split_whitespace().next().unwrap().parse().unwrap();
    assert!((1000..9000).contains(&waited), "{second:?}");
    assert!(second.stderr.contains("result=ok"), "{second:?}");
    let first = finish(first);
    assert!(
        first.status == 7 && first.stderr.contains("did not answer within 10s"),
        "{first:?}"
    );
    let third = finish(start(&site)).done();
    assert!(!third.stderr.contains("waited="), "{third:?}");
    assert_eq!(held(&site), 0);
}

#[test]
fn whoever_would_come_too_late_is_told_before_anything_is_begun_and_is_whole_at_the_next_login() {
    let Some(site) = node() else { return };
    first_hangs(&site);
    let first = start(&site);
    await_held(&site, 1);
    site.set("HOOK_TIMEOUT=1s");
    let run = finish(start(&site));
    assert_eq!(run.status, 7, "{run:?}");
    let lines: Vec<_> = run.stderr.lines().filter(|line| !line.starts_with("level=")).collect();
    assert_eq!(lines.len(), 1, "{run:?}");
    assert!(
        lines[0].contains("nothing was begun in") && lines[0].contains("LOGINS_AT_ONCE"),
        "{run:?}"
    );
    assert_eq!(site.user_kubeconfig(), None);
    site.set("HOOK_TIMEOUT=10s");
    finish(first);
    finish(start(&site)).done();
    assert!(site.user_kubeconfig().is_some());
}

#[test]
fn a_login_that_is_killed_frees_its_place_whether_it_waits_or_not() {
    let Some(site) = node() else { return };
    first_hangs(&site);
    let mut first = start(&site);
    await_held(&site, 1);
    let mut next = start(&site);
    await_held(&site, 2);
    next.kill().unwrap();
    next.wait().unwrap();
    await_held(&site, 1);
    let third = start(&site);
    await_held(&site, 2);
    first.kill().unwrap();
    first.wait().unwrap();
    finish(third).done();
    assert_eq!(held(&site), 0);
}

#[test]
fn what_the_node_has_learned_may_be_anything_and_is_learned_anew() {
    let Some(site) = node() else { return };
    site.set("LOGINS_AT_ONCE=auto");
    finish(start(&site)).done();
    let file = site.path("run/logins/turns");
    assert!(std::fs::read_to_string(&file).unwrap().starts_with("1 032000 "));
    // What was learned holds.
    std::fs::write(&file, "1 064000 0000100000\n").unwrap();
    finish(start(&site)).done();
    assert!(std::fs::read_to_string(&file).unwrap().starts_with("1 064000 "));
    for text in ["", "garbage", "1 999999999 99999999999999999999\n"] {
        std::fs::write(&file, text).unwrap();
        finish(start(&site)).done();
        assert!(std::fs::read_to_string(&file).unwrap().starts_with("1 "), "{text}");
    }
}

#[test]
fn a_number_that_is_none_bounds_as_if_it_were_not_set_and_check_says_so() {
    let Some(site) = node() else { return };
    site.set("LOGINS_AT_ONCE=many");
    finish(start(&site)).done();
    let run = Run::of(&mut site.command(&["config", "validate"]));
    assert!(
        run.stderr.contains("LOGINS_AT_ONCE") && run.stderr.contains("auto, unlimited"),
        "{run:?}"
    );
}
