//! openidconnect, an independent client: it discovers, refreshes and verifies, and takes the same from a token as we do.

use std::io;
use std::time::{Duration, UNIX_EPOCH};

use ::openidconnect::core::{CoreClient, CoreIdToken, CoreIdTokenClaims, CoreIdTokenVerifier, CoreProviderMetadata};
use ::openidconnect::{http, ClientId, ClientSecret, HttpRequest, HttpResponse, IssuerUrl, Nonce, RefreshToken};
use ::openidconnect::{OAuth2TokenResponse as _, TokenResponse as _};
use ood_k8s::oidc::token::{self, Claims, Expected, TokenError};
use ood_k8s::oidc::{self, Access, Doing, Http};
use ood_k8s_identity_provider::{Client, IdentityProvider, TokenEndpoint};
use ood_k8s_sandbox::identity_provider as sandbox;
use secrecy::{ExposeSecret as _, SecretString};

use crate::common::{skipped, Outcome};

/// A provider, the client of Open OnDemand there, and the tokens of a login.
struct Stage {
    issuer: String,
    ca_pem: String,
    endpoint: TokenEndpoint,
    client: Client,
    tokens: [String; 3],
}

impl Stage {
    fn sandbox(provider: &sandbox::IdentityProvider) -> Self {
        let (client, tokens) = (provider.ondemand(), provider.log_in("judge"));
        Self {
            issuer: provider.issuer(),
            ca_pem: provider.ca_pem().to_owned(),
            endpoint: TokenEndpoint::new(provider.address().port(), provider.ca_pem()),
            client: Client {
                id: client.id,
                secret: client.secret,
            },
            tokens: [tokens.access, tokens.id, tokens.refresh],
        }
    }

    fn keycloak() -> Result<Self, Box<dyn std::error::Error>> {
        let provider = IdentityProvider::shared();
        let tokens = provider.log_in(&provider.user("judge")?)?;
        Ok(Self {
            issuer: provider.issuer(),
            ca_pem: provider.ca_pem().to_owned(),
            endpoint: TokenEndpoint::new(provider.port(), provider.ca_pem()),
            client: provider.ondemand().clone(),
            tokens: [tokens.access, tokens.id, tokens.refresh],
        })
    }

    /// Carries openidconnect's requests.
    fn carry(&self, request: &HttpRequest) -> io::Result<HttpResponse> {
        let authorization = request.headers().get(http::header::AUTHORIZATION);
        let authorization = authorization.map_or(Ok(""), |value| value.to_str());
        let form = String::from_utf8(request.body().clone()).map_err(io::Error::other)?;
        let (method, path) = (request.method().as_str(), request.uri().path());
        let answer = self
            .endpoint
            .relay(method, path, authorization.map_err(io::Error::other)?, form);
        let answer = answer.map_err(io::Error::other)?;
        let response = http::Response::builder().status(answer.status);
        response
            .body(answer.body.to_string().into_bytes())
            .map_err(io::Error::other)
    }

    fn their_discovery(&self, issuer: &str) -> Result<CoreProviderMetadata, String> {
        let issuer = IssuerUrl::new(issuer.to_owned()).map_err(|error| error.to_string())?;
        CoreProviderMetadata::discover(&issuer, &|request| self.carry(&request)).map_err(|error| error.to_string())
    }

    fn our_discovery(&self, issuer: &str) -> Result<oidc::Provider, String> {
        let http = self.http();
        let found = runtime().block_on(oidc::discover(issuer, &http));
        found.map_err(|error| error.to_string())
    }

    fn http(&self) -> Http {
        let access = Access {
            ca_pem: Some(self.ca_pem.clone().into_bytes()),
            proxy: None,
            patience: PATIENCE,
            until: tokio::time::Instant::now() + PATIENCE,
        };
        Http::new(&access).expect("the CA is read")
    }

