//! Which accounts have expired by the shadow database: that is what locks an account, whoever keeps it (shadow(5)).
//!
//! `getent` is asked, since the C library's `getspnam` has no safe interface. What it prints has passwords' hashes in it: only
//! names and dates are taken from it, and nothing of it gets into a message. A locked password locks nothing here: accounts
//! whose people log in with keys, Kerberos or at the identity provider have no other (`*`, `!`).

use std::collections::BTreeSet;
use std::process::{Command, ExitStatus};
use std::time::{Duration, SystemTime};

use crate::naming::Username;
use crate::program::Program;
use crate::time::unix_seconds;

const GETENT: &str = "/usr/bin/getent";
/// Some of the names are not in the database (getent(1)).
const NOT_ALL: i32 = 2;
/// How many names are asked for at once: far fewer than an argument list may have.
const AT_ONCE: usize = 500;
/// What an answer may be long at most, in bytes: some hundred for each name.
const LONGEST: usize = AT_ONCE * 1024;
const DAY: u64 = 86_400;

/// Why nobody knows which accounts have expired.
#[derive(Debug, thiserror::Error)]
pub enum ShadowError {
    /// It cannot be run.
    #[error(
        "cannot determine which accounts have expired: cannot run {GETENT}: {0}; install it (libc-bin or glibc-common)"
    )]
    Start(#[from] std::io::Error),
    /// It did not finish.
    #[error("cannot determine which accounts have expired: getent shadow did not answer within {0:?}; check nsswitch.conf and the directory service")]
    Deadline(Duration),
    /// It failed.
    #[error("cannot determine which accounts have expired: getent shadow ended with {0}; check nsswitch.conf")]
    Failed(ExitStatus),
    /// It printed more than could be meant.
    #[error("cannot determine which accounts have expired: getent shadow answered too much; check nsswitch.conf and the directory service")]
    TooMuch,
}

/// The shadow database, as far as root sees it.
#[derive(Debug)]
pub struct Shadow {
    today: u64,
    limit: Duration,
    fault: Option<ShadowError>,
}

impl Shadow {
    /// Asks nobody yet; each answer may take so long.
    pub fn new(limit: Duration) -> Self {
        Self {
            today: unix_seconds(SystemTime::now()) / DAY,
            limit,
            fault: None,
        }
    }

    /// Those of these users whose account has expired. Once the database did not answer it is not asked again: then nobody's
    /// has, as far as anybody knows.
    pub async fn expired<'a>(&mut self, users: impl Iterator<Item = &'a str>) -> BTreeSet<String> {
        let users: BTreeSet<&str> = users.filter(|name| Username::parse(name).is_ok()).collect();
        let users: Vec<&str> = users.into_iter().collect();
        let mut expired = BTreeSet::new();
        for some in users.chunks(AT_ONCE) {
            if self.fault.is_some() {
                break;
            }
            match Box::pin(ask(some, self.limit)).await {
                Ok(answer) => expired.extend(expired_in(&answer, self.today)),
                Err(fault) => self.fault = Some(fault),
            }
        }
        expired
    }

    /// Why it did not answer.
    pub fn into_fault(self) -> Option<ShadowError> {
        self.fault
    }
}

async fn ask(users: &[&str], limit: Duration) -> Result<secrecy::zeroize::Zeroizing<Vec<u8>>, ShadowError> {
    let mut command = Command::new(GETENT);
    command.args(["shadow", "--"]).args(users).env_clear().current_dir("/");
    let mut getent = Program::start(&mut command, LONGEST)?;
    let answered = tokio::time::timeout(limit, getent.converse(&[])).await;
    let spoken = answered.map_err(|_| ShadowError::Deadline(limit))??;
    match spoken.status.code() {
        Some(0 | NOT_ALL) if spoken.out.len() >= LONGEST => Err(ShadowError::TooMuch),
        Some(0 | NOT_ALL) => Ok(spoken.out),
        _ => Err(ShadowError::Failed(spoken.status)),
    }
}

/// The names in the first field of the lines with a day in the eighth that has come: `pam_unix` lets them in no more from
/// the day itself on, in UTC (`check_shadow_expiry` in its passverify.c). It takes 0 for a day in the past, as `chage -E 0`
/// means it; an empty field is none.
fn expired_in(answer: &[u8], today: u64) -> BTreeSet<String> {
    let text = |bytes: &[u8]| std::str::from_utf8(bytes).map(str::to_owned).ok();
    let lines = answer.split(|byte| *byte == b'\n');
    let names = lines.filter_map(|line| {
        let mut fields = line.split(|byte| *byte == b':');
        let name = text(fields.next()?)?;
        let day: u64 = text(fields.nth(6)?)?.parse().ok()?;
        (today >= day).then_some(name)
    });
    names.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_ends_with_its_day_and_a_locked_password_ends_nothing() {
        for (fields, has_expired) in [
            ("ann:$6$x:19000:0:99999:7:::", false),
            ("ann:$6$x:19000:0:99999:7::19999:", true),
            ("ann:$6$x:19000:0:99999:7::20000:", true),
            ("ann:$6$x:19000:0:99999:7::20001:", false),
            ("ann:$6$x:19000:0:99999:7::0:", true),
            ("ann:$6$x:19000:0:99999:7::1:0", true),
            ("ann:$6$x:19000:0:99999:7::-1:", false),
            ("ann:!:19000:0:99999:7:::", false),
            ("ann:*:19000:0:99999:7:::", false),
            ("ann:!!::::::1:", true),
            ("ann:!$6$x:19000:0:0:7:1::", false),
            ("ann:x:0:0:99999:7:::", false),
            ("ann:x:19000:0:99999:7::soon:", false),
            ("ann:x", false),
            ("ann", false),
            ("", false),
        ] {
            let expired = expired_in(fields.as_bytes(), 20_000);
            assert_eq!(expired.contains("ann"), has_expired, "{fields}");
        }
        let two = b"a:*:::::::\nb:*::::::3:\n\xff:*::::::3:\nc:*::::::4:";
        assert_eq!(expired_in(two, 3).into_iter().collect::<Vec<_>>(), ["b"]);
    }

    #[test]
    fn the_database_of_this_system_is_asked_for_what_may_be_a_user_name() {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        let mut shadow = Shadow::new(Duration::from_secs(20));
        let names = ["root", "no-such-user", "-x", "--help", "a b", "", "a:b"];
        let expired = runtime.block_on(shadow.expired(names.into_iter()));
        assert!(expired.is_empty(), "{expired:?}");
        assert!(shadow.into_fault().is_none());
    }
}
