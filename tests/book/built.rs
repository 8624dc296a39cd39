//! The book as mdBook builds it: no link or picture is broken, and the words that people search for are in it.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::pages::root;

/// What administrators look for, in the words in which they do.
pub const SEARCHED: [&str; 5] = ["expired", "uninstall", "Puppet", "renamed", "restore"];

/// mdBook: `MDBOOK`, or the one in `PATH`. Without it the test is skipped, and with `OOD_K8S_TEST_STRICT=1` it fails.
pub fn mdbook() -> Option<PathBuf> {
    let program = std::env::var_os("MDBOOK").map_or_else(|| PathBuf::from("mdbook"), PathBuf::from);
    let runs = Command::new(&program)
        .arg("--version")
        .output()
        .is_ok_and(|run| run.status.success());
    if !runs {
        assert!(
            std::env::var_os("OOD_K8S_TEST_STRICT").is_none_or(|value| value != "1"),
            "there is no mdbook; set MDBOOK"
        );
        eprintln!("SKIPPED: there is no mdbook; set MDBOOK");
        return None;
    }
    Some(program)
}

/// The values of an attribute in a page.
fn values<'a>(html: &'a str, attribute: &str) -> Vec<&'a str> {
    let opening = format!(" {attribute}=\"");
    html.split(&opening)
        .skip(1)
        .filter_map(|rest| rest.split('"').next())
        .collect()
}

pub fn html_below(directory: &Path, found: &mut BTreeMap<PathBuf, String>) {
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            html_below(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "html") {
            found.insert(path.canonicalize().unwrap(), fs::read_to_string(&path).unwrap());
        }
    }
}

fn broken(pages: &BTreeMap<PathBuf, String>) -> Vec<String> {
    let mut broken = Vec::new();
    // 404.html is for a server's root, whose addresses begin there.
    for (path, html) in pages.iter().filter(|(path, _)| !path.ends_with("404.html")) {
        for target in values(html, "href").into_iter().chain(values(html, "src")) {
            if ["https://", "http://", "data:"]
                .iter()
                .any(|scheme| target.starts_with(scheme))
            {
                continue;
            }
            let (file, anchor) = target.split_once('#').unwrap_or((target, ""));
            let file = if file.is_empty() {
                path.clone()
            } else {
                path.parent().unwrap().join(file)
            };
            let Ok(file) = file.canonicalize() else {
                broken.push(format!("{}: {target}", path.display()));
                continue;
            };
            let there = |html: &String| anchor.is_empty() || values(html, "id").contains(&anchor);
            if !pages.get(&file).is_none_or(there) {
                broken.push(format!("{}: {target}: no such heading", path.display()));
            }
        }
    }
    broken
}

#[test]
fn the_built_book_has_no_broken_link_and_the_words_that_people_search_for() {
    let Some(mdbook) = mdbook() else { return };
    let built = tempfile::tempdir().unwrap();
    let run = Command::new(mdbook)
        .args(["build", "docs", "-d"])
        .arg(built.path())
        .current_dir(root())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&run.stderr);
    assert!(run.status.success() && !said.contains("WARN"), "{said}");

    let mut pages = BTreeMap::new();
    html_below(built.path(), &mut pages);
    assert!(pages.len() > 30, "{}", pages.len());
    let broken = broken(&pages);
    assert!(broken.is_empty(), "{}", broken.join("\n"));
    for word in SEARCHED {
        assert!(
            pages.values().any(|html| html.contains(word)),
            "no page has the word {word}"
        );
    }
    let mut files = fs::read_dir(built.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name());
    assert!(
        files.any(|name| name.to_string_lossy().starts_with("searchindex")),
        "the book has no search"
    );
}
