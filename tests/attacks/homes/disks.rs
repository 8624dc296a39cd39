//! What a home can be on, and what the passwd database can say that it is.

use std::fs;

use super::kinds::{Kind, May};
use super::scene::{Scene, PLAIN, USER};

type Disk = (&'static str, May, fn(&mut Scene) -> bool);

/// Options of a tmpfs that is the user's own.
fn theirs(more: &str) -> String {
    format!("uid={USER},gid={USER},mode=0700,{more}")
}

const DISKS: [Disk; 8] = [
    ("full", May::Fail, |scene| {
        let is_mounted = scene.mount(&theirs("size=16k"));
        scene.kubeconfig(PLAIN);
        is_mounted && fs::write(scene.home.join("fill"), vec![0; 1 << 16]).is_err()
    }),
    ("full, and without a kubeconfig", May::Fail, |scene| {
        scene.mount(&theirs("size=8k")) && fs::write(scene.home.join("fill"), vec![0; 1 << 16]).is_err()
    }),
    ("no inodes", May::Fail, |scene| {
        let is_mounted = scene.mount(&theirs("nr_inodes=4"));
        scene.kubeconfig(PLAIN);
        is_mounted && fs::write(scene.home.join("last"), "").is_ok() && fs::write(scene.home.join("more"), "").is_err()
    }),
    ("read-only", May::Fail, |scene| scene.mount(&theirs("ro"))),
    ("read-only, of root", May::Fail, |scene| scene.mount("ro,mode=0755")),
    ("of root", May::Fail, |scene| scene.mount("mode=0755")),
    ("noexec", May::Work, |scene| scene.mount(&theirs("noexec,nosuid,nodev"))),
    ("silent", May::Either, Scene::mount_silent),
];

pub fn kinds() -> Vec<Kind> {
    let disk = |(name, may, prepare): Disk| Kind::new("file system", name, may, Box::new(prepare));
    DISKS.into_iter().map(disk).collect()
}

/// What is said to be the home, given the folder of the scene.
type Home = (&'static str, May, fn(&str) -> Vec<u8>);

const HOMES: [Home; 22] = [
    ("missing", May::Fail, |base| format!("{base}/missing").into()),
    ("missing, two deep", May::Fail, |base| {
        format!("{base}/missing/missing").into()
    }),
    ("of another", May::Fail, |base| format!("{base}/others/closed").into()),
    ("of another, open", May::Fail, |base| {
        format!("{base}/others/open").into()
    }),
    ("of root", May::Fail, |base| format!("{base}/roots/closed").into()),
    ("of root, open", May::Fail, |base| format!("{base}/roots/open").into()),
    ("/root", May::Fail, |_| b"/root".to_vec()),
    ("a file", May::Fail, |base| format!("{base}/roots/open/config").into()),
    ("/", May::Fail, |_| b"/".to_vec()),
    ("empty", May::Refuse, |_| Vec::new()),
    ("a dot", May::Refuse, |_| b".".to_vec()),
    ("with dots, to root's", May::Fail, |base| {
        format!("{base}/home/../roots/closed").into()
    }),
    ("with dots, to their own", May::Work, |base| {
        format!("{base}/roots/../home/.//.").into()
    }),
    ("relative", May::Refuse, |_| b"home/user".to_vec()),
    ("a tilde", May::Refuse, |_| b"~root".to_vec()),
    ("5,000 characters", May::Fail, |base| {
        format!("{base}/{}", "x".repeat(5_000)).into()
    }),
    ("5,000 folders", May::Fail, |base| {
        format!("{base}{}", "/x".repeat(2_500)).into()
    }),
    ("format", May::Fail, |base| format!("{base}/%s%n%x").into()),
    ("escapes", May::Fail, |base| {
        format!("{base}/\u{1b}[2J\u{9b}2J\u{202e}\r").into()
    }),
    ("a remedy", May::Fail, |base| {
        format!("{base}/; run; rm -rf $(touch RED)").into()
    }),
    ("no UTF-8", May::Fail, |base| [base.as_bytes(), b"/\xff\xfe"].concat()),
    ("/proc/self/fd/0", May::Fail, |_| b"/proc/self/fd/0".to_vec()),
];

pub fn homes() -> Vec<Kind> {
    let kind = |(name, may, home): Home| Kind {
        home,
        ..Kind::new("passwd", name, may, Box::new(|_| true))
    };
    HOMES.into_iter().map(kind).collect()
}
