//! A collection of a cluster's, one page at a time: with the metadata of its objects alone, or whole.

use http::StatusCode;
use serde_json::Value;

use super::api::Api;
use super::error::ClusterError;
use super::reply::refused;
use crate::deadline::Deadline;

/// Objects per page: a few hundred kilobytes, and few round trips.
const PAGE: u32 = 250;

/// A listing in progress.
#[derive(Debug)]
pub(super) struct Pages<'a> {
    api: &'a Api,
    /// The collection, and what is selected there.
    path: String,
    /// What is listed, for messages.
    what: &'static str,
    /// Whether objects are whole, and not their metadata alone.
    is_whole: bool,
    /// Objects per page.
    size: u32,
    /// The server's `continue` token, empty at first; `None` after the last page.
    next: Option<String>,
}

impl<'a> Pages<'a> {
    /// Starts a listing.
    pub fn new(api: &'a Api, path: String, what: &'static str) -> Self {
        Self {
            api,
            path,
            what,
            is_whole: false,
            size: PAGE,
            next: Some(String::new()),
        }
    }

    /// The same with whole objects, so many per page.
    pub fn whole(api: &'a Api, path: String, what: &'static str, size: u32) -> Self {
        Self {
            is_whole: true,
            size,
            ..Self::new(api, path, what)
        }
    }

    /// Asks for smaller pages from here on; `false` if they cannot be smaller.
    pub fn shrink(&mut self) -> bool {
        let is_smaller = self.size > 1;
        self.size = (self.size / 8).max(1);
        is_smaller
    }

    /// Returns the next page, if there is one. Each has its own deadline, since processing a page may take long.
    pub async fn next(&mut self, deadline: Deadline) -> Result<Option<Vec<Value>>, ClusterError> {
        let Some(token) = self.next.clone() else {
            return Ok(None);
        };
        let api = self.api.clone().with_deadline(deadline);
        let mut reply = api.list_page(&self.query(&token), self.is_whole).await?;
        if reply.status == StatusCode::GONE {
            // The token is older than the server's history (five minutes). The response has another one, with which
            // the listing continues from the current state.
            let token = reply.body["metadata"]["continue"]
                .as_str()
                .unwrap_or_default()
                .to_owned();
            reply = api.list_page(&self.query(&token), self.is_whole).await?;
        }
        if !reply.status.is_success() {
            return Err(refused(&format!("list the {}", self.what), &reply));
        }
        let next = reply.body["metadata"]["continue"]
            .as_str()
            .filter(|token| !token.is_empty());
        self.next = next.map(str::to_owned);
        Ok(Some(match reply.body["items"].take() {
            Value::Array(items) => items,
            _ => Vec::new(),
        }))
    }

    fn query(&self, token: &str) -> String {
        let page = if token.is_empty() {
            String::new()
        } else {
            format!("&continue={}", percent(token))
        };
        let and = if self.path.contains('?') { '&' } else { '?' };
        format!("{}{and}limit={}{page}", self.path, self.size)
    }
}

/// RFC 3986: encodes everything except unreserved characters.
pub(super) fn percent(text: &str) -> String {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_server_gives_to_go_on_with_is_part_of_a_url() {
        assert_eq!(percent("a+b/c="), "a%2Bb%2Fc%3D");
        assert_eq!(percent("AZ-09._~"), "AZ-09._~");
    }
}
