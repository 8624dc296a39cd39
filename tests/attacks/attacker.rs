//! The attacker: a process of another account, which moves and links what it may, as fast as it can.

use std::fs;
use std::io::{BufRead as _, Write as _};
use std::os::unix::fs::symlink;
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::time::{Duration, Instant};

use rustix::fs::{renameat_with, RenameFlags, CWD};

/// `daemon`, on every system (`base-passwd` of Debian, Fedora's `setup`).
pub const ATTACKER: u32 = 1;
const PLAY: &str = "OOD_K8S_ATTACK_PLAY";

/// A process of another account.
pub struct Attacker {
    child: Child,
    orders: ChildStdin,
}

impl Attacker {
    fn start(play: &str) -> Self {
        let mut child = Command::new("/proc/self/exe")
            .args(["--exact", "attacker::plays", "--ignored", "--test-threads=1"])
            .env_clear()
            .env(PLAY, play)
            .current_dir("/")
            // Groups go as well (`CommandExt::uid`).
            .gid(ATTACKER)
            .uid(ATTACKER)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        let orders = child.stdin.take().unwrap();
        Self { child, orders }
    }

    /// One that moves what it is told to, when it is told to.
    pub fn mover() -> Self {
        Self::start("move")
    }

    /// One whose link to `victim` stands at `path` for a moment, again and again.
    pub fn with_a_link(path: &Path, victim: &Path) -> Self {
        let mut attacker = Self::start("link");
        attacker.order(&[path, victim], Duration::ZERO);
        attacker
    }

    /// One that exchanges two files of theirs.
    pub fn exchanging(one: &Path, other: &Path) -> Self {
        let mut attacker = Self::start("exchange");
        attacker.order(&[one, other], Duration::ZERO);
        attacker
    }

    /// One whose folder is a link to `elsewhere` for a moment, again and again.
    pub fn with_a_folder(folder: &Path, elsewhere: &Path) -> Self {
        let mut attacker = Self::start("folder");
        attacker.order(&[folder, elsewhere], Duration::ZERO);
        attacker
    }

    /// Moves a path to another after this long.
    pub fn moves(&mut self, from: &Path, to: &Path, after: Duration) {
        self.order(&[from, to], after);
    }

    fn order(&mut self, paths: &[&Path], after: Duration) {
        let paths: Vec<_> = paths.iter().map(|path| path.to_str().unwrap()).collect();
        let line = format!("{}\t{}\n", paths.join("\t"), after.as_nanos());
        self.orders.write_all(line.as_bytes()).unwrap();
    }
}

impl Drop for Attacker {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
#[ignore = "it is started by the other tests, as another account"]
fn plays() {
    let Some(play) = std::env::var_os(PLAY) else {
        return;
    };
    assert!(!nix::unistd::Uid::effective().is_root());
    let mut orders = std::io::stdin().lock().lines();
    while let Some(Ok(order)) = orders.next() {
        let words: Vec<_> = order.split('\t').collect();
        let [one, other, after] = words[..] else {
            panic!("{order}")
        };
        match play.to_str() {
            Some("move") => {
                wait(Duration::from_nanos(after.parse().unwrap()));
                // Root was faster, perhaps.
                let _ = fs::rename(one, other);
            }
            Some("link") => forever(30..90, || drop(symlink(other, one)), || drop(fs::remove_file(one))),
            Some("exchange") => {
                let exchange = || renameat_with(CWD, one, CWD, other, RenameFlags::EXCHANGE).unwrap_or_default();
                forever(10..30, exchange, exchange);
            }
            Some("folder") => {
                let aside = format!("{one}.aside");
                let away = || drop(fs::rename(one, &aside).and_then(|()| symlink(other, one)));
                let back = || drop(fs::remove_file(one).and_then(|()| fs::rename(&aside, one)));
                forever(30..90, away, back);
            }
            other => panic!("{other:?}"),
        }
    }
}

/// Does the one and the other in turn, so many microseconds apart, until it is killed, or its parent has died.
fn forever(micros: std::ops::Range<u64>, one: impl Fn(), other: impl Fn()) {
    let mut dice = Dice::new();
    let parent = nix::unistd::getppid();
    while nix::unistd::getppid() == parent {
        for _ in 0..100 {
            one();
            wait(Duration::from_micros(dice.within(micros.clone())));
            other();
            wait(Duration::from_micros(dice.within(micros.clone())));
        }
    }
}

/// Waits without giving up the processor: a sleep is too coarse.
pub fn wait(time: Duration) {
    let end = Instant::now() + time;
    while Instant::now() < end {
        std::hint::spin_loop();
    }
}

/// Numbers at random (xorshift64).
pub struct Dice(u64);

impl Dice {
    pub fn new() -> Self {
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
        Self(u64::from(now.unwrap().subsec_nanos()) << 20 | 1)
    }

    pub fn within(&mut self, range: std::ops::Range<u64>) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        range.start + self.0 % (range.end - range.start)
    }
}

/// When the attacker moves, compared with root: whoever came too early goes later the next time, so that most tries
/// are close, and chance spreads them.
pub struct Timing {
    micros: i64,
    /// How often the same one came first without a break, so that what is far off is corrected in larger steps.
    streak: u32,
    was_root: bool,
    dice: Dice,
}

impl Timing {
    const STEP: i64 = 5;
    const SPREAD: i64 = 50;
    const LARGEST: i64 = 20_000;

    pub fn new() -> Self {
        Self {
            micros: 0,
            streak: 0,
            was_root: false,
            dice: Dice::new(),
        }
    }

    /// How long the attacker waits, and how long root does.
    pub fn next(&mut self) -> (Duration, Duration) {
        let spread = i64::try_from(self.dice.within(0..2 * Self::SPREAD.unsigned_abs())).unwrap() - Self::SPREAD;
        let micros = self.micros + spread;
        let part = |micros: i64| Duration::from_micros(micros.max(0).unsigned_abs());
        (part(micros), part(-micros))
    }

    pub fn came_first(&mut self, is_root: bool) {
        self.streak = if self.was_root == is_root {
            (self.streak + 1).min(7)
        } else {
            0
        };
        self.was_root = is_root;
        let step = Self::STEP << self.streak;
        let micros = if is_root {
            self.micros - step
        } else {
            self.micros + step
        };
        self.micros = micros.clamp(-Self::LARGEST, Self::LARGEST);
    }
}
