//! What stands between brackets in a kubeconfig: after an edit kubectl reads the same as before, or the file is untouched.

use std::fs;
use std::path::Path;

use ood_k8s::kubeconfig::apply_for_kubectl;
use serde_json::Value;

use super::{kubectl, view};
use crate::{entries, set, WAIT};

/// Of these, every text of up to four is tried in `{}` and in `[]`.
const PARTS: [&str; 9] = ["a", " ", "?", ":", "-", ",", "\"b\"", "{c: d}", "\n   "];

/// Those that kubectl reads otherwise than YAML 1.2 has it, or not at all; none may be edited.
const REFUSED: [&str; 18] = [
    "{?ame: WANTED, value: yes it is}",
    "[?a]",
    "{?: b}",
    "{a: ?b}",
    "{a: [?b]}",
    "[a, ?b : c]",
    "{a: b?c}",
    "{:a: b}",
    "[:a]",
    "{a:}",
    "[a:, b]",
    "{: b}",
    "{'a\n        b': c}",
    "{a: !x,b: c}",
    "&b:c d",
    "'a\u{85}b'",
    "a\u{2028}b",
    "a # b\u{2029}c: d",
];

fn texts() -> impl Iterator<Item = String> {
    let mut texts = vec![String::new()];
    let mut start = 0;
    for _ in 0..4 {
        let longer = texts[start..].iter();
        let longer: Vec<_> = longer
            .flat_map(|text| PARTS.map(|part| format!("{text}{part}")))
            .collect();
        start = texts.len();
        texts.extend(longer);
    }
    texts
        .into_iter()
        .flat_map(|text| [format!("{{{text}}}"), format!("[{text}]")])
}

/// A file in which each of these is something that nobody knows.
fn file(texts: &[&str]) -> String {
    let extensions = texts.iter().enumerate();
    let extensions: Vec<_> = extensions
        .map(|(number, text)| format!("    - name: e{number}\n      extension:\n       x: {text}\n"))
        .collect();
    let above = "apiVersion: v1\nkind: Config\nclusters:\n- name: o\n  cluster:\n    extensions:\n";
    format!("{above}{}", extensions.concat())
}

fn is_edited(text: &str) -> bool {
    apply_for_kubectl(&file(&[text]), &[entries("ours", "e.y.J")], None).is_ok()
}

fn extensions(program: &Path, path: &Path) -> Value {
    let view = view(program, path);
    let clusters = view["clusters"].as_array().expect("a list");
    let other = clusters.iter().find(|cluster| cluster["name"] == "o");
    other.expect("the other cluster")["cluster"]["extensions"].clone()
}

#[test]
fn whatever_stands_between_brackets_kubectl_reads_the_same_after_an_edit() {
    let Some(program) = kubectl() else { return };
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("config");
    let texts: Vec<_> = texts().filter(|text| is_edited(text)).collect();
    assert!(texts.len() > 1000, "{} of them can be edited", texts.len());
    let texts: Vec<_> = texts.iter().map(String::as_str).collect();
    // kubectl reads all of them, too: it would refuse the file for one that it does not.
    fs::write(&path, file(&texts)).expect("a file");
    let before = extensions(&program, &path);
    set(&path, WAIT, entries("ours", "e.y.J")).expect("an update");
    let after = extensions(&program, &path);
    for (number, text) in texts.iter().enumerate() {
        assert_eq!(after[number], before[number], "{text}");
    }
}

#[test]
fn what_kubectl_reads_otherwise_stays_as_it_is_and_is_told() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("config");
    for text in REFUSED {
        let before = file(&[text]);
        fs::write(&path, &before).expect("a file");
        let error = set(&path, WAIT, entries("ours", "e.y.J")).expect_err(text);
        let error = error.to_string();
        assert!(
            error.contains("something else to kubectl") && error.contains("; "),
            "{text}: {error}"
        );
        assert!(!error.contains('\n'), "{text}: {error}");
        assert_eq!(fs::read_to_string(&path).expect("the file"), before, "{text}");
    }
}