    /// openidconnect's verdict on an ID token for this audience.
    ///
    /// # Panics
    /// If it cannot ask the provider: that would be no verdict.
    fn their_verdict(&self, token: &str, audience: &str) -> Result<CoreIdTokenClaims, String> {
        let metadata = self.their_discovery(&self.issuer).expect("the keys are read");
        let audience = ClientId::new(audience.to_owned());
        let secret = ClientSecret::new(self.client.secret.clone());
        let (issuer, keys) = (metadata.issuer().clone(), metadata.jwks().clone());
        let verifier = CoreIdTokenVerifier::new_confidential_client(audience, secret, issuer, keys)
            .set_allowed_algs(metadata.id_token_signing_alg_values_supported().clone())
            // kubectl's token is for the portal and for the cluster.
            .set_other_audience_verifier_fn(|_| true);
        let token: CoreIdToken = token.parse().map_err(|error| format!("{error:?}"))?;
        token
            .into_claims(&verifier, no_nonce)
            .map_err(|error| error.to_string())
    }

    fn their_refresh(&self) -> Result<[String; 3], Box<dyn std::error::Error>> {
        let metadata = self.their_discovery(&self.issuer)?;
        let id = ClientId::new(self.client.id.clone());
        let secret = ClientSecret::new(self.client.secret.clone());
        let client = CoreClient::from_provider_metadata(metadata, id, Some(secret));
        let old = RefreshToken::new(self.tokens[2].clone());
        let answer = client
            .exchange_refresh_token(&old)?
            .request(&|request| self.carry(&request))?;
        let id = answer.id_token().ok_or("no ID token")?.to_string();
        let refresh = answer.refresh_token().ok_or("no refresh token")?.secret().clone();
        Ok([answer.access_token().secret().clone(), id, refresh])
    }

    fn our_refresh(&self) -> Result<[String; 3], Box<dyn std::error::Error>> {
        let http = self.http();
        let client = oidc::Client {
            id: self.client.id.clone(),
            secret: self.client.secret.clone().into(),
        };
        let answer = runtime().block_on(async {
            let provider = oidc::IdentityProvider::find(&self.issuer, http, Doing::Refresh).await?;
            provider.refresh(&client, &self.tokens[2].clone().into()).await
        })?;
        let text = |secret: Option<SecretString>| secret.map(|it| it.expose_secret().to_owned());
        let id = text(answer.id).ok_or("no ID token")?;
        let refresh = text(answer.refresh).ok_or("no refresh token")?;
        Ok([answer.access.expose_secret().to_owned(), id, refresh])
    }
}

const PATIENCE: Duration = Duration::from_secs(30);

fn runtime() -> tokio::runtime::Runtime {
    let mut builder = tokio::runtime::Builder::new_current_thread();
    builder.enable_all().build().expect("a runtime")
}

/// The login was the portal's: the nonce is its business.
#[allow(clippy::unnecessary_wraps, reason = "openidconnect's signature")]
fn no_nonce(_: Option<&Nonce>) -> Result<(), String> {
    Ok(())
}

fn ours(token: &str) -> Claims {
    token::claims(&token.to_owned().into()).expect("a JWT")
}

/// Issuer, audiences, subject, start and expiry are the same for both readers.
fn assert_alike(token: &str, theirs: &CoreIdTokenClaims) {
    let ours = ours(token);
    let audiences: Vec<&str> = theirs.audiences().iter().map(|it| it.as_str()).collect();
    let seconds = |time: Option<std::time::SystemTime>| {
        let since = time.and_then(|time| time.duration_since(UNIX_EPOCH).ok());
        since.and_then(|since| i64::try_from(since.as_secs()).ok())
    };
    assert_eq!(ours.iss.as_deref(), Some(theirs.issuer().as_str()));
    assert_eq!(ours.aud, audiences);
    assert_eq!(ours.sub.as_deref(), Some(theirs.subject().as_str()));
    assert_eq!(seconds(ours.start()), Some(theirs.issue_time().timestamp()));
    assert_eq!(seconds(ours.end()), Some(theirs.expiration().timestamp()));
    assert_eq!(ours.azp.as_deref(), theirs.authorized_party().map(|it| it.as_str()));
}

