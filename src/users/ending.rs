//! The kept sessions of users who leave: forgotten, and before that revoked at the identity provider where they end for good.

use std::path::Path;

use super::offboard::Offboarded;
use super::survey::{Extent, Offboarding};
use crate::cluster::ObjectReport;
use crate::config::profiles::Profiles;
use crate::login::Report;
use crate::naming::Username;
use crate::oidc::Revocation;
use crate::outcome::Outcome;
use crate::sessions::{Ended, Revoking};
use crate::uninstall::{self, ToBeRevoked};
use crate::user;

impl Offboarding<'_> {
    /// What is kept for renewals. Another person's who has the name now stays.
    pub(super) async fn forget_sessions(&self, is_theirs: impl Fn(&Username) -> bool, done: &mut Offboarded) {
        let Some(folder) = &self.site.settings.renewal.folder else {
            return;
        };
        self.watchdog.more_time("forgetting sessions", self.total * 2);
        let kept = match uninstall::kept_users(folder) {
            Ok(kept) => kept,
            Err(error) => return done.on_node.push(("RENEWAL_DIR".into(), error)),
        };
        let theirs = kept.into_iter().filter(is_theirs);
        if self.revokes() {
            return self.revoke(folder, theirs, done).await;
        }
        for user in theirs {
            for removed in
                uninstall::forget(folder, std::slice::from_ref(&user), ToBeRevoked::Stays, self.is_dry_run).await
            {
                let mut report = Report::new(user.as_str(), "");
                let gone = removed.outcome.filter(|outcome| *outcome == Outcome::Deleted);
                report.objects = gone.map(|_| of_session("Session", &user)).into_iter().collect();
                self.on_this_node(report, removed, done);
            }
        }
    }

    /// In which groups logins have seen those whose accounts are gone: nobody with the name is let in by it later.
    pub(super) fn forget_groups(&self, users: &[String], done: &mut Offboarded) {
        for user in users.iter().filter(|user| user::is_gone(user) && !self.is_dry_run) {
            if let Err(error) = Profiles::forget_groups(user, &self.site.settings) {
                done.on_node.push((format!("user {user}"), error.into()));
            }
        }
    }

    /// Whether sessions end at the identity provider too: who leaves for good keeps nothing that works.
    fn revokes(&self) -> bool {
        self.stops || self.extent != Extent::Access
    }

    /// Revokes the refresh tokens, and then forgets them. A provider that does not answer stops nothing else.
    async fn revoke(&self, folder: &Path, users: impl Iterator<Item = Username>, done: &mut Offboarded) {
        let first = self.watchdog.step("finding the identity provider", self.total);
        let mut revoking = Revoking::new(&self.site.settings, folder, (self.watchdog, self.total), &first);
        for user in users {
            let mut report = Report::new(user.as_str(), "");
            let ended = if self.is_dry_run {
                Ok(Ended::Asked(Revocation::Revoked))
            } else {
                revoking.end(&user).await
            };
            match ended {
                Ok(ended) => {
                    let of_token = ended.is_revoked().then(|| of_session("RefreshToken", &user));
                    report.objects.extend(of_token);
                    report.objects.push(of_session("Session", &user));
                    let warning = ended.warning().map(|text| format!("user {user}: {text}"));
                    report.warnings.extend(warning);
                }
                Err(error) => {
                    report.add_error(&error);
                    done.sessions.push((format!("user {user}"), error));
                }
            }
            if !self.is_dry_run {
                report.record(self.command);
            }
            done.reports.push(report);
        }
    }
}

/// What of a session is gone.
fn of_session(kind: &'static str, user: &Username) -> ObjectReport {
    ObjectReport {
        kind,
        name: user.to_string(),
        outcome: Outcome::Deleted,
    }
}
