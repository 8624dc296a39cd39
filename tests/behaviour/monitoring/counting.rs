//! `LOGIN_METRICS_FILE`: every login is counted once, and none waits, fails or asks more for it.

use std::fs::{self, File};
use std::io::Write as _;
use std::os::unix::fs::{symlink, PermissionsExt as _};
use std::process::{Command, Stdio};
use std::time::Duration;

use super::{counted, is_there, logins, value};
use crate::support::{account, alone, is_root, skip, Cluster, Run, Site};

/// Logins at once.
const STORM: u32 = 60;
/// Logins that are killed, each later than the one before.
const KILLS: u32 = 60;
/// Longer than a login waits for its sample by far, and shorter than anything that hangs.
const SOON: Duration = Duration::from_secs(4);

fn start(site: &Site) -> std::process::Child {
    let mut command = site.command_with_tokens(&["pre-hook", "--user", &site.user]);
    command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}

#[test]
fn logins_are_counted_by_cluster_and_result_with_durations_and_the_last_success() {
    let site = Site::new();
    let path = counted(&site);
    site.pre_hook().ok();
    site.pre_hook().ok();
    let text = fs::read_to_string(&path).unwrap();
    assert_eq!(logins(&path, "prod", "ok"), 2, "{text}");
    assert_eq!(logins(&path, "prod", "root-token-refused"), 0, "{text}");
    assert!(
        text.contains("result=\"root-token-refused\"} 0"),
        "it is there before it rises: {text}"
    );
    let of_prod = |metric: &str| value(&text, &format!("ood_k8s_login_{metric}{{cluster=\"prod\"}}"));
    assert_eq!(of_prod("duration_seconds_count"), Some(2.0), "{text}");
    assert!(
        of_prod("duration_seconds_sum").is_some_and(|sum| sum > 0.0 && sum < 20.0),
        "{text}"
    );
    assert!(
        of_prod("last_success_timestamp_seconds").is_some_and(|time| time > 1.7e9),
        "{text}"
    );
    assert_eq!(
        value(&text, "ood_k8s_pre_hook_duration_seconds_count"),
        Some(2.0),
        "{text}"
    );
    assert_eq!(
        fs::metadata(&path).unwrap().permissions().mode() & 0o777,
        0o644,
        "node_exporter is no root"
    );

    let good = fs::read_to_string(site.path("root.kubeconfig")).unwrap();
    site.write(
        "root.kubeconfig",
        &site.kubeconfig(&site.cluster.url(), "no-such-token"),
    );
    assert_eq!(site.pre_hook().status, 5);
    assert_eq!(logins(&path, "prod", "root-token-refused"), 1);
    site.write("root.kubeconfig", &good);
    let of = |args: &[&str]| Run::of(&mut site.command_with_tokens(args));
    assert_eq!(of(&["pre-hook", "--user", "no-such-user"]).status, 4);
    assert_eq!(logins(&path, "", "refused"), 1);
    // What an administrator does for a user is no login.
    site.bootstrap(&[]).done();
    site.set_creds().done();
    site.set("MIN_UID=many");
    assert_eq!(site.pre_hook().status, 3);
    assert_eq!(logins(&path, "", "configuration"), 1);
    let text = fs::read_to_string(&path).unwrap();
    assert_eq!(
        value(&text, "ood_k8s_pre_hook_duration_seconds_count"),
        Some(5.0),
        "{text}"
    );
    assert_eq!(value(&text, "ood_k8s_login_samples_dropped_total"), Some(0.0), "{text}");
}

