//! Asking a person for a password: nothing of what is typed is shown, and the terminal is put right again.
//!
//! Not rpassword 7.5: on Ctrl-C it raises SIGINT before it has put the terminal right, and it opens `/dev/tty`,
//! which no test can give it. What is left to do is little with termios.

use std::io::{IsTerminal as _, Read, Stdin};

use nix::sys::termios::{self, LocalFlags, SetArg, SpecialCharacterIndices, Termios};
use secrecy::zeroize::Zeroizing;
use secrecy::SecretString;

use super::password::{self, PasswordError, LONGEST};
use crate::log;

const CTRL_C: u8 = 3;
const CTRL_D: u8 = 4;
const CTRL_U: u8 = 21;
const BACKSPACE: u8 = 8;
const DELETE: u8 = 127;

/// Asks at the terminal that is standard input.
pub fn ask(question: &str) -> Result<SecretString, PasswordError> {
    let stdin = std::io::stdin();
    if !stdin.is_terminal() {
        return Err(PasswordError::NoTerminal);
    }
    let quiet = Quiet::begin(&stdin).map_err(failed)?;
    // Not before the echo is off: a script may type as soon as it sees the question.
    log::question(question);
    let line = read_line(stdin.lock());
    drop(quiet);
    log::question("\n");
    password::check(&line?)
}

fn failed(source: impl Into<std::io::Error>) -> PasswordError {
    PasswordError::Read {
        from: "the terminal",
        source: source.into(),
    }
}

/// A terminal that shows nothing and hands over each key, until this is dropped.
struct Quiet<'a> {
    stdin: &'a Stdin,
    before: Termios,
}

impl<'a> Quiet<'a> {
    fn begin(stdin: &'a Stdin) -> nix::Result<Self> {
        let before = termios::tcgetattr(stdin)?;
        let mut quiet = before.clone();
        // Without ISIG Ctrl-C is a key like others, so that it cannot end us while the terminal is quiet.
        quiet.local_flags &= !(LocalFlags::ECHO | LocalFlags::ECHONL | LocalFlags::ICANON | LocalFlags::ISIG);
        quiet.control_chars[SpecialCharacterIndices::VMIN as usize] = 1;
        quiet.control_chars[SpecialCharacterIndices::VTIME as usize] = 0;
        // What was typed before the question stays to be read: people paste.
        termios::tcsetattr(stdin, SetArg::TCSADRAIN, &quiet)?;
        Ok(Self { stdin, before })
    }
}

impl Drop for Quiet<'_> {
    fn drop(&mut self) {
        let _ = termios::tcsetattr(self.stdin, SetArg::TCSADRAIN, &self.before);
    }
}

/// One line, edited as at any prompt.
fn read_line(mut keys: impl Read) -> Result<Zeroizing<Vec<u8>>, PasswordError> {
    let mut line = Zeroizing::new(Vec::with_capacity(LONGEST + 1));
    let mut key = Zeroizing::new([0]);
    while line.len() <= LONGEST {
        if keys.read(key.as_mut()).map_err(failed)? == 0 {
            return Err(PasswordError::Interrupted);
        }
        match key[0] {
            b'\n' | b'\r' => return Ok(line),
            CTRL_C => return Err(PasswordError::Interrupted),
            CTRL_D if line.is_empty() => return Err(PasswordError::Interrupted),
            CTRL_D => return Ok(line),
            CTRL_U => line.clear(),
            BACKSPACE | DELETE => remove_last(&mut line),
            other => line.push(other),
        }
    }
    Err(PasswordError::TooLong)
}

/// The last character, which may be several bytes.
fn remove_last(line: &mut Vec<u8>) {
    while line.pop().is_some_and(|byte| byte & 0b1100_0000 == 0b1000_0000) {}
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed(keys: &[u8]) -> Result<Vec<u8>, PasswordError> {
        read_line(keys).map(|line| line.to_vec())
    }

    #[test]
    fn a_line_is_edited_as_at_any_prompt() {
        assert_eq!(typed(b"pass\n").unwrap(), b"pass");
        assert_eq!(typed(b"pass\rmore").unwrap(), b"pass");
        assert_eq!(typed("pä\x7fi\x08o\n".as_bytes()).unwrap(), b"po");
        assert_eq!(typed(b"wrong\x15right\n").unwrap(), b"right");
        assert_eq!(typed(b"\x7f\x7fx\x04").unwrap(), b"x");
    }

    #[test]
    fn ctrl_c_and_an_end_without_a_line_are_no_password() {
        for keys in [&b"pass\x03"[..], b"\x04", b"", b"pass"] {
            assert!(matches!(typed(keys), Err(PasswordError::Interrupted)), "{keys:?}");
        }
        assert!(matches!(typed(&vec![b'x'; LONGEST + 9]), Err(PasswordError::TooLong)));
    }
}
