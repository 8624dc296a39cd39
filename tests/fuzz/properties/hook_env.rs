//! hook.env: what we accept, bash reads alike, without a message. A bash reads many files at once, locked in.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Read as _;
use std::process::{Command, Stdio};
use std::sync::Mutex;

use ood_k8s::config::hook_env::parse;

/// What bash inherits, and we are told.
const ENVIRONMENT: &[(&str, &str)] = &[
    ("HOST", "web01"),
    ("EMPTY", ""),
    ("HARSH", "  a\\b\"c'd $HOME `x` ~ {p,q} *\n"),
];
/// In bytes; a longer file has nothing that a shorter one cannot have, and all are arguments of one bash.
const LONGEST: usize = 2048;
/// The values of one file, in bytes; longer ones are left out, since up to `BATCH` files are held at once.
const LARGEST: usize = 64 << 10;
/// Names of ours in bash, of bash's own whose values change by themselves, and of locales, which a machine may lack.
#[rustfmt::skip]
const CHANGING: &[&str] = &["__", "RANDOM", "SECONDS", "LINENO", "EPOCH", "BASH", "PIPESTATUS", "FUNCNAME", "LC_", "LANG"];
/// How many files one bash reads.
const BATCH: usize = 256;

/// For each file and its names: the values before, what `source` said and its status, and the values after. The
/// separator is a byte that no accepted file has.
const SCRIPT: &str = r#"
while (($#)); do
    __f=$1 __n=$2; shift 2
    (
        for __x in $__n; do [[ -v $__x ]] && printf '%s\0' "$__x=${!__x}"; done; printf '\1'
        source <(printf %s "$__f") 2>&1
        { printf '\1%s\1' $?; set +aeux; for __x in $__n; do [[ -v $__x ]] && printf '%s\0' "$__x=${!__x}"; done; } 2>&1
    )
    printf '\1'
done"#;

type Values = BTreeMap<String, String>;

static WAITING: Mutex<Vec<(String, Values)>> = Mutex::new(Vec::new());

/// Every file is read without a panic; bash judges the accepted ones, when enough have gathered.
pub fn holds(data: &[u8]) {
    let environment = |name: &str| {
        let pair = ENVIRONMENT.iter().find(|(known, _)| *known == name);
        pair.map(|(_, value)| (*value).into())
    };
    let parsed = match parse(data, &environment) {
        Ok(parsed) => parsed,
        Err(error) => {
            let said = error.to_string();
            assert!(!said.contains('\n') && error.line > 0, "{said:?}");
            return;
        }
    };
    let Ok(text) = std::str::from_utf8(data) else {
        panic!("accepted, and not UTF-8: {data:?}")
    };
    let size: usize = parsed.iter().map(|assignment| assignment.value.len()).sum();
    if text.len() <= LONGEST && size <= LARGEST && !CHANGING.iter().any(|name| text.contains(name)) {
        let values = parsed.into_iter().map(|a| (a.name, a.value)).collect();
        let mut waiting = WAITING.lock().expect("no panic before");
        waiting.push((text.to_owned(), values));
        if waiting.len() == BATCH {
            judge(&std::mem::take(&mut *waiting));
        }
    }
}

/// Has bash judge those that still wait.
#[allow(dead_code, reason = "libFuzzer has no end of which it tells")]
pub fn finish() {
    judge(&std::mem::take(&mut *WAITING.lock().expect("no panic before")));
}

fn judge(files: &[(String, Values)]) {
    let said = bash(files);
    let parts: Vec<&str> = said.split('\u{1}').collect();
    for (number, (file, ours)) in files.iter().enumerate() {
        let [before, message, status, after] =
            [0, 1, 2, 3].map(|part| parts.get(4 * number + part).copied().unwrap_or("?"));
        let mut expected = values(before);
        expected.extend(ours.clone());
        assert!(
            message.is_empty() && status == "0" && values(after) == expected,
            "{file:?}\nours {expected:?}\nbash {:?}, status {status:?}, {message:?}",
            values(after)
        );
    }
}

fn values(text: &str) -> Values {
    let pairs = text.split_terminator('\0').filter_map(|pair| pair.split_once('='));
    pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

/// All names that a file could set, but for `_`, which every command sets.
fn names_in(file: &str) -> String {
    let is_part = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let words = file.split(|c| !is_part(c));
    let names = words.map(|word| word.trim_start_matches(|c: char| c.is_ascii_digit()));
    let names: BTreeSet<_> = names.filter(|name| !name.is_empty() && *name != "_").collect();
    names.into_iter().collect::<Vec<_>>().join(" ")
}

/// Without a network, an account, programs or writable files, and with 10 s of processor time, in case we accept something that
/// bash would run.
fn bash(files: &[(String, Values)]) -> String {
    let mut command = Command::new("unshare");
    command.args([
        "--net",
        "--",
        "timeout",
        "--signal=KILL",
        "60",
        "prlimit",
        "--fsize=0",
        "--cpu=10",
        "--",
    ]);
    command.args([
        "setpriv",
        "--reuid=65534",
        "--regid=65534",
        "--clear-groups",
        "--no-new-privs",
        "--",
    ]);
    command.args(["env", "-i", "LC_ALL=C.UTF-8", "PATH=/nonexistent"]);
    command.args(ENVIRONMENT.iter().map(|(name, value)| format!("{name}={value}")));
    command.args(["/bin/bash", "--noprofile", "--norc", "-c", SCRIPT, "bash"]);
    for (file, _) in files {
        command.args([file.as_str(), &names_in(file)]);
    }
    let child = command
        .current_dir("/proc/self")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn();
    let mut child = child.expect("unshare, timeout, prlimit and setpriv of util-linux and coreutils");
    let mut said = Vec::new();
    child
        .stdout
        .take()
        .expect("a pipe")
        .read_to_end(&mut said)
        .expect("bash's answer");
    child.wait().expect("bash ends");
    String::from_utf8_lossy(&said).into_owned()
}
