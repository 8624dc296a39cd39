//! A namespace for a user name that makes none: a readable part, and a hash of the whole name.
//!
//! `hooks/initializers/ood_k8s_namespace.rb` computes the same for the dashboard; `tests/namespace_names` compares the two.
//! The form is that of kubespawner's `slugs.py`: three hyphens before the hash.

use std::fmt::Write as _;

/// Between the readable part and the hash.
const JOINT: &str = "---";
/// How many hexadecimal digits of SHA-256 there are: two of 10,000 users whose readable parts are the same have the same ones
/// with a probability of 1 in 5 million.
const DIGITS: usize = 12;

/// The slug, at most `longest` bytes long; `None` if the prefix leaves no room for one.
pub(super) fn slug(prefix: &str, user: &str, longest: usize) -> Option<String> {
    let room = longest
        .checked_sub(prefix.len() + JOINT.len() + DIGITS)
        .filter(|room| *room > 0)?;
    let mut readable = readable(user);
    readable.truncate(room);
    let readable = match readable.trim_end_matches('-') {
        "" => "x",
        readable => readable,
    };
    Some(format!("{prefix}{readable}{JOINT}{}", digits(user)))
}

/// ASCII letters in lower case and digits; one hyphen for all that is between them.
fn readable(user: &str) -> String {
    let mut text = String::with_capacity(user.len());
    for byte in user.bytes() {
        match byte.to_ascii_lowercase() {
            plain @ (b'a'..=b'z' | b'0'..=b'9') => text.push(plain.into()),
            _ if text.is_empty() || text.ends_with('-') => {}
            _ => text.push('-'),
        }
    }
    text
}

fn digits(user: &str) -> String {
    let hash = ring::digest::digest(&ring::digest::SHA256, user.as_bytes());
    let mut hex = String::with_capacity(DIGITS);
    for byte in &hash.as_ref()[..DIGITS / 2] {
        let _ = write!(hex, "{byte:02x}");
    }
    hex
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slug_is_what_it_was_in_the_first_release_that_had_it() {
        // printf %s NAME | sha256sum
        for (user, expected) in [
            ("Ann_Lee", "user-ann-lee---8db07ed1f844"),
            ("jörg", "user-j-rg---12c433a0914c"),
            ("_+$", "user-x---0c7ab9ca5e84"),
        ] {
            assert_eq!(slug("user-", user, 63).as_deref(), Some(expected));
        }
        let long = "a".repeat(200);
        let slug = slug("user-", &long, 63).unwrap();
        assert_eq!(slug, format!("user-{}---c2a908d98f5d", "a".repeat(43)));
        assert_eq!(slug.len(), 63);
    }

    #[test]
    fn a_cut_leaves_no_hyphen_before_the_joint() {
        let user = format!("{}_{}", "a".repeat(42), "b".repeat(42));
        assert!(slug("user-", &user, 63)
            .unwrap()
            .starts_with(&format!("user-{}---", "a".repeat(42))));
    }
}
