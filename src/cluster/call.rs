//! A request to the API server: its method, path and body, and the largest response that is read.

use http::Method;
use serde_json::Value;

use super::users_object::UsersObject;

/// The limit for a review, a token or a version, in bytes. In memory, JSON can take a hundred times its size.
pub(super) const SMALL: usize = 128 * 1024;
/// The limit for one object: a Secret holds up to 1 MiB, encoded in base64.
const ONE_OBJECT: usize = 2 * 1024 * 1024;
/// The limit for one page of a collection.
pub(super) const COLLECTION: usize = 8 * 1024 * 1024;

/// An API server accepts objects of 1 MiB (`MaxSecretSize`, and etcd's own limit of 1.5 MiB).
const SHORT: usize = 512 * 1024;

/// A request that can be sent more than once.
pub(super) struct Call<'a> {
    pub method: Method,
    pub path: String,
    pub query: String,
    pub content_type: &'static str,
    pub accept: &'static str,
    /// The largest response that is read, in bytes.
    pub limit: usize,
    pub body: Option<&'a Value>,
}

impl Call<'_> {
    pub fn new(method: Method, path: String) -> Self {
        Self {
            method,
            path,
            query: String::new(),
            content_type: "application/json",
            accept: "application/json",
            limit: ONE_OBJECT,
            body: None,
        }
    }

    /// The request in kubectl's words, for messages.
    pub fn describe(&self) -> String {
        let verb = match self.method {
            Method::GET => "get",
            Method::POST => "create",
            Method::DELETE => "delete",
            _ => "patch",
        };
        let path = self.path.split('?').next().unwrap_or_default();
        let path = path.trim_start_matches("/api/v1/").trim_start_matches("/apis/");
        format!("{verb} {path}")
    }

    /// The object that is read or written, if its namespace's user may write it as well.
    pub fn users_object(&self) -> Option<UsersObject> {
        UsersObject::at(&self.path)
    }

    /// Whether the request itself is far from the largest that a server accepts.
    pub fn is_short(&self) -> bool {
        self.body.is_none_or(|body| body.to_string().len() < SHORT)
    }

    pub fn namespace(&self) -> &str {
        let rest = self.path.split_once("/namespaces/").map_or("", |(_, rest)| rest);
        rest.split('/').next().unwrap_or_default()
    }
}
