//! Reads `hook.env` as bash would `source` it, without a shell: the same values, or a refusal with the line and the reason.
//!
//! The stock hook sources the file as root. We read the part of bash that only assigns values: assignments, `export`,
//! quotes, comments and plain references. Everything else is refused, because a value that silently differs from
//! bash's is worse than a file that has to be fixed.
//! `tests/hook_env_bash/` compares this module with the real bash.

mod ansi_c;
mod assignment;
mod command;
mod cursor;
mod dollar;
mod error;
mod names;
mod variables;
mod word;

use std::ffi::OsString;

pub use assignment::Assignment;
pub use error::{Reason, SyntaxError};

use command::next_command;
use cursor::Cursor;
use variables::Variables;

/// Reads a whole `hook.env` and returns its assignments in order; if a name is assigned twice, the later one applies.
///
/// `environment` is what bash would have inherited, for references to names that the file does not set.
/// A UTF-8 locale is assumed.
///
/// # Errors
///
/// The first line that cannot be read as bash reads it. The error describes the construct and never contains a value.
///
/// # Examples
///
/// ```
/// use ood_k8s::config::hook_env::parse;
///
/// let file = b"NAMESPACE_PREFIX='user-' # as in clusters.d\nexport CA=\"$HOME/ca.pem\"\n";
/// let read = parse(file, &|name| (name == "HOME").then(|| "/root".into())).unwrap();
/// assert_eq!((read[0].name.as_str(), read[0].value.as_str()), ("NAMESPACE_PREFIX", "user-"));
/// assert_eq!((read[1].name.as_str(), read[1].value.as_str()), ("CA", "/root/ca.pem"));
///
/// let refused = parse(b"A=1\nB=$(hostname)\n", &|_| None).unwrap_err();
/// assert_eq!(refused.line, 2);
/// ```
pub fn parse(bytes: &[u8], environment: &dyn Fn(&str) -> Option<OsString>) -> Result<Vec<Assignment>, SyntaxError> {
    let mut cursor = Cursor::new(plain_text(bytes)?);
    let mut variables = Variables::new(environment);
    while let Some(command) = next_command(&mut cursor)? {
        variables.run(command)?;
    }
    Ok(variables.into_assignments())
}

/// Refuses what bash does not treat as plain text: it drops NUL bytes, treats a byte order mark and `\r` as parts of
/// words, and uses the bytes 0x01 and 0x7f internally.
fn plain_text(bytes: &[u8]) -> Result<&str, SyntaxError> {
    if bytes.starts_with(b"\xef\xbb\xbf") {
        return Err(Reason::ByteOrderMark.at(1));
    }
    let text = std::str::from_utf8(bytes).map_err(|error| Reason::NotUtf8.at(line_at(bytes, error.valid_up_to())))?;
    let Some(at) = text.find(|c: char| c.is_ascii_control() && c != '\t' && c != '\n') else {
        return Ok(text);
    };
    let reason = if text[at..].starts_with("\r\n") {
        Reason::WindowsLineEnd
    } else {
        Reason::ControlCharacter
    };
    Err(reason.at(line_at(bytes, at)))
}

