//! Every link in the project's pages leads to a file, and to a heading in it.

use std::path::{Component, Path, PathBuf};

use super::pages::{self, Page};

/// The anchor of a heading, as mdBook and the hosts of repositories make it.
fn anchor(heading: &str) -> String {
    let kept = |c: char| c.is_alphanumeric() || "-_ ".contains(c);
    let text: String = heading.to_lowercase().chars().filter(|c| kept(*c)).collect();
    text.replace(' ', "-")
}

/// `docs/src/../../README.md` as `README.md`.
fn plain(path: &Path) -> PathBuf {
    let mut parts = PathBuf::new();
    for part in path.components() {
        if part == Component::ParentDir {
            assert!(parts.pop(), "{} leads out of the repository", path.display());
        } else {
            parts.push(part);
        }
    }
    parts
}

/// The headings of a page, with those of a file that it includes.
fn headings(page: &Page) -> Vec<String> {
    match page.text.trim().strip_prefix("{{#include ") {
        Some(rest) => {
            let name = Path::new(&page.name).parent().unwrap().join(rest.trim_end_matches('}'));
            pages::read(plain(&name).to_str().unwrap()).headings
        }
        None => page.headings.clone(),
    }
}

fn broken(page: &Page) -> Vec<String> {
    let in_the_book = page.name.starts_with("docs/src/");
    let mut broken = Vec::new();
    for link in &page.links {
        if link.target.starts_with("https://") {
            continue;
        }
        let (file, heading) = link.target.split_once('#').unwrap_or((&link.target, ""));
        let target = match file {
            "" => PathBuf::from(&page.name),
            _ => plain(&Path::new(&page.name).parent().unwrap().join(file)),
        };
        let name = target.to_str().unwrap();
        let mut says = |what: &str| broken.push(format!("{}:{}: {} {what}", page.name, link.line, link.target));
        if !pages::root().join(&target).exists() {
            says("is not there");
        } else if in_the_book && !target.starts_with("docs/src") {
            says("is not in the book, so that the built page has a broken link");
        } else if !heading.is_empty() && !headings(&pages::read(name)).iter().any(|text| anchor(text) == heading) {
            says("has no such heading");
        }
    }
    broken
}

#[test]
fn every_link_leads_to_a_file_and_a_heading() {
    let mut pages = pages::below("docs");
    pages.extend(pages::below("packaging"));
    pages.extend(pages::below("tests"));
    pages.extend(
        [
            "README.md",
            "ARCHITECTURE.md",
            "SECURITY.md",
            "CONTRIBUTING.md",
            "CHANGELOG.md",
        ]
        .map(pages::read),
    );
    let broken: Vec<_> = pages.iter().flat_map(broken).collect();
    assert!(broken.is_empty(), "{}", broken.join("\n"));
    assert!(pages.iter().map(|page| page.links.len()).sum::<usize>() > 100);
}

#[test]
fn a_file_that_the_book_includes_links_to_nothing_outside_itself() {
    for page in pages::of_the_book() {
        if page.text.starts_with("{{#include ../../SECURITY.md}}") {
            let included = pages::read("SECURITY.md");
            let outside: Vec<_> = included
                .links
                .iter()
                .filter(|link| !link.target.starts_with('#'))
                .collect();
            assert!(
                outside.is_empty(),
                "SECURITY.md:{}: {}",
                outside[0].line,
                outside[0].target
            );
        }
    }
}
