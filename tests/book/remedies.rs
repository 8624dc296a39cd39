//! Every command that a message offers is one that its program accepts: this program's by its definition, others' when asked.
//!
//! Commands for files are run by `tests/attacks`, with hostile names; those of `check` by the tests of their findings.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

use ood_k8s_control_plane::Programs;
use proc_macro2::{TokenStream, TokenTree};

use super::commands::{programs, refused};
use super::pages::root;

/// kubectl's commands in messages; another word behind `kubectl` is prose.
const KUBECTL: [&str; 9] = [
    "apply", "auth", "config", "create", "delete", "describe", "get", "label", "patch",
];
/// Programs of the system in messages, which begin behind `run: `, `run ` or `&& `.
const SYSTEM: [&str; 7] = ["chmod", "chown", "install", "mv", "restorecon", "setfacl", "systemctl"];
/// Where a command ends in a sentence, outside of quotes.
const ENDS: [&str; 8] = ["; ", ", ", ")", " (", " and check", " and then", " every ", " where "];
/// What stands for a value in a format string: a word that every flag and argument takes.
const VALUE: &str = "x1";

/// The texts of a file's literals, without tests and comments.
fn literals(tokens: TokenStream, found: &mut Vec<String>) {
    let (mut before, mut last) = (String::new(), String::new());
    for tree in tokens {
        let is_test = before == "mod" && last == "tests";
        let is_comment = before == "doc" && last == "=";
        match &tree {
            TokenTree::Group(group) if !is_test => literals(group.stream(), found),
            TokenTree::Literal(literal) if !is_comment => {
                found.extend(syn::parse_str::<syn::LitStr>(&literal.to_string()).map(|text| text.value()));
            }
            _ => {}
        }
        let word = match tree {
            TokenTree::Ident(ident) => ident.to_string(),
            TokenTree::Punct(punct) => punct.to_string(),
            _ => String::new(),
        };
        before = std::mem::replace(&mut last, word);
    }
}

fn collect(folder: &Path, found: &mut Vec<(String, String)>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, found);
            continue;
        }
        if path.extension().is_none_or(|end| end != "rs") {
            continue;
        }
        let name = path.strip_prefix(root()).unwrap().display().to_string();
        let mut texts = Vec::new();
        literals(std::fs::read_to_string(&path).unwrap().parse().unwrap(), &mut texts);
        found.extend(texts.into_iter().map(|text| (name.clone(), text)));
    }
}

/// Whether a command begins here: a program, and behind it what only a command says.
fn begins(before: &str, text: &str) -> bool {
    let word = |n: usize| text.split([' ', ';', ',', ')']).nth(n).unwrap_or_default();
    let is_offered = before.is_empty() || before.ends_with([' ', '(']);
    let is_run = ["run: ", "run ", "&& ", ": "].iter().any(|end| before.ends_with(end));
    match word(0) {
        "kubectl" => is_offered && KUBECTL.contains(&word(1)),
        "ood-k8s" => is_offered && ood_k8s_commands().contains(word(1)),
        program => is_run && SYSTEM.contains(&program) && word(1).len() > 1,
    }
}

fn ood_k8s_commands() -> &'static BTreeSet<String> {
    static NAMES: std::sync::OnceLock<BTreeSet<String>> = std::sync::OnceLock::new();
    NAMES.get_or_init(|| {
        let command = <ood_k8s::cli::Cli as clap::CommandFactory>::command();
        let names = command.get_subcommands().map(|command| command.get_name().to_owned());
        names.collect()
    })
}

/// The command at the beginning of a text, up to the end of its clause.
fn clause(text: &str) -> &str {
    let mut quote = None;
    for (at, c) in text.char_indices() {
        match quote {
            Some(open) if c == open => quote = None,
            None if c == '\'' || c == '"' => quote = Some(c),
            None if ENDS.iter().any(|end| text[at..].starts_with(end)) => return &text[..at],
            _ => {}
        }
    }
    text.trim_end_matches(['.', ';', ','])
}

