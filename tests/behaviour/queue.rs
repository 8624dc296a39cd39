//! Logins that wait for their turn on a web node of their own: a directory of the test over `/run/ood-k8s`.

use std::fmt::Write as _;
use std::fs::Permissions;
use std::os::unix::fs::{chown, MetadataExt as _, PermissionsExt as _};
use std::process::{Child, Stdio};
use std::time::Duration;

use nix::fcntl::{fcntl, FcntlArg};
use nix::libc;
use ood_k8s_sandbox::{Fault, Sandbox};

use super::support::{in_mounts, is_root, skip, wait_until, Cluster, Run, Site};

/// Two users and their homes, which are here alone.
const USERS: [(&str, u32, &str); 2] = [("ann", 20_001, "home"), ("bob", 20_002, "home-of-bob")];

/// One login at a time.
fn node() -> Option<Site> {
    if !is_root() {
        skip("only root has a queue, and may mount");
        return None;
    }
    let mut site = Site::on(Cluster::sandbox(Sandbox::start()));
    site.user = USERS[0].0.into();
    std::fs::create_dir(site.path("run")).unwrap();
    std::fs::set_permissions(site.path("run"), Permissions::from_mode(0o700)).unwrap();
    let mut passwd = std::fs::read_to_string("/etc/passwd").unwrap();
    for (name, uid, home) in USERS {
        let home = site.path(home);
        std::fs::create_dir_all(&home).unwrap();
        chown(&home, Some(uid), Some(uid)).unwrap();
        writeln!(passwd, "{name}:x:{uid}:{uid}::{}:/bin/sh", home.display()).unwrap();
    }
    site.write("passwd", &passwd);
    let cluster = site.cluster_file("prod", &site.cluster.url(), "oidc");
    let in_home = site.path("home/config").display().to_string();
    site.write("clusters.d/prod.yml", &cluster.replace(&in_home, "~/config"));
    site.set("LOGINS_AT_ONCE=1");
    Some(site)
}

fn start(site: &Site, user: &str) -> Child {
    let command = site.command_with_tokens(&["pre-hook", "--user", user, "--log-level", "info"]);
    let (run, passwd) = (site.path("run"), site.path("passwd"));
    let over = format!(
        "mkdir -p /run/ood-k8s; mount --bind {} /run/ood-k8s; mount --bind {} /etc/passwd",
        run.display(),
        passwd.display()
    );
    let mut command = in_mounts(&over, &command);
    let command = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command.spawn().unwrap()
}

/// How many locks are held in the queue, and how many are waited for (proc(5), `/proc/locks`). A login holds its user's place,
/// and either a seat or the gate.
fn locks(site: &Site) -> (usize, usize) {
    let Ok(file) = std::fs::metadata(site.path("run/logins/turns")) else {
        return (0, 0);
    };
    let inode = format!(":{} ", file.ino());
    let locks = std::fs::read_to_string("/proc/locks").unwrap();
    let of_ours = locks.lines().filter(|line| line.contains(&inode));
    let (waiting, held): (Vec<_>, Vec<_>) = of_ours.partition(|line| line.contains("->"));
    (held.len(), waiting.len())
}

fn await_locks(site: &Site, held: usize, waiting: usize) {
    wait_until("the queue", || locks(site) == (held, waiting));
}

/// Ann has a namespace already, and its next claim is not answered, once.
fn first_hangs(site: &Site) {
    Run::finish(start(site, "ann")).done();
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
    let first = start(&site, "ann");
    await_locks(&site, 2, 0);
    let second = start(&site, "bob");
    await_locks(&site, 4, 0);
    // What hangs keeps its place for two seconds.
    let second = Run::finish(second).done();
    let waited = second.stderr.split_once(" waited=").unwrap().1;
    let waited: u64 = waited.split_whitespace().next().unwrap().parse().unwrap();
    assert!((1000..9000).contains(&waited), "{second:?}");
    assert!(second.stderr.contains("result=ok"), "{second:?}");
    let first = Run::finish(first);
    assert!(
        first.status == 7 && first.stderr.contains("did not answer within 10s"),
        "{first:?}"
    );
    let third = Run::finish(start(&site, "ann")).done();
    assert!(!third.stderr.contains("waited="), "{third:?}");
    assert_eq!(locks(&site), (0, 0));
}

