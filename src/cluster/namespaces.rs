//! The namespaces that OnDemand created in a cluster, one page at a time.

use http::StatusCode;
use serde_json::Value;

use super::api::Api;
use super::error::ClusterError;
use super::pages::{percent, Pages};
use super::reply::refused;
use crate::deadline::Deadline;
use crate::objects::{
    Applied, Kind, CLAIMED, GID, LABEL, LAST_HOOK_EXECUTION, OWNER, POD_SECURITY, SITE, SUSPENDED, UID,
};
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
    /// The installation whose users it belongs to, if that has a name (`SITE`).
    pub site: Option<String>,
    /// Whether a login has recorded the ids that policies compare pods with.
    pub is_stamped: bool,
    /// The level of Pod Security that it enforces.
    pub pod_security: Option<String>,
    /// What profiles have put there.
    pub applied: Applied,
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

impl FoundNamespace {
    /// Whether it is another installation's, as a login decides it: then its owner is another person than ours of that name.
    pub fn is_elsewhere(&self, own_site: Option<&str>) -> bool {
        self.site.is_some() && self.site.as_deref() != own_site
    }
}

/// The installations whose namespaces are listed.
#[derive(Debug, Clone, Copy)]
enum Installations<'a> {
    All,
    /// This one, by its name if it has one.
    Own(Option<&'a str>),
}

/// A listing in progress.
#[derive(Debug)]
pub struct NamespacePages<'a> {
    pages: Pages<'a>,
    of: Installations<'a>,
    elsewhere: u64,
}

impl<'a> NamespacePages<'a> {
    /// Starts a listing of all.
    pub fn new(api: &'a Api) -> Self {
        Self {
            pages: Pages::new(api, labelled(), "namespaces"),
            of: Installations::All,
            elsewhere: 0,
        }
    }

    /// Starts a listing without those of other installations (`SITE`).
    pub fn of_site(api: &'a Api, own_site: Option<&'a str>) -> Self {
        Self {
            of: Installations::Own(own_site),
            ..Self::new(api)
        }
    }

    /// How many of other installations were left out so far.
    pub fn elsewhere(&self) -> u64 {
        self.elsewhere
    }

    /// Returns the next page, if there is one. Each has its own deadline, since processing a page may take long.
    pub async fn next(&mut self, deadline: Deadline) -> Result<Option<Vec<FoundNamespace>>, ClusterError> {
        let Some(items) = self.pages.next(deadline).await? else {
            return Ok(None);
        };
        let mut page: Vec<_> = items.iter().map(found).collect();
        if let Installations::Own(own_site) = self.of {
            let all = page.len();
            page.retain(|found| !found.is_elsewhere(own_site));
            self.elsewhere += (all - page.len()) as u64;
        }
        Ok(Some(page))
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
        site: text(&annotations[SITE]),
        is_stamped: annotations[GID].is_string(),
        pod_security: text(&metadata["labels"][POD_SECURITY]),
        applied: Applied::on(item),
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
    fn a_namespace_with_the_name_of_another_installation_is_that_ones() {
        let of = |site: Option<&str>| found(&json!({ "metadata": { "annotations": { SITE: site } } }));
        for (site, own, is_elsewhere) in [
            (None, None, false),
            (None, Some("a"), false),
            (Some("a"), Some("a"), false),
            (Some("a"), Some("b"), true),
            (Some("a"), None, true),
        ] {
            assert_eq!(of(site).is_elsewhere(own), is_elsewhere, "{site:?} {own:?}");
        }
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
