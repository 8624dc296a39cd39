//! The manual pages: written from the definition of the command line, and read again as people read them.

mod page;

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command as Process, Stdio};

use clap::{Command, CommandFactory as _, Parser as _};
use ood_k8s::cli::{Cli, EXIT_STATUS};

use super::support::skip;
use page::{escaped, options, shown, synopsis, Page, SECTION};

fn project(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// All pages, by their path in the project.
fn pages() -> Vec<(String, Vec<u8>)> {
    let mut command = Cli::with_global_options().disable_help_subcommand(true);
    command.build();
    let mut pages = vec![
        ("man/hook.env.5".to_owned(), hook_env()),
        ("man/ood-k8s-profiles.5".to_owned(), profiles()),
    ];
    let mut names = vec!["hook.env.5".to_owned(), "ood-k8s-profiles.5".to_owned()];
    name_all(&command, "", &mut names);
    of_command(&command, "", &names, &mut pages);
    pages
}

fn subcommands(command: &Command) -> impl Iterator<Item = &Command> {
    command.get_subcommands().filter(|subcommand| !subcommand.is_hide_set())
}

fn name_all(command: &Command, parent: &str, names: &mut Vec<String>) {
    let name = format!("{parent}{}", command.get_name());
    names.push(format!("{name}.{SECTION}"));
    subcommands(command).for_each(|subcommand| name_all(subcommand, &format!("{name}-"), names));
}

fn of_command(command: &Command, parent: &str, names: &[String], pages: &mut Vec<(String, Vec<u8>)>) {
    let name = format!("{parent}{}", command.get_name());
    let about = command.get_about().map(ToString::to_string).unwrap_or_default();
    let mut page = Page::new(&name, SECTION, &date(), &name, &about);
    page.section("SYNOPSIS");
    page.line(&synopsis(command, command.get_bin_name().unwrap_or("ood-k8s")));
    page.section("DESCRIPTION");
    let about = command.get_long_about().map_or(about, ToString::to_string);
    // clap takes the stop away from the first paragraph, which is also the summary.
    page.paragraphs(&match about.split_once("\n\n") {
        Some((first, rest)) => format!("{first}.\n\n{rest}"),
        None => format!("{}.", about.trim_end_matches('.')),
    });
    the_commands(&mut page, command, &name);
    the_options(&mut page, command, parent.is_empty());
    the_examples(&mut page, command);
    the_statuses(&mut page);
    the_files(&mut page);
    let others = names.iter().filter(|other| **other != format!("{name}.{SECTION}"));
    page.see_also(&others.cloned().collect::<Vec<_>>());
    pages.push((format!("man/{name}.{SECTION}"), page.into_bytes()));
    subcommands(command).for_each(|subcommand| of_command(subcommand, &format!("{name}-"), names, pages));
}

/// The date of the last release, as in the change log.
fn date() -> String {
    let changes = fs::read_to_string(project("CHANGELOG.md")).unwrap();
    let headings = changes.lines().filter(|line| line.starts_with("## "));
    let mut dates = headings
        .filter_map(|line| line.rsplit_once(" - "))
        .map(|(_, date)| date);
    let is_date = |date: &&str| date.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-');
    dates.find(is_date).unwrap_or_default().to_owned()
}

fn the_commands(page: &mut Page, command: &Command, name: &str) {
    if subcommands(command).next().is_none() {
        return;
    }
    page.section("COMMANDS");
    for subcommand in subcommands(command) {
        let about = subcommand.get_about().map(ToString::to_string).unwrap_or_default();
        let tag = format!(
            ".BR {} ({SECTION})",
            escaped(&format!("{name}-{}", subcommand.get_name()))
        );
        page.item(&tag, &format!("{about}."));
    }
}

fn the_options(page: &mut Page, command: &Command, is_first: bool) {
    page.section("OPTIONS");
    options(page, command, false);
    if is_first {
        page.line(".SS \"Global options\"");
        page.line("Every command accepts these.");
        options(page, command, true);
    } else {
        if shown(command).any(|arg| !arg.is_global_set()) {
            page.line(".PP");
        }
        page.line("The global options, such as");
        page.line(&format!(".B {}", escaped("--cluster")));
        page.line("and");
        page.line(&format!(".BR {} ,", escaped("--timeout")));
        page.line(&format!("are in\n.BR {} ({SECTION}).", escaped("ood-k8s")));
    }
}

/// The lines of the examples in a command's help.
fn examples(command: &Command) -> Vec<String> {
    let text = command.get_after_help().map(ToString::to_string).unwrap_or_default();
    let Some(lines) = text.strip_prefix("Examples:\n") else {
        return Vec::new();
    };
    lines
        .lines()
        .map(|line| line.strip_prefix("  ").unwrap_or(line).to_owned())
        .collect()
}

fn the_examples(page: &mut Page, command: &Command) {
    let lines = examples(command);
    if !lines.is_empty() {
        page.section("EXAMPLES");
        page.verbatim(lines.iter().map(String::as_str));
    }
}

fn the_statuses(page: &mut Page) {
    page.section("\"EXIT STATUS\"");
    let (list, after) = EXIT_STATUS.split_once("\n\n").unwrap();
    for line in list.lines().skip(1) {
        let (status, meaning) = line.trim().split_once("  ").unwrap();
        page.item(&page::bold(status), &format!("{}.", meaning.trim()));
    }
    page.line(".PP");
    page.paragraphs(after);
}

fn the_files(page: &mut Page) {
    page.section("FILES");
    for (path, what) in [
        (ood_k8s::config::HOOK_ENV, "The settings; see hook.env(5)."),
        (ood_k8s::config::CLUSTERS_DIR, "OnDemand's files, one for each cluster."),
        (
            "/root/.kube/config",
            "Root's kubeconfig, with a context for each cluster.",
        ),
    ] {
        page.item(&page::bold(path), what);
    }
}

/// hook.env(5): the example with its explanations. A line of text ends an example of keys, and the other way round.
fn hook_env() -> Vec<u8> {
    let text = fs::read_to_string(project("hooks/hook.env.example")).unwrap();
    let mut page = Page::new(
        "hook.env",
        "5",
        &date(),
        "hook.env",
        "settings of ood-k8s and of Open OnDemand's hooks",
    );
    page.section("DESCRIPTION");
    page.paragraphs(
        "The file /etc/ood/config/hook.env, which belongs to root with mode 0600, has the settings. Below are all keys, \
         each behind its explanation, as in the example that is installed with the program. A key behind # has its \
         default value, or none.",
    );
    page.section("KEYS");
    page.verbatim(text.trim_end().lines());
    page.see_also(&[
        "ood-k8s.8".to_owned(),
        "ood-k8s-config-show.8".to_owned(),
        "ood-k8s-check.8".to_owned(),
    ]);
    page.into_bytes()
}

/// ood-k8s-profiles(5): the same for the profiles file.
fn profiles() -> Vec<u8> {
    let text = fs::read_to_string(project("hooks/k8s-profiles.example.yml")).unwrap();
    let mut page = Page::new(
        "ood-k8s-profiles",
        "5",
        &date(),
        "ood-k8s-profiles",
        "who may have a namespace, and what users get",
    );
    page.section("DESCRIPTION");
    page.paragraphs(
        "PROFILES_FILE in hook.env names the file. It is YAML, and quantities, labels and rules are Kubernetes' own. Below \
         are all keys, each behind its explanation, as in the example that is installed with the program. A file that \
         cannot be used stops no login: what was last read from it well holds.",
    );
    page.section("KEYS");
    page.verbatim(text.trim_end().lines());
    page.section("FILES");
    page.item(&page::bold("/etc/ood/config/k8s-profiles.yml"), "The usual path.");
    page.item(
        &page::bold("/var/lib/ood-k8s/profiles"),
        "What was last read well, for root alone.",
    );
    page.item(
        &page::bold("/var/lib/ood-k8s/groups"),
        "In which groups that access names users were at their last login, for root alone.",
    );
    page.see_also(&[
        "hook.env.5".to_owned(),
        "ood-k8s-config-validate.8".to_owned(),
        "ood-k8s-profile-import.8".to_owned(),
        "ood-k8s-profile-show.8".to_owned(),
    ]);
    page.into_bytes()
}

#[test]
fn manual_pages_are_those_of_the_command_line() {
    let bless = std::env::var_os("OOD_K8S_BLESS").is_some();
    let pages = pages();
    for (name, text) in &pages {
        let path = project(name);
        if bless {
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(&path, text).unwrap();
        }
        assert!(
            fs::read(&path).unwrap_or_default() == *text,
            "{name} is not up to date; run: tests/generate"
        );
    }
    let there = fs::read_dir(project("man")).unwrap().count();
    assert_eq!(there, pages.len(), "man/ has pages of commands that are no more");
}

/// What mandoc makes of a page, with these arguments; `None` if there is no mandoc.
fn mandoc(args: &[&str], text: &[u8]) -> Option<String> {
    let started = Process::new("mandoc")
        .args(args)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn();
    let Ok(mut child) = started else {
        skip("there is no mandoc here");
        return None;
    };
    child.stdin.take().unwrap().write_all(text).unwrap();
    Some(String::from_utf8(child.wait_with_output().unwrap().stdout).unwrap())
}

#[test]
fn mandoc_has_nothing_to_say_of_a_page() {
    for (name, text) in pages() {
        let Some(said) = mandoc(&["-T", "lint", "-W", "style"], &text) else {
            return;
        };
        // Other pages of ours are not installed where this runs, and an unreleased version has no date.
        let unknown = ["referenced manual not found", "missing date"];
        let said: Vec<_> = said
            .lines()
            .filter(|line| !unknown.iter().any(|known| line.contains(known)))
            .collect();
        assert!(said.is_empty(), "{name}: {said:#?}");
    }
}

/// A page as a terminal of 80 columns shows it, without overstriking.
fn rendered(text: &[u8]) -> Option<String> {
    let shown = mandoc(&["-T", "utf8", "-O", "width=78"], text)?;
    let mut plain = String::new();
    for letter in shown.chars() {
        match letter {
            '\u{8}' => drop(plain.pop()),
            _ => plain.push(letter),
        }
    }
    Some(plain)
}

fn section<'t>(page: &'t str, name: &str) -> impl Iterator<Item = &'t str> {
    let lines = page
        .lines()
        .skip_while(move |line| *line != name)
        .skip(1)
        .collect::<Vec<_>>();
    lines
        .into_iter()
        .take_while(|line| line.is_empty() || line.starts_with(' '))
}

