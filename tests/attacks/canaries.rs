//! Files that a user has no right to, which tell whether they were read or changed; and what a run must not say.

use std::fs::{self, File, FileTimes, Permissions};
use std::io::Read as _;
use std::os::unix::fs::{lchown, MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant, SystemTime};

use crate::support::CANARY;

/// Each with its mode: directories that are closed to others and open to them, and what is usual in a home.
const TREE: [(&str, u32); 12] = [
    ("closed", 0o700),
    ("closed/.kube", 0o700),
    ("closed/.kube/config", 0o600),
    ("closed/config", 0o600),
    ("closed/config.lock", 0o600),
    ("open", 0o755),
    ("open/.kube", 0o755),
    ("open/.kube/config", 0o600),
    ("open/config", 0o600),
    ("open/config.lock", 0o600),
    ("open/readable", 0o644),
    ("open/writable-by-group", 0o660),
];

/// A tree of somebody's, and how it looked.
pub struct Canaries {
    folder: PathBuf,
    before: Vec<Seen>,
}

#[derive(PartialEq)]
struct Seen {
    path: PathBuf,
    mode: u32,
    owner: (u32, u32),
    modified: (i64, i64),
    /// Only of a file that others may not read: `None` where they may.
    read: Option<(i64, i64)>,
    content: Vec<u8>,
}

impl Canaries {
    /// Makes the tree in a new folder, for a user and their group.
    pub fn plant(folder: &Path, owner: u32) -> Self {
        fs::create_dir(folder).unwrap();
        set_mode(folder, 0o755);
        for (name, mode) in TREE {
            let path = folder.join(name);
            if mode & 0o100 == 0 {
                let text = format!(
                    "apiVersion: v1\nkind: Config\nusers:\n- name: u\n  user: {{token: {CANARY}}}\n- {CANARY}\n"
                );
                fs::write(&path, text).unwrap();
            } else {
                fs::create_dir(&path).unwrap();
            }
            set_mode(&path, mode);
            lchown(&path, Some(owner), Some(owner)).unwrap();
        }
        lchown(folder, Some(owner), Some(owner)).unwrap();
        Self::watch(folder)
    }

    /// Watches what is there.
    pub fn watch(folder: &Path) -> Self {
        let mut paths = vec![folder.to_owned()];
        paths_below(folder, &mut paths);
        for path in paths.iter().filter(|path| path.is_file()) {
            // Long ago, so that relatime notes the next read.
            let times = FileTimes::new().set_accessed(SystemTime::UNIX_EPOCH + Duration::from_secs(1));
            File::open(path).unwrap().set_times(times).unwrap();
        }
        let (folder, before) = (folder.to_owned(), see(folder));
        Self { folder, before }
    }

    /// What is no longer as it was.
    pub fn faults(&self) -> Vec<String> {
        let now = see(&self.folder);
        let differs = |one: &&Seen, all: &[Seen]| !all.contains(one);
        let gone = self.before.iter().filter(|seen| differs(seen, &now));
        let new = now.iter().filter(|seen| differs(seen, &self.before));
        gone.map(|seen| format!("{} is not as it was", seen.path.display()))
            .chain(new.map(|seen| format!("{} is new, changed or was read", seen.path.display())))
            .collect()
    }
}

fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
}

/// Everything below, not through links.
fn paths_below(folder: &Path, paths: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        paths.push(path.clone());
        if path.symlink_metadata().unwrap().is_dir() {
            paths_below(&path, paths);
        }
    }
}

fn see(folder: &Path) -> Vec<Seen> {
    let mut paths = vec![folder.to_owned()];
    paths_below(folder, &mut paths);
    paths.sort();
    paths.into_iter().map(Seen::of).collect()
}

impl Seen {
    fn of(path: PathBuf) -> Self {
        let metadata = path.symlink_metadata().unwrap();
        let mut content = Vec::new();
        if metadata.is_file() {
            let mut options = File::options();
            // O_NOATIME: to look is not to leave a trace.
            let options = options.read(true).custom_flags(nix::libc::O_NOATIME);
            options.open(&path).unwrap().read_to_end(&mut content).unwrap();
        }
        let is_private = metadata.is_file() && metadata.mode() & 0o004 == 0;
        Self {
            mode: metadata.mode(),
            owner: (metadata.uid(), metadata.gid()),
            modified: (metadata.mtime(), metadata.mtime_nsec()),
            read: is_private.then(|| (metadata.atime(), metadata.atime_nsec())),
            content,
            path,
        }
    }
}

/// Whether each run gets a row in the table, with what it said (`OOD_K8S_ATTACK_SHOW=1`).
pub fn shows_each() -> bool {
    std::env::var_os("OOD_K8S_ATTACK_SHOW").is_some_and(|shows| shows == "1")
}

/// A run of the program, before it is known whether its words are UTF-8.
pub struct Said {
    pub status: i32,
    pub stdout: String,
    pub stderr: String,
    pub took: Duration,
}

impl Said {
    pub fn of(command: &mut Command) -> Self {
        let started = Instant::now();
        let output = command.stdin(Stdio::null()).output().expect("the program starts");
        Self {
            // 128 and more, as in a shell: no status of ours is a signal's.
            status: output.status.code().unwrap_or(128),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
            took: started.elapsed(),
        }
    }

    /// What no run may do, whatever it was given.
    pub fn faults(&self, longest: Duration) -> Vec<String> {
        let mut faults = Vec::new();
        let all = || self.stdout.chars().chain(self.stderr.chars());
        let mut check = |is_well: bool, what: &str| {
            if !is_well {
                faults.push(what.to_owned());
            }
        };
        check(self.took <= longest, "it did not keep its deadline");
        check(self.stderr.lines().count() <= 1, "more than one line on standard error");
        check(!all().any(is_deceptive), "a control character");
        let says = |text: &str| self.stdout.contains(text) || self.stderr.contains(text);
        check(!says(CANARY), "a secret");
        check(!says("panicked"), "a panic");
        check(!says("SHADOW"), "a line of the shadow database");
        check(!matches!(self.status, 1 | 101 | 128..), "a fault of the program");
        faults
    }
}

/// What ends a line, starts an escape sequence, or turns or hides the text around it.
fn is_deceptive(c: char) -> bool {
    let hides = matches!(c, '\u{ad}' | '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}');
    c != '\n' && (c.is_control() || hides)
}
