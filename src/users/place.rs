//! One person in one cluster: what is there, whether a login is let in, and what is missing, in words for a help desk.

use std::fmt::Display;
use std::time::{Duration, SystemTime};

use serde::Serialize;

use super::account::Account;
use super::row::UserRow;
use crate::check;
use crate::cluster::{look_at, Authority, FoundNamespace, SeenObject, Sight, Standing};
use crate::config::clusters::Cluster;
use crate::config::Site;
use crate::deadline::Deadline;
use crate::exit::HasExitStatus as _;
use crate::findings::{Area, Code, HasCode as _};
use crate::login::{Blueprint, LoginError};
use crate::naming::Username;
use crate::objects::{Desired, Kind};
use crate::time::{date_of, for_a_person, unix_seconds};
use crate::user::User;

/// One cluster's part.
#[derive(Serialize)]
pub(super) struct Place {
    cluster: String,
    /// Whether the next login is let in there; absent if that is not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    can_log_in: Option<bool>,
    /// The namespace that the name makes.
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    /// That namespace, if it is there, whoever owns it.
    #[serde(skip_serializing_if = "Option::is_none")]
    namespace: Option<UserRow>,
    objects: Vec<SeenObject>,
    /// Why nothing is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
}

/// Who is looked at, where, and what is known before the cluster is asked.
pub(super) struct Standpoint<'a> {
    pub site: &'a Site,
    pub cluster: &'a Cluster,
    pub name: &'a Username,
    /// The account, if it is let in.
    pub user: Option<&'a User>,
    /// Whether root's file of suspended users has the user.
    pub is_suspended: bool,
}

