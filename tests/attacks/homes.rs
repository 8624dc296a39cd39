//! Hostile homes: whatever a user makes of theirs, a login keeps its deadline, says one line, and touches nobody else's.

mod contents;
mod disks;
mod kinds;
mod places;
mod scene;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::Mutex;
use std::time::Duration;

use nix::sys::signal::{kill, Signal};
use nix::unistd::Pid;

use crate::accounts::{are_known, fake};
use crate::canaries::{shows_each, Said};
use crate::ground::{apart, count, Ground};
use crate::support::{access_token, skip, Site, CANARY};

use kinds::{all, Kind, May};
use scene::{Scene, USER};

/// The deadline of each login.
const DEADLINE: Duration = Duration::from_secs(3);
/// What a busy machine may add: the watchdog of the program has 0.7 s of it.
const SLACK: Duration = Duration::from_secs(7);
/// Most of a login that ends at its deadline is waiting.
const AT_ONCE: usize = 6;
const LEAST_KINDS: usize = 99;
/// From one kind to the next that is tried: neighbours wait for the same lock, or for the processor.
const STRIDE: usize = 101;

#[test]
fn no_hostile_home_makes_root_touch_what_is_not_the_users() {
    apart(
        module_path!(),
        "no_hostile_home_makes_root_touch_what_is_not_the_users",
        |ground| {
            let kinds = all();
            assert!(
                kinds.len() >= LEAST_KINDS && !kinds.len().is_multiple_of(STRIDE),
                "{}",
                kinds.len()
            );
            let passwd: Vec<u8> = kinds
                .iter()
                .enumerate()
                .flat_map(|(n, kind)| passwd_line(ground, n, kind))
                .collect();
            let group = format!("hostile:x:{USER}:\n");
            let Some(system) = fake(ground, &passwd, group.as_bytes()) else {
                return skip("this root cannot bind");
            };
            if !are_known(&user_name(0)) {
                return skip("the C library asks a daemon, and not this passwd database");
            }
            // It ends with the process; what is mounted in it is never walked to be removed.
            let site = Box::leak(Box::new(site()));
            let was_there = is_in_the_root();
            let tally = try_all(ground, site, &kinds);
            let mut faults = system.faults();
            if is_in_the_root() != was_there {
                faults.push("/.kube is not as it was; look at it, and remove it".into());
            }
            tally.print(kinds.len(), &faults);
        },
    );
}

/// Where homes such as `/` and the empty one lead: it is in no file system of this namespace's own.
fn is_in_the_root() -> bool {
    std::fs::symlink_metadata("/.kube").is_ok()
}

fn user_name(number: usize) -> String {
    format!("h{}x{number}", std::process::id())
}

fn passwd_line(ground: &Ground, number: usize, kind: &Kind) -> Vec<u8> {
    let base = Scene::base(ground, number);
    let home = (kind.home)(base.to_str().unwrap());
    let mut line = format!("{}:x:{USER}:{USER}::", user_name(number)).into_bytes();
    line.extend(home);
    line.extend(b":/bin/sh\n");
    line
}

/// A site whose kubeconfigs and tokens are in the homes of the passwd database.
fn site() -> Site {
    let site = Site::new();
    site.set(&format!(
        "MIN_UID=1000\nHOOK_TIMEOUT={}s\nCREDENTIALS=exec",
        DEADLINE.as_secs()
    ));
    let file = site.cluster_file("prod", &site.cluster.url(), "oidc");
    let config = site.path("home/config").display().to_string();
    site.write("clusters.d/prod.yml", &file.replace(&config, "~/.kube/config"));
    site
}

fn try_all(ground: &Ground, site: &Site, kinds: &[Kind]) -> Tally {
    let (next, tally) = (AtomicUsize::new(0), Mutex::new(Tally::default()));
    let token = access_token();
    std::thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(|| loop {
                let turn = next.fetch_add(1, Ordering::Relaxed);
                if turn >= kinds.len() {
                    return;
                }
                let number = turn * STRIDE % kinds.len();
                let kind = &kinds[number];
                let tried = try_one(ground, site, number, kind, &token);
                tally.lock().unwrap().add(kind, tried);
            });
        }
    });
    tally.into_inner().unwrap()
}

