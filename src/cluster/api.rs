//! Requests: sent, tried again where that can help, and their answers told apart.

use std::time::{Duration, SystemTime};

use http::{Method, Request, StatusCode};
use http_body_util::BodyExt as _;
use kube::client::Body;
use serde_json::Value;

use super::connection::translate;
use super::ClusterError;
use crate::deadline::Deadline;
use crate::naming::Namespace;
use crate::objects::{Kind, Object};
use crate::oidc::token;

/// How the API server knows what we wrote.
pub const FIELD_MANAGER: &str = "ood-k8s";

/// How often a request is tried before its answer is final.
const TRIES: u32 = 5;
/// The first pause; each next one is twice as long.
const FIRST_PAUSE: Duration = Duration::from_millis(100);
/// No object of ours comes near it. In bytes.
const MAX_ANSWER: usize = 8 * 1024 * 1024;

/// An API server to talk to.
#[derive(Clone)]
pub struct Api {
    client: kube::Client,
    server: String,
    token_end: Option<SystemTime>,
    deadline: Deadline,
    dry_run: bool,
}

impl std::fmt::Debug for Api {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Api({})", self.server)
    }
}

/// An answer: a status and an object (or a `Status`).
#[derive(Debug)]
pub(super) struct Reply {
    pub status: StatusCode,
    pub body: Value,
}

impl Reply {
    /// The server's words for a refusal.
    pub fn message(&self) -> String {
        let message = self.body["message"].as_str().unwrap_or_default();
        if message.is_empty() {
            self.status.canonical_reason().unwrap_or("no reason given").to_owned()
        } else {
            message.to_owned()
        }
    }

    /// Whether the refusal has this machine-readable cause.
    pub fn has_cause(&self, reason: &str) -> bool {
        let causes = self.body["details"]["causes"].as_array();
        causes.is_some_and(|causes| causes.iter().any(|cause| cause["reason"] == reason))
    }
}

/// A request that can be sent more than once.
struct Call<'a> {
    method: Method,
    path: String,
    query: String,
    content_type: &'static str,
    body: Option<&'a Value>,
}

impl Api {
    pub(super) fn new(client: kube::Client, server: String, token_end: Option<SystemTime>, deadline: Deadline) -> Self {
        Self {
            client,
            server,
            token_end,
            deadline,
            dry_run: false,
        }
    }

    /// The same connection, asking the server to change nothing (`--dry-run=server`).
    #[must_use]
    pub fn dry_run(mut self, dry_run: bool) -> Self {
        self.dry_run = dry_run;
        self
    }

    /// The same connection, with another deadline.
    #[must_use]
    pub fn with_deadline(mut self, deadline: Deadline) -> Self {
        self.deadline = deadline;
        self
    }

    /// Whether the server was asked to change nothing.
    pub(super) fn is_dry_run(&self) -> bool {
        self.dry_run
    }

    /// The deadline of the run.
    pub fn deadline(&self) -> &Deadline {
        &self.deadline
    }

    pub(super) async fn get(&self, kind: Kind, namespace: &Namespace, name: &str) -> Result<Reply, ClusterError> {
        self.send(Self::call(Method::GET, item(kind, namespace, name), None))
            .await
    }

    pub(super) async fn list(&self, kind: Kind, namespace: &Namespace) -> Result<Reply, ClusterError> {
        self.send(Self::call(Method::GET, kind.path(namespace), None)).await
    }

    pub(super) async fn create(&self, namespace: &Namespace, object: &Object) -> Result<Reply, ClusterError> {
        let mut call = Self::call(Method::POST, object.kind.path(namespace), Some(&object.body));
        call.query = self.write_query("");
        call.content_type = "application/json";
        self.send(call).await
    }