impl Standpoint<'_> {
    /// What a login would make there, and what is there. Reads only, in one flight.
    pub async fn look(
        &self,
        blueprint: &Blueprint<'_>,
        authority: &Authority,
        deadline: &Deadline,
    ) -> Result<(Desired, Sight), LoginError> {
        let desired = match self.user {
            Some(user) => blueprint.of(user, self.cluster)?,
            None => blueprint.of_name(self.name, None, self.cluster)?,
        };
        let api = authority.connect(self.cluster, deadline).await?;
        let sight = look_at(&api, &desired).await?;
        Ok((desired, sight))
    }

    /// What was seen, in words, and as facts.
    pub fn tell(&self, area: &mut Area, desired: &Desired, sight: Sight) -> Place {
        let now = unix_seconds(SystemTime::now());
        let can_log_in = self.is_let_in() && sight.refusal.is_none();
        self.tell_of_access(area, desired, &sight, can_log_in, now);
        if sight.refusal.is_none() && sight.namespace.is_some() {
            self.tell_of_objects(area, desired, &sight);
        }
        for error in &sight.unread {
            let line = format!("cluster {}: {error}", self.cluster.id);
            area.told_error(Code::NotLookedAt, error.exit_status(), line);
        }
        let row = |found: FoundNamespace| {
            let (account, _) =
                Account::of_owner(found.owner.as_deref(), found.uid.as_deref(), self.site.settings.min_uid);
            UserRow::new(found, &self.cluster.id, account, None, now)
        };
        Place {
            cluster: self.cluster.id.clone(),
            can_log_in: Some(can_log_in),
            name: Some(desired.namespace.to_string()),
            namespace: sight.namespace.map(row),
            objects: sight.objects,
            error: None,
        }
    }

    /// A cluster of which nothing is known.
    pub fn unknown(&self, error: &impl Display) -> Place {
        Place {
            cluster: self.cluster.id.clone(),
            can_log_in: None,
            name: None,
            namespace: None,
            objects: Vec::new(),
            error: Some(error.to_string()),
        }
    }

    /// Whether anything on this node is against a login: that was told before the clusters were asked.
    fn is_let_in(&self) -> bool {
        let is_offered = |user: &User| {
            self.cluster
                .access
                .verdict(user)
                .is_ok_and(|verdict| verdict.is_offered)
        };
        !self.is_suspended && self.user.is_some_and(is_offered)
    }

    fn tell_of_access(&self, area: &mut Area, desired: &Desired, sight: &Sight, can_log_in: bool, now: u64) {
        let (id, name, namespace) = (&self.cluster.id, self.name, &desired.namespace);
        match (&sight.refusal, &sight.namespace) {
            (Some(error), _) => {
                let line = format!("cluster {id}: {name} cannot log in: {error}");
                area.told_error(error.code(), error.exit_status(), line);
            }
            (None, None) if can_log_in => area.ok(format!(
                "cluster {id}: {name} can log in; there is no namespace yet, and the first login creates {namespace}"
            )),
            (None, None) => area.ok(format!("cluster {id}: {name} has no namespace there ({namespace})")),
            (None, Some(found)) if found.owner.is_none() && can_log_in => area.ok(format!(
                "cluster {id}: the namespace {namespace} was made by the stock scripts, and the next login of {name} claims it"
            )),
            (None, Some(found)) if can_log_in => area.ok(format!(
                "cluster {id}: {name} can log in; {}",
                history(found, now)
            )),
            (None, Some(found)) => area.warning(
                Code::Account,
                format!("cluster {id}: {name} cannot log in, and {}", history(found, now)),
                self.how_it_ends(),
            ),
        }
    }

    /// What ends the access that is left: a user whom one cluster does not offer keeps the others.
    fn how_it_ends(&self) -> String {
        let (id, name) = (&self.cluster.id, self.name);
        if self.user.is_some() && !self.is_suspended {
            return format!("to remove the access to this cluster, run: ood-k8s users reconcile --cluster {id}");
        }
        format!("if {name} has left, run: ood-k8s offboard {name}")
    }

    fn tell_of_objects(&self, area: &mut Area, desired: &Desired, sight: &Sight) {
        let (id, namespace) = (&self.cluster.id, &desired.namespace);
        let place = format!("cluster {id}, namespace {namespace}");
        let of = |state: Standing, words: &str| {
            let labels: Vec<_> = sight
                .objects
                .iter()
                .filter(|it| it.state == state)
                .map(SeenObject::label)
                .collect();
            (!labels.is_empty()).then(|| format!("{words}{}", labels.join(", ")))
        };
        let wrong = [
            of(Standing::Missing, "missing: "),
            of(Standing::Differs, "not as a login writes it: "),
        ];
        let wrong: Vec<_> = wrong.into_iter().flatten().collect();
        if !wrong.is_empty() {
            let remedy = format!(
                "wait for the next login, or run: ood-k8s bootstrap-user --cluster {id} {}",
                self.name
            );
            area.warning(Code::LoginWouldChange, format!("{place}: {}", wrong.join("; ")), remedy);
        } else if let Some(all) = of(Standing::There, "what a login makes is there: ") {
            area.ok(format!("{place}: {all}"));
        }
        for holder in &sight.others {
            check::other_holder(area, holder.clone(), desired, &place);
        }
        for (secret, end) in &sight.ends {
            let what = format!("{place}: a password in {}/{secret}", Kind::Secret.name().to_lowercase());
            check::password_end(area, &what, *end);
        }
    }
}

/// Since when there is a namespace, and when it was last used.
fn history(found: &FoundNamespace, now: u64) -> String {
    let dates = found.dates;
    let ago = |seconds: u64| for_a_person(Duration::from_secs(now.saturating_sub(seconds)));
    let last = dates.last_login.map_or_else(
        || "no login is recorded".to_owned(),
        |last| format!("the last login was {} ago", ago(last)),
    );
    let since = match (dates.claimed, dates.created) {
        (Some(claimed), _) => format!(", claimed on {}", date_of(claimed)),
        (None, Some(created)) => format!(", made on {}", date_of(created)),
        (None, None) => String::new(),
    };
    format!("{last}, the namespace is {}{since}", found.name)
}