/// A format string with a value in place of each `{…}`.
fn filled(text: &str) -> String {
    let (mut out, mut rest) = (String::new(), text);
    while let Some(at) = rest.find(['{', '}']) {
        out.push_str(&rest[..at]);
        if rest[at..].starts_with("{{") || rest[at..].starts_with("}}") {
            out.push_str(&rest[at..=at]);
            rest = &rest[at + 2..];
        } else {
            out.push_str(VALUE);
            rest = rest[at..].split_once('}').map_or("", |(_, rest)| rest);
        }
    }
    out + rest
}

/// Every command in a message, with the file that says so.
fn offered() -> BTreeSet<(String, String)> {
    let mut texts = Vec::new();
    collect(&root().join("src"), &mut texts);
    // Help and what it shows are the tests of `commands`' business, and of the man pages'.
    texts.retain(|(file, _)| !file.starts_with("src/cli/") && !file.starts_with("src/commands/complete/"));
    let mut offered = BTreeSet::new();
    for (file, text) in &texts {
        let starts = text.char_indices().map(|(at, _)| at);
        for at in starts.filter(|at| begins(&text[..*at], &text[*at..])) {
            offered.insert((file.clone(), filled(clause(&text[at..]))));
        }
    }
    offered
}

/// What the program itself says against its arguments. `--help` behind them has it read them and do nothing.
fn complaint(program: &Path, words: &[String]) -> Option<String> {
    let asked = Command::new(program)
        .args(words)
        .arg("--help")
        .env("KUBECONFIG", "/dev/null")
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&asked.stderr).into_owned();
    (!asked.status.success()).then_some(said)
}

#[test]
fn this_programs_commands_in_messages_are_accepted() {
    let ours: Vec<_> = offered()
        .into_iter()
        .filter(|(_, line)| line.starts_with("ood-k8s "))
        .collect();
    let wrong: Vec<_> = ours
        .iter()
        .filter_map(|(file, line)| Some(format!("{file}: {line}: {}", refused(line, true)?)))
        // One of a flag's words, which the program fills in.
        .filter(|why| !why.contains(&format!("invalid value '{VALUE}'")))
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(ours.len() > 30, "{ours:#?}");
}

#[test]
fn commands_of_kubectl_and_the_system_in_messages_are_accepted_by_them() {
    let Ok(found) = Programs::find() else {
        let is_strict = std::env::var_os("OOD_K8S_TEST_STRICT").is_some_and(|strict| strict == "1");
        assert!(!is_strict, "kubectl is not built; run tests/control-plane/build");
        return eprintln!("SKIPPED: kubectl is not built; run tests/control-plane/build");
    };
    let (mut wrong, mut asked) = (Vec::new(), 0);
    for (file, line) in offered() {
        for words in programs(&line) {
            let program = match words[0].as_str() {
                "ood-k8s" => continue,
                "kubectl" => found.kubectl.clone(),
                name => match ["/usr/bin", "/bin", "/usr/sbin", "/sbin"]
                    .map(|folder| Path::new(folder).join(name))
                    .into_iter()
                    .find(|path| path.exists())
                {
                    Some(path) => path,
                    None => continue,
                },
            };
            asked += 1;
            wrong.extend(complaint(&program, &words[1..]).map(|said| format!("{file}: {line}: {said}")));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(asked > 25, "{asked}");
}

#[test]
fn a_command_is_found_in_a_sentence_and_ends_with_its_clause() {
    let text = "it is old; run: kubectl patch secret {name} -p '{{\"a\": 1, \"b\": 2}}', or wait";
    let at = text.find("kubectl").unwrap();
    assert!(begins(&text[..at], &text[at..]));
    assert_eq!(
        filled(clause(&text[at..])),
        "kubectl patch secret x1 -p '{\"a\": 1, \"b\": 2}'"
    );
    assert!(!begins("and ", "kubectl refuses such a file"));
    assert!(refused("ood-k8s check --usr x1", true).is_some());
}
