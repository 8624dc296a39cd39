//! Requests on their way: sent, tried again where that can help, and their answers told apart.

use std::time::{Duration, SystemTime};

use http::{Method, Request, Response, StatusCode};
use http_body_util::BodyExt as _;
use kube::client::Body;
use serde_json::Value;

use super::connection::translate;
use super::identity::Identity;
use super::ClusterError;
use crate::deadline::Deadline;

/// The first pause before another try, and the longest; each is twice the one before.
const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(2);
/// How often a connection that was cut is made again.
const RECONNECTS: u32 = 2;
/// Of a review, a token or a version. JSON takes a hundred times its size in memory at worst. In bytes.
pub(super) const SMALL: usize = 128 * 1024;
/// Of one object: a Secret holds 1 MiB, in base64.
const ONE_OBJECT: usize = 2 * 1024 * 1024;
/// Of a page of a collection.
pub(super) const COLLECTION: usize = 8 * 1024 * 1024;

/// A connection, and what to say when it fails.
#[derive(Clone)]
pub(super) struct Transport {
    pub client: kube::Client,
    /// The URL, for messages.
    pub server: String,
    /// Whose credentials are shown.
    pub identity: Identity,
    /// What ALPN gave; HTTP/1.1 otherwise.
    pub is_http2: bool,
    pub deadline: Deadline,
}

impl std::fmt::Debug for Transport {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Transport({})", self.server)
    }
}

/// A request that can be sent more than once.
pub(super) struct Call<'a> {
    pub method: Method,
    pub path: String,
    pub query: String,
    pub content_type: &'static str,
    pub accept: &'static str,
    /// The largest answer that is read, in bytes.
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

    /// What the request is for, in kubectl's words.
    fn describe(&self) -> String {
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

    fn namespace(&self) -> &str {
        let rest = self.path.split_once("/namespaces/").map_or("", |(_, rest)| rest);
        rest.split('/').next().unwrap_or_default()
    }
}

/// An answer: a status and an object (or a `Status`), which may be a Secret: so there is no `Debug`.
pub(super) struct Reply {
    pub status: StatusCode,
    pub body: Value,
    /// The server's clock, to the second.
    pub date: Option<SystemTime>,
    retry_after: Option<Duration>,
}

impl Reply {
    /// The server's words for a refusal.
    pub fn message(&self) -> String {
        match self.body["message"].as_str().unwrap_or_default() {
            "" => self.status.canonical_reason().unwrap_or("no reason given").to_owned(),
            message => crate::log::quoted(message),
        }
    }

    /// Whether the refusal has this machine-readable cause.
    fn has_cause(&self, reason: &str) -> bool {
        let causes = self.body["details"]["causes"].as_array();
        causes.is_some_and(|causes| causes.iter().any(|cause| cause["reason"] == reason))
    }

    /// Whether trying again can help: too many requests, or a server or proxy that is not ready.
    fn is_passing(&self) -> bool {
        matches!(self.status.as_u16(), 429 | 500 | 502 | 503 | 504)
    }
}

impl Transport {
    /// Sends, and sends again until the deadline while the server is merely busy or the connection was cut.
    pub async fn send(&self, call: Call<'_>) -> Result<Reply, ClusterError> {
        let what = call.describe();
        match tokio::time::timeout_at(self.deadline.instant(), self.send_again(&call, &what)).await {
            Ok(reply) => self.judge(&call, &what, reply?),
            Err(_) => Err(ClusterError::Deadline {
                server: self.server.clone(),
                what,
                total: self.deadline.total(),
            }),
        }
    }

