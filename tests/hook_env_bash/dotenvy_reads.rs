//! dotenvy, an independent reader of such files: where it sees what bash sees, so do we; the rest is a table.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;
use std::{env, fs};

use super::bash::{source_each, Sourced, ENVIRONMENT};
use super::{corpus, disagreement, read, Values};

/// The files of the corpus of which dotenvy sees something else than bash, with what it sees.
const TABLE: &str = "tests/hook_env_bash/dotenvy.txt";
/// The decision with the counts.
const DECISION: &str = "docs/decisions/0013-no-dotenvy.md";

/// One file of the corpus, and what its three readers make of it; `None` if it is refused.
struct Case {
    file: String,
    ours: Option<Values>,
    theirs: Option<Values>,
    bash: Sourced,
}

impl Case {
    /// Whether dotenvy accepts the file with bash's values.
    fn is_bashs(&self) -> bool {
        let theirs = self.theirs.as_ref();
        theirs.is_some_and(|values| disagreement(&self.file, values, &self.bash).is_none())
    }

    /// dotenvy's part of a line of the table.
    fn verdict(&self) -> &'static str {
        match &self.theirs {
            None => "refused",
            Some(_) if self.is_bashs() => "as bash",
            Some(_) => "otherwise",
        }
    }
}

/// All files of the corpus. Those that we refuse run no program in bash: its `PATH` leads nowhere.
fn cases() -> &'static [Case] {
    static CASES: OnceLock<Vec<Case>> = OnceLock::new();
    CASES.get_or_init(|| judged(files()))
}

fn files() -> Vec<String> {
    let accepted = corpus::ACCEPTED.iter().map(|&file| file.to_owned());
    let refused = corpus::refused().into_iter().map(|(file, ..)| file);
    accepted.chain(refused).collect()
}

fn judged(files: Vec<String>) -> Vec<Case> {
    let texts: Vec<&str> = files.iter().map(String::as_str).collect();
    let sourced = source_each(&texts, "C.UTF-8");
    let theirs = read_by_dotenvy(&texts);
    let rest = sourced.into_iter().zip(theirs);
    let cases = files.into_iter().zip(rest).map(|(file, (bash, theirs))| Case {
        ours: read(&file).ok(),
        file,
        theirs,
        bash,
    });
    cases.collect()
}

const CHILD: &str = "dotenvy_reads::the_files_here_are_read_with_the_environment_of_this_process";

/// dotenvy takes references from the environment of its process: this is a child with that of bash.
fn read_by_dotenvy(files: &[&str]) -> Vec<Option<Values>> {
    let folder = tempfile::tempdir().expect("a temporary folder");
    for (number, file) in files.iter().enumerate() {
        fs::write(folder.path().join(number.to_string()), file).expect("written");
    }
    let child = Command::new(env::current_exe().expect("this test"))
        .args(["--ignored", "--exact", CHILD])
        .current_dir(folder.path())
        .env_clear()
        .envs(ENVIRONMENT.iter().copied())
        .output()
        .expect("this test starts");
    assert!(child.status.success(), "{}", String::from_utf8_lossy(&child.stdout));
    let read = |number: usize| {
        let answer = fs::read(folder.path().join(format!("{number}.read"))).expect("the child's answer");
        serde_json::from_slice(&answer).expect("JSON")
    };
    (0..files.len()).map(read).collect()
}

#[test]
#[ignore = "the child of the other tests here"]
fn the_files_here_are_read_with_the_environment_of_this_process() {
    for number in 0.. {
        let path = PathBuf::from(number.to_string());
        let Ok(file) = fs::read(&path) else { return };
        let pairs: Result<BTreeMap<_, _>, _> = dotenvy::from_read_iter(file.as_slice()).collect();
        let answer = serde_json::to_string(&pairs.ok()).expect("JSON");
        fs::write(path.with_extension("read"), answer).expect("written");
    }
}

#[test]
fn every_file_that_dotenvy_reads_as_bash_does_we_read_alike_or_refuse() {
    for case in cases().iter().filter(|case| case.is_bashs()) {
        let ours = case.ours.as_ref();
        let is_alike = ours.is_none_or(|ours| disagreement(&case.file, ours, &case.bash).is_none());
        assert!(is_alike, "{:?}: ours {ours:?}, dotenvy's {:?}", case.file, case.theirs);
    }
}

#[test]
fn where_dotenvy_differs_from_bash_is_a_table_that_is_true() {
    let mut table = String::new();
    for case in cases() {
        let is_accepted = case.ours.is_some();
        // Neither takes the file, or all three agree.
        if (is_accepted && case.is_bashs()) || (!is_accepted && case.theirs.is_none()) {
            continue;
        }
        let (ours, theirs) = (if is_accepted { "as bash" } else { "refused" }, case.verdict());
        let shown = case.theirs.as_ref().filter(|_| !case.is_bashs());
        let shown = shown.map(|values| format!("  {values:?}")).unwrap_or_default();
        writeln!(table, "ours {ours}  dotenvy {theirs:<9}  {:?}{shown}", case.file).expect("a string takes all");
    }
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(TABLE);
    if env::var_os("OOD_K8S_BLESS").is_some() {
        fs::write(&path, &table).expect("written");
    }
    let written = fs::read_to_string(&path).expect(TABLE);
    let differing = table.lines().find(|line| !written.lines().any(|old| old == *line));
    assert!(table == written, "{TABLE} (tests/generate writes it): {differing:?}");
}

#[test]
fn the_decision_against_dotenvy_has_the_counts_of_today() {
    let cases = cases();
    let count = |is_accepted: bool, said: &[&str]| {
        let of = cases.iter().filter(|case| case.ours.is_some() == is_accepted);
        of.filter(|case| said.is_empty() || said.contains(&case.verdict()))
            .count()
    };
    let (good, bad) = (count(true, &[]), count(false, &[]));
    let rows = [
        format!(
            "| {good} that bash accepts without a message | {good} with bash's values | {} with bash's values, **{} others**, {} refused |",
            count(true, &["as bash"]),
            count(true, &["otherwise"]),
            count(true, &["refused"]),
        ),
        format!(
            "| {bad} that must be refused | {bad} refused | {} refused, **{} accepted**, {} of these otherwise than bash |",
            count(false, &["refused"]),
            count(false, &["as bash", "otherwise"]),
            count(false, &["otherwise"]),
        ),
    ];
    let decision = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(DECISION)).expect(DECISION);
    for row in rows {
        assert!(decision.contains(&row), "{DECISION} lacks:\n{row}");
    }
}
