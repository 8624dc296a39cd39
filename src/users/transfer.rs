//! An account was renamed: the namespaces of the old name become the new one's, in all clusters.

use std::time::{Duration, Instant};

use futures_util::future::join_all;

use crate::cluster::{self, Adoption, Api, Authority, ClusterError, FoundNamespace, ObjectReport, UserToken, Wall};
use crate::config::clusters::Cluster;
use crate::config::Site;
use crate::contained::contained;
use crate::deadline::Deadline;
use crate::exit::{ExitStatus, HasExitStatus};
use crate::login::{Blueprint, LoginError, Report};
use crate::naming::{NameError, Namespace, Username};
use crate::objects::Desired;
use crate::outcome::of_cluster;
use crate::uninstall::{self, ToBeRevoked, UninstallError};
use crate::user::{self, User, UserError};

/// Why a hand-over is not begun.
#[derive(Debug, thiserror::Error)]
pub enum TransferError {
    /// The names are the same.
    #[error("{0} is the old name and the new one; give two names")]
    SameName(Username),
    /// Kubernetes cannot rename a namespace.
    #[error("OnDemand looks for the namespace {new_namespace} of user {new}, and that of {old} is {old_namespace}, which cannot be renamed; let {new} log in, copy what is needed from one to the other, then run: ood-k8s offboard {old}")]
    OtherNamespace {
        /// The old name.
        old: Username,
        /// Its namespace.
        old_namespace: Namespace,
        /// The new name.
        new: Username,
        /// Its namespace.
        new_namespace: Namespace,
    },
    /// One of the names makes no namespace.
    #[error(transparent)]
    Name(#[from] NameError),
    /// Whether the old name has an account is not known.
    #[error(transparent)]
    User(#[from] UserError),
    /// A new name gives nobody access back.
    #[error("cluster {cluster}: the access of user {user} is suspended; to restore it first, run: ood-k8s resume --cluster {cluster} {user}")]
    Suspended {
        /// The cluster's id.
        cluster: String,
        /// The owner.
        user: Username,
    },
    /// A cluster.
    #[error("cluster {cluster}: {error}")]
    Cluster {
        /// The cluster's id.
        cluster: String,
        /// What it says.
        error: Box<ClusterError>,
    },
}

impl HasExitStatus for TransferError {
    fn exit_status(&self) -> ExitStatus {
        match self {
            Self::SameName(_) => ExitStatus::Usage,
            Self::Name(error) => error.exit_status(),
            Self::User(error) => error.exit_status(),
            Self::OtherNamespace { .. } | Self::Suspended { .. } => ExitStatus::Refused,
            Self::Cluster { error, .. } => error.exit_status(),
        }
    }
}

/// Who was renamed, and how it is done.
pub struct Transfer<'a> {
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
    /// The old name, which may have no account any more.
    pub old: &'a Username,
    /// The account by its new name.
    pub new: &'a User,
}

/// A namespace that is handed over.
struct Place<'a> {
    cluster: &'a Cluster,
    api: Api,
    desired: Desired,
    found: FoundNamespace,
}

/// What is to be done, before anything is changed.
#[derive(Default)]
pub struct Plan<'a> {
    places: Vec<Place<'a>>,
    /// The steps in each cluster, as the servers see them.
    pub steps: Vec<Report>,
    /// Clusters that did not answer: there the old name keeps what it has.
    pub failures: Vec<(String, LoginError)>,
    /// What should be looked at before anybody says yes.
    pub warnings: Vec<String>,
    /// Whether the account of the old name is another person's.
    is_reused: bool,
}

impl Plan<'_> {
    /// The namespaces, each with its cluster.
    pub fn namespaces(&self) -> impl Iterator<Item = String> + '_ {
        let places = self.places.iter();
        places.map(|place| format!("{} in {}", place.desired.namespace, place.cluster.id))
    }
}

