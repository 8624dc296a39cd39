//! What root keeps of a person's session, as far as it says anything without its tokens.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::{Duration, SystemTime};

use serde::Serialize;

use crate::check;
use crate::config::Site;
use crate::credentials::is_renewed_by_root;
use crate::findings::{Area, Code};
use crate::foreign::Foreign;
use crate::naming::Username;
use crate::renewal::{session, Record, RenewalError, Renewals, Session};
use crate::time::{for_a_person, rfc3339};

/// The record of a session.
#[derive(Serialize)]
pub(super) struct Kept {
    /// When the user's nginx was about to start.
    logged_in: String,
    /// Whether it runs; absent if that cannot be seen.
    #[serde(skip_serializing_if = "Option::is_none")]
    running: Option<bool>,
    /// By cluster: when the token in the home expires; absent for one that did not reach it.
    token_ends: BTreeMap<String, Option<String>>,
    /// When the refresh token expires, if it says so.
    #[serde(skip_serializing_if = "Option::is_none")]
    refresh_token_end: Option<String>,
    /// Whether it is only kept to be revoked.
    to_be_revoked: bool,
}

impl Kept {
    /// Reads what is kept, and tells of it; `None` if nothing is, or if the site keeps nothing.
    pub fn of(area: &mut Area, site: &Site, name: &Username, has_account: bool) -> Option<Self> {
        let folder = site.settings.renewal.folder.as_deref()?;
        if !site.oidc_clusters().any(is_renewed_by_root) {
            return None;
        }
        let record = match peek(folder, name) {
            Ok(Some(record)) => record,
            Ok(None) => {
                if has_account {
                    area.ok(format!("no session of {name} is stored, so the tokens in the home are not renewed; the next login to OnDemand stores one"));
                }
                return None;
            }
            Err(error) => {
                area.fault(error);
                return None;
            }
        };
        let running = match session(&site.settings.renewal.pun_pid_path, name) {
            Ok(running) => Some(running),
            Err(error) => {
                area.fault(error);
                None
            }
        };
        tell(area, name, &record, running, SystemTime::now());
        Some(Self::from(&record, running))
    }

    fn from(record: &Record, running: Option<Session>) -> Self {
        let end = |end: &SystemTime| (*end != SystemTime::UNIX_EPOCH).then(|| rfc3339(*end));
        Self {
            logged_in: rfc3339(record.logged_in),
            running: running.map(|running| running == Session::Running),
            token_ends: record.ends.iter().map(|(id, at)| (id.clone(), end(at))).collect(),
            refresh_token_end: record.refresh_end().map(rfc3339),
            to_be_revoked: record.is_to_be_revoked,
        }
    }
}

fn peek(folder: &Path, name: &Username) -> Result<Option<Record>, RenewalError> {
    Renewals::open(folder)?.peek(name)
}

fn tell(area: &mut Area, name: &Username, record: &Record, running: Option<Session>, now: SystemTime) {
    let since = now.duration_since(record.logged_in).unwrap_or(Duration::ZERO);
    let kept = format!("the session of {name} that began {} ago is kept", for_a_person(since));
    if record.is_to_be_revoked {
        return area.warning(
            Code::RevocationWaits,
            format!(
                "the session of {name} is over, and its refresh token is still to be revoked at the identity provider"
            ),
            "once it answers, run: ood-k8s renew-creds",
        );
    }
    if let Some(at) = record.sent_at().filter(|_| record.is_lost) {
        return area.warning(
            Code::RenewalOverdue,
            format!("the session of {name} cannot be renewed any more: its refresh token was sent at {at}, and the answer was lost before it was stored"),
            format!("{name} logs out of OnDemand, and in again"),
        );
    }
    if let Some(Session::Ended(reason)) = running {
        return area.ok(format!(
            "{kept}, and has ended ({reason}): the next renew-creds forgets it"
        ));
    }
    let unsettled: Vec<_> = record.unsettled().collect();
    if !unsettled.is_empty() {
        let clusters = Foreign::from(unsettled.join(", "));
        return area.warning(
            Code::RenewalOverdue,
            format!("{kept}, and its last token for {clusters} did not reach the home"),
            format!("see why: journalctl _UID=0 OOD_K8S_USER={name} --since today"),
        );
    }
    tell_of_tokens(area, &kept, record, now);
}

