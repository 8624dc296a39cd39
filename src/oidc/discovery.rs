//! An identity provider's metadata, read from below its issuer URL (OpenID Connect Discovery 1.0, section 4).

use std::time::Duration;

use http::{StatusCode, Uri};
use serde::Deserialize;
use serde_json::Value;

use super::http::{Http, HttpError};
use crate::foreign::Foreign;
use crate::json;

/// What client-go appends to the issuer (`tokenEndpoint` of its oidc plugin).
const WELL_KNOWN: &str = "/.well-known/openid-configuration";

/// How many times a provider in trouble is asked, and the first pause.
const TRIES: u32 = 3;
const PAUSE: Duration = Duration::from_millis(200);

/// What `discover` found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Provider {
    /// The issuer, as the provider itself writes it.
    pub issuer: String,
    /// Where tokens are refreshed and exchanged.
    pub token_endpoint: Uri,
    /// Whether a client's secret goes into the form, since the provider accepts it in no header (`client_secret_post`).
    pub wants_secret_in_form: bool,
    /// Where tokens are revoked (RFC 7009), if they can be.
    pub revocation_endpoint: Option<Uri>,
    /// The same as `wants_secret_in_form` there.
    pub revokes_by_form: bool,
}

impl Provider {
    /// Understands the answer of the provider at `issuer`.
    pub fn read(issuer: &str, answer: &[u8]) -> Result<Self, DiscoveryError> {
        understand(issuer, &well_known(issuer)?, answer)
    }

    /// Whether refresh tokens and clients' secrets go to another host than the issuer's.
    pub fn sends_elsewhere(&self) -> bool {
        let issuer = self.issuer.parse::<Uri>().ok();
        issuer.is_none_or(|issuer| issuer.host() != self.token_endpoint.host())
    }
}

/// Why an issuer cannot be used, or not be queried.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DiscoveryError {
    /// Not `https://`, or not a URL at all.
    #[error("{issuer:?} is not an https URL; specify the issuer, for example https://idp.example.org/realms/main")]
    NotHttps {
        /// What was given.
        issuer: String,
    },
    /// The request failed.
    #[error(transparent)]
    Http(#[from] HttpError),
    /// The provider, or what stands before it, is in trouble.
    #[error("the identity provider is in trouble: {url} returned {status}, {tries} times; try again later, or look at the provider's log and the load balancer before it")]
    Trouble {
        /// The requested URL.
        url: String,
        /// The HTTP status.
        status: u16,
        /// How many times it was asked.
        tries: u32,
    },
    /// Any other status than 200.
    #[error("{url} returned {status}; check that it is the issuer's own URL, without any path after it")]
    Status {
        /// The requested URL.
        url: String,
        /// The HTTP status.
        status: u16,
    },
    /// A response other than the document.
    #[error("{url} {reason}; check that it is the issuer's own URL")]
    NoDocument {
        /// The requested URL.
        url: String,
        /// What is wrong with the response.
        reason: &'static str,
    },
    /// A document of another issuer, even if that differs only by a slash.
    #[error("the provider at {asked} says that its issuer is {said}; write it in exactly that form")]
    OtherIssuer {
        /// The requested issuer.
        asked: String,
        /// The issuer in the document.
        said: Foreign,
    },
}

/// Queries the provider. The response is accepted only if it contains exactly the requested issuer.
pub async fn discover(issuer: &str, http: &Http) -> Result<Provider, DiscoveryError> {
    let url = well_known(issuer)?;
    let mut tries = 1;
    let mut answer = http.get(&url).await?;
    // A restart behind a load balancer is soon over.
    while is_trouble(answer.status) && tries < TRIES {
        tokio::time::sleep(PAUSE * tries).await;
        answer = http.get(&url).await?;
        tries += 1;
    }
    if is_trouble(answer.status) {
        let (url, status) = (url.to_string(), answer.status);
        return Err(DiscoveryError::Trouble { url, status, tries });
    }
    if answer.status != StatusCode::OK.as_u16() {
        return Err(DiscoveryError::Status {
            url: url.to_string(),
            status: answer.status,
        });
    }
    understand(issuer, &url, &answer.body)
}