#[test]
fn an_example_copied_out_of_a_page_is_the_command() {
    let mut command = Cli::command();
    command.build();
    let mut all = Vec::new();
    all_examples(&command, &mut all);
    let mut copied = 0;
    for (name, text) in pages() {
        let Some(page) = rendered(&text) else {
            return;
        };
        let first = page.lines().next().unwrap();
        assert!(
            first.split_whitespace().count() == 3,
            "{name}: the header collides: {first}"
        );
        let shown: Vec<_> = section(&page, "EXAMPLES").map(str::trim_end).collect();
        let whole = shown
            .iter()
            .map(|line| line.strip_prefix("     ").unwrap_or(line))
            .collect::<Vec<_>>()
            .join("\n");
        for line in whole.replace("\\\n", " ").lines().filter(|line| !line.is_empty()) {
            parses(line);
            copied += 1;
        }
        assert!(
            shown.iter().all(|line| line.chars().count() <= 78),
            "{name}: {shown:#?}"
        );
    }
    assert!(copied >= 20, "{copied} examples");
    assert_eq!(copied, all.join("\n").replace("\\\n", " ").lines().count());
}

fn all_examples(command: &Command, all: &mut Vec<String>) {
    all.extend(examples(command));
    subcommands(command).for_each(|subcommand| all_examples(subcommand, all));
}

