//! Tries a password with the registry's own API before it is written, as `docker login` does.
//!
//! The protocol is distribution's: `GET /v2/` is answered with a challenge; user and password go to the registry itself
//! (Basic) or to its token service (Bearer), whose token the registry then has to accept.

mod challenge;
mod client;

use std::net::IpAddr;
use std::time::Duration;

use base64::engine::general_purpose::STANDARD;
use base64::Engine as _;
use futures_util::future::join_all;
use http::{header, HeaderValue, Uri};
use secrecy::zeroize::Zeroizing;
use secrecy::ExposeSecret as _;
use serde::Deserialize;

use super::change::Login;
use crate::foreign::Foreign;
use crate::json;
use crate::registry::RegistryName;
use challenge::Challenge;
use client::{Answer, Http};

/// That a registry does not accept a password.
#[derive(Debug, thiserror::Error)]
#[error("{registry} refuses user {user} with this password ({said}), so nothing was written; correct them, or write them untried with --no-verify")]
pub struct Refused {
    /// The registry.
    pub registry: RegistryName,
    /// The user.
    pub user: Foreign,
    /// Which answer said so.
    pub said: String,
}

/// What came of a trial that found no password to be wrong.
#[derive(Debug)]
pub enum Tried {
    /// The registry accepts it.
    Accepted,
    /// It could not be tried; the words say why and what to do.
    Untried(String),
}

/// Tries all of them side by side. A registry that cannot be reached from here may be reachable for the nodes.
///
/// `plain_http` allows HTTP to a registry on this host. docker does so unasked; but any account of a host can listen on a
/// port of loopback that is free, and would get the password.
pub async fn try_all(logins: &[Login], limit: Duration, plain_http: bool) -> Result<Vec<Tried>, Refused> {
    let http = &Http::new();
    let trials = logins.iter().map(|login| async move {
        let outcome = match http {
            Ok(http) => {
                let trial = Trial {
                    http,
                    login,
                    plain_http,
                };
                tokio::time::timeout(limit, trial.run()).await
            }
            Err(reason) => Ok(Err(Unclear(format!(
                "the CA certificates of this system cannot be read: {reason}"
            )))),
        };
        let outcome = outcome.unwrap_or_else(|_| Err(Unclear(format!("no answer within {limit:?}"))));
        match outcome {
            Ok(None) => Ok(Tried::Accepted),
            Ok(Some(said)) => Err(Refused {
                registry: login.registry.clone(),
                user: login.username.as_str().into(),
                said,
            }),
            Err(Unclear(why)) => Ok(Tried::Untried(untried(&login.registry, &why))),
        }
    });
    join_all(trials).await.into_iter().collect()
}

fn untried(registry: &RegistryName, why: &str) -> String {
    format!("the password of {registry} was written untried: {why}; try it on a node, or say --no-verify to leave the trial out")
}

/// Why it is not known whether the password works.
struct Unclear(String);

/// What refused it, if anything did.
type Verdict = Result<Option<String>, Unclear>;

struct Trial<'a> {
    http: &'a Http,
    login: &'a Login,
    plain_http: bool,
}

#[derive(Deserialize)]
struct Token {
    token: Option<String>,
    /// OAuth's name for it, which some services use.
    access_token: Option<String>,
}

