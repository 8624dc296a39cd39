//! Requests to a registry: no redirect is followed, and no answer is read without a bound.

use std::sync::Arc;

use http::{header, HeaderMap, HeaderValue, Request, Uri};
use http_body_util::{BodyExt as _, Empty, Limited};
use hyper::body::Bytes;
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;

use crate::dial::{self, Dialer, Route};
use crate::exit::innermost;
use crate::tls;

/// A few times what the token services of large registries answer, in bytes.
const MAX_ANSWER: usize = 256 * 1024;

pub(super) struct Http(Client<Dialer, Empty<Bytes>>);

/// It may hold a token, so it has no `Debug`.
pub(super) struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: Bytes,
}

impl Http {
    /// With the system's CA certificates, and no proxy: none is taken from the environment in this program.
    pub fn new() -> Result<Self, String> {
        let tls = tls::of_system().map_err(|error| error.to_string())?;
        let route = Route {
            tls,
            proxy: None,
            server_name: None,
        };
        Ok(Self(Client::builder(TokioExecutor::new()).build(Dialer {
            route: Arc::new(route),
            patience: None,
        })))
    }

    /// Why there is no answer, in the words of the layer where it failed.
    pub async fn get(&self, url: &Uri, authorization: Option<HeaderValue>) -> Result<Answer, String> {
        let said = |error: &(dyn std::error::Error + 'static)| dial::reason(innermost(error));
        let mut request = Request::get(url.clone())
            .header(header::ACCEPT, "application/json")
            .header(header::USER_AGENT, concat!("ood-k8s/", env!("CARGO_PKG_VERSION")));
        if let Some(mut value) = authorization {
            value.set_sensitive(true);
            request = request.header(header::AUTHORIZATION, value);
        }
        let request = request.body(Empty::new()).map_err(|error| said(&error))?;
        let response = self.0.request(request).await.map_err(|error| said(&error))?;
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let body = Limited::new(response.into_body(), MAX_ANSWER).collect().await;
        Ok(Answer {
            status,
            headers,
            body: body.map_err(|error| said(error.as_ref()))?.to_bytes(),
        })
    }
}
