//! Who runs an administrator's command, for its log lines: the login that the kernel keeps, and what sudo says.

use std::ffi::OsStr;
use std::io::Read as _;

use nix::unistd::{Uid, User};

use crate::foreign::Foreign;
use crate::naming::Username;

/// Set once at a login (`pam_loginuid`), and kept by the kernel over `su`, `sudo` and `setuid` (proc(5)).
const LOGIN_UID: &str = "/proc/self/loginuid";
/// Nobody has logged in: a daemon's descendant, or a kernel without audit.
const UNSET: u32 = u32::MAX;
/// More than any number takes, in bytes.
const LONGEST: u64 = 16;

/// The words for a log line.
pub fn name() -> String {
    let login = login_uid().map(of_uid);
    // Whoever is not root could have set it to anything.
    let sudo = Uid::current()
        .is_root()
        .then(|| std::env::var_os("SUDO_USER"))
        .flatten();
    words(login.as_deref(), sudo.as_deref(), &of_uid(Uid::current().as_raw()))
}

/// The login by name; what sudo says only in quotes, since it is the environment's word, and only if it says something else.
fn words(login: Option<&str>, sudo: Option<&OsStr>, process: &str) -> String {
    let sudo = sudo.map(OsStr::to_string_lossy).filter(|claim| !claim.is_empty());
    match (login, sudo) {
        (Some(login), Some(claim)) if claim == login => login.to_owned(),
        (Some(login), Some(claim)) => format!("{login}, {} by SUDO_USER", Foreign::from(&*claim)),
        (Some(login), None) => login.to_owned(),
        (None, Some(claim)) => format!("{} by SUDO_USER", Foreign::from(&*claim)),
        (None, None) => format!("{process} without a login"),
    }
}

fn login_uid() -> Option<u32> {
    let mut text = String::new();
    let file = std::fs::File::open(LOGIN_UID).ok()?;
    file.take(LONGEST).read_to_string(&mut text).ok()?;
    parse(&text)
}

fn parse(text: &str) -> Option<u32> {
    text.trim().parse().ok().filter(|uid| *uid != UNSET)
}

/// The name of an account, or its uid if there is none, or one that could be taken for something else.
fn of_uid(uid: u32) -> String {
    let user = User::from_uid(Uid::from_raw(uid)).ok().flatten();
    let name = user.and_then(|user| Username::parse(&user.name).ok());
    name.map_or_else(|| format!("uid {uid}"), |name| name.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(login: Option<&str>, sudo: Option<&str>) -> String {
        words(login, sudo.map(OsStr::new), "root")
    }

    #[test]
    fn the_login_is_believed_and_what_sudo_says_is_quoted_beside_it() {
        assert_eq!(said(Some("ann"), None), "ann");
        assert_eq!(said(Some("ann"), Some("ann")), "ann");
        assert_eq!(said(Some("ann"), Some("bob")), "ann, \"bob\" by SUDO_USER");
        assert_eq!(said(None, Some("bob")), "\"bob\" by SUDO_USER");
        assert_eq!(said(None, Some("")), "root without a login");
        assert_eq!(said(None, None), "root without a login");
    }

    #[test]
    fn what_sudo_says_cannot_leave_its_quotes() {
        let long = "x ".repeat(50_000);
        for claim in [
            "bob\nOct 1 root: user=ann",
            "\u{1b}[2Jbob",
            "bob\" by=\"ann",
            "bob\u{202e}nna",
            "ann; run: x",
            &long,
        ] {
            let line = said(None, Some(claim));
            let inner = line
                .strip_prefix('"')
                .and_then(|line| line.strip_suffix("\" by SUDO_USER"));
            let inner = inner.unwrap_or_else(|| panic!("{line}"));
            assert!(!inner.contains(['"', '\n', '\u{1b}', '\u{202e}', ';']), "{line}");
            assert!(line.chars().count() < 500, "{}", line.len());
        }
        assert_eq!(said(Some("ann"), Some("ann ")), "ann, \"ann\" by SUDO_USER");
    }

    #[test]
    fn a_login_that_is_unset_or_no_number_is_none() {
        for (text, uid) in [
            ("1000\n", Some(1000)),
            ("0", Some(0)),
            ("4294967295", None),
            ("4294967296", None),
            ("-1", None),
            ("", None),
            ("ann", None),
        ] {
            assert_eq!(parse(text), uid, "{text:?}");
        }
    }

    #[test]
    fn an_account_that_is_gone_is_its_uid() {
        assert_eq!(of_uid(0), "root");
        assert_eq!(of_uid(3_999_999_999), "uid 3999999999");
    }
}
