//! The namespaces that OnDemand created in a cluster, one page at a time.

use http::StatusCode;
use serde_json::Value;

use super::api::Api;
use super::error::ClusterError;
use super::pages::{percent, Pages};
use super::reply::refused;
use crate::deadline::Deadline;
use crate::objects::{Kind, CLAIMED, GID, LABEL, LAST_HOOK_EXECUTION, OWNER, POD_SECURITY, SUSPENDED, UID};
use crate::time::{parse_rfc3339, unix_seconds};

/// The end of the year 9999, the last that a date can have.
const LATEST: u64 = 253_402_300_799;

/// A namespace with OnDemand's label.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoundNamespace {
    /// Its name.
    pub name: String,
    /// The user who has claimed it; `None` if only the stock scripts have used it so far.
    pub owner: Option<String>,
    /// The uid that the owner had then.
    pub uid: Option<String>,
    /// Whether a login has recorded the ids that policies compare pods with.
    pub is_stamped: bool,
    /// The level of Pod Security that it enforces.
    pub pod_security: Option<String>,
    /// Whether it is being deleted.
    pub is_terminating: bool,
    /// Whether its owner is not let in, whatever the annotation says.
    pub is_suspended: bool,
    /// Its dates, in Unix seconds; what is not there, or no number, is `None`.
    pub dates: Dates,
}

/// When something happened to a namespace.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Dates {
    /// It was made.
    pub created: Option<u64>,
    /// Its owner claimed it, as far as that was recorded.
    pub claimed: Option<u64>,
    /// Its owner's last login.
    pub last_login: Option<u64>,
    /// Its owner's access was suspended.
    pub suspended: Option<u64>,
}

/// A listing in progress.
#[derive(Debug)]
pub struct NamespacePages<'a>(Pages<'a>);

impl<'a> NamespacePages<'a> {
    /// Starts a listing.
    pub fn new(api: &'a Api) -> Self {
        Self(Pages::new(api, labelled(), "namespaces"))
    }

    /// Returns the next page, if there is one. Each has its own deadline, since processing a page may take long.
    pub async fn next(&mut self, deadline: Deadline) -> Result<Option<Vec<FoundNamespace>>, ClusterError> {
        let page = self.0.next(deadline).await?;
        Ok(page.map(|items| items.iter().map(found).collect()))
    }
}

/// Returns one namespace, or `None` if it does not exist.
pub async fn find_namespace(api: &Api, name: &str) -> Result<Option<FoundNamespace>, ClusterError> {
    let reply = api.get(Kind::Namespace, "", name).await?;
    match reply.status {
        status if status.is_success() => Ok(Some(found(&reply.body))),
        StatusCode::NOT_FOUND => Ok(None),
        _ => Err(refused(&format!("read the namespace {name}"), &reply)),
    }
}

fn labelled() -> String {
    // A label's value needs no encoding: it consists of letters, digits, `-`, `_` and `.`.
    format!("/api/v1/namespaces?labelSelector={}%3D{}", percent(LABEL.0), LABEL.1)
}

pub(super) fn found(item: &Value) -> FoundNamespace {
    let metadata = &item["metadata"];
    let annotations = &metadata["annotations"];
    let text = |value: &Value| value.as_str().map(str::to_owned);
    let seconds = |key: &str| {
        let seconds = annotations[key].as_str().and_then(|text| text.parse().ok());
        seconds.filter(|seconds| *seconds <= LATEST)
    };
    FoundNamespace {
        name: text(&metadata["name"]).unwrap_or_default(),
        owner: text(&annotations[OWNER]),
        uid: text(&annotations[UID]),
        is_stamped: annotations[GID].is_string(),
        pod_security: text(&metadata["labels"][POD_SECURITY]),
        is_suspended: !annotations[SUSPENDED].is_null(),
        is_terminating: !metadata["deletionTimestamp"].is_null(),
        dates: Dates {
            created: metadata["creationTimestamp"]
                .as_str()
                .and_then(parse_rfc3339)
                .map(unix_seconds),
            claimed: seconds(CLAIMED),
            last_login: seconds(LAST_HOOK_EXECUTION),
            suspended: seconds(SUSPENDED),
        },
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn namespaces_are_selected_by_the_label() {
        assert_eq!(
            labelled(),
            "/api/v1/namespaces?labelSelector=app.kubernetes.io%2Fname%3Dopen-ondemand"
        );
    }

    #[test]
    fn a_date_that_is_no_number_is_none() {
        for odd in [
            json!("soon"),
            json!(""),
            json!("-5"),
            json!("1e9"),
            json!("999999999999999"),
            json!(7),
            json!(null),
        ] {
            let annotations = json!({ LAST_HOOK_EXECUTION: odd, CLAIMED: "7" });
            let item = json!({ "metadata": { "name": "a", "annotations": annotations, "creationTimestamp": "x" } });
            let dates = found(&item).dates;
            assert_eq!((dates.created, dates.claimed, dates.last_login), (None, Some(7), None));
        }
    }
}
