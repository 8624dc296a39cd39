//! Passwords as they come in: bounded, wiped, and refused where they could only be a mistake.

use std::io::Read;

use secrecy::zeroize::Zeroizing;
use secrecy::SecretString;

/// Tokens and key files are a few kilobytes. In bytes.
pub const LONGEST: usize = 64 * 1024;

/// What is wrong with a password. Nothing of it is in here.
#[derive(Debug, thiserror::Error)]
pub enum PasswordError {
    /// Nothing, or a line end alone.
    #[error("the password is empty; nothing was written")]
    Empty,
    /// No registry's password is that long.
    #[error("the password is longer than {LONGEST} bytes; give the password alone")]
    TooLong,
    /// Not text.
    #[error("the password is not UTF-8 text; give it without an encoding of its own")]
    NotUtf8,
    /// A second line, a tab, an escape: nobody can type those, so they came in by mistake.
    #[error("the password has a line end or another control character in it; give it alone on one line (a key in JSON: jq -c)")]
    Control,
    /// It could not be read.
    #[error("cannot read the password from {from}: {source}")]
    Read {
        /// Where from.
        from: &'static str,
        /// What the system said.
        source: std::io::Error,
    },
    /// Nobody there to ask.
    #[error("there is no terminal to ask for the password at; give it with --password-stdin or --password-file")]
    NoTerminal,
    /// Ctrl-C or Ctrl-D at the prompt.
    #[error("no password was entered; nothing was written")]
    Interrupted,
}

/// Reads a password to the end, and takes one line end off it.
pub fn read(reader: impl Read, from: &'static str) -> Result<SecretString, PasswordError> {
    // All of it at once, since a buffer that grows leaves copies behind.
    let mut bytes = Zeroizing::new(Vec::with_capacity(LONGEST + 3));
    let most = (LONGEST + 3) as u64;
    reader
        .take(most)
        .read_to_end(&mut bytes)
        .map_err(|source| PasswordError::Read { from, source })?;
    check(&bytes)
}

/// The password in some bytes that may end with one line end.
pub fn check(bytes: &[u8]) -> Result<SecretString, PasswordError> {
    let bytes = match bytes {
        [rest @ .., b'\r', b'\n'] | [rest @ .., b'\n'] => rest,
        all => all,
    };
    if bytes.len() > LONGEST {
        return Err(PasswordError::TooLong);
    }
    let text = std::str::from_utf8(bytes).map_err(|_| PasswordError::NotUtf8)?;
    if text.is_empty() {
        return Err(PasswordError::Empty);
    }
    if text.chars().any(char::is_control) {
        return Err(PasswordError::Control);
    }
    Ok(text.into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use secrecy::ExposeSecret as _;

    #[test]
    fn one_line_end_is_cut_off_and_nothing_else() {
        for (bytes, password) in [
            (&b"pass word"[..], "pass word"),
            (b" p \n", " p "),
            (b"p\r\n", "p"),
            ("pä$'\"\\".as_bytes(), "pä$'\"\\"),
        ] {
            assert_eq!(read(bytes, "a test").unwrap().expose_secret(), password);
        }
    }

    #[test]
    fn what_can_only_be_a_mistake_is_refused_without_being_repeated() {
        type Is = fn(&PasswordError) -> bool;
        let long = vec![b'x'; LONGEST + 1];
        let cases: [(&[u8], Is); 7] = [
            (b"", |e| matches!(e, PasswordError::Empty)),
            (b"\n", |e| matches!(e, PasswordError::Empty)),
            (b"canary\n\n", |e| matches!(e, PasswordError::Control)),
            (b"canary\tx", |e| matches!(e, PasswordError::Control)),
            (b"canary\0", |e| matches!(e, PasswordError::Control)),
            (b"canary\xff", |e| matches!(e, PasswordError::NotUtf8)),
            (&long, |e| matches!(e, PasswordError::TooLong)),
        ];
        for (bytes, is_expected) in cases {
            let error = read(bytes, "a test").unwrap_err();
            assert!(is_expected(&error), "{error}");
            assert!(!format!("{error} {error:?}").contains("canary"), "{error}");
        }
    }

    #[test]
    fn the_longest_password_is_taken_with_its_line_end() {
        let mut longest = vec![b'x'; LONGEST];
        longest.extend(b"\r\n");
        assert!(read(&longest[..], "a test").is_ok());
    }
}
