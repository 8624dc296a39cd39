//! Properties: any value that is quoted for a shell reads back the same, and whatever soup we accept, bash reads alike.

use std::cell::Cell;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use proptest::test_runner::{RngSeed, TestError, TestRunner};

use super::{compare, read};

/// How many files one bash sources.
const FILES_A_RUN: usize = 250;

/// Signs that mean something to a shell, and neighbours for them.
#[rustfmt::skip]
const SIGNS: &[&str] = &[
    "a", "b c", "A", "B", "HARSH", "SPACED", "EMPTY", "é", " ", "  ", "\t", "\n", ";", "#", " #", "'", "'", "\"",
    "\"", "\\", "\\\n", "\\\\", "$", "$A", "$B", "$HARSH", "${A}", "${SPACED}", "${", "}", "${A:-", "${A-", "${B:+",
    "${EMPTY+", "${EMPTY:-", "\"${A:-", "\"${B-", "$'", "$\"", "\\'", "\\\"", "\\$", "\\n", "\\x41", "\\101",
    "\\u0041", "=", "+=", ":", "~", "/", "{", "{a,b}", ",", "..", "*", "?", "[", "]", "!", "%", "^", "@", "-", "+",
    ".", "0", "1", " A=", " B=", "\nA=", "\nB+=", "; B=", "\nexport A=", "\nexport B", " export ", "\nset -a\n", "(",
    ")", "`", "&", "|", "<", ">",
];

/// Pieces of which nearly all can stand in a value, so that long files are accepted too.
#[rustfmt::skip]
const PIECES: &[&str] = &[
    "a", "b\\ c", "A", "é", "'", "'", "'x y'", "\"", "\"", "\"x  y\"", "\\\"", "\\'", "\\\\", "\\$", "\\\n", "\\",
    "$", "$A", "$B", "$HARSH", "${A}", "${SPACED}", "$EMPTY", "${A:-x}", "${C:-$HARSH}", "${C:-${SPACED}}", "${C:-",
    "${C-", "${A:+", "${A+\"", "\"${C:-", "\"${A+", "}", "}", "}\"", "\"}", "$'\\n'", "$'a\\'b\\t'", "$'", "\\x41",
    "#", "{", "{a,b}", ",", "~", ":", "/~", "=", "*", "?", "[a]", "!", "%", "^", "@", "-", "+", ".", " ", ";", "0",
];

#[rustfmt::skip]
const STARTS: &[&str] = &[
    "A=", "B=", "C=", "A+=", "export A=", "export B=", "export C+=", "A=1 B=", "export A=$B B=", "A=$B B=$A C=",
];

fn wild_soup() -> BoxedStrategy<String> {
    vec(select(SIGNS), 1..9)
        .prop_map(|signs| format!("A={}", signs.concat()))
        .boxed()
}

fn shaped_soup() -> BoxedStrategy<String> {
    let line =
        (select(STARTS), vec(select(PIECES), 0..7)).prop_map(|(start, pieces)| format!("{start}{}\n", pieces.concat()));
    vec(line, 1..4).prop_map(|lines| lines.concat()).boxed()
}

/// `PROPTEST_CASES` says how many bashes are run; the seed stands still unless `PROPTEST_RNG_SEED` says otherwise.
fn config(cases: u32) -> ProptestConfig {
    let mut config = ProptestConfig {
        failure_persistence: None,
        ..ProptestConfig::default()
    };
    if std::env::var_os("PROPTEST_CASES").is_none() {
        config.cases = cases;
    }
    if std::env::var_os("PROPTEST_RNG_SEED").is_none() {
        config.rng_seed = RngSeed::Fixed(1);
    }
    config
}

#[test]
fn bash_agrees_with_every_file_of_random_signs_that_we_accept() {
    let accepted = Cell::new(0);
    let files = vec(prop_oneof![wild_soup(), shaped_soup()], FILES_A_RUN);
    // No shrinking: the message already has the one file that differs.
    let config = ProptestConfig {
        max_shrink_iters: 0,
        ..config(24)
    };
    let outcome = TestRunner::new(config).run(&files, |files| {
        let (count, disagreements) = compare(&files, "C.UTF-8");
        accepted.set(accepted.get() + count);
        prop_assert!(disagreements.is_empty(), "{}", disagreements.concat());
        Ok(())
    });
    println!("{} files accepted and compared", accepted.get());
    if let Err(TestError::Fail(disagreements, _) | TestError::Abort(disagreements)) = outcome {
        panic!("{disagreements}");
    }
    assert!(accepted.get() > 1_000, "only {} files were accepted", accepted.get());
}

/// The ways in which people quote a value.
#[derive(Debug, Clone, Copy)]
enum Quotes {
    Single,
    Double,
    AnsiC,
    Backslash,
}

fn quote(value: &str, quotes: Quotes) -> String {
    let each = |with: &dyn Fn(char) -> String| value.chars().map(with).collect::<String>();
    match quotes {
        Quotes::Single => format!("'{}'", value.replace('\'', r"'\''")),
        Quotes::Double => format!(
            "\"{}\"",
            each(&|c| if "$`\"\\".contains(c) {
                format!("\\{c}")
            } else {
                c.to_string()
            })
        ),
        Quotes::AnsiC => format!(
            "$'{}'",
            each(&|c| match c {
                '\n' => r"\n".to_owned(),
                '\\' | '\'' => format!("\\{c}"),
                ' '..='~' => format!("\\x{:02x}", u32::from(c)),
                _ => c.to_string(),
            })
        ),
        Quotes::Backslash => each(&|c| {
            if c == '\n' {
                "'\n'".to_owned()
            } else {
                format!("\\{c}")
            }
        }),
    }
}

fn any_value() -> impl Strategy<Value = String> {
    let sign = select("$`\"'\\ \t\n#~{}()[]<>|&;*?!=:a".chars().collect::<Vec<_>>());
    let letter = any::<char>().prop_filter("no control character", |c| !c.is_control());
    vec(prop_oneof![sign, letter], 0..24).prop_map(String::from_iter)
}

fn any_quotes() -> impl Strategy<Value = Quotes> {
    select(&[Quotes::Single, Quotes::Double, Quotes::AnsiC, Quotes::Backslash][..])
}

proptest! {
    #![proptest_config(config(512))]

    #[test]
    fn any_value_reads_back_however_it_is_quoted(
        parts in vec((any_value(), any_quotes()), 1..4),
        export in any::<bool>(),
    ) {
        let value: String = parts.iter().map(|(value, _)| value.as_str()).collect();
        let quoted: String = parts.iter().map(|(value, quotes)| quote(value, *quotes)).collect();
        let line = format!("{}SECRET={quoted} # comment\n", if export { "export " } else { "" });
        let values = read(&line).expect("accepted");
        prop_assert_eq!(&values["SECRET"], &value, "{}", line);
    }
}
