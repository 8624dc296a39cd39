//! The users of a command: `-` among them stands for those on standard input, one or several a line.

use std::io::Read as _;

use super::error::{only, Error, Failures};

/// A list of all users of a large site is far smaller.
const LONGEST: u64 = 4 << 20;

/// Puts the users on standard input in the place of `-`.
pub(super) fn read_from_input(users: &mut Vec<String>) -> Result<(), Failures> {
    let Some(at) = users.iter().position(|user| user == "-") else {
        return Ok(());
    };
    let mut text = String::new();
    std::io::stdin().take(LONGEST).read_to_string(&mut text).map_err(|_| {
        only(Error::Usage(
            "the users on standard input cannot be read; write one user name on each line",
        ))
    })?;
    let read: Vec<_> = text.split_whitespace().map(str::to_owned).collect();
    if read.is_empty() {
        return Err(only(Error::Usage(
            "there are no users on standard input; write one user name on each line",
        )));
    }
    users.splice(at..=at, read);
    users.retain(|user| user != "-");
    Ok(())
}
