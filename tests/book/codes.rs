//! The codes of findings: each has its place in the book and in the list that may only grow, and each is used.

use std::fs;
use std::path::Path;
use std::process::Command;

use ood_k8s::findings::Code;

use super::pages::root;

/// Every code that ever was, with its name in the source and what it means.
const LIST: &str = "docs/codes.txt";
const BLESS: &str = "tests/generate";
/// The pages, by the first digit of the codes on them.
const PAGES: [(u16, &str); 9] = [
    (1, "hook.env, clusters.d and registry passwords"),
    (2, "Root's kubeconfig and its token"),
    (3, "The cluster and the rights of root's account"),
    (4, "One user"),
    (5, "Users' tokens and the identity provider"),
    (6, "The web node"),
    (7, "Users' namespaces (audit)"),
    (8, "The installation (audit)"),
    (9, "The look itself"),
];

fn is_blessed() -> bool {
    std::env::var_os("OOD_K8S_BLESS").is_some()
}

fn line(code: Code) -> String {
    format!("{code} {code:?}: {}", code.what())
}

/// The sections of the codes with this first digit.
fn sections(digit: u16) -> String {
    let codes = Code::ALL.iter().filter(|code| **code as u16 / 100 == digit);
    let sections: Vec<_> = codes.map(|code| section(*code)).collect();
    sections.concat()
}

fn section(code: Code) -> String {
    let (what, why, remedy) = (code.what(), text(code.why()), text(code.remedy()));
    format!("\n### {code}: {what}\n\n{why} *What to do:* {remedy}\n")
}

/// As Markdown: what looks like HTML or emphasis is not.
fn text(line: &str) -> String {
    line.replace('*', "\\*").replace('<', "&lt;")
}

#[test]
fn the_book_has_a_section_for_each_code_with_the_programs_own_words() {
    for (digit, title) in PAGES {
        let page = root().join(format!("docs/src/codes/{digit}.md"));
        let wanted = format!("# OK8S-{digit}xx: {title}\n{}", sections(digit));
        if is_blessed() {
            fs::create_dir_all(page.parent().unwrap()).unwrap();
            fs::write(&page, &wanted).unwrap();
        }
        let found = fs::read_to_string(&page).unwrap_or_default();
        assert!(found == wanted, "{} is not up to date; run: {BLESS}", page.display());
    }
    let has_page = |code: &Code| PAGES.iter().any(|(digit, _)| *code as u16 / 100 == *digit);
    assert!(Code::ALL.iter().all(has_page), "a code is on no page");
}

#[test]
fn the_list_of_codes_is_what_the_program_has() {
    let path = root().join(LIST);
    let mut list = fs::read_to_string(&path).unwrap_or_default();
    if is_blessed() {
        // Only what is new is added: what is there already stays, and the comparison below fails if it is not right.
        let known: Vec<String> = list.lines().map(str::to_owned).collect();
        let number = |line: &str| line.split(' ').next().unwrap_or_default().to_owned();
        let taken: Vec<_> = known.iter().map(|line| number(line)).collect();
        for code in Code::ALL.iter().filter(|code| !taken.contains(&code.to_string())) {
            list.push_str(&line(*code));
            list.push('\n');
        }
        fs::write(&path, &list).unwrap();
    }
    let mut listed: Vec<_> = list.lines().map(str::to_owned).collect();
    listed.sort();
    let mut own: Vec<_> = Code::ALL.iter().map(|code| line(*code)).collect();
    own.sort();
    assert_eq!(
        listed, own,
        "{LIST} differs from the program: a code keeps its number, its name and its meaning; a new one is added with: {BLESS}"
    );
}

/// Every line of every committed version of the list is still there. `OOD_K8S_HISTORY` is where git finds them, for a copy.
#[test]
fn the_list_of_codes_has_only_grown() {
    let history = std::env::var_os("OOD_K8S_HISTORY").map_or_else(root, Into::into);
    let git = |arguments: &[&str]| {
        let mut git = Command::new("git");
        git.args(["-c", "safe.directory=*", "-C"]).arg(&history);
        let output = git.args(arguments).output().ok();
        let output = output.filter(|output| output.status.success())?;
        Some(String::from_utf8_lossy(&output.stdout).into_owned())
    };
    let Some(commits) = git(&["log", "--format=%H", "--", LIST]) else {
        eprintln!("SKIPPED: this is no checkout of git's, so earlier lists are not known");
        return;
    };
    let now = fs::read_to_string(root().join(LIST)).unwrap();
    for commit in commits.lines() {
        let then = git(&["show", &format!("{commit}:{LIST}")]).unwrap_or_default();
        for line in then.lines() {
            assert!(
                now.lines().any(|kept| kept == line),
                "{line:?} was in {LIST} at {commit}, and is gone or means something else: codes are never reused"
            );
        }
    }
}

/// The names behind `Code::` in a folder, without the file that defines them.
fn used(folder: &Path, found: &mut String) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            used(&path, found);
        } else if path.extension().is_some_and(|end| end == "rs") && !path.ends_with("findings/code.rs") {
            let text = fs::read_to_string(&path).unwrap();
            found.push_str(text.split("#[cfg(test)]").next().unwrap());
        }
    }
}

#[test]
fn every_code_is_given_by_something() {
    let mut source = String::new();
    used(&root().join("src"), &mut source);
    let names: Vec<_> = source
        .split("Code::")
        .skip(1)
        .map(|rest| rest.split(|c: char| !c.is_alphanumeric()).next().unwrap())
        .collect();
    let unused: Vec<_> = Code::ALL
        .iter()
        .map(|code| format!("{code:?}"))
        .filter(|name| !names.contains(&name.as_str()))
        .collect();
    assert_eq!(unused, Vec::<String>::new());
}