/// What came of one kind; `None` where it could not be made.
fn try_one(ground: &Ground, site: &Site, number: usize, kind: &Kind, token: &str) -> Option<(Said, Vec<String>)> {
    let mut scene = Scene::set(ground, number);
    if !(kind.prepare)(&mut scene) {
        return None;
    }
    scene.watch();
    let user = user_name(number);
    let mut command = site.command_with(&["pre-hook", "--user", &user], token, &format!("{CANARY}-refresh"));
    let said = Said::of(&mut command);
    end_child_of(&user);
    let mut faults = said.faults(DEADLINE + SLACK);
    faults.extend(scene.faults(said.status));
    let expected = match kind.may {
        May::Work => &[0][..],
        May::Fail => &[6],
        May::Refuse => &[4],
        May::Either => &[0, 6],
    };
    // Late is allowed to all, on a machine that is busy enough; late it says so.
    if said.status != 7 && !expected.contains(&said.status) {
        faults.push("an unexpected status".into());
    }
    if (said.status == 0) != said.stderr.is_empty() {
        faults.push("a failure without words, or words without one".into());
    }
    Some((said, faults))
}

/// A child that is late is left behind; it need not be at work until its alarm.
fn end_child_of(user: &str) {
    let cmdline = format!("ood-k8s\0home\0{user}\0");
    for entry in std::fs::read_dir("/proc").unwrap().flatten() {
        let pid = entry.file_name().to_str().and_then(|name| name.parse().ok());
        let is_it = || std::fs::read(entry.path().join("cmdline")).is_ok_and(|line| line == cmdline.as_bytes());
        if let Some(pid) = pid.filter(|_| is_it()) {
            let _ = kill(Pid::from_raw(pid), Signal::SIGKILL);
        }
    }
}

#[derive(Default)]
struct Row {
    tried: u32,
    worked: u32,
    failed: u32,
    late: u32,
    skipped: Vec<String>,
}

/// The counts, a row for each group of kinds.
#[derive(Default)]
struct Tally {
    rows: BTreeMap<&'static str, Row>,
    longest: Duration,
    faults: Vec<String>,
    kinds_at_fault: u32,
}

impl Tally {
    fn add(&mut self, kind: &Kind, tried: Option<(Said, Vec<String>)>) {
        let row = self.rows.entry(kind.group).or_default();
        let Some((said, faults)) = tried else {
            return row.skipped.push(kind.name.clone());
        };
        row.tried += 1;
        match said.status {
            0 => row.worked += 1,
            7 => row.late += 1,
            _ => row.failed += 1,
        }
        if shows_each() {
            println!(
                "| {}, {} | {} | {:?} | {} |",
                kind.group,
                kind.name,
                said.status,
                said.took,
                said.stderr.trim()
            );
        }
        self.longest = self.longest.max(said.took);
        self.kinds_at_fault += u32::from(!faults.is_empty());
        let shown = |fault: &String| {
            format!(
                "{}, {}: {fault} (status {}, {:?}): {}",
                kind.group, kind.name, said.status, said.took, said.stderr
            )
        };
        self.faults.extend(faults.iter().map(shown));
    }

    fn print(self, kinds: usize, system: &[String]) {
        let mut tried = 0;
        for (group, row) in &self.rows {
            let mut note = format!("{} worked, {} said why not, {} late", row.worked, row.failed, row.late);
            if !row.skipped.is_empty() {
                let _ = write!(note, "; this system has no {}", row.skipped.join(", "));
            }
            println!("| homes: {group} | {} | 0 | {note} |", row.tried);
            tried += row.tried;
        }
        self.faults.iter().chain(system).for_each(|fault| eprintln!("{fault}"));
        let successes = self.kinds_at_fault + u32::from(!system.is_empty());
        count(
            "homes, all",
            tried,
            successes,
            &format!("of {kinds} kinds, the longest {:?}", self.longest),
        );
        assert!(tried as usize >= LEAST_KINDS, "only {tried} kinds could be made here");
    }
}