#[test]
fn whoever_logs_in_many_times_at_once_has_one_place_in_the_queue() {
    let Some(site) = node() else { return };
    first_hangs(&site);
    let first = start(&site, "ann");
    await_locks(&site, 2, 0);
    let again = [start(&site, "ann"), start(&site, "ann")];
    await_locks(&site, 2, 2);
    // Bob comes last, and is the next.
    let other = start(&site, "bob");
    await_locks(&site, 4, 2);
    Run::finish(other).done();
    again.into_iter().for_each(|login| drop(Run::finish(login).done()));
    let _ = Run::finish(first);
}

#[test]
fn whoever_would_come_too_late_is_told_before_anything_is_begun_and_is_whole_at_the_next_login() {
    let Some(site) = node() else { return };
    first_hangs(&site);
    let first = start(&site, "ann");
    await_locks(&site, 2, 0);
    site.set("HOOK_TIMEOUT=1s");
    let too_late = [("bob", "LOGINS_AT_ONCE"), ("ann", "a user's logins run one at a time")];
    for (login, (user, words)) in too_late.map(|(user, words)| (start(&site, user), (user, words))) {
        let run = Run::finish(login);
        assert_eq!(run.status, 7, "{run:?}");
        let lines: Vec<_> = run.stderr.lines().filter(|line| !line.starts_with("level=")).collect();
        assert_eq!(lines.len(), 1, "{run:?}");
        assert!(
            lines[0].contains("nothing was begun in") && lines[0].contains(words),
            "{user}: {run:?}"
        );
    }
    assert!(!site.path("home/config").exists() && !site.path("home-of-bob/config").exists());
    site.set("HOOK_TIMEOUT=10s");
    let _ = Run::finish(first);
    for (user, _, home) in USERS {
        Run::finish(start(&site, user)).done();
        assert!(site.path(home).join("config").exists(), "{user}");
    }
}

/// Somebody else has the only seat, until the file is closed; a login before has made it. From then on a login usually takes
/// 50 ms, however busy this machine is.
fn take_the_seat(site: &Site) -> std::fs::File {
    std::fs::write(site.path("run/logins/turns"), "1 032000 0000050000\n").unwrap();
    let file = std::fs::File::options()
        .read(true)
        .write(true)
        .open(site.path("run/logins/turns"))
        .unwrap();
    let seat = libc::flock {
        l_type: libc::F_WRLCK.try_into().unwrap(),
        l_whence: libc::SEEK_SET.try_into().unwrap(),
        l_start: (1 << 20) + 16,
        l_len: 1,
        l_pid: 0,
    };
    fcntl(&file, FcntlArg::F_OFD_SETLK(&seat)).unwrap();
    file
}

#[test]
fn who_comes_when_others_wait_reads_roots_files_for_the_clusters_as_they_are_at_its_turn() {
    let Some(site) = node() else { return };
    Run::finish(start(&site, "ann")).done();
    let seat = take_the_seat(&site);
    let next = start(&site, "ann");
    await_locks(&site, 3, 0);
    let (file, aside) = (site.path("root.kubeconfig"), site.path("aside"));
    std::fs::rename(&file, &aside).unwrap();
    let last = start(&site, "bob");
    await_locks(&site, 4, 1);
    std::fs::rename(&aside, &file).unwrap();
    drop(seat);
    let last = Run::finish(last).done();
    assert!(last.stderr.contains("result=ok"), "{last:?}");
    Run::finish(next).done();
}

