//! The real bash: sources many files in one run and tells what each has left.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::Command;

/// What bash inherits in these tests: plain values, and values that would come out changed if they were split,
/// globbed, unquoted or expanded once more.
pub const ENVIRONMENT: &[(&str, &str)] = &[
    ("HOME", "/home/root of all"),
    ("PATH", NO_PROGRAMS),
    ("HOST", "web01"),
    ("EMPTY", ""),
    ("SPACED", "  two   words\t*\n end  "),
    ("HARSH", "a\\b\"c'd $HOME `x` ~ {p,q} \\$x # é \\"),
];

/// No folder, so that no test can run a program.
const NO_PROGRAMS: &str = "/nonexistent";

/// The inherited value of a name.
pub fn environment_value(name: &str) -> Option<&'static str> {
    let pair = ENVIRONMENT.iter().find(|(known, _)| *known == name);
    pair.map(|(_, value)| *value)
}

/// What bash had before it sourced a file, and after.
#[derive(Debug)]
pub struct Sourced {
    /// The exit status of `source`; empty where bash ended instead.
    pub status: String,
    /// Whatever was printed.
    pub said: String,
    /// The names that occur in the file, where they had a value before.
    pub before: BTreeMap<String, String>,
    /// The same names afterwards.
    pub after: BTreeMap<String, String>,
}

/// Sources each file in a subshell of its own, all in one bash, as the stock hook does: with a plain `source`.
pub fn source_each(files: &[&str], locale: &str) -> Vec<Sourced> {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let mut script = format!("PATH={NO_PROGRAMS}\n");
    for (number, file) in files.iter().enumerate() {
        fs::write(folder.path().join(number.to_string()), file).expect("written");
        write_steps(&mut script, number, file);
    }
    fs::write(folder.path().join("script"), script).expect("written");
    let inherited = ENVIRONMENT.iter().filter(|(name, _)| *name != "PATH");
    let output = bash()
        .arg("script")
        .current_dir(folder.path())
        .envs(inherited.copied())
        .env("LC_ALL", locale)
        .output()
        .expect("bash must be installed: it is what we are compared with");
    assert!(output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
    (0..files.len()).map(|number| collect(folder.path(), number)).collect()
}

/// The names that have a value in a bash that inherits nothing.
pub fn names_of_its_own() -> Vec<String> {
    let output = bash()
        .args(["-c", "compgen -v"])
        .output()
        .expect("bash must be installed: it is what we are compared with");
    let names = String::from_utf8(output.stdout).expect("names are ASCII");
    names.lines().map(str::to_owned).collect()
}

/// A bash that reads no start-up file and inherits nothing but the path to itself.
fn bash() -> Command {
    let mut command = Command::new("bash");
    command
        .args(["--noprofile", "--norc"])
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default());
    command
}

/// Writes the bash commands that record the values of a file's names, source the file, and record again. A `set` in
/// the file must not reach the recording.
fn write_steps(script: &mut String, number: usize, file: &str) {
    let names: Vec<&str> = names_in(file).into_iter().collect();
    let record = format!(
        "for __n in {}; do if [[ -v $__n ]]; then printf '%s\\0' \"$__n=${{!__n}}\"; fi; done",
        names.join(" ")
    );
    writeln!(
        script,
        "( {{ {record}; }} >{number}.before
           source ./{number} >{number}.said 2>&1
           {{ printf %s $? >{number}.status; set +aeux
           {record} >{number}.after; }} 2>>{number}.said )"
    )
    .expect("a string takes all");
}

/// All names that the file could set, but for `_`, which every command sets.
fn names_in(file: &str) -> BTreeSet<&str> {
    let is_part = |c: char| c.is_ascii_alphanumeric() || c == '_';
    file.split(|c| !is_part(c))
        .map(|word| word.trim_start_matches(|c: char| c.is_ascii_digit()))
        .filter(|name| !name.is_empty() && *name != "_")
        .collect()
}

fn collect(folder: &Path, number: usize) -> Sourced {
    let text = |what: &str| {
        let bytes = fs::read(folder.join(format!("{number}.{what}"))).unwrap_or_default();
        String::from_utf8_lossy(&bytes).into_owned()
    };
    let values = |what: &str| {
        text(what)
            .split_terminator('\0')
            .filter_map(|pair| pair.split_once('='))
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect()
    };
    Sourced {
        status: text("status"),
        said: text("said"),
        before: values("before"),
        after: values("after"),
    }
}
