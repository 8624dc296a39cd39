//! The verdicts of `ood_core`: as noted, or asked for again where Ruby is.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;

fn here(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/clusters_corpus")
        .join(name)
}

/// The verdicts by the cases' names, and the versions that made them.
pub fn verdicts(folders: &[(&str, &Path)]) -> Value {
    let noted = std::fs::read_to_string(here("verdicts.json")).unwrap_or_else(|_| "{}".into());
    let noted: Value = serde_json::from_str(&noted).expect("verdicts.json is JSON");
    if std::env::var_os("OOD_CORE").is_none() {
        return noted;
    }
    let asked = ask(folders);
    if std::env::var_os("OOD_K8S_BLESS").is_some() {
        std::fs::write(here("verdicts.json"), table(&asked)).unwrap();
        return asked;
    }
    assert_eq!(
        asked["verdicts"], noted["verdicts"],
        "ood_core judges otherwise than is noted"
    );
    asked
}

/// A line for each case.
fn table(asked: &Value) -> String {
    let verdicts = asked["verdicts"].as_object().expect("an object");
    let lines: Vec<_> = verdicts
        .iter()
        .map(|(name, verdict)| format!("    {}: {verdict}", Value::from(name.as_str())))
        .collect();
    let versions = &asked["versions"];
    format!(
        "{{\n  \"versions\": {versions},\n  \"verdicts\": {{\n{}\n  }}\n}}\n",
        lines.join(",\n")
    )
}

fn ask(folders: &[(&str, &Path)]) -> Value {
    let folders: BTreeMap<_, _> = folders.iter().copied().collect();
    let mut ruby = Command::new("ruby")
        .args(["-Ku", "-W0"])
        .arg(here("ood_core.rb"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("OOD_CORE is set, so Ruby is there");
    let input = serde_json::to_vec(&folders).unwrap();
    ruby.stdin.take().unwrap().write_all(&input).unwrap();
    let output = ruby.wait_with_output().unwrap();
    assert!(output.status.success(), "ood_core.rb failed");
    serde_json::from_slice(&output.stdout).expect("verdicts")
}