#[test]
fn who_has_waited_for_a_second_or_more_reads_roots_files_for_the_clusters_once_more() {
    let Some(site) = node() else { return };
    Run::finish(start(&site, "ann")).done();
    let seat = take_the_seat(&site);
    let (file, aside) = (site.path("root.kubeconfig"), site.path("aside"));
    std::fs::rename(&file, &aside).unwrap();
    // Nobody waits, so that it reads them first.
    let next = start(&site, "bob");
    await_locks(&site, 3, 0);
    std::fs::rename(&aside, &file).unwrap();
    std::thread::sleep(Duration::from_millis(1200));
    drop(seat);
    let next = Run::finish(next).done();
    assert!(next.stderr.contains("result=ok"), "{next:?}");
}

#[test]
fn who_is_suspended_while_they_wait_is_not_let_in() {
    let Some(site) = node() else { return };
    Run::finish(start(&site, "ann")).done();
    site.write("suspended", "");
    site.set(&format!("SUSPENDED_FILE={}", site.path("suspended").display()));
    let seat = take_the_seat(&site);
    let login = start(&site, "bob");
    await_locks(&site, 3, 0);
    site.write("suspended", "bob\n");
    // What is shorter than 10 ms is no wait.
    std::thread::sleep(Duration::from_millis(50));
    drop(seat);
    let login = Run::finish(login);
    assert!(login.status != 0 && login.stderr.contains("suspended"), "{login:?}");
    assert!(!site.path("home-of-bob/config").exists());
}

#[test]
fn a_login_that_has_waited_for_most_of_the_time_does_all_of_it_in_the_rest() {
    let Some(site) = node() else { return };
    Run::finish(start(&site, "ann")).done();
    let seat = take_the_seat(&site);
    site.set("HOOK_TIMEOUT=20s");
    let login = start(&site, "bob");
    await_locks(&site, 3, 0);
    // It gives up after 18 s, and a busy machine needs some of the rest.
    std::thread::sleep(Duration::from_millis(16_200));
    drop(seat);
    let run = Run::finish(login).done();
    assert!(run.stderr.contains("result=ok"), "{run:?}");
    assert!(site.path("home-of-bob/config").exists());
}

#[test]
fn a_cluster_that_only_says_that_it_is_too_busy_keeps_nobody_else_waiting() {
    let Some(site) = node() else { return };
    Run::finish(start(&site, "ann")).done();
    let claim = format!("{}?fieldManager=ood-k8s", site.namespace_path());
    let busy = Fault::too_many_requests(1).on_exactly("PATCH", &claim);
    site.cluster.faults().fail(busy);
    assert_waits_for_a_while(&site, 5, "is too busy");
}

#[test]
fn a_namespace_whose_deletion_is_awaited_keeps_nobody_else_waiting() {
    let Some(site) = node() else { return };
    Run::finish(start(&site, "ann")).done();
    site.cluster.faults().hold_termination();
    site.cluster.delete(&site.namespace_path());
    assert_waits_for_a_while(&site, 7, "is being deleted");
}

/// Ann's login does not get on, and fails with this status and reason; bob's waits for a few seconds, and not until ann's has
/// ended.
fn assert_waits_for_a_while(site: &Site, status: i32, reason: &str) {
    let first = start(site, "ann");
    await_locks(site, 2, 0);
    let second = Run::finish(start(site, "bob")).done();
    assert!(second.stderr.contains("result=ok"), "{second:?}");
    // So it has given the seat back.
    let first = Run::finish(first);
    assert!(first.status == status && first.stderr.contains(reason), "{first:?}");
    let waited = second.stderr.split_once(" waited=").unwrap().1;
    let waited: u64 = waited.split_whitespace().next().unwrap().parse().unwrap();
    assert!((1000..7500).contains(&waited), "{second:?}");
}

