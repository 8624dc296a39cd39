//! What we read from a `hook.env` is compared with what the real bash has after it sources the same file.

mod bash;
mod corpus;
mod dotenvy_reads;
mod soup;

use std::collections::BTreeMap;

use bash::{environment_value, names_of_its_own, source_each, Sourced};
use ood_k8s::config::hook_env::{parse, Reason, SyntaxError};

type Values = BTreeMap<String, String>;

/// The values that a file leaves, the last assignment of each name.
fn read(file: &str) -> Result<Values, SyntaxError> {
    let environment = |name: &str| environment_value(name).map(Into::into);
    let assignments = parse(file.as_bytes(), &environment)?;
    Ok(assignments.into_iter().map(|a| (a.name, a.value)).collect())
}

/// Sources in bash those files that we accept; tells how many these are, and where bash sees something else.
fn compare(files: &[String], locale: &str) -> (usize, Vec<String>) {
    let accepted: Vec<(&String, Values)> = files.iter().filter_map(|file| Some((file, read(file).ok()?))).collect();
    let texts: Vec<&str> = accepted.iter().map(|(file, _)| file.as_str()).collect();
    let sourced = source_each(&texts, locale);
    let disagreements = accepted
        .iter()
        .zip(&sourced)
        .filter_map(|((file, ours), bash)| disagreement(file, ours, bash));
    (accepted.len(), disagreements.collect())
}

/// Bash must end well, say nothing, and have changed just what we say, to the values that we say.
fn disagreement(file: &str, ours: &Values, bash: &Sourced) -> Option<String> {
    let mut expected = bash.before.clone();
    expected.extend(ours.clone());
    let agrees = bash.status == "0" && bash.said.is_empty() && bash.after == expected;
    (!agrees).then(|| format!("\nfile {file:?}\nours {expected:?}\nbash {bash:?}\n"))
}

#[test]
fn every_accepted_file_has_the_values_that_bash_sees() {
    let files: Vec<String> = corpus::ACCEPTED.iter().map(|&file| file.to_owned()).collect();
    for locale in ["C.UTF-8", "C"] {
        let (accepted, disagreements) = compare(&files, locale);
        assert!(disagreements.is_empty(), "{locale}: {}", disagreements.concat());
        assert_eq!(accepted, files.len(), "{locale}: refused: {:?}", refused(&files));
    }
}

fn refused(files: &[String]) -> Vec<(&String, SyntaxError)> {
    files
        .iter()
        .filter_map(|file| Some((file, read(file).err()?)))
        .collect()
}

#[test]
fn what_bash_would_run_expand_or_reject_is_refused_with_its_line_and_reason() {
    for (file, line, reason) in corpus::refused() {
        let error = read(&file).expect_err(&file);
        assert_eq!((error.line, error.reason), (line, reason), "{file:?}");
    }
}

#[test]
fn no_name_that_bash_gives_a_value_of_its_own_is_taken_for_unset() {
    let names = names_of_its_own();
    assert!(names.iter().any(|name| name == "HOSTTYPE"), "{names:?}");
    for name in names {
        let error = parse(format!("A=${name}").as_bytes(), &|_| None).expect_err(&name);
        let reason = error.reason;
        assert!(
            matches!(reason, Reason::ShellVariable(_) | Reason::MadeUp(_)),
            "{reason}"
        );
    }
}

#[test]
fn bash_is_seen_to_fail_complain_and_differ() {
    let files = ["no_such_command", "A=1 echo said", "A=bash"];
    let sourced = source_each(&files, "C.UTF-8");
    let ours = Values::from([("A".to_owned(), "ours".to_owned())]);
    for (file, bash) in files.iter().zip(&sourced) {
        assert!(disagreement(file, &Values::new(), bash).is_some(), "{bash:?}");
        assert!(disagreement(file, &ours, bash).is_some(), "{bash:?}");
    }
    let bashs = Values::from([("A".to_owned(), "bash".to_owned())]);
    assert_eq!(disagreement(files[2], &bashs, &sourced[2]), None);
}
