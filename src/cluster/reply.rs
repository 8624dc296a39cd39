//! A response of the API server: the status, the object, the server's clock, and what a refusal means.

use std::time::{Duration, SystemTime};

use http::{Response, StatusCode};
use serde_json::Value;

use super::denial::is_too_large;
use super::error::ClusterError;
use crate::foreign::Foreign;

/// A response: a status and an object (or a `Status`), which may be a Secret, so there is no `Debug`.
pub(super) struct Reply {
    pub status: StatusCode,
    pub body: Value,
    /// The server's clock, to the second.
    pub date: Option<SystemTime>,
    pub retry_after: Option<Duration>,
}

impl Reply {
    /// The server's message for a refusal.
    pub fn message(&self) -> Foreign {
        match self.said() {
            "" => self.status.canonical_reason().unwrap_or("no reason given").into(),
            message => message.into(),
        }
    }

    /// The same to be searched, and not to be printed.
    pub fn said(&self) -> &str {
        self.body["message"].as_str().unwrap_or_default()
    }

    /// Whether the refusal has this machine-readable cause.
    pub fn has_cause(&self, reason: &str) -> bool {
        let causes = self.body["details"]["causes"].as_array();
        causes.is_some_and(|causes| causes.iter().any(|cause| cause["reason"] == reason))
    }

    /// Whether the API server could not call a webhook: for admission (`webhook/errors`, in apiserver), or to convert a custom
    /// resource (`conversion/webhook_converter.go`, in apiextensions-apiserver).
    pub fn is_of_a_webhook(&self) -> bool {
        let words = ["failed calling webhook", "conversion webhook for"];
        self.status == StatusCode::INTERNAL_SERVER_ERROR && words.iter().any(|word| self.said().contains(word))
    }

    /// Whether a retry can help: too many requests, or a server or proxy that is not ready.
    pub fn is_passing(&self) -> bool {
        matches!(self.status.as_u16(), 429 | 500 | 502 | 503 | 504) && !is_too_large(self.status, self.said())
    }
}

/// A response as an error, for callers that cannot continue with it.
pub(super) fn refused(what: &str, reply: &Reply) -> ClusterError {
    ClusterError::Api {
        what: what.to_owned(),
        status: reply.status.as_u16(),
        message: reply.message(),
    }
}

/// Whether the object has changed since it was read, so that reading it again can help.
pub(super) fn is_contended(reply: &Reply) -> bool {
    matches!(
        reply.status,
        StatusCode::CONFLICT | StatusCode::NOT_FOUND | StatusCode::UNPROCESSABLE_ENTITY
    )
}

/// How long the server asks to wait.
pub(super) fn retry_after<B>(response: &Response<B>) -> Option<Duration> {
    let value = response.headers().get(http::header::RETRY_AFTER)?;
    value.to_str().ok()?.trim().parse().ok().map(Duration::from_secs)
}

/// The clock of the server or proxy that answered.
pub(super) fn date<B>(response: &Response<B>) -> Option<SystemTime> {
    crate::time::parse_http_date(response.headers().get(http::header::DATE)?.to_str().ok()?)
}
