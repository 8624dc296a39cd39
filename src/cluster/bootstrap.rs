//! Creates a user's namespace and everything in it: first the claim, then the rest, and rights only behind the wall.

use std::pin::pin;
use std::sync::Mutex;

use futures_util::future::{join4, join_all, ready, select, Either};

use super::api::Api;
use super::as_user::known_as;
use super::claim::{Claimed, Claimer};
use super::clock::Clock;
use super::error::ClusterError;
use super::report::ObjectReport;
use super::user_token::UserToken;
use super::wall::Wall;
use super::whose::Adoption;
use super::{ensure, pull_secrets};
use crate::objects::{Desired, Kind, Object, SERVICE_ACCOUNT};
use crate::outcome::Outcome;

/// What was done in a namespace, and all that failed there.
#[derive(Debug, Default)]
pub struct Bootstrapped {
    /// The result for each object that is as it should be.
    pub objects: Vec<ObjectReport>,
    /// What failed, in the order in which it was asked for.
    pub failures: Vec<ClusterError>,
    /// What disturbed nothing, and should be looked at.
    pub warnings: Vec<String>,
    /// The name that the server has for the user, if it was asked: at a first login, with the user's own token.
    pub known_as: Option<String>,
    /// The connection on which it can be asked later, if no token was known in time.
    pub unasked: Option<Api>,
}

/// Brings a user's namespace and everything in it to the desired state.
///
/// Nothing is written before the claim has made it certain that the namespace is this user's; what should be in it is read
/// beside the claim. Everything is written concurrently, except that a RoleBinding is written only after the server has
/// said that the NetworkPolicy stands. `wall` says so to whoever else waits for it. In a new namespace the server is
/// asked whom it takes `token` for.
pub async fn bootstrap(
    api: &Api,
    desired: &Desired,
    adoption: Adoption,
    wall: &Wall,
    token: &UserToken,
) -> Bootstrapped {
    let (clock, warnings) = (Clock::default(), Mutex::default());
    let claimer = Claimer::new(api, desired, adoption, &clock, &warnings);
    let mut done = rounds(&claimer, api, desired, (wall, token)).await;
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

async fn rounds(claim: &Claimer<'_>, api: &Api, desired: &Desired, (wall, token): (&Wall, &UserToken)) -> Bootstrapped {
    loop {
        let (claimed, api) = match claim_and_read(claim, api, desired).await {
            Ok(done) => done,
            Err(error) => return Bootstrapped::failed(error),
        };
        let done = furnish(&api, desired, claimed, (wall, token)).await;
        // Reaped between claim and use: the next round waits until it is gone and creates it again.
        if !done.is_terminating() || api.deadline().remaining().is_zero() {
            return done;
        }
    }
}

/// Claims the namespace, and reads beside it what should be in it, if somebody waits: for a returning user, all of it is one
/// flight.
///
/// Reading needs no claim, since it changes nothing; what was read counts only if the first answers made the namespace
/// this user's who had it before, and is dropped unseen otherwise.
async fn claim_and_read(claim: &Claimer<'_>, api: &Api, desired: &Desired) -> Result<(Claimed, Api), ClusterError> {
    if !api.is_urgent() {
        return Ok((Box::pin(claim.claim()).await?.claimed, api.clone()));
    }
    let wanted = read_at_a_login(desired);
    let reading = pin!(api.read_ahead(desired.namespace.as_str(), &wanted));
    let (success, reading) = match select(pin!(claim.claim()), reading).await {
        Either::Left((success, reading)) => (success?, Either::Left(reading)),
        Either::Right((ahead, claiming)) => (claiming.await?, Either::Right(ready(ahead))),
    };
    let is_of_before = success.claimed == Claimed::Renewed && success.at_once;
    let api = if is_of_before {
        api.with_what_was_read(reading.await)
    } else {
        api.clone()
    };
    Ok((success.claimed, api))
}

/// What [`furnish`] looks at first in a namespace that is there.
fn read_at_a_login(desired: &Desired) -> Vec<(Kind, &str)> {
    let objects = desired.objects.iter().chain(&desired.pull_secrets);
    let mut wanted: Vec<_> = objects.map(|object| (object.kind, object.name.as_str())).collect();
    if desired.pull_secrets.iter().any(|secret| !secret.upkeep.only_if_there) {
        wanted.push((Kind::ServiceAccount, SERVICE_ACCOUNT));
    }
    wanted
}

/// Writes everything in the namespace at once; only what gives rights waits for the wall.
async fn furnish(api: &Api, desired: &Desired, claimed: Claimed, (outer, token): (&Wall, &UserToken)) -> Bootstrapped {
    let is_new = claimed == Claimed::Created;
    let namespace = desired.namespace.as_str();
    let is_wall = |object: &&Object| object.kind == Kind::NetworkPolicy;
    let (policies, others): (Vec<_>, Vec<_>) = desired.objects.iter().partition(is_wall);
    // A namespace that was reaped meanwhile has another wall.
    let inner = Wall::unknown();
    let walls = async {
        let built = policies
            .iter()
            .map(|object| ensure::ensure(api, namespace, object, is_new));
        let built = join_all(built).await;
        if built.iter().all(Result::is_ok) {
            inner.stands();
            outer.stands();
        }
        inner.is_open();
        built
    };
    let rights = others
        .iter()
        .map(|object| ensure::ensure_behind(&inner, api, namespace, object, is_new));
    // In the last flight, behind the rights: a server that does not take the token takes no new request on this connection
    // either (k8s.io/apiserver, `UnauthenticatedHTTP2DOSMitigation`), and finishes those that it has.
    let name = async {
        if is_new && inner.is_known_to_stand().await {
            return ask_the_name(api, token).await;
        }
        (None, None)
    };
    let (walls, rights, pull_secrets, (known_as, unasked)) = join4(
        walls,
        join_all(rights),
        pull_secrets::mint_at_login(api, namespace, &desired.pull_secrets, is_new),
        name,
    )
    .await;
    let of_namespace = ObjectReport::new(Kind::Namespace, namespace, claimed.outcome());
    let mut done = Bootstrapped {
        objects: vec![of_namespace],
        known_as,
        unasked,
        ..Bootstrapped::default()
    };
    let open = |error| ClusterError::without_wall(namespace, error);
    done.add_all(&policies, walls.into_iter().map(|built| built.map_err(open)));
    done.add_all(&others, rights);
    pull_secrets.into_iter().for_each(|result| done.add(result));
    done
}

/// The name that the server has for the user; or, if no token is known yet, the connection to ask on later.
async fn ask_the_name(api: &Api, token: &UserToken) -> (Option<String>, Option<Api>) {
    if token.is_awaited() {
        return (None, Some(api.clone()));
    }
    (known_as(api, token).await, None)
}

impl Bootstrapped {
    fn failed(error: ClusterError) -> Self {
        Self {
            failures: vec![error],
            ..Self::default()
        }
    }

    /// Adds what became of each of these objects.
    fn add_all(&mut self, objects: &[&Object], outcomes: impl IntoIterator<Item = Result<Outcome, ClusterError>>) {
        for (object, outcome) in objects.iter().zip(outcomes) {
            self.add(outcome.map(|outcome| ObjectReport::new(object.kind, &object.name, outcome)));
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