    async fn send_again(&self, call: &Call<'_>, what: &str) -> Result<Reply, ClusterError> {
        let mut pause = FIRST_PAUSE;
        let mut reconnects = 0;
        loop {
            match self.send_once(call).await {
                Ok(reply) if reply.is_passing() => {
                    let wait = reply.retry_after.unwrap_or(pause);
                    if wait >= self.deadline.remaining() {
                        return Err(self.busy(what, &reply));
                    }
                    tokio::time::sleep(wait).await;
                }
                Ok(reply) => return Ok(reply),
                // The first cut may be a connection that the server had just closed.
                Err(ClusterError::Unreachable { .. }) if reconnects < RECONNECTS => {
                    reconnects += 1;
                    tokio::time::sleep(pause).await;
                }
                Err(error) => return Err(error),
            }
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }

    async fn send_once(&self, call: &Call<'_>) -> Result<Reply, ClusterError> {
        let unreachable = |error: &(dyn std::error::Error + 'static)| translate(&self.server, error);
        let body = call.body.map_or_else(Vec::new, |body| body.to_string().into_bytes());
        let request = Request::builder()
            .method(call.method.clone())
            .uri(format!("{}{}", call.path, call.query))
            .header(http::header::ACCEPT, call.accept)
            .header(http::header::CONTENT_TYPE, call.content_type)
            .header(http::header::USER_AGENT, concat!("ood-k8s/", env!("CARGO_PKG_VERSION")))
            .body(Body::from(body))
            .map_err(|error| unreachable(&error))?;
        let response = self.client.send(request).await.map_err(|error| unreachable(&error))?;
        let status = response.status();
        crate::log::debug(|| format!("{} {}: {status}", call.method, call.path));
        let (retry_after, date) = (retry_after(&response), date(&response));
        let body = http_body_util::Limited::new(response.into_body(), call.limit);
        let bytes = body
            .collect()
            .await
            .map_err(|error| unreachable(error.as_ref()))?
            .to_bytes();
        let reply = Reply {
            status,
            body: serde_json::from_slice(&bytes).unwrap_or_default(),
            date,
            retry_after,
        };
        self.recognize(reply, &bytes)
    }

    /// A busy load balancer may answer in HTML before the API server can: that passes. Anything else does not.
    fn recognize(&self, reply: Reply, bytes: &[u8]) -> Result<Reply, ClusterError> {
        if reply.body.is_object() || reply.is_passing() || reply.status == StatusCode::UNAUTHORIZED {
            return Ok(reply);
        }
        let is_html = bytes.trim_ascii_start().starts_with(b"<");
        Err(ClusterError::NotKubernetes {
            server: self.server.clone(),
            status: reply.status.as_u16(),
            content: if is_html { "an HTML page" } else { "no JSON object" }.into(),
        })
    }

    /// Answers that no caller can make use of become errors here; 404, 409 and 422 are the caller's to read.
    fn judge(&self, call: &Call<'_>, what: &str, reply: Reply) -> Result<Reply, ClusterError> {
        match reply.status {
            StatusCode::UNAUTHORIZED => Err(ClusterError::Unauthorized {
                server: self.server.clone(),
                identity: self.identity.refused(SystemTime::now()),
            }),
            StatusCode::FORBIDDEN if reply.has_cause("NamespaceTerminating") => Err(ClusterError::Terminating {
                namespace: call.namespace().to_owned(),
                total: self.deadline.total(),
            }),
            StatusCode::FORBIDDEN => Err(ClusterError::Forbidden {
                what: what.to_owned(),
                message: reply.message(),
                remedy: self.identity.rights_remedy(),
            }),
            StatusCode::NOT_FOUND | StatusCode::CONFLICT | StatusCode::UNPROCESSABLE_ENTITY | StatusCode::GONE => {
                Ok(reply)
            }
            status if status.is_success() => Ok(reply),
            _ => Err(super::api::refused(what, &reply)),
        }
    }

    fn busy(&self, what: &str, reply: &Reply) -> ClusterError {
        let message = match reply.retry_after {
            Some(wait) => format!("{}: it asks to wait {wait:?}", reply.message()),
            None => reply.message(),
        };
        ClusterError::Busy {
            server: self.server.clone(),
            what: what.to_owned(),
            status: reply.status.as_u16(),
            message,
            total: self.deadline.total(),
        }
    }
}

fn retry_after<B>(response: &Response<B>) -> Option<Duration> {
    let value = response.headers().get(http::header::RETRY_AFTER)?;
    value.to_str().ok()?.trim().parse().ok().map(Duration::from_secs)
}

fn date<B>(response: &Response<B>) -> Option<SystemTime> {
    crate::time::parse_http_date(response.headers().get(http::header::DATE)?.to_str().ok()?)
}