impl Trial<'_> {
    async fn run(&self) -> Verdict {
        let Some(host) = self.login.registry.api_host() else {
            return Err(Unclear("a pattern is no registry that can be asked".into()));
        };
        let (url, answer) = self.greet(host).await?;
        match answer.status {
            401 => {}
            200 => return Err(Unclear("the registry answers without a password".into())),
            status => return Err(odd(&url, status)),
        }
        let headers = answer.headers.get_all(header::WWW_AUTHENTICATE).into_iter();
        match challenge::choose(headers.filter_map(|value| value.to_str().ok())) {
            Some(Challenge::Basic) => self.finish(&url, self.basic()?).await,
            Some(Challenge::Bearer { realm, service, scope }) => {
                let token = match self.token(&url, &realm, service, scope).await? {
                    Ok(token) => token,
                    Err(said) => return Ok(Some(said)),
                };
                self.finish(&url, token).await
            }
            None => Err(Unclear(format!("{url} asks for neither a password nor a token"))),
        }
    }

    /// Asks without a password, and by HTTP only on this host, if root says so.
    async fn greet(&self, host: &str) -> Result<(Uri, Answer), Unclear> {
        let is_local = is_loopback(host);
        let schemes: &[&str] = if is_local && self.plain_http {
            &["https", "http"]
        } else {
            &["https"]
        };
        let mut failed = String::new();
        for scheme in schemes {
            let url = format!("{scheme}://{host}/v2/");
            let url: Uri = url.parse().map_err(|_| Unclear(format!("{url} is not a URL")))?;
            match self.http.get(&url, None).await {
                Ok(answer) => return Ok((url, answer)),
                Err(reason) => failed = format!("cannot reach {url}: {reason}"),
            }
        }
        if is_local && !self.plain_http {
            failed.push_str(" (one that has no TLS is asked with --plain-http)");
        }
        Err(Unclear(failed))
    }

    /// The token service's answer: a token, or a refusal.
    async fn token(
        &self,
        registry: &Uri,
        realm: &str,
        service: Option<String>,
        scope: Option<String>,
    ) -> Result<Result<HeaderValue, String>, Unclear> {
        let url = token_url(registry, realm, service, scope, &self.login.username)?;
        let answer = self.http.get(&url, Some(self.basic()?)).await;
        let service = Foreign::from(url.host().unwrap_or_default());
        let answer = answer.map_err(|reason| Unclear(format!("cannot reach its token service {service}: {reason}")))?;
        match answer.status {
            200 => {}
            401 | 403 => return Ok(Err(format!("status {} of its token service {service}", answer.status))),
            status => {
                return Err(Unclear(format!(
                    "its token service {service} answers with status {status}"
                )))
            }
        }
        let no_token = || Unclear(format!("its token service {service} answers without a token"));
        let token: Token = json::object(&answer.body).map_err(|_| no_token())?;
        let token = Zeroizing::new(token.token.or(token.access_token).ok_or_else(no_token)?);
        let bearer = Zeroizing::new(format!("Bearer {}", *token));
        HeaderValue::from_str(&bearer).map(Ok).map_err(|_| no_token())
    }

    async fn finish(&self, url: &Uri, authorization: HeaderValue) -> Verdict {
        let answer = self.http.get(url, Some(authorization)).await;
        let answer = answer.map_err(|reason| Unclear(format!("cannot reach {url}: {reason}")))?;
        match answer.status {
            200 => Ok(None),
            401 | 403 => Ok(Some(format!("status {} at {url}", answer.status))),
            status => Err(odd(url, status)),
        }
    }

    fn basic(&self) -> Result<HeaderValue, Unclear> {
        let Login { username, password, .. } = self.login;
        let pair = Zeroizing::new(format!("{username}:{}", password.expose_secret()));
        let value = Zeroizing::new(format!("Basic {}", *Zeroizing::new(STANDARD.encode(pair.as_bytes()))));
        HeaderValue::from_str(&value).map_err(|_| Unclear("it is too long for a header".into()))
    }
}

fn odd(url: &Uri, status: u16) -> Unclear {
    Unclear(format!(
        "{url} answers with status {status}, which is no registry's answer"
    ))
}

/// The registry chooses where the password goes, but never without TLS unless it is on this host itself.
fn token_url(
    registry: &Uri,
    realm: &str,
    service: Option<String>,
    scope: Option<String>,
    account: &str,
) -> Result<Uri, Unclear> {
    let unfit = || Unclear(format!("its token service {} cannot be asked", Foreign::from(realm)));
    let mut query = form_urlencoded::Serializer::new(String::new());
    query
        .append_pair("account", account)
        .append_pair("client_id", "ood-k8s");
    for (key, value) in [("service", service), ("scope", scope)] {
        if let Some(value) = value {
            query.append_pair(key, &value);
        }
    }
    let glue = if realm.contains('?') { '&' } else { '?' };
    let url: Uri = format!("{realm}{glue}{}", query.finish())
        .parse()
        .map_err(|_| unfit())?;
    let host = url.host().unwrap_or_default();
    let is_local = registry.scheme_str() == Some("http") && is_loopback(host);
    let has_user = url
        .authority()
        .is_some_and(|authority| authority.as_str().contains('@'));
    match url.scheme_str() {
        Some("https") if !has_user => Ok(url),
        Some("http") if is_local && !has_user => Ok(url),
        _ => Err(unfit()),
    }
}

fn is_loopback(host: &str) -> bool {
    let name = match host.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or_default(),
        None => host.split(':').next().unwrap_or_default(),
    };
    name == "localhost" || name.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_goes_to_no_token_service_without_tls_but_on_this_host() {
        let url = |registry: &str, realm: &str| {
            let registry = registry.parse().unwrap();
            token_url(&registry, realm, Some("a b".into()), None, "robot")
                .map(|url| url.to_string())
                .ok()
        };
        let query = "account=robot&client_id=ood-k8s&service=a+b";
        for (registry, realm, expected) in [
            (
                "https://r.example/v2/",
                "https://auth.example/token",
                Some(format!("https://auth.example/token?{query}")),
            ),
            (
                "https://r.example/v2/",
                "https://auth.example/token?x=y",
                Some(format!("https://auth.example/token?x=y&{query}")),
            ),
            (
                "http://127.0.0.1:5000/v2/",
                "http://localhost:5001/token",
                Some(format!("http://localhost:5001/token?{query}")),
            ),
            ("https://r.example/v2/", "http://auth.example/token", None),
            ("https://r.example/v2/", "http://127.0.0.1/token", None),
            ("http://127.0.0.1:5000/v2/", "http://127.0.0.1.example.org/token", None),
            ("https://r.example/v2/", "https://user@auth.example/token", None),
            ("https://r.example/v2/", "file:///etc/passwd", None),
            ("https://r.example/v2/", "/token", None),
            ("https://r.example/v2/", "", None),
        ] {
            assert_eq!(url(registry, realm), expected, "{registry} {realm}");
        }
    }
}
