//! The namespaces that OnDemand created in a cluster, one page at a time.

use http::StatusCode;
use serde_json::Value;

use super::api::Api;
use super::error::ClusterError;
use super::reply::refused;
use crate::deadline::Deadline;
use crate::objects::{Kind, GID, LABEL, OWNER};

/// Namespaces per page: a few hundred kilobytes, and few round trips.
const PAGE: u32 = 250;

/// A namespace with OnDemand's label.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoundNamespace {
    /// Its name.
    pub name: String,
    /// The user who has claimed it; `None` if only the stock scripts have used it so far.
    pub owner: Option<String>,
    /// Whether a login has recorded the ids that policies compare pods with.
    pub is_stamped: bool,
    /// Whether it is being deleted.
    pub is_terminating: bool,
}

/// A listing in progress.
#[derive(Debug)]
pub struct NamespacePages<'a> {
    api: &'a Api,
    /// The server's `continue` token, empty at first; `None` after the last page.
    next: Option<String>,
}

impl<'a> NamespacePages<'a> {
    /// Starts a listing.
    pub fn new(api: &'a Api) -> Self {
        Self {
            api,
            next: Some(String::new()),
        }
    }

    /// Returns the next page, if there is one. Each has its own deadline, since processing a page may take long.
    pub async fn next(&mut self, deadline: Deadline) -> Result<Option<Vec<FoundNamespace>>, ClusterError> {
        let Some(token) = self.next.take() else {
            return Ok(None);
        };
        let api = self.api.clone().with_deadline(deadline);
        let mut reply = api.list_page(&query(&token)).await?;
        if reply.status == StatusCode::GONE {
            // The token is older than the server's history (five minutes). The response has another one, with which
            // the listing continues from the current state.
            let token = reply.body["metadata"]["continue"]
                .as_str()
                .unwrap_or_default()
                .to_owned();
            reply = api.list_page(&query(&token)).await?;
        }
        if !reply.status.is_success() {
            return Err(refused("list the namespaces", &reply));
        }
        let next = reply.body["metadata"]["continue"]
            .as_str()
            .filter(|token| !token.is_empty());
        self.next = next.map(str::to_owned);
        let items = reply.body["items"].as_array().map_or(&[][..], Vec::as_slice);
        Ok(Some(items.iter().map(found).collect()))
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

fn query(token: &str) -> String {
    // A label's value needs no encoding: it consists of letters, digits, `-`, `_` and `.`.
    let page = if token.is_empty() {
        String::new()
    } else {
        format!("&continue={}", percent(token))
    };
    format!(
        "/api/v1/namespaces?labelSelector={}%3D{}&limit={PAGE}{page}",
        percent(LABEL.0),
        LABEL.1
    )
}

/// RFC 3986: encodes everything except unreserved characters.
fn percent(text: &str) -> String {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    let encode = |byte: u8| {
        if is_plain(byte) {
            char::from(byte).to_string()
        } else {
            format!("%{byte:02X}")
        }
    };
    text.bytes().map(encode).collect()
}

fn found(item: &Value) -> FoundNamespace {
    let metadata = &item["metadata"];
    let text = |value: &Value| value.as_str().map(str::to_owned);
    FoundNamespace {
        name: text(&metadata["name"]).unwrap_or_default(),
        owner: text(&metadata["annotations"][OWNER]),
        is_stamped: metadata["annotations"][GID].is_string(),
        is_terminating: !metadata["deletionTimestamp"].is_null(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_is_a_url_whatever_the_server_gave_to_go_on_with() {
        assert_eq!(
            query("a+b/c="),
            "/api/v1/namespaces?labelSelector=app.kubernetes.io%2Fname%3Dopen-ondemand&limit=250&continue=a%2Bb%2Fc%3D"
        );
    }
}
