//! Brings a Secret that a site declares to what root's files say, unless somebody else made it or looks after it.

use http::StatusCode;

use super::api::Api;
use super::coverage::is_applied_by_us;
use super::ensure::is_left_alone;
use super::error::ClusterError;
use super::manifest::{create, foreign};
use super::reply::refused;
use super::synced_secret::{another_type, change, is_as_declared, is_stuck};
use super::wall::Wall;
use crate::objects::Object;
use crate::outcome::Outcome;

/// How many times the Secret may change between read and write before the update fails.
const ROUNDS: u32 = 4;

/// Reads it and writes it if it differs; in a new namespace there is nothing to read. Like everything that is of use to whoever
/// gets into the namespace, it is written only behind a wall that stands.
pub(super) async fn ensure_declared_secret(
    wall: &Wall,
    api: &Api,
    namespace: &str,
    object: &Object,
    is_new: bool,
) -> Result<Outcome, ClusterError> {
    for _ in 0..ROUNDS {
        let live = if is_new {
            None
        } else {
            let live = api.get(object.kind, namespace, &object.name).await?;
            Some(live).filter(|live| live.status != StatusCode::NOT_FOUND)
        };
        match &live {
            Some(live) if !live.status.is_success() => return Err(refused(&format!("read {object:?}"), live)),
            Some(live) if is_left_alone(&live.body) => return Ok(Outcome::Unchanged),
            Some(live) if !is_applied_by_us(&live.body) => return Err(foreign(namespace, object, &live.body)),
            Some(live) if is_as_declared(&live.body, object) => return Ok(Outcome::Unchanged),
            Some(live) if is_stuck(&live.body, object) => return Err(another_type(namespace, object, &live.body)),
            _ => {}
        }
        if !wall.is_known_to_stand().await {
            return Err(ClusterError::Withheld);
        }
        let Some(live) = live else {
            return create(api, namespace, object).await;
        };
        if let Some(outcome) = change(api, namespace, object, &live.body).await? {
            return Ok(outcome);
        }
    }
    Err(ClusterError::Contended {
        what: format!("write the Secret {} in {namespace}", object.name),
        times: ROUNDS,
    })
}
