//! Answers as HTTP responses: complete, truncated, or streamed to a watcher.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::SystemTime;

use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt, Channel, Full};
use hyper::body::{Bytes, Frame, SizeHint};
use hyper::header::{HeaderValue, CONTENT_TYPE, DATE, RETRY_AFTER, WARNING};
use hyper::Response;

use crate::clock;
use crate::lifecycle::Cluster;
use crate::message::Answer;
use crate::read;

/// The body of a response.
pub(crate) type Body = BoxBody<Bytes, io::Error>;

/// A complete answer.
pub(crate) fn of(mut answer: Answer) -> Response<Body> {
    let body = whole(std::mem::take(&mut answer.body));
    head(&answer, body)
}

/// An answer whose connection is closed in the middle of the body.
pub(crate) fn cut(answer: &Answer) -> Response<Body> {
    let length = answer.body.len();
    let first = Bytes::copy_from_slice(&answer.body[..length / 2]);
    head(
        answer,
        Torn {
            first: Some(first),
            length,
        }
        .boxed(),
    )
}

/// A page for people instead of JSON.
pub(crate) fn html(code: u16) -> Response<Body> {
    let page = "<!DOCTYPE html><html><head><title>Sign in</title></head><body>Please sign in.</body></html>\n";
    of(Answer {
        content_type: "text/html; charset=utf-8",
        ..Answer::text(code, page)
    })
}

/// A page from a test.
pub(crate) fn page(code: u16, text: String) -> Response<Body> {
    of(Answer {
        content_type: "application/json",
        body: text.into_bytes(),
        ..Answer::text(code, "")
    })
}

/// The same response from a server whose clock is this many seconds ahead; otherwise hyper sets the `Date` header.
pub(crate) fn dated(mut response: Response<Body>, skew: i64) -> Response<Body> {
    if skew != 0 {
        let now = clock::seconds(SystemTime::now()).saturating_add_signed(skew);
        if let Ok(value) = HeaderValue::from_str(&clock::http_date(now)) {
            response.headers_mut().insert(DATE, value);
        }
    }
    response
}

/// A response without a body.
pub(crate) fn empty(code: u16) -> Response<Body> {
    of(Answer::text(code, ""))
}

fn whole(bytes: Vec<u8>) -> Body {
    Full::new(Bytes::from(bytes)).map_err(|never| match never {}).boxed()
}

fn head(answer: &Answer, body: Body) -> Response<Body> {
    let mut response = Response::new(body);
    *response.status_mut() =
        hyper::StatusCode::from_u16(answer.code).unwrap_or(hyper::StatusCode::INTERNAL_SERVER_ERROR);
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(answer.content_type));
    if let Some(seconds) = answer.retry_after {
        headers.insert(RETRY_AFTER, HeaderValue::from(seconds));
    }
    for warning in &answer.warnings {
        let quoted = format!("299 - \"{}\"", warning.replace('"', "\\\""));
        if let Ok(value) = HeaderValue::from_str(&quoted) {
            headers.append(WARNING, value);
        }
    }
    response
}

/// Announces a length, sends the first part, and fails.
struct Torn {
    first: Option<Bytes>,
    length: usize,
}

impl hyper::body::Body for Torn {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        let frame = match self.first.take() {
            Some(first) => Ok(Frame::data(first)),
            None => Err(io::Error::other("the connection is cut, as a fault asks")),
        };
        Poll::Ready(Some(frame))
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.length as u64)
    }
}

/// Streams the events of a watch until the client disconnects.
pub(crate) fn watch(cluster: &Arc<Cluster>, answer: Answer) -> Response<Body> {
    let Some(watch) = answer.watch.clone() else {
        return of(answer);
    };
    let (mut sender, body) = Channel::<Bytes, io::Error>::new(8);
    let cluster = Arc::clone(cluster);
    tokio::spawn(async move {
        let mut changes = cluster.state().store.changes();
        let mut after = watch.after;
        loop {
            let (lines, reached) = read::events(&cluster.state().store, &watch, after);
            after = Some(reached);
            if !lines.is_empty() && sender.send_data(Bytes::from(lines)).await.is_err() {
                return;
            }
            if changes.changed().await.is_err() {
                return;
            }
        }
    });
    head(&answer, body.boxed())
}