/// Discovery, a refresh by each, and what each reads from the tokens of both.
fn assert_both_are_served_alike(stage: &Stage) -> Outcome {
    let (ours, theirs) = (
        stage.our_discovery(&stage.issuer)?,
        stage.their_discovery(&stage.issuer)?,
    );
    assert_eq!(ours.issuer, theirs.issuer().as_str());
    let endpoint = theirs.token_endpoint().ok_or("no token endpoint")?;
    assert_eq!(ours.token_endpoint.to_string(), endpoint.as_str());
    for wrong in [format!("{}/", stage.issuer), format!("{}-2", stage.issuer)] {
        let found = (stage.our_discovery(&wrong), stage.their_discovery(&wrong));
        assert!(matches!(found, (Err(_), Err(_))), "{wrong}: {found:?}");
    }
    let mut lives = vec![stage.tokens.clone()];
    lives.push(stage.our_refresh()?);
    lives.push(stage.their_refresh()?);
    for [access, id, _] in &lives {
        assert_alike(id, &stage.their_verdict(id, &stage.client.id)?);
        // An access token is no ID token, but has the same claims, and is for the cluster.
        assert_alike(access, &stage.their_verdict(access, "kubernetes")?);
    }
    Ok(())
}

#[test]
fn an_independent_client_and_we_are_served_alike_by_the_sandboxs_provider() -> Outcome {
    assert_both_are_served_alike(&Stage::sandbox(&sandbox::IdentityProvider::start()))
}

#[test]
fn an_independent_client_and_we_are_served_alike_by_keycloak() -> Outcome {
    if skipped() {
        return Ok(());
    }
    assert_both_are_served_alike(&Stage::keycloak()?)
}

/// Our verdict on a token that the cluster should take for this audience.
fn our_verdict(stage: &Stage, token: &str, audience: &str) -> Result<(), TokenError> {
    let token = token.to_owned().into();
    let expected = Expected {
        issuer: Some(&stage.issuer),
        audience: Some(audience),
        user: None,
    };
    token::check(&token, std::time::SystemTime::now())?;
    token::meets(&token, &expected)
}

#[test]
fn a_token_that_has_ended_or_is_anothers_is_refused_by_both() {
    let provider = sandbox::IdentityProvider::start();
    let stage = Stage::sandbox(&provider);
    let good = &stage.tokens[1];
    assert_eq!(our_verdict(&stage, good, "ondemand"), Ok(()));
    assert!(stage.their_verdict(good, "ondemand").is_ok());

    let other_audience = our_verdict(&stage, good, "elsewhere");
    assert!(
        matches!(other_audience, Err(TokenError::OtherAudience { .. })),
        "{other_audience:?}"
    );
    assert!(stage.their_verdict(good, "elsewhere").is_err());

    provider.set(|settings| settings.clock_skew = -3600);
    let ended = provider.log_in("judge").id;
    let error = our_verdict(&stage, &ended, "ondemand");
    assert!(matches!(error, Err(TokenError::Expired { .. })), "{error:?}");
    assert!(stage.their_verdict(&ended, "ondemand").is_err());

    let issuer = stage.issuer.clone();
    provider.set(|settings| (settings.clock_skew, settings.issuer) = (0, format!("{issuer}-2")));
    let strange = provider.log_in("judge").id;
    provider.set(|settings| settings.issuer = issuer);
    let error = our_verdict(&stage, &strange, "ondemand");
    assert!(matches!(error, Err(TokenError::OtherIssuer { .. })), "{error:?}");
    assert!(stage.their_verdict(&strange, "ondemand").is_err());

    for opaque in ["opaque", "a.b.c", "a.b", ""] {
        assert_eq!(
            our_verdict(&stage, opaque, "ondemand"),
            Err(TokenError::NotJwt),
            "{opaque}"
        );
        assert!(stage.their_verdict(opaque, "ondemand").is_err(), "{opaque}");
    }
}

/// The one difference, and a wanted one: see the decision in docs/decisions/0016-no-oauth-crate.md.
#[test]
fn only_the_independent_client_sees_a_wrong_signature_which_is_the_api_servers_to_judge() {
    let provider = sandbox::IdentityProvider::start();
    let stage = Stage::sandbox(&provider);
    let other = sandbox::IdentityProvider::start().log_in("judge").id;
    let (signed, _) = stage.tokens[1].rsplit_once('.').expect("a JWT");
    let (_, signature) = other.rsplit_once('.').expect("a JWT");
    let forged = format!("{signed}.{signature}");
    assert_eq!(our_verdict(&stage, &forged, "ondemand"), Ok(()));
    let theirs = stage
        .their_verdict(&forged, "ondemand")
        .expect_err("the signature is another key's");
    assert!(theirs.contains("ignature"), "{theirs}");
}
