//! What an identity provider says of itself, at the address that its issuer gives (OpenID Connect Discovery 1.0, section 4).

use http::{StatusCode, Uri};
use http_body_util::{BodyExt as _, Empty, Limited};
use hyper::body::Bytes;
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use serde::Deserialize;

use crate::deadline::Deadline;
use crate::error::innermost;

/// client-go appends it to the issuer (`tokenEndpoint` of its oidc plugin).
const WELL_KNOWN: &str = "/.well-known/openid-configuration";
/// A few times what the largest providers send. In bytes.
const MAX_ANSWER: usize = 256 * 1024;

/// What `discover` found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Provider {
    /// The issuer, as the provider itself writes it.
    pub issuer: String,
    /// Where tokens are refreshed and exchanged.
    pub token_endpoint: String,
}

/// Why an issuer cannot be used, or not be asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DiscoveryError {
    /// Not `https://`, or no URL at all.
    #[error("{issuer:?} is no https URL; write the issuer, for example https://idp.example.org/realms/main")]
    NotHttps {
        /// What was given.
        issuer: String,
    },
    /// No connection.
    #[error("cannot reach {url}: {reason}; check the address, and proxies and firewalls on the way")]
    Unreachable {
        /// What was asked.
        url: String,
        /// What failed.
        reason: String,
    },
    /// The certificate is of an authority that the system does not know.
    #[error("{url} has a certificate that this system does not trust: {reason}; add its authority to the system's (update-ca-trust or update-ca-certificates)")]
    Certificate {
        /// What was asked.
        url: String,
        /// What failed.
        reason: String,
    },
    /// The deadline was over.
    #[error("{url} did not answer in time; check the identity provider, and proxies and firewalls on the way")]
    Deadline {
        /// What was asked.
        url: String,
    },
    /// Any other answer than 200.
    #[error("{url} answers {status}; check that it is the issuer's own URL, without any path behind it")]
    Status {
        /// What was asked.
        url: String,
        /// The HTTP status.
        status: u16,
    },
    /// An answer, but not the document.
    #[error("{url} {reason}; check that it is the issuer's own URL")]
    NoDocument {
        /// What was asked.
        url: String,
        /// What is wrong with the answer.
        reason: &'static str,
    },
    /// A document of another issuer, even if that differs by a slash alone.
    #[error("the provider at {asked} says that its issuer is {said}; write it exactly so")]
    OtherIssuer {
        /// The issuer asked for.
        asked: String,
        /// The issuer in the document.
        said: String,
    },
}

/// Asks the provider. What it says is believed only where it names the very issuer that was asked.
pub async fn discover(issuer: &str, deadline: &Deadline) -> Result<Provider, DiscoveryError> {
    let url = well_known(issuer)?;
    let answer = tokio::time::timeout_at(deadline.instant(), fetch(&url)).await;
    let answer = answer.unwrap_or_else(|_| Err(DiscoveryError::Deadline { url: url.to_string() }))?;
    understand(issuer, &url, &answer)
}

fn well_known(issuer: &str) -> Result<Uri, DiscoveryError> {
    let not_https = || DiscoveryError::NotHttps {
        issuer: issuer.to_owned(),
    };
    let base: Uri = issuer.parse().map_err(|_| not_https())?;
    let has_rest = issuer.contains(['?', '#', '@']);
    if base.scheme_str() != Some("https") || has_rest {
        return Err(not_https());
    }
    let base = issuer.strip_suffix('/').unwrap_or(issuer);
    format!("{base}{WELL_KNOWN}").parse().map_err(|_| not_https())
}

