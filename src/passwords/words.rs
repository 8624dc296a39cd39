//! A command line as words, without a shell: what a shell would do more is refused, so that nobody expects it.

/// Why a command line is not split.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WordsError {
    /// No word at all.
    #[error("is empty")]
    Empty,
    /// `'` or `"` without its end.
    #[error("has a quote that does not end")]
    OpenQuote,
    /// A backslash at the end.
    #[error("ends with a backslash")]
    OpenBackslash,
    /// What a shell would act on.
    #[error("has {0:?}, which only a shell understands, and none is run; put it into single quotes, or write a script and name that")]
    Shell(char),
}

/// What a shell acts on outside of quotes; within double quotes only the first two.
const SHELL: &[char] = &['$', '`', '|', '&', ';', '<', '>', '(', ')', '*', '?', '\n'];

/// Splits at blanks. `'…'` and `"…"` keep blanks; a backslash keeps the next character, but for within `'…'`.
pub fn split(text: &str) -> Result<Vec<String>, WordsError> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut characters = text.chars();
    while let Some(c) = characters.next() {
        match c {
            ' ' | '\t' => words.extend(word.take()),
            '\'' | '"' => quoted(c, &mut characters, word.get_or_insert_default())?,
            '\\' => {
                let next = characters.next().ok_or(WordsError::OpenBackslash)?;
                word.get_or_insert_default().push(next);
            }
            c if SHELL.contains(&c) => return Err(WordsError::Shell(c)),
            c => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    if words.is_empty() {
        return Err(WordsError::Empty);
    }
    Ok(words)
}

/// The rest of a quoted part, to the quote that ends it.
fn quoted(quote: char, characters: &mut impl Iterator<Item = char>, word: &mut String) -> Result<(), WordsError> {
    while let Some(c) = characters.next() {
        match c {
            c if c == quote => return Ok(()),
            '\\' if quote == '"' => word.push(characters.next().ok_or(WordsError::OpenQuote)?),
            '$' | '`' if quote == '"' => return Err(WordsError::Shell(c)),
            c => word.push(c),
        }
    }
    Err(WordsError::OpenQuote)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_split_at_blanks_and_quotes_keep_them() {
        for (text, words) in [
            ("docker-credential-ecr-login", &["docker-credential-ecr-login"][..]),
            ("  a\t b  ", &["a", "b"]),
            (r#"'a b' "c d" e' 'f"#, &["a b", "c d", "e f"]),
            (r#"a\ b "\"\\" '\'"#, &["a b", "\"\\", "\\"]),
            ("'' a", &["", "a"]),
            ("'$HOME|*' a=b ~/x", &["$HOME|*", "a=b", "~/x"]),
        ] {
            assert_eq!(split(text).unwrap(), words, "{text}");
        }
    }

    #[test]
    fn what_only_a_shell_would_do_is_refused() {
        for (text, error) in [
            ("", WordsError::Empty),
            ("  ", WordsError::Empty),
            ("a 'b", WordsError::OpenQuote),
            ("a \"b\\", WordsError::OpenQuote),
            ("a\\", WordsError::OpenBackslash),
            ("a | b", WordsError::Shell('|')),
            ("a $B", WordsError::Shell('$')),
            ("a \"$B\"", WordsError::Shell('$')),
            ("a; b", WordsError::Shell(';')),
            ("a *", WordsError::Shell('*')),
        ] {
            assert_eq!(split(text), Err(error), "{text}");
        }
    }
}