#[test]
fn a_cluster_that_is_not_offered_or_not_reached_or_gone_is_counted_as_what_it_is() {
    let site = Site::new();
    let path = counted(&site);
    let closed = std::net::TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    site.write(
        "clusters.d/down.yml",
        &site.cluster_file("down", &format!("https://{closed}"), "oidc"),
    );
    let withheld = site.cluster_file("shy", &site.cluster.url(), "oidc");
    site.write(
        "clusters.d/shy.yml",
        &format!("{withheld}  acls:\n  - adapter: group\n    groups: [no-such-group]\n    type: allowlist\n"),
    );
    assert_ne!(site.pre_hook().status, 0);
    let text = fs::read_to_string(&path).unwrap();
    assert_eq!(logins(&path, "prod", "ok"), 1, "{text}");
    let failed: u64 = ["unreachable", "configuration", "cluster"]
        .iter()
        .map(|result| logins(&path, "down", result))
        .sum();
    assert_eq!(failed, 1, "{text}");
    let tried = value(&text, "ood_k8s_login_duration_seconds_count{cluster=\"shy\"}");
    assert_eq!(tried, Some(0.0), "nobody tried it: {text}");
    fs::remove_file(site.path("clusters.d/down.yml")).unwrap();
    site.pre_hook().ok();
    let text = fs::read_to_string(&path).unwrap();
    assert!(!text.contains("\"down\"") && text.contains("\"shy\""), "{text}");
}