fn is_trouble(status: u16) -> bool {
    matches!(status, 429 | 500..=599)
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

/// The metadata that is used.
#[derive(Deserialize)]
struct Document {
    issuer: Option<String>,
    token_endpoint: Option<String>,
    /// RFC 8414: `client_secret_basic` if it is omitted.
    #[serde(default)]
    token_endpoint_auth_methods_supported: Vec<String>,
    // Of the next two, no value may keep anybody from a refresh: they are read as far as they can be.
    #[serde(default)]
    revocation_endpoint: Value,
    #[serde(default)]
    revocation_endpoint_auth_methods_supported: Value,
}

fn understand(issuer: &str, url: &Uri, answer: &[u8]) -> Result<Provider, DiscoveryError> {
    let no_document = |reason| DiscoveryError::NoDocument {
        url: url.to_string(),
        reason,
    };
    let document: Document = json::object(answer).map_err(|_| no_document("did not return a provider's JSON"))?;
    let said = document.issuer.ok_or_else(|| no_document("returned no \"issuer\""))?;
    let token_endpoint = document
        .token_endpoint
        .ok_or_else(|| no_document("returned no \"token_endpoint\", so no token can be refreshed"))?;
    if said != issuer {
        return Err(DiscoveryError::OtherIssuer {
            asked: issuer.to_owned(),
            said: said.into(),
        });
    }
    let token_endpoint = token_endpoint.parse::<Uri>().ok();
    if token_endpoint.as_ref().is_some_and(has_password) {
        return Err(no_document(
            "answers with a \"token_endpoint\" that has a user name or a password in it",
        ));
    }
    let token_endpoint = token_endpoint
        .filter(is_https)
        .ok_or_else(|| no_document("returned a \"token_endpoint\" that is not an https URL"))?;
    let wants_secret_in_form = wants_secret_in_form(&document.token_endpoint_auth_methods_supported);
    let revocation_endpoint = document.revocation_endpoint.as_str().and_then(|url| url.parse().ok());
    Ok(Provider {
        issuer: said,
        token_endpoint,
        wants_secret_in_form,
        revocation_endpoint: revocation_endpoint.filter(|url| is_https(url) && !has_password(url)),
        revokes_by_form: revokes_by_form(&document.revocation_endpoint_auth_methods_supported)
            .unwrap_or(wants_secret_in_form),
    })
}

/// It would be printed with the URL, and belongs to nobody who reads the log.
fn has_password(endpoint: &Uri) -> bool {
    let authority = endpoint.authority();
    authority.is_some_and(|authority| authority.as_str().contains('@'))
}

fn is_https(endpoint: &Uri) -> bool {
    endpoint.scheme_str() == Some("https") && endpoint.host().is_some()
}

/// Where the secret goes to be revoked with; `None` if the provider does not say (RFC 8414, section 2).
fn revokes_by_form(methods: &Value) -> Option<bool> {
    let methods = methods.as_array()?.iter();
    let methods: Vec<String> = methods.filter_map(|it| it.as_str().map(str::to_owned)).collect();
    Some(wants_secret_in_form(&methods))
}

fn wants_secret_in_form(methods: &[String]) -> bool {
    let has = |method: &str| methods.iter().any(|known| known == method);
    !has("client_secret_basic") && has("client_secret_post")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn understood(issuer: &str, answer: &str) -> Result<Provider, DiscoveryError> {
        Provider::read(issuer, answer.as_bytes())
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
    fn a_secret_goes_into_the_form_only_where_the_provider_takes_it_in_no_header() {
        for (methods, in_form) in [
            ("", false),
            ("client_secret_basic client_secret_post", false),
            ("private_key_jwt client_secret_post", true),
            ("private_key_jwt", false),
        ] {
            let methods: Vec<String> = methods.split_whitespace().map(str::to_owned).collect();
            assert_eq!(wants_secret_in_form(&methods), in_form, "{methods:?}");
        }
    }

    #[test]
    fn where_tokens_are_revoked_is_known_only_by_a_sound_url_and_keeps_nobody_from_a_refresh() {
        let issuer = "https://idp.example.org";
        let with = |more: &str| {
            let text = format!(r#"{{"issuer":"{issuer}","token_endpoint":"{issuer}/t"{more}}}"#);
            understood(issuer, &text).unwrap()
        };
        assert_eq!(with("").revocation_endpoint, None);
        let sound = with(r#","revocation_endpoint":"https://idp.example.org/r""#);
        assert_eq!(sound.revocation_endpoint.unwrap(), "https://idp.example.org/r");
        for odd in [
            r#""http://idp.example.org/r""#,
            r#""https://a:hush@idp.example.org/r""#,
            r#""""#,
            "7",
            "null",
            "[]",
        ] {
            assert_eq!(
                with(&format!(r#","revocation_endpoint":{odd}"#)).revocation_endpoint,
                None,
                "{odd}"
            );
        }
        let post = r#"["client_secret_post"]"#;
        for (more, by_form) in [
            (String::new(), false),
            (format!(r#","token_endpoint_auth_methods_supported":{post}"#), true),
            (format!(r#","revocation_endpoint_auth_methods_supported":{post}"#), true),
            (
                format!(
                    r#","token_endpoint_auth_methods_supported":{post},"revocation_endpoint_auth_methods_supported":["client_secret_basic"]"#
                ),
                false,
            ),
            (r#","revocation_endpoint_auth_methods_supported":"odd""#.into(), false),
        ] {
            assert_eq!(with(&more).revokes_by_form, by_form, "{more}");
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
        assert!(!understood(issuer, good).unwrap().sends_elsewhere());
        let elsewhere = understood(issuer, &good.replace("idp.example.org/t", "other.example.org/t"));
        assert!(elsewhere.unwrap().sends_elsewhere());
        let secret = understood(
            issuer,
            &good.replace("idp.example.org/t", "name:hush@idp.example.org/t"),
        );
        let secret = secret.unwrap_err().to_string();
        assert!(
            secret.contains("a user name or a password") && !secret.contains("hush"),
            "{secret}"
        );
        for bad in [
            "<html>",
            "[]",
            "{}",
            r#"{"issuer":"https://idp.example.org"}"#,
            r#"{"issuer":"https://idp.example.org","token_endpoint":"http://idp.example.org/t"}"#,
        ] {
            assert!(
                matches!(understood(issuer, bad), Err(DiscoveryError::NoDocument { .. })),
                "{bad}"
            );
        }
    }
}
