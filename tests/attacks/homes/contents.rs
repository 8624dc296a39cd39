//! What can be in a user's kubeconfig, in its lock, and in the names of links.

use std::fmt::Write as _;
use std::fs::File;
use std::os::unix::fs::MetadataExt as _;
use std::time::{Duration, SystemTime};

use super::kinds::{Kind, May};
use super::scene::{make_file, make_folder, make_link, Scene, PLAIN};
use crate::support::CANARY;

/// As large as a kubeconfig may be.
const LARGE: usize = 4 << 20;

fn large(before: &str, part: &str, after: &str) -> Vec<u8> {
    let times = (LARGE - before.len() - after.len()) / part.len();
    format!("{before}{}{after}", part.repeat(times)).into()
}

/// Each anchor repeats the one before it nine times.
fn bomb(key: impl Fn(u32) -> String, alias: impl Fn(u32) -> String) -> Vec<u8> {
    let mut text = "a0: &a0 {k: [x, x, x, x, x, x, x, x, x]}\n".to_owned();
    for level in 1..30 {
        let _ = writeln!(text, "{}{}", key(level), alias(level - 1));
    }
    (text + PLAIN).into()
}

fn utf16(text: &str) -> Vec<u8> {
    let units = std::iter::once(0xfeff).chain(text.encode_utf16());
    units.flat_map(u16::to_le_bytes).collect()
}

fn lines(many: usize, line: impl Fn(usize) -> String) -> Vec<u8> {
    (0..many).map(line).collect::<Vec<_>>().concat().into()
}