#[test]
fn prometheus_has_nothing_to_say_against_what_is_written() {
    if !is_there("promtool") {
        return;
    }
    let site = Site::new();
    let path = counted(&site);
    site.pre_hook().ok();
    site.refresh(&["--metrics-file", site.path("token.prom").to_str().unwrap()])
        .ok();
    let of = |args: &[&str]| Run::of(&mut site.command(args));
    let users = site.path("users.prom").display().to_string();
    of(&["users", "--metrics-file", &users]).done();
    let findings = site.path("check.prom").display().to_string();
    assert!(of(&["check", "--metrics-file", &findings]).status < 8);
    for name in ["token.prom", "users.prom", "check.prom", path.to_str().unwrap()] {
        let mut promtool = Command::new("promtool")
            .args(["check", "metrics"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let text = fs::read_to_string(site.path(name)).unwrap();
        promtool.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
        let output = promtool.wait_with_output().unwrap();
        let said = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
        assert!(output.status.success() && said.is_empty(), "{name}: {said}\n{text}");
    }
}

#[test]
fn a_login_that_is_counted_asks_for_nothing_more() {
    let site = Site::on(Cluster::sandbox(ood_k8s_sandbox::Sandbox::start()));
    let returning = |site: &Site| {
        let before = site.cluster.requests().len();
        site.pre_hook().ok();
        site.cluster.requests().len() - before
    };
    site.pre_hook().ok();
    let without = returning(&site);
    counted(&site);
    assert_eq!(returning(&site), without);
}

#[test]
fn a_storm_of_logins_is_counted_to_the_last_one() {
    let _alone = alone();
    let site = Site::new();
    let path = counted(&site);
    site.set("HOOK_TIMEOUT=60s");
    site.pre_hook().ok();
    let all: Vec<_> = (0..STORM).map(|_| start(&site)).collect();
    // Of so many at once some may not get the lock of the one kubeconfig; that is counted as well.
    all.into_iter()
        .for_each(|child| drop(child.wait_with_output().unwrap()));
    // What the last of them left while another one was adding up is counted by the next.
    site.pre_hook().ok();
    let text = fs::read_to_string(&path).unwrap();
    let count = value(&text, "ood_k8s_login_duration_seconds_count{cluster=\"prod\"}");
    assert_eq!(count, Some(f64::from(STORM + 2)), "{text}");
    let results = text
        .lines()
        .filter(|line| line.starts_with("ood_k8s_logins_total{cluster=\"prod\""));
    let sum: u32 = results
        .map(|line| line.rsplit(' ').next().unwrap().parse::<u32>().unwrap())
        .sum();
    assert_eq!(sum, STORM + 2, "{text}");
    assert_eq!(value(&text, "ood_k8s_login_samples_dropped_total"), Some(0.0));
    let pending = fs::metadata(site.path("logins.prom.pending")).unwrap();
    assert_eq!(pending.permissions().mode() & 0o777, 0o600);
    // A login that ended while it was adding up leaves its temporary file; one that comes a minute later removes it.
    let long_ago = std::time::SystemTime::now() - std::time::Duration::from_secs(3600);
    for path in temporary_files(&site) {
        fs::File::open(path).unwrap().set_modified(long_ago).unwrap();
    }
    site.pre_hook().ok();
    assert_eq!(temporary_files(&site), Vec::<std::path::PathBuf>::new());
}

/// What is written before it takes the place of the totals.
fn temporary_files(site: &Site) -> Vec<std::path::PathBuf> {
    let entries = fs::read_dir(site.path(".")).unwrap();
    let paths = entries.map(|entry| entry.unwrap().path());
    paths
        .filter(|path| path.to_string_lossy().contains("/.logins.prom.ood-k8s-"))
        .collect()
}

#[test]
fn a_lock_that_is_held_is_not_waited_for_and_its_login_is_counted_by_the_next() {
    let site = Site::new();
    let path = counted(&site);
    site.pre_hook().ok();
    let held = File::options()
        .append(true)
        .open(site.path("logins.prom.pending"))
        .unwrap();
    held.lock().unwrap();
    for _ in 0..3 {
        let run = site.pre_hook().ok();
        assert!(run.took < SOON, "{:?}", run.took);
    }
    assert_eq!(logins(&path, "prod", "ok"), 1);
    drop(held);
    site.pre_hook().ok();
    assert_eq!(logins(&path, "prod", "ok"), 5);
}

#[test]
fn logins_that_are_killed_leave_whole_metrics_and_each_is_counted_once_at_most() {
    let _alone = alone();
    let site = Site::new();
    let path = counted(&site);
    site.pre_hook().ok();
    for nth in 0..KILLS {
        let mut child = start(&site);
        std::thread::sleep(Duration::from_micros(u64::from(nth) * 1500));
        let _ = child.kill();
        child.wait().unwrap();
        let text = fs::read_to_string(&path).unwrap();
        assert!(
            value(&text, "ood_k8s_login_samples_dropped_total").is_some(),
            "cut off: {text}"
        );
    }
    // On a busy machine something of the last one may still be going, with the lock; whoever finds it held leaves its sample
    // to the next login.
    let pending = File::options().append(true).open(site.path("logins.prom.pending"));
    pending.unwrap().lock().unwrap();
    site.pre_hook().ok();
    let counted = logins(&path, "prod", "ok");
    assert!((2..=u64::from(KILLS) + 2).contains(&counted), "{counted}");
}

#[test]
fn a_file_that_is_not_ours_stops_no_login_and_is_left_as_it_is() {
    let site = Site::new();
    let path = counted(&site);
    let warned = |words: &str| {
        let args = ["pre-hook", "--user", &site.user, "--log-level", "warn"];
        let run = Run::of(&mut site.command_with_tokens(&args)).done();
        assert!(
            run.stderr.contains(words) && run.stderr.contains("not counted"),
            "{words}: {run:?}"
        );
        assert!(run.took < SOON, "{run:?}");
    };
    site.pre_hook().ok();
    let ours = fs::read_to_string(&path).unwrap();
    let edited = ours.replace("result=\"ok\"} 1", "result=\"ok\"} many");
    for foreign in [
        "node_load1 0.5\n",
        &format!("{ours}node_load1 0.5\n"),
        &edited,
        "# a note\n",
        "\u{0}\u{0}",
    ] {
        fs::write(&path, foreign).unwrap();
        warned("move it away");
        assert_eq!(fs::read_to_string(&path).unwrap(), foreign, "it is somebody's");
    }
    fs::write(&path, ours).unwrap();
    site.pre_hook().ok();
    assert_eq!(logins(&path, "prod", "ok"), 7, "what waited is counted, too");
    fs::remove_file(&path).unwrap();
    fs::create_dir(&path).unwrap();
    warned("is not a regular file");
    fs::remove_dir(&path).unwrap();
    site.set(&format!(
        "LOGIN_METRICS_FILE={}",
        site.path("missing/logins.prom").display()
    ));
    warned("its directory does not exist");
    site.set("LOGIN_METRICS_FILE=logins.prom");
    let args = ["pre-hook", "--user", &site.user, "--log-level", "warn"];
    let run = Run::of(&mut site.command_with_tokens(&args)).done();
    assert!(
        run.stderr.contains("LOGIN_METRICS_FILE is not an absolute path"),
        "{run:?}"
    );
}

#[test]
fn a_file_that_was_emptied_by_a_power_cut_or_removed_begins_anew() {
    let site = Site::new();
    let path = counted(&site);
    for _ in 0..3 {
        site.pre_hook().ok();
    }
    fs::write(&path, "").unwrap();
    site.pre_hook().ok();
    assert_eq!(
        logins(&path, "prod", "ok"),
        1,
        "what was added up before is gone from both"
    );
    fs::remove_file(&path).unwrap();
    fs::remove_file(site.path("logins.prom.pending")).unwrap();
    site.pre_hook().ok();
    assert_eq!(logins(&path, "prod", "ok"), 1);
    fs::remove_file(site.path("logins.prom.pending")).unwrap();
    site.pre_hook().ok();
    assert_eq!(logins(&path, "prod", "ok"), 2);
}

#[test]
fn what_another_account_puts_into_the_directory_is_neither_followed_nor_written_to() {
    let site = Site::new();
    let path = counted(&site);
    let pending = site.path("logins.prom.pending");
    site.write("precious", "root's own");
    let clear = || {
        let _ = fs::remove_file(&pending);
        let _ = fs::remove_file(&path);
    };
    for trap in ["a link", "another name of a file", "a pipe", "a link to the metrics"] {
        clear();
        match trap {
            "a link" => symlink(site.path("precious"), &pending).unwrap(),
            "another name of a file" => fs::hard_link(site.path("precious"), &pending).unwrap(),
            "a pipe" => nix::unistd::mkfifo(&pending, nix::sys::stat::Mode::S_IRWXU).unwrap(),
            _ => symlink(site.path("precious"), &path).unwrap(),
        }
        let run = site.pre_hook().ok();
        assert!(run.took < SOON, "{trap}: {run:?}");
        assert_eq!(
            fs::read_to_string(site.path("precious")).unwrap(),
            "root's own",
            "{trap}"
        );
    }
    assert_eq!(logins(&path, "prod", "ok"), 1, "a link in its place is replaced");
    if is_root() {
        clear();
        fs::write(&pending, "login 1 1 ok prod\n").unwrap();
        let account = account();
        std::os::unix::fs::chown(&pending, Some(account.uid), Some(account.gid)).unwrap();
        site.pre_hook().ok();
        assert!(!path.exists(), "another account can write what waits there");
    }
}

#[test]
fn a_login_that_the_watchdog_ends_is_counted_too() {
    if !is_root() {
        return skip("only root may mount");
    }
    let site = Site::new();
    let path = counted(&site);
    site.set("HOOK_TIMEOUT=1s");
    nix::unistd::mkfifo(&site.path("passwd"), nix::sys::stat::Mode::S_IRWXU).unwrap();
    let plain = site.command_with_tokens(&["pre-hook", "--user", &site.user]);
    let mut command = Command::new("unshare");
    command.args([
        "--mount",
        "--propagation",
        "private",
        "sh",
        "-ec",
        "mount --bind \"$0\" /etc/passwd; exec \"$@\"",
    ]);
    command
        .arg(site.path("passwd"))
        .arg(plain.get_program())
        .args(plain.get_args());
    let run = Run::of(command.env_clear().env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin"));
    run.fails(7, &["the deadline of 1s passed while looking up the user"]);
    assert_eq!(logins(&path, "", "deadline"), 1, "{:?}", fs::read_to_string(&path));
}
