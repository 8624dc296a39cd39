//! Every command in README and the book is one that its program accepts, as far as that can be seen without running it.

use std::process::Command;

use clap::Parser as _;
use ood_k8s::cli::Cli;

use super::pages::{self, Block, Page};

/// Other programs that pages call. Their arguments are not looked at.
const OTHERS: [&str; 24] = [
    "apt",
    "base64",
    "cat",
    "cargo",
    "chronyc",
    "curl",
    "cut",
    "dnf",
    "getent",
    "grep",
    "install",
    "journalctl",
    "jq",
    "kubectl",
    "mdbook",
    "ood-k8s",
    "openssl",
    "rm",
    "rpm",
    "ssh",
    "systemctl",
    "tr",
    "unshare",
    "update_ood_portal",
];

/// The commands of a block: in a `console` each line with a prompt, in a `sh` each line.
fn commands(block: &Block) -> Vec<String> {
    let prompt = |line: &String| line.strip_prefix("# ").or(line.strip_prefix("$ ")).map(str::to_owned);
    match block.language.as_str() {
        "console" => block.lines.iter().filter_map(prompt).collect(),
        "sh" => block.lines.clone(),
        _ => Vec::new(),
    }
}

/// A command line's programs with their arguments: split at `|`, `;`, `&&` and newlines, quotes removed.
pub fn programs(line: &str) -> Vec<Vec<String>> {
    let mut programs = vec![Vec::new()];
    let mut word: Option<String> = None;
    let mut chars = line.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\'' | '"' => {
                let inside: String = chars.by_ref().take_while(|next| *next != c).collect();
                word.get_or_insert_default().push_str(&inside);
            }
            '\\' => word.get_or_insert_default().extend(chars.next()),
            ' ' => programs.last_mut().unwrap().extend(word.take()),
            '|' | ';' | '&' => {
                programs.last_mut().unwrap().extend(word.take());
                programs.push(Vec::new());
            }
            '>' => break,
            '#' if word.is_none() => break,
            _ => word.get_or_insert_default().push(c),
        }
    }
    programs.last_mut().unwrap().extend(word.take());
    programs.retain(|words| !words.is_empty());
    for words in &mut programs {
        words.retain(|word| word != "…");
        // What xargs adds is, in these pages, a user.
        words.extend((words[0] == "xargs").then(|| "alice".to_owned()));
        while ["sudo", "time", "xargs"].contains(&words[0].as_str()) {
            words.remove(0);
        }
    }
    programs
}

/// What is wrong with the command lines of this program. Within a text, the bare name of a command is one.
pub fn refused(line: &str, within_text: bool) -> Option<String> {
    for words in programs(line)
        .into_iter()
        .filter(|words| words[0] == "ood-k8s" && words.len() > 1)
    {
        if let Err(error) = Cli::try_parse_from(&words) {
            use clap::error::ErrorKind::{DisplayHelp, DisplayVersion, MissingRequiredArgument};
            let mentioned = error.kind() == MissingRequiredArgument && within_text && words.len() == 2;
            if !mentioned && ![DisplayHelp, DisplayVersion].contains(&error.kind()) {
                return Some(format!("{words:?}: {error}"));
            }
        }
    }
    None
}

fn syntax_is_right(line: &str) -> bool {
    Command::new("bash")
        .args(["-n", "-c", line])
        .status()
        .unwrap()
        .success()
}

/// That the programs of a command line are known, and this program's arguments right.
pub fn programs_are_accepted(page: &Page, line: usize, command: &str) -> Result<(), String> {
    let says = |what: &str| Err(format!("{}:{line}: {command}: {what}", page.name));
    if !syntax_is_right(command) {
        return says("bash does not read it");
    }
    for words in programs(command) {
        let name = words[0].rsplit('/').next().unwrap();
        if !OTHERS.contains(&name) {
            return says("an unknown program; add it to OTHERS if that is right");
        }
    }
    refused(command, false).map_or(Ok(()), |why| says(&why))
}

#[test]
fn every_command_in_readme_and_the_book_is_accepted() {
    let mut wrong = Vec::new();
    let mut checked = 0;
    for page in pages::of_users() {
        for block in &page.blocks {
            for command in commands(block) {
                wrong.extend(programs_are_accepted(&page, block.line, &command).err());
                checked += 1;
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(checked > 50, "{checked}");
}

/// `ood-k8s refresh-token --cluster ID`: in the text, and in the cells of tables.
#[test]
fn every_command_within_the_text_is_accepted() {
    let mut wrong = Vec::new();
    let mut checked = 0;
    let mut pages = pages::of_users();
    pages.extend(["SECURITY.md", "ARCHITECTURE.md", "CONTRIBUTING.md"].map(pages::read));
    for page in pages {
        for (line, span) in page.spans.iter().filter(|(_, span)| span.starts_with("ood-k8s ")) {
            wrong.extend(refused(span, true).map(|why| format!("{}:{line}: {why}", page.name)));
            checked += 1;
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(checked > 20, "{checked}");
}

#[test]
fn a_command_line_is_split_as_a_shell_does() {
    let line = r#"ssh a kubectl create token | sudo ood-k8s check --user 'a b' "c" \d > /dev/null"#;
    let split = programs(line);
    assert_eq!(split[0], ["ssh", "a", "kubectl", "create", "token"]);
    assert_eq!(split[1], ["ood-k8s", "check", "--user", "a b", "c", "d"]);
    assert!(refused("ood-k8s check --usr alice", true).is_some());
}