#[test]
fn a_login_that_began_late_does_not_declare_a_slow_cluster_dead_for_everybody() {
    let Some(site) = node() else { return };
    Run::finish(start(&site, "ann")).done();
    let seat = take_the_seat(&site);
    site.cluster.faults().fail(Fault::hang());
    let has_note = || std::fs::read_dir(site.path("run/unanswered")).is_ok_and(|mut notes| notes.next().is_some());
    site.set("HOOK_TIMEOUT=5s");
    let late = start(&site, "bob");
    await_locks(&site, 3, 0);
    // Less is left than a cluster may take to connect; it gives up after four and a half.
    std::thread::sleep(Duration::from_millis(3600));
    drop(seat);
    let late = Run::finish(late);
    assert_eq!(late.status, 7, "{late:?}");
    assert!(late.stderr.contains(" waited=") && !has_note(), "{late:?}");
    let in_time = Run::finish(start(&site, "bob"));
    assert_eq!(in_time.status, 7, "{in_time:?}");
    assert!(has_note(), "{in_time:?}");
}

#[test]
fn a_login_that_is_killed_frees_its_place_whether_it_waits_or_not() {
    let Some(site) = node() else { return };
    first_hangs(&site);
    let mut first = start(&site, "ann");
    await_locks(&site, 2, 0);
    let mut next = start(&site, "bob");
    await_locks(&site, 4, 0);
    next.kill().unwrap();
    next.wait().unwrap();
    await_locks(&site, 2, 0);
    let third = start(&site, "bob");
    await_locks(&site, 4, 0);
    first.kill().unwrap();
    first.wait().unwrap();
    Run::finish(third).done();
    assert_eq!(locks(&site), (0, 0));
}

#[test]
fn check_names_what_keeps_logins_from_being_counted_and_they_go_on() {
    let Some(site) = node() else { return };
    std::fs::create_dir(site.path("run/logins")).unwrap();
    std::fs::set_permissions(site.path("run/logins"), Permissions::from_mode(0o777)).unwrap();
    Run::finish(start(&site, "ann")).done();
    let mounted = format!(
        "mkdir -p /run/ood-k8s; mount --bind {} /run/ood-k8s",
        site.path("run").display()
    );
    let run = Run::of(&mut in_mounts(&mounted, &site.command(&["check"])));
    let line = run
        .stdout
        .lines()
        .find(|line| line.contains("OK8S-625"))
        .unwrap_or_default();
    assert!(line.contains("/run/ood-k8s/logins"), "{run:?}");
    std::fs::set_permissions(site.path("run/logins"), Permissions::from_mode(0o700)).unwrap();
    let run = Run::of(&mut in_mounts(&mounted, &site.command(&["check"])));
    assert!(!run.stdout.contains("OK8S-625"), "{run:?}");
}

#[test]
fn what_the_node_has_learned_may_be_anything_and_is_learned_anew() {
    let Some(site) = node() else { return };
    site.set("LOGINS_AT_ONCE=auto");
    Run::finish(start(&site, "ann")).done();
    let file = site.path("run/logins/turns");
    assert!(std::fs::read_to_string(&file).unwrap().starts_with("1 032000 "));
    // What was learned holds.
    std::fs::write(&file, "1 064000 0000100000\n").unwrap();
    Run::finish(start(&site, "ann")).done();
    assert!(std::fs::read_to_string(&file).unwrap().starts_with("1 064000 "));
    for text in ["", "garbage", "1 999999999 99999999999999999999\n"] {
        std::fs::write(&file, text).unwrap();
        Run::finish(start(&site, "ann")).done();
        assert!(std::fs::read_to_string(&file).unwrap().starts_with("1 "), "{text}");
    }
}

#[test]
fn a_number_that_is_none_bounds_as_if_it_were_not_set_and_config_validate_says_so() {
    let Some(site) = node() else { return };
    site.set("LOGINS_AT_ONCE=many");
    Run::finish(start(&site, "ann")).done();
    let learned = std::fs::read_to_string(site.path("run/logins/turns")).unwrap();
    assert!(learned.starts_with("1 032000 "), "{learned}");
    let run = Run::of(&mut site.command(&["config", "validate"]));
    assert!(
        run.stderr.contains("LOGINS_AT_ONCE") && run.stderr.contains("auto, unlimited"),
        "{run:?}"
    );
}