/// The program's part of a line of shell.
fn parses(line: &str) {
    let part = line.split(" | ").find(|part| part.trim_start().starts_with("ood-k8s "));
    let part = part.unwrap_or_else(|| panic!("{line}: not a command of ours"));
    let part = part.split([';', '>', '<']).next().unwrap();
    let words = part.split("$(").next().unwrap().split_whitespace();
    // What stands in $( ) is at least one user.
    let user = part.contains("$(").then_some("alice");
    if let Err(error) = Cli::try_parse_from(words.chain(user)) {
        panic!("{line}: {error}");
    }
}

#[test]
fn every_page_has_the_sections_that_people_look_for_and_every_flag() {
    let mut command = Cli::command();
    command.build();
    for (name, text) in pages().iter().filter(|(name, _)| name.ends_with(".8")) {
        let Some(page) = rendered(text) else {
            return;
        };
        for heading in [
            "NAME",
            "SYNOPSIS",
            "DESCRIPTION",
            "OPTIONS",
            "EXIT STATUS",
            "FILES",
            "SEE ALSO",
        ] {
            assert!(page.lines().any(|line| line == heading), "{name}: no {heading}");
        }
    }
    for subcommand in subcommands(&command).filter(|subcommand| !subcommand.has_subcommands()) {
        let text = fs::read(project(&format!("man/ood-k8s-{}.8", subcommand.get_name()))).unwrap();
        let Some(page) = rendered(&text) else {
            return;
        };
        for flag in shown(subcommand)
            .filter(|arg| !arg.is_global_set())
            .filter_map(clap::Arg::get_long)
        {
            let there = section(&page, "OPTIONS").any(|line| line.contains(&format!("--{flag}")));
            assert!(there, "{}: no --{flag}", subcommand.get_name());
        }
    }
}
