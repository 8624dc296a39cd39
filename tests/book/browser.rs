//! The book in a real browser, 1,100 pixels wide: no table is wider than the page, and the search finds what people look for.
//!
//! It needs Chromium, which is larger than everything else that the tests need, so it runs on request:
//! `cargo test --test book in_a_browser -- --ignored`. With `OOD_K8S_SCREENSHOTS=DIR` it leaves pictures of two pages there.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::built::{html_below, mdbook, SEARCHED};
use super::pages::root;

/// What an administrator types who has a question, and a page with the answer: it is among the first results.
const QUESTIONS: [(&str, &str); 10] = [
    ("root token expired", "root-token.html"),
    ("renamed", "faq.html"),
    ("old scripts back", "faq.html"),
    ("x509", "troubleshoot/cluster.html"),
    ("run as root", "pods.html"),
    ("gpu", "pods.html"),
    ("new registry password", "registry-passwords.html"),
    ("upgrade", "upgrade.html"),
    ("port", "requirements.html"),
    ("logins slow", "troubleshoot/slow.html"),
];
/// So many results are seen at once.
const SEEN: usize = 8;

const SIZE: &str = "--window-size=1100,1400";

/// `CHROMIUM`, or the one in `PATH`.
fn chromium(more: &[&str], address: &str) -> String {
    let program = std::env::var_os("CHROMIUM").map_or_else(|| PathBuf::from("chromium"), PathBuf::from);
    let profile = tempfile::tempdir().unwrap();
    let run = Command::new(program)
        .args([
            "--headless=new",
            "--no-sandbox",
            "--disable-gpu",
            "--virtual-time-budget=5000",
            SIZE,
        ])
        .arg(format!("--user-data-dir={}", profile.path().display()))
        .args(more)
        .arg(address)
        .output()
        .expect("chromium (Debian's package), or CHROMIUM");
    assert!(run.status.success(), "{address}: {run:?}");
    String::from_utf8(run.stdout).unwrap()
}

fn address(page: &Path, query: &str) -> String {
    format!("file://{}{query}", page.display())
}

/// What `look.js` noted in the page.
fn noted<'a>(html: &'a str, what: &str) -> &'a str {
    let rest = html
        .split_once(&format!("data-{what}=\""))
        .unwrap_or_else(|| panic!("nothing was noted: {what}"))
        .1;
    rest.split('"').next().unwrap()
}

/// The pages that the search found, the best first.
fn results(html: &str) -> Vec<String> {
    let list = html.split_once("searchresults\"").map_or("", |(_, list)| list);
    let list = list.split("</ul>").next().unwrap_or_default();
    let links = list
        .split("href=\"")
        .skip(1)
        .filter_map(|rest| rest.split(['?', '#', '"']).next());
    links.map(str::to_owned).collect()
}

fn build() -> tempfile::TempDir {
    let built = tempfile::tempdir().unwrap();
    let docs = built.path().join("docs");
    let copied = Command::new("cp")
        .arg("-r")
        .arg(root().join("docs"))
        .arg(&docs)
        .status()
        .unwrap();
    assert!(copied.success());
    fs::copy(root().join("tests/book/look.js"), docs.join("look.js")).unwrap();
    let run = Command::new(mdbook().expect("mdBook is needed"))
        .args(["build", "-d", "../book"])
        .env("MDBOOK_OUTPUT__HTML__ADDITIONAL_JS", "[\"look.js\"]")
        .current_dir(&docs)
        .output()
        .unwrap();
    assert!(run.status.success(), "{run:?}");
    built
}

#[test]
#[ignore = "needs Chromium, and a minute"]
fn in_a_browser_no_table_is_too_wide_and_the_search_finds_what_people_look_for() {
    let built = build();
    let book = built.path().join("book");
    let mut pages = std::collections::BTreeMap::new();
    html_below(&book, &mut pages);
    let (mut wide, mut tables) = (Vec::new(), 0);
    for page in pages
        .keys()
        .filter(|page| !page.ends_with("404.html") && !page.ends_with("toc.html"))
    {
        let html = chromium(&["--dump-dom"], &address(page, ""));
        tables += noted(&html, "tables").parse::<usize>().unwrap();
        if !noted(&html, "wide").is_empty() || noted(&html, "scrolls") == "true" {
            wide.push(format!("{}: {:?}", page.display(), noted(&html, "wide")));
        }
    }
    assert!(wide.is_empty() && tables > 30, "{tables} tables, too wide: {wide:#?}");
    let finds = |words: &str| {
        let query = format!("?search={}", words.replace(' ', "%20"));
        results(&chromium(&["--dump-dom"], &address(&book.join("index.html"), &query)))
    };
    for word in SEARCHED {
        assert!(!finds(word).is_empty(), "the search finds nothing for {word}");
    }
    assert!(finds("xyzzyplugh").is_empty(), "the search finds anything");
    for (words, page) in QUESTIONS {
        let found = finds(words);
        let seen = found.iter().take(SEEN).any(|result| result.starts_with(page));
        assert!(seen, "{words:?} does not lead to {page}: {found:#?}");
    }
    if let Some(folder) = std::env::var_os("OOD_K8S_SCREENSHOTS") {
        for page in ["clients", "check"] {
            let picture = format!("--screenshot={}/{page}.png", Path::new(&folder).display());
            chromium(&[&picture], &address(&book.join(format!("{page}.html")), ""));
        }
    }
}