type Content = (&'static str, May, fn() -> Vec<u8>);

const CONTENTS: [Content; 35] = [
    ("10,000 brackets", May::Fail, || {
        format!("clusters: {}", "[".repeat(10_000)).into()
    }),
    ("2,000 deep", May::Fail, || lines(2_000, |n| " ".repeat(n) + "a:\n")),
    ("10,000 dashes", May::Fail, || "- ".repeat(10_000).into()),
    ("alias bomb", May::Fail, || {
        bomb(
            |n| format!("a{n}: &a{n} "),
            |n| format!("[{}]", format!("*a{n}, ").repeat(9)),
        )
    }),
    ("merge bomb", May::Either, || {
        bomb(
            |n| format!("a{n}: &a{n} "),
            |n| format!("{{<<: [{}]}}", format!("*a{n}, ").repeat(9)),
        )
    }),
    ("an alias in its own anchor", May::Fail, || "clusters: &a [*a]\n".into()),
    ("200,000 anchors", May::Either, || {
        lines(200_000, |n| format!("- &a{n} x\n"))
    }),
    ("100,000 users", May::Either, || {
        [&b"users:\n"[..], &lines(100_000, |n| format!("- {{name: u{n}}}\n"))].concat()
    }),
    ("10,000 users of one name", May::Either, || {
        format!("users:\n{}", "- {name: u}\n".repeat(10_000)).into()
    }),
    ("10,000 keys of one name", May::Either, || {
        "a: b\n".repeat(10_000).into()
    }),
    ("4 MiB of blanks", May::Either, || large("", " ", "")),
    ("4 MiB of line ends", May::Either, || large("", "\n", "")),
    ("4 MiB of comments", May::Either, || large(PLAIN, "# x\n", "")),
    ("4 MiB of one comment", May::Either, || large(PLAIN, "#", "")),
    ("4 MiB in one word", May::Either, || large("kind: ", "x", "\n")),
    ("4 MiB in one key", May::Either, || large("", "x", ": y\n")),
    ("4 MiB in quotes", May::Either, || large("kind: \"", "\\u0041", "\"\n")),
    ("4 MiB of an open quote", May::Either, || large("kind: '", "''", "")),
    ("4 MiB of documents", May::Fail, || large("", "---\n", "")),
    ("4 MiB of tags", May::Either, || large("kind: ", "!!str ", "x\n")),
    ("4 MiB of tabs", May::Either, || large("kind:", "\t", "x\n")),
    ("4 MiB of a folded text", May::Either, || {
        large("kind: >\n", "  a b\n", "")
    }),
    ("5 MiB", May::Fail, || "# 5 MiB\n".repeat(5 << 17).into()),
    ("UTF-16", May::Fail, || utf16(PLAIN)),
    ("NUL", May::Fail, || b"kind: \0Config\n".to_vec()),
    ("only NUL", May::Fail, || vec![0; 4096]),
    ("no UTF-8", May::Fail, || b"kind: \xff\xfe\xc3\x28\n".to_vec()),
    ("a program", May::Fail, || {
        std::fs::read("/proc/self/exe").unwrap()[..LARGE / 2].into()
    }),
    ("escapes", May::Either, || {
        "kind: \u{1b}[2J\u{9b}2J\n\u{1b}]0;x\u{7}: [\n".into()
    }),
    ("a secret that is not closed", May::Fail, || {
        format!("users: [{{name: x, user: {{token: {CANARY}\n").into()
    }),
    ("a secret for a list", May::Fail, || format!("users: {CANARY}\n").into()),
    ("a secret for a key", May::Either, || {
        format!("{CANARY}: *{CANARY}\n").into()
    }),
    ("a list", May::Fail, || b"- a\n- b\n".to_vec()),
    ("two entries of our name", May::Fail, || {
        "clusters:\n- {name: ood-prod}\n- {name: ood-prod}\nusers:\n- {name: ood-prod}\n- {name: ood-prod}\n".into()
    }),
    ("a mark and carriage returns", May::Work, || {
        format!("\u{feff}{}", PLAIN.replace('\n', "\r\n")).into()
    }),
];

pub fn kinds() -> Vec<Kind> {
    let kind = |(name, may, content): Content| {
        let prepare = move |scene: &mut Scene| {
            scene.kubeconfig(content());
            true
        };
        Kind::new("content", name, may, Box::new(prepare))
    };
    CONTENTS.into_iter().map(kind).collect()
}

/// What a lock says, how many seconds ago it was made, and what it is called.
type Lock = (&'static str, May, fn() -> String, i64, &'static str);

const LOCKS: [Lock; 10] = [
    ("new", May::Fail, String::new, 0, "config.lock"),
    ("of the future", May::Fail, String::new, -1_000_000, "config.lock"),
    (
        "of the year 2262",
        May::Fail,
        String::new,
        -7_000_000_000,
        "config.lock",
    ),
    ("before 1970", May::Work, String::new, 2_000_000_000, "config.lock"),
    ("29 s old", May::Either, String::new, 29, "config.lock"),
    ("31 s old", May::Work, String::new, 31, "config.lock"),
    (
        "of process 1",
        May::Fail,
        || owner(1, start_of_process_1()),
        0,
        "config.lock",
    ),
    (
        "of an earlier process 1",
        May::Work,
        || owner(1, 1 << 60),
        0,
        "config.lock",
    ),
    (
        "that forges a line",
        May::Fail,
        || "ood-k8s x\n; run: evil\u{1b}[2J\n".repeat(999),
        0,
        "config.lock",
    ),
    (
        "beside the token",
        May::Fail,
        String::new,
        0,
        "cache/ood-k8s/prod.json.lock",
    ),
];

/// What the program writes into a lock.
fn owner(pid: u32, start: u64) -> String {
    let boot = std::fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap();
    let namespace = std::fs::metadata("/proc/self/ns/pid").unwrap().ino();
    format!("ood-k8s {} {namespace} {pid} {start}\n", boot.trim())
}

fn start_of_process_1() -> u64 {
    let stat = std::fs::read_to_string("/proc/1/stat").unwrap();
    let fields = stat.rsplit_once(") ").unwrap().1;
    fields.split(' ').nth(19).unwrap().parse().unwrap()
}

fn seconds_ago(seconds: i64) -> SystemTime {
    let time = Duration::from_secs(seconds.unsigned_abs());
    if seconds < 0 {
        SystemTime::now() + time
    } else {
        SystemTime::now() - time
    }
}

pub fn locks() -> Vec<Kind> {
    let lock = |(name, may, content, age, at): Lock| {
        let prepare = move |scene: &mut Scene| {
            scene.kubeconfig(PLAIN);
            if at.starts_with("cache") {
                make_folder(&scene.in_kube("cache"));
                make_folder(&scene.in_kube("cache/ood-k8s"));
            }
            let path = scene.in_kube(at);
            make_file(&path, content());
            File::options()
                .write(true)
                .open(&path)
                .unwrap()
                .set_modified(seconds_ago(age))
                .is_ok()
        };
        Kind::new("lock", name, may, Box::new(prepare))
    };
    let mut kinds: Vec<_> = LOCKS.into_iter().map(lock).collect();
    kinds.push(Kind::new(
        "lock",
        "30,000 leftovers",
        May::Either,
        Box::new(|scene| leftovers(scene, 30_000)),
    ));
    kinds
}

fn leftovers(scene: &mut Scene, many: u32) -> bool {
    for number in 0..many {
        make_file(&scene.in_kube(&format!(".config.ood-k8s-{number:016x}")), "");
    }
    let (folder, link) = (
        scene.in_kube(".config.ood-k8s-folder"),
        scene.in_kube(".config.ood-k8s-link"),
    );
    make_folder(&folder);
    make_link(&link, scene.roots.join("open/config"));
    true
}

/// What a link of the user's leads to, so that a message could not be told from root's.
const NAMES: [(&str, &str); 9] = [
    ("line end", "x\nood-k8s: error: all is well"),
    ("carriage return", "x\rood-k8s: error: all is well"),
    ("escape", "x\u{1b}[2J\u{1b}]0;title\u{7}"),
    ("control characters of the second set", "x\u{9b}2J\u{85}y"),
    ("direction", "x\u{202e}llew si lla\u{2066}"),
    ("separators", "x\u{2028}y\u{2029}z"),
    ("invisible", "x\u{200b}\u{ad}\u{feff}\u{2060}y"),
    ("format", "%s%n%x%999999d"),
    ("remedy", "x; run: rm -rf --no-preserve-root \u{201c}"),
];

pub fn names() -> Vec<Kind> {
    let name = |(name, target): (&'static str, &'static str)| {
        let prepare = move |scene: &mut Scene| {
            make_link(&scene.in_kube("config"), format!("/no/{target}/{target}"));
            true
        };
        Kind::new("link's name", name, May::Fail, Box::new(prepare))
    };
    NAMES.into_iter().map(name).collect()
}
