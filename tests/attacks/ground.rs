//! A file system of the attack's own, in a mount namespace of its own: both are gone with the process.

use std::fs::{self, Permissions};
use std::os::unix::fs::{lchown, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use crate::attacker::ATTACKER;
use crate::support::{is_root, skip};

/// Set in the process that has the namespace: where its file system is mounted.
const GROUND: &str = "OOD_K8S_ATTACK_GROUND";
/// The exit status for a root that cannot mount, as `automake`'s tests have it.
const CANNOT_MOUNT: i32 = 77;
static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
const VICTIM: &str = "{\"auths\": {}, \"root\": \"and nobody else writes this\"}\n";

/// Where the attack takes place: a tmpfs that only this process and its children see.
pub struct Ground {
    pub path: PathBuf,
}

/// Runs the test once more below a private mount namespace, and there `attack`.
///
/// Nothing is unmounted: the namespace ends with its last process. One attack at a time, since they are about time.
pub fn apart(module: &str, test: &str, attack: impl FnOnce(&Ground)) {
    if let Some(path) = std::env::var_os(GROUND) {
        return attack(&Ground { path: path.into() });
    }
    if !is_root() {
        return skip("only root is attacked");
    }
    let _one = ONE_AT_A_TIME.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    // Kept by hand, since only an empty folder is removed here, and nothing below it.
    let folder = tempfile::tempdir().unwrap().keep();
    fs::set_permissions(&folder, Permissions::from_mode(0o755)).unwrap();
    let module = module.split_once("::").map_or(module, |(_, module)| module);
    let mount = format!("mount -t tmpfs -o mode=0755,size=512m attacks \"$0\" || exit {CANNOT_MOUNT}; exec \"$@\"");
    let output = Command::new("unshare")
        .args(["--mount", "--propagation", "private", "--", "sh", "-c", &mount])
        .arg(&folder)
        .arg(std::env::current_exe().unwrap())
        .args([
            "--exact",
            &format!("{module}::{test}"),
            "--nocapture",
            "--test-threads=1",
        ])
        .env(GROUND, &folder)
        // The behaviour tests' sites are laid out here too.
        .env("TMPDIR", &folder)
        .output();
    fs::remove_dir(&folder).unwrap();
    let output = match output {
        Ok(output) if output.status.code() != Some(CANNOT_MOUNT) => output,
        _ => return skip("this root cannot mount"),
    };
    let said = String::from_utf8_lossy(&output.stdout);
    // The harness begins the first line with the test's name.
    let rows = said.lines().filter(|line| line.ends_with(" |"));
    for row in rows.filter_map(|line| line.find("| ").map(|start| &line[start..])) {
        println!("{row}");
    }
    let errors = String::from_utf8_lossy(&output.stderr);
    let ran = output.status.success() && said.contains("1 passed");
    assert!(ran, "{}\n{said}\n{errors}", output.status);
}

/// How many tries a race gets.
pub fn tries() -> u32 {
    let tries = std::env::var("OOD_K8S_ATTACK_TRIES").ok();
    tries.map_or(1000, |tries| tries.parse().expect("OOD_K8S_ATTACK_TRIES is a number"))
}

/// A race of so many tries, or more, which really was one: none was left out, and each of its outcomes came often, so that the
/// attacker's act fell into the time that an attack needs.
pub struct Race {
    wanted: u32,
    pub tried: u32,
    started: Instant,
}

impl Race {
    /// For a machine that is too busy; then the race fails.
    const LONGEST: Duration = Duration::from_secs(300);
    /// Of each outcome.
    const LEAST: u32 = 20;

    pub fn of(wanted: u32) -> Self {
        let (tried, started) = (0, Instant::now());
        Self { wanted, tried, started }
    }

    /// Whether there is one more try: until there were as many as are wanted, and each of the two outcomes came often. On a
    /// busy machine both sides seldom run at once. `one` is how often one of the outcomes came.
    pub fn goes_on(&mut self, one: u32) -> bool {
        let rarest = one.min(self.tried - one);
        let is_wanted = self.tried < self.wanted || rarest < Self::LEAST;
        let goes_on = is_wanted && self.started.elapsed() < Self::LONGEST;
        self.tried += u32::from(goes_on);
        goes_on
    }

    /// The row of the table, and the promise. `outcomes` are those that a race has, whoever comes first.
    #[track_caller]
    pub fn count(&self, attack: &str, successes: u32, outcomes: &[(&str, u32)]) {
        let words: Vec<_> = outcomes
            .iter()
            .map(|(name, count)| format!("{name} {count} times"))
            .collect();
        count(attack, self.tried, successes, &words.join(", "));
        assert!(self.tried >= self.wanted, "{attack}: too few tries");
        for (name, count) in outcomes {
            assert!(
                *count >= Self::LEAST,
                "{attack}: {name} only {count} times of {}",
                self.tried
            );
        }
    }
}

/// One row of the table, and the promise: no success.
#[track_caller]
pub fn count(attack: &str, tries: u32, successes: u32, note: &str) {
    println!("| {attack} | {tries} | {successes} | {note} |");
    assert_eq!(successes, 0, "{attack}: {successes} of {tries} ({note})");
}

impl Ground {
    /// A directory of root's, 0755.
    pub fn folder(&self, name: &str) -> PathBuf {
        let path = self.path.join(name);
        fs::create_dir_all(&path).unwrap();
        path
    }

    /// A directory like `/tmp`.
    pub fn sticky(&self, name: &str) -> PathBuf {
        let path = self.folder(name);
        fs::set_permissions(&path, Permissions::from_mode(0o1777)).unwrap();
        path
    }

    /// A directory of the attacker's.
    pub fn theirs(&self, name: &str) -> PathBuf {
        let path = self.folder(name);
        give(&path);
        path
    }

    /// A file that root alone may write, in a directory of root's, and its text.
    pub fn victim(&self, name: &str) -> Victim {
        let folder = self.folder("victims");
        let path = folder.join(name);
        fs::write(&path, VICTIM).unwrap();
        fs::set_permissions(&path, Permissions::from_mode(0o600)).unwrap();
        Victim { folder, path }
    }
}

/// A file of root's, and the directory that it is alone in.
pub struct Victim {
    pub folder: PathBuf,
    pub path: PathBuf,
}

impl Victim {
    /// Whether it is as it was; if not, it is made so again, to be counted once more.
    pub fn was_hit(&self) -> bool {
        let text = fs::read_to_string(&self.path).unwrap_or_default();
        let names = fs::read_dir(&self.folder).unwrap().count();
        if text != VICTIM {
            fs::write(&self.path, VICTIM).unwrap();
        }
        text != VICTIM || names != 1
    }

    pub const TEXT: &'static str = VICTIM;
}

/// Makes it the attacker's; a link itself, not where it leads.
pub fn give(path: &Path) {
    lchown(path, Some(ATTACKER), Some(ATTACKER)).unwrap();
}

/// A link of the attacker's.
pub fn their_link(to: &Path, at: &Path) {
    std::os::unix::fs::symlink(to, at).unwrap();
    give(at);
}
