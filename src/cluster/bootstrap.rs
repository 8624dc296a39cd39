//! Creates a user's namespace and everything in it: first the claim, then the rest, and rights only behind the wall.

use std::pin::pin;
use std::sync::Mutex;

use futures_util::future::{join, join4, join_all, ready, select, Either};

use super::api::Api;
use super::as_user::known_as;
use super::claim::{Claimed, Claimer, Success};
use super::clock::Clock;
use super::declared_secret::ensure_declared_secret;
use super::error::ClusterError;
use super::manifest::ensure_manifest;
use super::report::ObjectReport;
use super::transition::{self, Begun};
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
    done.warnings.extend(warnings.into_inner().unwrap_or_default());
    done.warnings.extend(clock.warning(api.server()));
    // A server that does not take root's credentials has taken no request.
    let is_refused = |error: &ClusterError| matches!(error, ClusterError::Unauthorized { .. });
    if done.objects.is_empty() && done.failures.iter().all(is_refused) {
        wall.set_untouched();
    }
    wall.set_open();
    done
}

async fn rounds(claim: &Claimer<'_>, api: &Api, desired: &Desired, (wall, token): (&Wall, &UserToken)) -> Bootstrapped {
    loop {
        let (success, api) = match claim_and_read(claim, api, desired).await {
            Ok(done) => done,
            Err(error) => return Bootstrapped::failed(error),
        };
        let done = with_profile(&api, desired, success, (wall, token)).await;
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
async fn claim_and_read(claim: &Claimer<'_>, api: &Api, desired: &Desired) -> Result<(Success, Api), ClusterError> {
    if !api.is_urgent() {
        return Ok((Box::pin(claim.claim()).await?, api.clone()));
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
    Ok((success, api))
}

/// What [`furnish`] looks at first in a namespace that is there.
fn read_at_a_login(desired: &Desired) -> Vec<(Kind, &str)> {
    // A custom resource's conversion webhook may hang: it must not keep the rights from being written.
    let is_kubernetes = |object: &&Object| !matches!(object.kind, Kind::Other(kind) if !kind.is_built_in());
    let mut wanted: Vec<_> = desired
        .all_objects()
        .filter(is_kubernetes)
        .map(|object| (object.kind, object.name.as_str()))
        .collect();
    if desired.pull_secrets.iter().any(|secret| !secret.upkeep.only_if_there) {
        wanted.push((Kind::ServiceAccount, SERVICE_ACCOUNT));
    }
    wanted
}

/// Writes everything in the namespace. Where the profile asks for something else than at the last login, that is noted
/// first; and what has to go goes beside what is written.
async fn with_profile(api: &Api, desired: &Desired, success: Success, on: (&Wall, &UserToken)) -> Bootstrapped {
    let Success { claimed, live, .. } = success;
    let namespace = desired.namespace.as_str();
    let mut warnings: Vec<_> = desired.doubt.iter().map(|doubt| without_profile(doubt)).collect();
    // A new one was created with all of it.
    let (begun, extras) = if claimed == Claimed::Created {
        (Ok(Begun::nothing()), desired.extras.as_ref())
    } else if let Some(had) = desired.owner.has_lost_groups(&live) {
        warnings.push(lost_groups(desired, had));
        (Ok(Begun::nothing()), None)
    } else {
        let extras = desired.extras.as_ref();
        (transition::begin(api, desired, extras, live).await, extras)
    };
    let objects = extras.map_or(&[][..], |extras| extras.objects.as_slice());
    warnings.extend(extras.into_iter().flat_map(|extras| extras.notes.iter().cloned()));
    // What could not be noted is not made: nobody would know later that it is to go.
    let (mut begun, objects, failure) = match begun {
        Ok(begun) => (begun, objects, None),
        Err(error) => (Begun::nothing(), &[][..], Some(error)),
    };
    let failure = failure.or(begun.refusal.take());
    let has_written = begun.has_written;
    let (mut done, (left, staying)) =
        join(furnish(api, desired, claimed, objects, on), begun.end(api, namespace)).await;
    left.into_iter().for_each(|result| done.add(result));
    done.failures.extend(failure);
    done.warnings.extend(warnings.into_iter().chain(staying));
    if has_written {
        done.mark_changed();
    }
    done
}

fn without_profile(doubt: &str) -> String {
    format!("what the user's profile says is not known, so what was there stays: {doubt}")
}

fn lost_groups(desired: &Desired, had: usize) -> String {
    let (user, namespace) = (&desired.user, &desired.namespace);
    format!("user {user} is in no group beside the primary one, and was in {had} more at an earlier login, so the directory service may be answering incompletely: the groups and the profile of namespace {namespace} stay as they are; if the user has left these groups, run: ood-k8s users restamp {user}")
}

/// Writes everything in the namespace at once; only what gives rights waits for the wall.
async fn furnish(
    api: &Api,
    desired: &Desired,
    claimed: Claimed,
    extras: &[Object],
    (outer, token): (&Wall, &UserToken),
) -> Bootstrapped {
    let is_new = claimed == Claimed::Created;
    let namespace = desired.namespace.as_str();
    // A site's own policies are no part of the wall: if one is refused, it costs that one alone.
    let is_wall = |object: &&Object| object.kind == Kind::NetworkPolicy && !object.upkeep.is_of_manifest;
    let (policies, others): (Vec<_>, Vec<_>) = desired.objects.iter().chain(extras).partition(is_wall);
    // A namespace that was reaped meanwhile has another wall.
    let inner = Wall::unknown();
    let walls = build(api, namespace, &policies, is_new, [&inner, outer]);
    let rights = others
        .iter()
        .map(|object| write_behind(&inner, api, namespace, object, is_new));
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
    let mut done = Bootstrapped::of_namespace(namespace, claimed);
    (done.known_as, done.unasked) = (known_as, unasked);
    let open = |error| ClusterError::without_wall(namespace, error);
    done.add_all(&policies, walls.into_iter().map(|built| built.map_err(open)));
    done.add_all(&others, rights);
    pull_secrets.into_iter().for_each(|result| done.add(result));
    done
}

/// Writes the policies; if all of them are there, so do these walls stand. The first one waits for nothing else.
async fn build(
    api: &Api,
    namespace: &str,
    policies: &[&Object],
    is_new: bool,
    [inner, outer]: [&Wall; 2],
) -> Vec<Result<Outcome, ClusterError>> {
    let built = policies
        .iter()
        .map(|object| ensure::ensure(api, namespace, object, is_new));
    let built = join_all(built).await;
    if built.iter().all(Result::is_ok) {
        inner.set_standing();
        outer.set_standing();
    }
    inner.set_open();
    built
}

async fn write_behind(
    wall: &Wall,
    api: &Api,
    namespace: &str,
    object: &Object,
    is_new: bool,
) -> Result<Outcome, ClusterError> {
    if object.upkeep.is_of_manifest {
        return ensure_manifest(wall, api, namespace, object, is_new).await;
    }
    if object.upkeep.is_declared_secret {
        return ensure_declared_secret(wall, api, namespace, object, is_new).await;
    }
    ensure::ensure_behind(wall, api, namespace, object, is_new).await
}

/// The name that the server has for the user; or, if no token is known yet, the connection to ask on later.
async fn ask_the_name(api: &Api, token: &UserToken) -> (Option<String>, Option<Api>) {
    if token.is_awaited() {
        return (None, Some(api.clone()));
    }
    (known_as(api, token).await, None)
}

impl Bootstrapped {
    fn of_namespace(namespace: &str, claimed: Claimed) -> Self {
        Self {
            objects: vec![ObjectReport::new(Kind::Namespace, namespace, claimed.outcome())],
            ..Self::default()
        }
    }

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

    /// The namespace itself was written, and not only its timestamp.
    fn mark_changed(&mut self) {
        let of_namespace = self.objects.first_mut();
        let unchanged = of_namespace.filter(|report| report.outcome == Outcome::Unchanged);
        if let Some(report) = unchanged {
            report.outcome = Outcome::Changed;
        }
    }

    fn is_terminating(&self) -> bool {
        let of_namespace = |error: &ClusterError| error.is_terminating();
        self.failures.iter().any(of_namespace)
    }
}