/// The body of a 200.
async fn fetch(url: &Uri) -> Result<Bytes, DiscoveryError> {
    let failed = |error: &(dyn std::error::Error + 'static)| translate(url, error);
    let roots = hyper_rustls::HttpsConnectorBuilder::new().with_native_roots();
    let connector = roots
        .map_err(|error| failed(&error))?
        .https_only()
        .enable_http1()
        .enable_http2()
        .build();
    let client = Client::builder(TokioExecutor::new()).build::<_, Empty<Bytes>>(connector);
    let request = http::Request::get(url.clone())
        .header(http::header::ACCEPT, "application/json")
        .header(http::header::USER_AGENT, concat!("ood-k8s/", env!("CARGO_PKG_VERSION")))
        .body(Empty::new())
        .map_err(|error| failed(&error))?;
    let response = client.request(request).await.map_err(|error| failed(&error))?;
    if response.status() != StatusCode::OK {
        return Err(DiscoveryError::Status {
            url: url.to_string(),
            status: response.status().as_u16(),
        });
    }
    let body = Limited::new(response.into_body(), MAX_ANSWER).collect().await;
    Ok(body.map_err(|error| failed(error.as_ref()))?.to_bytes())
}

fn translate(url: &Uri, error: &(dyn std::error::Error + 'static)) -> DiscoveryError {
    let (url, innermost) = (url.to_string(), innermost(error));
    let reason = innermost.to_string();
    match innermost.downcast_ref::<rustls::Error>() {
        Some(rustls::Error::InvalidCertificate(_)) => DiscoveryError::Certificate { url, reason },
        _ => DiscoveryError::Unreachable { url, reason },
    }
}

/// The claims that we look at.
#[derive(Deserialize)]
struct Document {
    issuer: Option<String>,
    token_endpoint: Option<String>,
}

fn understand(issuer: &str, url: &Uri, answer: &[u8]) -> Result<Provider, DiscoveryError> {
    let no_document = |reason| DiscoveryError::NoDocument {
        url: url.to_string(),
        reason,
    };
    let document: Document =
        serde_json::from_slice(answer).map_err(|_| no_document("does not answer with a provider's JSON"))?;
    let said = document
        .issuer
        .ok_or_else(|| no_document("answers without an \"issuer\""))?;
    let token_endpoint = document
        .token_endpoint
        .ok_or_else(|| no_document("answers without a \"token_endpoint\", so no token can be refreshed"))?;
    if said != issuer {
        return Err(DiscoveryError::OtherIssuer {
            asked: issuer.to_owned(),
            said: crate::log::quoted(&said),
        });
    }
    Ok(Provider {
        issuer: said,
        token_endpoint,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn understood(issuer: &str, answer: &str) -> Result<Provider, DiscoveryError> {
        understand(issuer, &well_known(issuer).unwrap(), answer.as_bytes())
    }

    #[test]
    fn the_documents_address_is_the_issuers_with_one_slash_at_most_taken_off() {
        let expected = "https://idp.example.org/realms/main/.well-known/openid-configuration";
        for issuer in [
            "https://idp.example.org/realms/main",
            "https://idp.example.org/realms/main/",
        ] {
            assert_eq!(well_known(issuer).unwrap(), expected);
        }
        assert!(well_known("https://idp.example.org").is_ok());
    }

    #[test]
    fn what_is_no_https_url_is_not_asked() {
        for issuer in [
            "",
            "idp.example.org",
            "http://idp.example.org",
            "https://",
            "https://idp.example.org/?realm=main",
            "https://name:password@idp.example.org",
            "https://idp example.org",
        ] {
            assert!(
                matches!(well_known(issuer), Err(DiscoveryError::NotHttps { .. })),
                "{issuer}"
            );
        }
    }

    #[test]
    fn a_document_counts_only_with_the_very_issuer_and_a_token_endpoint() {
        let issuer = "https://idp.example.org";
        let good = r#"{"issuer":"https://idp.example.org","token_endpoint":"https://idp.example.org/t","x":1}"#;
        assert_eq!(
            understood(issuer, good).unwrap().token_endpoint,
            "https://idp.example.org/t"
        );
        let other = understood("https://idp.example.org/", good);
        assert!(matches!(other, Err(DiscoveryError::OtherIssuer { .. })), "{other:?}");
        for bad in ["<html>", "[]", "{}", r#"{"issuer":"https://idp.example.org"}"#] {
            assert!(
                matches!(understood(issuer, bad), Err(DiscoveryError::NoDocument { .. })),
                "{bad}"
            );
        }
    }
}
