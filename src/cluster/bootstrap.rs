//! Creates a user's namespace and everything in it: first the claim, then the rest, and rights only behind the wall.

use std::sync::Mutex;

use futures_util::future::{join3, join_all};

use super::api::Api;
use super::claim::{Adoption, Claimed, Claimer};
use super::clock::Clock;
use super::error::ClusterError;
use super::report::ObjectReport;
use super::wall::Wall;
use super::{ensure, pull_secrets};
use crate::objects::{Desired, Kind, Object};

/// What was done in a namespace, and all that failed there.
#[derive(Debug, Default)]
pub struct Bootstrapped {
    /// The result for each object that is as it should be.
    pub objects: Vec<ObjectReport>,
    /// What failed, in the order in which it was asked for.
    pub failures: Vec<ClusterError>,
    /// What disturbed nothing, and should be looked at.
    pub warnings: Vec<String>,
}

/// Brings a user's namespace and everything in it to the desired state.
///
/// The claim goes first and alone: nothing else is sent until it is certain that the namespace is this user's.
/// Everything else is sent concurrently, except that a RoleBinding is written only after the server has said that the
/// NetworkPolicy stands. `wall` says so to whoever else waits for it.
pub async fn bootstrap(api: &Api, desired: &Desired, adoption: Adoption, wall: &Wall) -> Bootstrapped {
    let (clock, warnings) = (Clock::default(), Mutex::default());
    let claimer = Claimer::new(api, desired, adoption, &clock, &warnings);
    let mut done = rounds(&claimer, api, desired, wall).await;
    done.warnings = warnings.into_inner().unwrap_or_default();
    done.warnings.extend(clock.warning(api.server()));
    // A server that does not take root's credentials has taken no request.
    let is_refused = |error: &ClusterError| matches!(error, ClusterError::Unauthorized { .. });
    if done.objects.is_empty() && done.failures.iter().all(is_refused) {
        wall.is_untouched();
    }
    wall.is_open();
    done
}

async fn rounds(claimer: &Claimer<'_>, api: &Api, desired: &Desired, wall: &Wall) -> Bootstrapped {
    loop {
        let claimed = match claimer.claim().await {
            Ok(claimed) => claimed,
            Err(error) => return Bootstrapped::failed(error),
        };
        let done = furnish(api, desired, claimed, wall).await;
        // Reaped between claim and use: the next round waits until it is gone and creates it again.
        if !done.is_terminating() || api.deadline().remaining().is_zero() {
            return done;
        }
    }
}

/// Writes everything in the namespace at once; only what gives rights waits for the wall.
async fn furnish(api: &Api, desired: &Desired, claimed: Claimed, outer: &Wall) -> Bootstrapped {
    let is_new = claimed == Claimed::Created;
    let namespace = desired.namespace.as_str();
    let of_wall = |object: &&Object| object.kind == Kind::NetworkPolicy;
    // A namespace that was reaped meanwhile has another wall.
    let inner = Wall::unknown();
    let walls = async {
        let objects = desired.objects.iter().filter(of_wall);
        let built = objects.map(|object| ensure::ensure(api, namespace, object, is_new));
        let built = join_all(built).await;
        if built.iter().all(Result::is_ok) {
            inner.stands();
            outer.stands();
        }
        inner.is_open();
        built
    };
    let rights = desired.objects.iter().filter(|object| !of_wall(object));
    let rights = rights.map(|object| ensure::ensure_behind(&inner, api, namespace, object, is_new));
    let (walls, rights, pull_secrets) = join3(
        walls,
        join_all(rights),
        pull_secrets::mint_at_login(api, namespace, &desired.pull_secrets, is_new),
    )
    .await;
    let mut done = Bootstrapped::default();
    done.objects
        .push(ObjectReport::new(Kind::Namespace, namespace, claimed.outcome()));
    let (first, last): (Vec<_>, Vec<_>) = desired.objects.iter().partition(of_wall);
    for (object, outcome) in first.into_iter().zip(walls) {
        let open = |error| ClusterError::without_wall(namespace, error);
        done.add(
            outcome
                .map(|outcome| ObjectReport::new(object.kind, &object.name, outcome))
                .map_err(open),
        );
    }
    for (object, outcome) in last.into_iter().zip(rights) {
        done.add(outcome.map(|outcome| ObjectReport::new(object.kind, &object.name, outcome)));
    }
    pull_secrets.into_iter().for_each(|result| done.add(result));
    done
}

impl Bootstrapped {
    fn failed(error: ClusterError) -> Self {
        Self {
            failures: vec![error],
            ..Self::default()
        }
    }

    fn add(&mut self, result: Result<ObjectReport, ClusterError>) {
        match result {
            Ok(report) => self.objects.push(report),
            // The wall's own failure says why.
            Err(ClusterError::Withheld) => {}
            Err(error) => self.failures.push(error),
        }
    }

    fn is_terminating(&self) -> bool {
        let of_namespace = |error: &ClusterError| error.is_terminating();
        self.failures.iter().any(of_namespace)
    }
}