impl<'a> Transfer<'a> {
    /// Looks at everything, and tries each step as a server-side dry run. An error if anything is against it.
    pub async fn plan(&self) -> Result<Plan<'a>, TransferError> {
        if *self.old == self.new.name {
            return Err(TransferError::SameName(self.old.clone()));
        }
        let clusters = self.site.clusters.iter();
        let wanted: Result<Vec<_>, TransferError> =
            clusters.map(|cluster| Ok((cluster, self.desired(cluster)?))).collect();
        let deadline = self.watchdog.step("asking the clusters", self.total);
        let seen = wanted?.into_iter().map(|(cluster, desired)| {
            let looking = Box::pin(self.look(cluster, desired, &deadline));
            async move { (cluster, looking.await) }
        });
        let mut plan = Plan::default();
        for (cluster, seen) in join_all(seen).await {
            match seen {
                Ok(Some((place, steps))) => {
                    plan.steps.push(self.report(&place, steps));
                    plan.places.push(place);
                }
                Ok(None) => {}
                Err(TransferError::Cluster { error, .. }) if error.is_of_the_way() => {
                    plan.failures.push((of_cluster(&cluster.id), (*error).into()));
                }
                Err(error) => return Err(error),
            }
        }
        self.look_at_accounts(&mut plan)?;
        Ok(plan)
    }

    /// What the new name gets there, if it is in the namespace of the old one.
    fn desired(&self, cluster: &Cluster) -> Result<Desired, TransferError> {
        let desired = self.blueprint.of(self.new, cluster)?;
        let rules = &self.site.settings.namespaces;
        let old_namespace = Namespace::of_user(&cluster.namespace_prefix.value, self.old, rules)?;
        if old_namespace == desired.namespace {
            return Ok(desired);
        }
        Err(TransferError::OtherNamespace {
            old: self.old.clone(),
            old_namespace,
            new: self.new.name.clone(),
            new_namespace: desired.namespace,
        })
    }

    async fn look(
        &self,
        cluster: &'a Cluster,
        desired: Desired,
        deadline: &Deadline,
    ) -> Result<Option<(Place<'a>, Vec<ObjectReport>)>, TransferError> {
        let failed = |error: ClusterError| TransferError::Cluster {
            cluster: cluster.id.clone(),
            error: error.into(),
        };
        let api = self.authority.connect(cluster, deadline).await.map_err(failed)?;
        let found = cluster::find_namespace(&api, desired.namespace.as_str()).await;
        let Some(found) = found.map_err(failed)? else {
            return Ok(None);
        };
        let namespace = found.name.clone();
        if found.is_terminating {
            return Err(failed(ClusterError::Going { namespace }));
        }
        if found.is_suspended {
            let user = found.owner.as_deref().and_then(|owner| Username::parse(owner).ok());
            return Err(TransferError::Suspended {
                cluster: cluster.id.clone(),
                user: user.unwrap_or_else(|| self.old.clone()),
            });
        }
        let tried = cluster::transfer(&api.clone().dry_run(true), &desired, self.old).await;
        let steps = tried.map_err(|error| failed(lacking(&api, error)))?;
        let place = Place {
            cluster,
            api,
            desired,
            found,
        };
        Ok(Some((place, steps)))
    }

    fn look_at_accounts(&self, plan: &mut Plan<'_>) -> Result<(), TransferError> {
        _ = self
            .watchdog
            .step("looking up the old name in the passwd database", self.total);
        let (old, new) = (self.old, &self.new.name);
        let old_uid = match user::uid_of(old.as_str(), 0) {
            Ok(uid) => Some(uid),
            Err(error @ UserError::Lookup { .. }) => return Err(error.into()),
            Err(_) => None,
        };
        let stamps = plan
            .places
            .iter()
            .filter(|place| place.found.owner.as_deref() == Some(old.as_str()));
        let stamps: Vec<&str> = stamps.filter_map(|place| place.found.uid.as_deref()).collect();
        plan.is_reused = old_uid.is_some_and(|uid| stamps.iter().any(|stamp| *stamp != uid.to_string()));
        let uid = self.new.uid.to_string();
        if let Some(other) = stamps.iter().find(|stamp| **stamp != uid) {
            let other = crate::foreign::Foreign::from(*other);
            plan.warnings.push(format!("the namespaces of {old} were made for the uid {other}, and {new} has {uid}: make sure that they are the same person"));
        }
        if let Some(uid) = old_uid {
            plan.warnings.push(format!("{old} is still in the passwd database, with the uid {uid}, and its home is left alone; its logins will be refused"));
        }
        Ok(())
    }

    /// Hands over what was planned, and makes what a login of the new name makes. A failure in one cluster stops no other.
    pub async fn carry_out(&self, plan: &Plan<'a>) -> (Vec<Report>, Vec<(String, LoginError)>) {
        let places = plan.places.iter();
        let done = join_all(places.map(|place| self.at(place))).await;
        let mut failures = Vec::new();
        let mut reports = Vec::new();
        for (report, error) in done {
            failures.extend(error.map(|error| (of_cluster(&report.cluster), error)));
            reports.push(report);
        }
        (reports, failures)
    }

    async fn at(&self, place: &Place<'a>) -> (Report, Option<LoginError>) {
        let started = Instant::now();
        let mut report = self.report(place, Vec::new());
        let deadline = self.watchdog.step("handing over namespaces", self.total);
        let api = place.api.clone().with_deadline(deadline).in_no_hurry();
        let work = contained(Box::pin(self.hand_over(&api, place, &mut report))).await;
        let done = work.unwrap_or_else(|fault| Err(fault.into()));
        report.took(started);
        if let Err(error) = &done {
            report.add_error_once(error);
        }
        (report, done.err())
    }

    async fn hand_over(&self, api: &Api, place: &Place<'a>, report: &mut Report) -> Result<(), LoginError> {
        report.objects = cluster::transfer(api, &place.desired, self.old).await?;
        // Whoever is not offered a cluster gets nothing there; the old name has lost it all the same.
        if !place.cluster.access.verdict(self.new)?.is_offered {
            return Ok(());
        }
        let (wall, token) = (Wall::unknown(), UserToken::none());
        report.add(cluster::bootstrap(api, &place.desired, Adoption::Proven, &wall, &token).await)
    }

    /// What is kept to renew the old name's tokens goes: the new name's next login keeps its own.
    pub async fn forget_session(&self, plan: &Plan<'_>, is_dry_run: bool) -> Result<Option<Report>, UninstallError> {
        let Some(folder) = self.site.settings.renewal.folder.as_deref().filter(|_| !plan.is_reused) else {
            return Ok(None);
        };
        self.watchdog.more_time("forgetting the session", self.total * 2);
        if !uninstall::kept_users(folder)?.contains(self.old) {
            return Ok(None);
        }
        let mut report = Report::new(self.old.as_str(), "");
        for removed in uninstall::forget(folder, std::slice::from_ref(self.old), ToBeRevoked::Stays, is_dry_run).await {
            removed.failure.map_or(Ok(()), Err)?;
            report.objects.extend(removed.outcome.map(|outcome| ObjectReport {
                kind: "Session",
                name: self.old.to_string(),
                outcome,
            }));
        }
        Ok(Some(report))
    }

    fn report(&self, place: &Place<'_>, objects: Vec<ObjectReport>) -> Report {
        let mut report = Report::new(self.new.name.as_str(), &place.cluster.id);
        report.namespace = Some(place.desired.namespace.to_string());
        report.objects = objects;
        report
    }
}

/// A right that is missing is told with the role that has it.
fn lacking(api: &Api, error: ClusterError) -> ClusterError {
    match error {
        ClusterError::Forbidden { what, .. } => ClusterError::Lacking {
            server: api.server().to_owned(),
            what,
        },
        other => other,
    }
}