/// The line of a byte offset, counted from 1.
fn line_at(bytes: &[u8], place: usize) -> usize {
    bytes[..place].split(|byte| *byte == b'\n').count()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Vec<(String, String, usize)> {
        let environment = |name: &str| (name == "HOME").then(|| OsString::from("/root"));
        let read = parse(text.as_bytes(), &environment).expect("accepted");
        read.into_iter().map(|a| (a.name, a.value, a.line)).collect()
    }

    fn refused(bytes: &[u8]) -> SyntaxError {
        parse(bytes, &|_| None).expect_err("refused")
    }

    #[test]
    fn the_line_of_an_assignment_is_where_its_name_stands() {
        let read = read("\n# comment\nA='one\ntwo' B=3\nexport \\\n  C=4\n");
        let lines: Vec<_> = read.iter().map(|(name, _, line)| (name.as_str(), *line)).collect();
        assert_eq!(lines, [("A", 3), ("B", 4), ("C", 6)]);
    }

    #[test]
    fn a_name_assigned_twice_is_reported_twice_in_order() {
        let values: Vec<_> = read("A=1\nB=$A\nA=2\n")
            .into_iter()
            .map(|(_, value, _)| value)
            .collect();
        assert_eq!(values, ["1", "1", "2"]);
    }

    #[test]
    fn what_debug_prints_of_an_assignment_has_no_value_in_it() {
        let read = parse(b"CLIENT_SECRET=hunter2", &|_| None).expect("accepted");
        let printed = format!("{read:?}");
        assert!(printed.contains("CLIENT_SECRET"), "{printed}");
        assert!(!printed.contains("hunter2"), "{printed}");
    }

    #[test]
    fn a_refusal_says_the_line_and_the_remedy_but_no_value() {
        let error = refused(b"A=1\nCLIENT_SECRET=correct horse\n");
        assert_eq!(error.line, 2);
        let printed = format!("{error} {error:?}");
        assert!(printed.starts_with("line 2: "), "{printed}");
        assert!(!printed.contains("correct") && !printed.contains("horse"), "{printed}");
    }

    #[test]
    fn a_secret_that_looks_like_a_variable_of_bashs_is_not_repeated() {
        let error = refused(b"CLIENT_SECRET=x$BASH_hunter2\n");
        assert_eq!(error, Reason::ShellVariable("BASH_*").at(1));
    }

    #[test]
    fn text_from_windows_or_no_text_at_all_is_refused_at_its_line() {
        assert_eq!(refused(b"A=1\nB=2\r\n"), Reason::WindowsLineEnd.at(2));
        assert_eq!(refused(b"\xef\xbb\xbfA=1\n"), Reason::ByteOrderMark.at(1));
        assert_eq!(refused(b"A=1\nB='\xff'\n"), Reason::NotUtf8.at(2));
        assert_eq!(refused(b"A=1\n\nB=\0\n"), Reason::ControlCharacter.at(3));
    }

    #[test]
    fn a_value_that_refers_to_a_name_that_is_not_set_is_marked_however_it_refers() {
        let marked = |text: &str| {
            let read = parse(text.as_bytes(), &|name| (name == "SET").then(|| "x".into())).expect("accepted");
            read.last().is_some_and(|assignment| assignment.refers_to_unset)
        };
        for text in [
            r#"A="pa$word""#,
            "A=$word",
            r#"A="${word}""#,
            r#"export A="x$word" "#,
            r#"A="$word"; A+=x"#,
            r#"A+="$word""#,
            "A=${SET:+$word}",
        ] {
            assert!(marked(text), "{text}");
        }
        for text in [
            r#"A="pa\$word""#,
            "A='pa$word'",
            "A=${word:-}",
            "A=${word-x}",
            "A=${word:+x}",
            "A=$SET",
            "word=; A=$word",
            r#"A="$word"; A=x"#,
        ] {
            assert!(!marked(text), "{text}");
        }
    }

    #[test]
    fn an_environment_value_that_is_not_text_is_refused_rather_than_taken_for_unset() {
        use std::os::unix::ffi::OsStringExt;
        let environment = |_: &str| Some(OsString::from_vec(vec![b'a', 0xff]));
        let error = parse(b"A=$CA_FILE\n", &environment).expect_err("refused");
        assert_eq!(error, Reason::EnvironmentValue("CA_FILE".into()).at(1));
    }

    #[test]
    fn values_that_multiply_by_references_are_refused_before_they_fill_the_memory() {
        let doubled = "A=0123456789abcdef\n".to_owned() + &"A=$A$A\n".repeat(40);
        let appended = "A=0123456789abcdef\n".to_owned() + &"A+=$A\n".repeat(40);
        let in_one_line = format!("A={}\nB={}\n", "x".repeat(1 << 20), "$A".repeat(100_000));
        let by_alternatives = format!("A={}\nB={}\n", "x".repeat(1 << 20), "${A:-}${B:-$A}".repeat(9));
        for (text, line) in [(doubled, 19), (appended, 19), (in_one_line, 2), (by_alternatives, 2)] {
            assert_eq!(refused(text.as_bytes()), Reason::TooLarge.at(line));
        }
        let most = format!("A='{}'\n", "x".repeat((4 << 20) - 4));
        assert_eq!(read(&most)[0].1.len(), (4 << 20) - 4);
    }

    #[test]
    fn references_nested_without_end_are_refused_and_do_not_exhaust_the_stack() {
        let error = refused(
            "A=".chars()
                .chain("${B:-".repeat(100_000).chars())
                .collect::<String>()
                .as_bytes(),
        );
        assert_eq!(error, Reason::TooDeep.at(1));
    }
}