    /// Server-side apply: what we say of the object is made true, and what others say is kept.
    pub(super) async fn apply(&self, namespace: &Namespace, object: &Object) -> Result<Reply, ClusterError> {
        let mut call = Self::call(
            Method::PATCH,
            item(object.kind, namespace, &object.name),
            Some(&object.body),
        );
        call.query = self.write_query("&force=true");
        // JSON is YAML, and the server reads it faster.
        call.content_type = "application/apply-patch+yaml";
        self.send(call).await
    }

    pub(super) async fn json_patch(
        &self,
        kind: Kind,
        namespace: &Namespace,
        name: &str,
        patch: &Value,
    ) -> Result<Reply, ClusterError> {
        let mut call = Self::call(Method::PATCH, item(kind, namespace, name), Some(patch));
        call.query = self.write_query("");
        call.content_type = "application/json-patch+json";
        self.send(call).await
    }

    fn call(method: Method, path: String, body: Option<&Value>) -> Call<'_> {
        Call {
            method,
            path,
            query: String::new(),
            content_type: "application/json",
            body,
        }
    }

    fn write_query(&self, more: &str) -> String {
        let dry_run = if self.dry_run { "&dryRun=All" } else { "" };
        format!("?fieldManager={FIELD_MANAGER}{more}{dry_run}")
    }

    /// Sends, and sends again while the server is merely busy or the connection was cut.
    async fn send(&self, call: Call<'_>) -> Result<Reply, ClusterError> {
        let what = describe(&call);
        let sending = async {
            let mut pause = FIRST_PAUSE;
            for attempt in 1.. {
                let last = attempt == TRIES;
                match self.send_once(&call).await {
                    Ok((reply, retry_after)) if !last && is_passing(reply.status) => {
                        let pause = retry_after.unwrap_or(pause);
                        if pause >= self.deadline.remaining() {
                            return Err(self.busy(&what, &reply, pause));
                        }
                        tokio::time::sleep(pause).await;
                    }
                    Ok((reply, _)) => return self.judge(&call, &what, reply),
                    // The first cut may be a connection that the server had just closed.
                    Err(ClusterError::Unreachable { .. }) if attempt <= 2 => tokio::time::sleep(pause).await,
                    Err(error) => return Err(error),
                }
                pause *= 2;
            }
            unreachable!("the loop returns at its last attempt")
        };
        match tokio::time::timeout_at(self.deadline.instant(), sending).await {
            Ok(result) => result,
            Err(_) => Err(self.too_late(&what)),
        }
    }

    async fn send_once(&self, call: &Call<'_>) -> Result<(Reply, Option<Duration>), ClusterError> {
        let unreachable = |error: &(dyn std::error::Error + 'static)| translate(&self.server, error);
        let body = call.body.map_or_else(Vec::new, |body| body.to_string().into_bytes());
        let request = Request::builder()
            .method(call.method.clone())
            .uri(format!("{}{}", call.path, call.query))
            .header(http::header::ACCEPT, "application/json")
            .header(http::header::CONTENT_TYPE, call.content_type)
            .header(http::header::USER_AGENT, concat!("ood-k8s/", env!("CARGO_PKG_VERSION")))
            .body(Body::from(body))
            .map_err(|error| unreachable(&error))?;
        let response = self.client.send(request).await.map_err(|error| unreachable(&error))?;
        let status = response.status();
        crate::log::debug(|| format!("{} {}: {status}", call.method, call.path));
        let retry_after = response.headers().get(http::header::RETRY_AFTER);
        let retry_after = retry_after
            .and_then(|value| value.to_str().ok()?.trim().parse().ok())
            .map(Duration::from_secs);
        let body = http_body_util::Limited::new(response.into_body(), MAX_ANSWER);
        let bytes = body
            .collect()
            .await
            .map_err(|error| unreachable(error.as_ref()))?
            .to_bytes();
        let Ok(body) = serde_json::from_slice::<Value>(&bytes) else {
            return Ok((self.not_json(status, &bytes)?, retry_after));
        };
        Ok((Reply { status, body }, retry_after))
    }

    /// A busy load balancer may answer in HTML before the API server can: that passes. Anything else does not.
    fn not_json(&self, status: StatusCode, bytes: &[u8]) -> Result<Reply, ClusterError> {
        if is_passing(status) || status == StatusCode::UNAUTHORIZED {
            return Ok(Reply {
                status,
                body: Value::Null,
            });
        }
        let is_html = bytes.trim_ascii_start().starts_with(b"<");
        Err(ClusterError::NotKubernetes {
            server: self.server.clone(),
            status: status.as_u16(),
            content: if is_html { "an HTML page" } else { "no JSON" }.into(),
        })
    }

    /// Answers that no caller can make use of become errors here; 404, 409 and 422 are the caller's to read.
    fn judge(&self, call: &Call<'_>, what: &str, reply: Reply) -> Result<Reply, ClusterError> {
        match reply.status {
            StatusCode::UNAUTHORIZED => Err(ClusterError::Unauthorized {
                server: self.server.clone(),
                hint: self.token_hint(),
            }),
            StatusCode::FORBIDDEN if reply.has_cause("NamespaceTerminating") => Err(ClusterError::Terminating {
                namespace: namespace_of(&call.path).to_owned(),
                total: self.deadline.total(),
            }),
            StatusCode::FORBIDDEN => Err(ClusterError::Forbidden {
                what: what.to_owned(),
                message: reply.message(),
            }),
            status if status.is_success() && !reply.body.is_object() => Err(ClusterError::NotKubernetes {
                server: self.server.clone(),
                status: status.as_u16(),
                content: "no object".into(),
            }),
            StatusCode::NOT_FOUND | StatusCode::CONFLICT | StatusCode::UNPROCESSABLE_ENTITY => Ok(reply),
            status if status.is_success() => Ok(reply),
            _ => Err(Self::refused(what, &reply)),
        }
    }

    fn token_hint(&self) -> String {
        let over = self
            .token_end
            .and_then(|end| SystemTime::now().duration_since(end).ok());
        over.map_or(String::new(), |over| {
            format!(": its token ended {} ago", token::for_a_person(over))
        })
    }

    /// An answer as an error, for callers that can't go on from it.
    pub(super) fn refused(what: &str, reply: &Reply) -> ClusterError {
        ClusterError::Api {
            what: what.to_owned(),
            status: reply.status.as_u16(),
            message: reply.message(),
        }
    }

    /// A server that asks for more patience than the deadline leaves.
    fn busy(&self, what: &str, reply: &Reply, pause: Duration) -> ClusterError {
        ClusterError::Api {
            what: what.to_owned(),
            status: reply.status.as_u16(),
            message: format!(
                "{}: the server asks to wait {pause:?}, longer than the deadline of {:?} leaves",
                reply.message(),
                self.deadline.total()
            ),
        }
    }

    /// The deadline as an error.
    pub(super) fn too_late(&self, what: &str) -> ClusterError {
        ClusterError::Deadline {
            server: self.server.clone(),
            what: what.to_owned(),
            total: self.deadline.total(),
        }
    }
}

fn item(kind: Kind, namespace: &Namespace, name: &str) -> String {
    format!("{}/{name}", kind.path(namespace))
}

fn namespace_of(path: &str) -> &str {
    let rest = path.split_once("/namespaces/").map_or("", |(_, rest)| rest);
    rest.split('/').next().unwrap_or_default()
}

/// What a request is for, in kubectl's words.
fn describe(call: &Call<'_>) -> String {
    let verb = match call.method {
        Method::GET => "get",
        Method::POST => "create",
        _ => "patch",
    };
    let path = call.path.trim_start_matches("/api/v1/").trim_start_matches("/apis/");
    format!("{verb} {path}")
}

/// Whether trying again can help: too many requests, or a server or proxy that is not ready.
fn is_passing(status: StatusCode) -> bool {
    matches!(status.as_u16(), 429 | 500 | 502 | 503 | 504)
}