fn tell_of_tokens(area: &mut Area, kept: &str, record: &Record, now: SystemTime) {
    match (record.overdue(now, |_| true), record.first_end(|_| true)) {
        (Some(over), _) => area.warning(
            Code::RenewalOverdue,
            format!(
                "{kept}, and its token expired {} ago and was not renewed",
                for_a_person(over)
            ),
            check::RUN_IT,
        ),
        (None, Some(next)) => {
            let left = next.duration_since(now).unwrap_or(Duration::ZERO);
            area.ok(format!(
                "{kept}: its first token expires in {}, and is renewed before",
                for_a_person(left)
            ));
        }
        (None, None) => area.ok(format!("{kept}, with no token to renew")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::findings::Severity;

    const NOW: u64 = 1_795_717_200;

    fn said(ends: &[(&str, u64)], running: Option<Session>) -> (Severity, String) {
        let at = |seconds| SystemTime::UNIX_EPOCH + Duration::from_secs(seconds);
        let record = Record {
            ends: ends.iter().map(|(id, end)| ((*id).to_owned(), at(*end))).collect(),
            ..Record::of_login(&"opaque".into(), at(NOW - 7200))
        };
        let mut area = Area::new("user ann");
        tell(&mut area, &Username::parse("ann").unwrap(), &record, running, at(NOW));
        let finding = area.into_findings().remove(0);
        assert!(!finding.text.contains("opaque"));
        (finding.severity, finding.text)
    }

    #[test]
    fn a_session_is_told_by_what_becomes_of_its_tokens() {
        let running = Some(Session::Running);
        let ended = Some(Session::Ended("there is no pid file"));
        for (ends, running, severity, words) in [
            (
                &[("prod", NOW + 300)][..],
                running,
                Severity::Ok,
                "2h0m ago is kept: its first token expires in 5m0s",
            ),
            (
                &[("prod", NOW - 60)],
                running,
                Severity::Ok,
                "expires in 0s, and is renewed",
            ),
            (
                &[("prod", NOW - 3600)],
                running,
                Severity::Warning,
                "expired 1h0m ago and was not renewed",
            ),
            (
                &[("prod", 0), ("b", NOW + 9)],
                running,
                Severity::Warning,
                "for \"prod\" did not reach the home",
            ),
            (&[("pr\nod", 0)], running, Severity::Warning, "for \"pr od\" did not"),
            (&[("prod", 0)], ended, Severity::Ok, "has ended (there is no pid file)"),
            (&[("prod", NOW + 300)], None, Severity::Ok, "is renewed before"),
            (&[], running, Severity::Ok, "no token to renew"),
        ] {
            let (found, text) = said(ends, running);
            assert!(found == severity && text.contains(words), "{ends:?}: {text}");
        }
    }

    #[test]
    fn a_token_that_is_still_to_be_revoked_is_told_with_how() {
        let at = |seconds| SystemTime::UNIX_EPOCH + Duration::from_secs(seconds);
        let record = Record {
            is_to_be_revoked: true,
            ..Record::of_login(&"opaque".into(), at(NOW - 7200))
        };
        for running in [Some(Session::Running), Some(Session::Ended("it has")), None] {
            let mut area = Area::new("user ann");
            tell(&mut area, &Username::parse("ann").unwrap(), &record, running, at(NOW));
            let finding = area.into_findings().remove(0);
            assert_eq!(finding.severity, Severity::Warning);
            assert!(finding.text.contains("still to be revoked"), "{}", finding.text);
        }
    }
}
