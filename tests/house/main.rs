//! The shape of the source: one way for imports, no circle, one door for files, and a map that is true.

mod files;
mod floors;
mod packages;
mod source;

use files::{by_name, ALLOWED};
use floors::{circles, floors, wrong_arrows};
use packages::{below, JUDGES};
use source::{root, Source};

/// In lines; what is longer is no map.
const LONGEST_MAP: usize = 200;

#[test]
fn no_module_imports_from_its_own_floor_or_from_above() {
    let wrong = wrong_arrows(&Source::of_this_crate());
    assert!(wrong.is_empty(), "{} arrows:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn no_files_import_each_other_in_a_circle() {
    let source = Source::of_this_crate();
    let circles = circles(&source);
    assert!(circles.is_empty(), "{circles:#?}");
}

#[test]
fn every_module_of_the_library_stands_on_a_floor() {
    let source = Source::of_this_crate();
    let floors = floors(&source.modules[""]);
    let modules = source.modules.keys().filter_map(|name| name.split("::").next());
    for module in modules.filter(|name| !name.is_empty() && *name != "main") {
        assert!(floors.contains_key(module), "lib.rs has no floor for {module}");
    }
}

#[test]
fn the_process_is_copied_in_one_file_which_the_program_calls_first() {
    let source = Source::of_this_crate();
    let with = |word: &str| -> Vec<&str> {
        let modules = source.modules.iter().filter(|(_, text)| text.contains(word));
        modules.map(|(name, _)| name.as_str()).collect()
    };
    assert_eq!(with("fork::"), ["home::ahead"]);
    assert_eq!(with("start_ahead"), ["home", "home::ahead", "main"]);
}

#[test]
fn every_file_opens_with_a_sentence_that_says_what_it_is_for() {
    for (name, text) in &Source::of_this_crate().modules {
        let opening: Vec<_> = text.lines().map_while(|line| line.strip_prefix("//! ")).collect();
        let opening = opening.join(" ");
        assert!(
            opening.contains(['.', ':', ';']),
            "{name} opens with no sentence: {opening:?}"
        );
    }
}

#[test]
fn the_map_names_every_module_once_and_is_short() {
    let map = std::fs::read_to_string(root().join("ARCHITECTURE.md")).unwrap();
    let lines = map.lines().count();
    assert!(
        lines <= LONGEST_MAP,
        "ARCHITECTURE.md has {lines} lines; reasons go to docs/decisions"
    );
    let source = Source::of_this_crate();
    let mut named = Vec::new();
    for row in map.lines().filter_map(|line| line.strip_prefix("| `")) {
        named.extend(row.split('`').next());
    }
    let floors = floors(&source.modules[""]);
    let floor_of = |row: &&str| floors.get(row.trim_end_matches('/').trim_end_matches(".rs")).copied();
    let order: Vec<_> = named.iter().filter_map(floor_of).collect();
    assert!(
        order.is_sorted(),
        "the map's rows stand in the order of the floors: {named:?}"
    );
    for module in floors.keys() {
        let is_folder = source
            .modules
            .keys()
            .any(|name| name.starts_with(&format!("{module}::")));
        let row = format!("{module}{}", if is_folder { "/" } else { ".rs" });
        let count = named.iter().filter(|name| **name == row).count();
        assert_eq!(count, 1, "rows of the map for {row}");
    }
}

/// The names of tests in a text: in backticks, and long enough for a sentence.
fn tests_named(text: &str) -> Vec<&str> {
    let is_letter = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    let words = text.split('`').skip(1).step_by(2);
    words
        .filter(|word| word.matches('_').count() >= 4 && word.chars().all(is_letter))
        .collect()
}

#[test]
fn every_promise_in_security_md_names_its_test_and_every_test_that_is_named_exists() {
    let security = std::fs::read_to_string(root().join("SECURITY.md")).unwrap();
    let done = security
        .split("## ")
        .find(|part| part.starts_with("What is done\n"))
        .unwrap();
    let promises: Vec<_> = done.split("\n- **").skip(1).collect();
    assert!(promises.len() >= 15, "{promises:#?}");
    for promise in promises {
        assert!(!tests_named(promise).is_empty(), "no test is named: {promise}");
    }
    let sources: Vec<_> = ["src", "tests"]
        .iter()
        .flat_map(|folder| rust_files(&root().join(folder)))
        .collect();
    for name in tests_named(&security) {
        let function = format!("fn {name}()");
        let count = sources.iter().filter(|text| text.contains(&function)).count();
        assert!(count > 0, "SECURITY.md names {name}, which is no test");
    }
}

/// The text of each source file below a directory.
fn rust_files(folder: &std::path::Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let files = entries.flat_map(|path| match path.is_dir() {
        true => rust_files(&path),
        false if path.extension().is_some_and(|end| end == "rs") => vec![std::fs::read_to_string(&path).unwrap()],
        false => Vec::new(),
    });
    files.collect()
}

/// A source that was made up: an order, and what each module imports.
fn planted(modules: &[(&str, &str)]) -> Source {
    let modules = modules
        .iter()
        .map(|(name, text)| ((*name).to_owned(), (*text).to_owned()));
    Source {
        modules: modules.collect(),
    }
}

const HOUSE: &str = "// Floor 2\npub mod roof;\n\n// Floor 1\npub mod ground;\npub mod cellar;\n";

#[test]
fn an_arrow_that_was_planted_to_run_up_or_along_a_floor_is_found() {
    let downwards = [
        ("", HOUSE),
        ("roof", "use crate::ground::Stone;"),
        ("ground", ""),
        ("cellar", ""),
    ];
    assert_eq!(wrong_arrows(&planted(&downwards)), Vec::<String>::new());
    let upwards = [
        "use crate::roof;",
        "use crate::{cellar, std::fs};",
        "fn f() { super::roof::g() }",
        "fn f() { println!(\"{}\", crate::roof::G) }",
        "type T = Vec<crate::roof::T>;",
        "mod tests { use super::super::roof; }",
    ];
    for text in upwards {
        let source = planted(&[("", HOUSE), ("roof", ""), ("ground", text), ("cellar", "")]);
        assert_eq!(wrong_arrows(&source).len(), 1, "{text}");
    }
}

#[test]
fn a_circle_that_was_planted_is_found_also_through_the_face_of_a_room() {
    let through_the_face = [
        ("", "// Floor 1\nmod room;"),
        ("room", "mod a; mod b; pub use a::A; pub use b::B;"),
        ("room::a", "use super::B;"),
        ("room::b", "pub struct B;"),
    ];
    let source = planted(&through_the_face);
    let mut found = circles(&source).concat();
    found.sort_unstable();
    assert_eq!(found, ["room", "room::a"]);
    let from_the_file = [
        through_the_face[0],
        through_the_face[1],
        ("room::a", "use super::b::B;"),
        through_the_face[3],
    ];
    assert!(circles(&planted(&from_the_file)).is_empty());
}

#[test]
fn no_file_is_opened_by_its_name_outside_the_door() {
    let found = by_name(&Source::of_this_crate());
    let is_allowed = |module: &str| ALLOWED.iter().any(|(allowed, _)| *allowed == module);
    let wrong: Vec<_> = found.iter().filter(|(module, _)| !is_allowed(module)).collect();
    assert!(wrong.is_empty(), "files of root's go through src/door: {wrong:#?}");
    for (allowed, _) in ALLOWED {
        assert!(
            found.iter().any(|(module, _)| module == allowed),
            "{allowed} opens nothing by name any more"
        );
    }
}

#[test]
fn a_file_that_was_planted_to_be_opened_by_its_name_is_found() {
    for text in [
        "use std::fs;",
        "use std::fs::{self, File};",
        "use std::{fs as files, io};",
        "use std::fs::read_to_string;",
        "use std::fs::*;",
        "fn f() { std::fs::read(p); }",
        "use std::fs::File; fn f() { File::open(p); }",
        "fn f() { std::fs::OpenOptions::new(); }",
        "fn f() { p.canonicalize(); }",
        "fn f() { path.metadata(); }",
        "fn f() { paths.find(Path::exists); }",
        "fn f() { assert!(std::fs::read(p).is_ok()); }",
        "fn f() { rustix::fs::openat(d, p, f, m); }",
        "use nix::fcntl::open;",
        "fn f() { p.is_dir(); }",
        "fn f() { paths.iter().filter(|path| path.is_file()); }",
        "fn f() { paths.any(Path::is_dir); }",
        "fn f() { nix::sys::stat::lstat(p); }",
        "use nix::sys::statfs::statfs;",
        "fn f() { nix::unistd::mkdir(p, m); }",
        "use nix::unistd::{getuid, unlink};",
        "use nix::unistd::*;",
        "fn f() { nix::mount::mount(a, b, c, d, e); }",
        "fn f() { tempfile::tempfile(); }",
    ] {
        assert!(!by_name(&planted(&[("room", text)])).is_empty(), "{text}");
        assert!(by_name(&planted(&[("door::walk", text)])).is_empty(), "{text}");
    }
    for text in [
        "use std::fs::{File, TryLockError};",
        "fn f() { file.metadata(); }",
        "fn f() { metadata.is_file(); }",
        "use nix::unistd::{Pid, Uid};",
        "#[cfg(test)] mod tests { use std::fs; fn f() { fs::read(p); } }",
        "fn f() { rustix::fs::fstat(fd); }",
    ] {
        assert_eq!(by_name(&planted(&[("room", text)])), [], "{text}");
    }
}

#[test]
fn no_crate_that_judges_ours_reaches_the_program() {
    let program = below("ood-k8s", "normal,build");
    assert!(program.contains("hyper") && program.contains("rustls"), "{program:?}");
    let with_tests = below("ood-k8s-identity-provider", "normal,build,dev");
    let all: Vec<_> = with_tests.union(&below("ood-k8s", "normal,dev")).cloned().collect();
    for judge in JUDGES {
        assert!(!program.contains(*judge), "{judge} is linked into the program");
        assert!(all.iter().any(|name| name == judge), "{judge} judges nothing any more");
    }
}

/// docs/decisions/0016-no-oauth-crate.md: the reason is what it would bring, and that does not have to be exact.
#[test]
fn openidconnect_would_bring_the_program_dozens_of_packages_that_it_does_not_have() {
    let program = below("ood-k8s", "normal,build");
    let judged = below("ood-k8s-identity-provider", "normal,build,dev");
    let without = below("ood-k8s-sandbox", "normal,build,dev");
    let more: Vec<_> = judged
        .iter()
        .filter(|name| !program.contains(*name) && !without.contains(*name))
        .collect();
    assert!(more.len() >= 60, "{} packages: {more:?}", more.len());
}
