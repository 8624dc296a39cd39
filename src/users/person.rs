//! One person in all clusters: the account, what is kept of the session, and each cluster, as facts and in words.

use std::time::Duration;

use futures_util::future::join_all;
use serde::Serialize;

use super::account::Account;
use super::kept::Kept;
use super::place::{Place, Standpoint};
use crate::check;
use crate::cluster::Authority;
use crate::config::clusters::Cluster;
use crate::config::Site;
use crate::contained::contained;
use crate::deadline::Deadline;
use crate::exit::HasExitStatus as _;
use crate::findings::{Area, Code, Finding, HasCode as _};
use crate::login::Blueprint;
use crate::naming::Username;
use crate::suspended::Suspended;
use crate::user::{self, User, UserError};

/// Whom to look at, and how.
pub struct Look<'a> {
    /// The configuration.
    pub site: &'a Site,
    /// What a login makes.
    pub blueprint: &'a Blueprint<'a>,
    /// Whose rights are used.
    pub authority: &'a Authority,
    /// The deadline of each cluster.
    pub total: Duration,
    /// What ends a run that gets on no more.
    pub watchdog: &'a Deadline,
    /// The user.
    pub name: &'a Username,
}

/// What is known of one person.
#[derive(Serialize)]
pub struct Person {
    /// The name.
    pub user: String,
    account: AccountFacts,
    /// What is kept to renew the user's tokens; absent if nothing is.
    #[serde(skip_serializing_if = "Option::is_none")]
    session: Option<Kept>,
    clusters: Vec<Place>,
    /// The same in words, with what to do.
    pub findings: Vec<Finding>,
}

#[derive(Serialize)]
struct AccountFacts {
    state: Account,
    #[serde(skip_serializing_if = "Option::is_none")]
    uid: Option<u32>,
    /// Whether root's file of suspended users has the user.
    suspended: bool,
}

impl Look<'_> {
    /// Looks at everything; no cluster waits for another, and none hides another.
    pub async fn at(&self) -> Person {
        let mut area = self.area();
        _ = self
            .watchdog
            .step("looking up the user in the passwd database", self.total);
        let user = user::look_up(self.name.as_str(), self.site.settings.min_uid);
        let suspended = self.suspended(&mut area);
        let mut account = self.account(&mut area, &user, suspended);
        let user = user.ok();
        let deadline = self
            .watchdog
            .step("looking up the user in the shadow database", self.total);
        let expiry = check::expiry(user.as_ref(), &deadline).await;
        if account.state == Account::There && expiry.iter().any(|finding| finding.code == Some(Code::Expired)) {
            account.state = Account::Locked;
        }
        let session = Kept::of(&mut area, self.site, self.name, user.is_some());
        let mut findings = area.into_findings();
        findings.extend(expiry);
        findings.extend(check::access(user.as_ref(), self.site));
        findings.extend(check::offers(user.as_ref(), self.site));
        let deadline = self.watchdog.step("asking the clusters", self.total);
        let clusters = self.site.clusters.iter();
        let places = clusters.map(|cluster| self.in_cluster(cluster, user.as_ref(), suspended, &deadline));
        let (places, words): (Vec<_>, Vec<_>) = join_all(places).await.into_iter().unzip();
        findings.extend(words.into_iter().flatten());
        Person {
            user: self.name.to_string(),
            account,
            session,
            clusters: places,
            findings,
        }
    }

    fn area(&self) -> Area {
        Area::new(format!("user {}", self.name))
    }

    /// Whether root's file has the user; if nobody knows, the user is not let in.
    fn suspended(&self, area: &mut Area) -> bool {
        let told = match Suspended::of(&self.site.settings) {
            Ok(suspended) => match suspended.let_in(self.name.as_str()) {
                Ok(()) => return false,
                Err(error) => (Code::NamespaceOfAnother, error),
            },
            Err(error) => (Code::SuspendedFile, error),
        };
        let (code, error) = told;
        area.told_error(code, error.exit_status(), error);
        true
    }

    fn account(&self, area: &mut Area, user: &Result<User, UserError>, suspended: bool) -> AccountFacts {
        match user {
            Ok(user) if !suspended => area.ok(format!("the account {} has the uid {}", self.name, user.uid)),
            Ok(_) => {}
            Err(error) => area.told_error(error.code(), error.exit_status(), error),
        }
        let (state, _) = Account::of_owner(Some(self.name.as_str()), None, self.site.settings.min_uid);
        AccountFacts {
            state: state.unwrap_or(Account::Unknown),
            uid: user.as_ref().ok().map(|user| user.uid),
            suspended,
        }
    }

    async fn in_cluster(
        &self,
        cluster: &Cluster,
        user: Option<&User>,
        is_suspended: bool,
        deadline: &Deadline,
    ) -> (Place, Vec<Finding>) {
        let mut area = self.area();
        let standpoint = Standpoint {
            site: self.site,
            cluster,
            name: self.name,
            user,
            is_suspended,
        };
        let seen = contained(Box::pin(standpoint.look(self.blueprint, self.authority, deadline)));
        let place = match seen.await {
            Ok(Ok((desired, sight))) => standpoint.tell(&mut area, &desired, sight),
            Ok(Err(error)) => {
                let line = format!("cluster {}: {error}", cluster.id);
                area.told_error(error.code(), error.exit_status(), line);
                standpoint.unknown(&error)
            }
            Err(fault) => {
                area.told_error(
                    Code::ProgramFault,
                    fault.exit_status(),
                    format!("cluster {}: {fault}", cluster.id),
                );
                standpoint.unknown(&fault)
            }
        };
        (place, area.into_findings())
    }
}
