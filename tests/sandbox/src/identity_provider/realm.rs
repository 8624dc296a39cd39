//! The realm: clients, sessions, and the log of token requests.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ops::DerefMut;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Instant;

use base64::prelude::{Engine, BASE64_STANDARD};
use serde_json::{json, Value};

use super::documents::{self, DISCOVERY, KEYS, REALM, REVOCATION_ENDPOINT, TOKEN_ENDPOINT};
use super::grants::{self, Refusal};
use super::settings::Settings;
use super::signing::SigningKey;
use super::tokens::{Grant, Issued, Tokens};
use crate::clock;
use crate::message::{parse_query, Answer, Request};
use crate::resources::percent_decode;
use crate::server::{lock, Service};

/// A client with a secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Client {
    /// Its `client_id`.
    pub id: String,
    /// Its `client_secret`.
    pub secret: String,
}

/// How a client authenticated (RFC 6749, section 2.3.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Authentication {
    /// `client_secret_basic`.
    Basic,
    /// `client_secret_post`.
    Post,
    /// Without a secret.
    None,
}

/// One request to the token endpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenRequest {
    /// When it was answered.
    pub at: Instant,
    /// The client that it claims to be.
    pub client: String,
    /// How the client authenticated.
    pub authentication: Authentication,
    /// The parameters, including secrets.
    pub form: BTreeMap<String, String>,
    /// Status of the answer.
    pub status: u16,
    /// `error` of the answer; empty if there is none.
    pub error: String,
}

/// The whole state, behind its lock.
#[derive(Debug)]
pub(crate) struct Realm {
    inner: Mutex<Inner>,
}

#[derive(Debug)]
pub(crate) struct Inner {
    pub(crate) settings: Settings,
    pub(crate) clients: Vec<Client>,
    pub(crate) access_tokens: HashMap<String, Issued>,
    pub(crate) refresh_tokens: HashMap<String, Issued>,
    /// The active sessions.
    pub(crate) sessions: HashMap<u64, String>,
    /// Clients that have lost their part of a session by using a refresh token twice.
    pub(crate) cast_out: BTreeSet<(u64, String)>,
    pub(crate) key: SigningKey,
    requests: Vec<TokenRequest>,
    revocations: Vec<TokenRequest>,
}

/// Settings behind their lock.
pub(crate) struct Held<'a>(MutexGuard<'a, Inner>);

impl std::ops::Deref for Held<'_> {
    type Target = Settings;

    fn deref(&self) -> &Settings {
        &self.0.settings
    }
}

impl DerefMut for Held<'_> {
    fn deref_mut(&mut self) -> &mut Settings {
        &mut self.0.settings
    }
}

impl Realm {
    pub(crate) fn new(issuer: String) -> Self {
        let client = |id: &str| Client {
            id: id.into(),
            secret: format!("secret-of-{id}-{:016x}", clock::random()),
        };
        let inner = Inner {
            settings: Settings::of(issuer),
            clients: vec![client("ondemand"), client("kubernetes")],
            access_tokens: HashMap::new(),
            refresh_tokens: HashMap::new(),
            sessions: HashMap::new(),
            cast_out: BTreeSet::new(),
            key: SigningKey::new(),
            requests: Vec::new(),
            revocations: Vec::new(),
        };
        Self {
            inner: Mutex::new(inner),
        }
    }

    pub(crate) fn settings(&self) -> Held<'_> {
        Held(lock(&self.inner))
    }

    pub(crate) fn client(&self, id: &str) -> Client {
        let inner = lock(&self.inner);
        let client = inner.clients.iter().find(|client| client.id == id);
        client.cloned().expect("the realm has this client")
    }

    pub(crate) fn log_in(&self, user: &str) -> Tokens {
        let mut inner = lock(&self.inner);
        let session = clock::random();
        inner.sessions.insert(session, user.into());
        let grant = Grant {
            client: "ondemand".into(),
            user: user.into(),
            session,
            audiences: inner.settings.ondemand_audiences.clone(),
            openid: true,
        };
        Tokens {
            access: inner.access_token(&grant),
            refresh: inner.refresh_token(&grant),
            id: inner.id_token(&grant, &grant.audiences),
        }
    }

    pub(crate) fn log_out(&self, user: &str) {
        lock(&self.inner).sessions.retain(|_, owner| owner != user);
    }

    pub(crate) fn token_requests(&self) -> Vec<TokenRequest> {
        lock(&self.inner).requests.clone()
    }

    pub(crate) fn revocations(&self) -> Vec<TokenRequest> {
        lock(&self.inner).revocations.clone()
    }

    pub(crate) fn forget_requests(&self) {
        let mut inner = lock(&self.inner);
        inner.requests.clear();
        inner.revocations.clear();
    }
}

impl Service for Realm {
    fn answer(self: &Arc<Self>, request: &Request) -> (Answer, Option<String>) {
        let mut inner = lock(&self.inner);
        let anybody = |code, body: &Value| (Answer::json(code, body), None);
        match (request.method.as_str(), request.path.as_str()) {
            ("GET", DISCOVERY) => anybody(200, &documents::discovery(&inner.settings)),
            ("GET", KEYS) => anybody(200, &inner.key.published()),
            ("POST", TOKEN_ENDPOINT) => inner.token(request),
            ("POST", REVOCATION_ENDPOINT) => inner.revocation(request),
            (_, DISCOVERY | KEYS | TOKEN_ENDPOINT | REVOCATION_ENDPOINT) => {
                anybody(405, &json!({ "error": "HTTP 405 Method Not Allowed" }))
            }
            (_, path) if path.starts_with(REALM) => anybody(404, &json!({ "error": "HTTP 404 Not Found" })),
            _ => anybody(404, &json!({ "error": "Realm does not exist" })),
        }
    }
}

impl Inner {
    fn token(&mut self, request: &Request) -> (Answer, Option<String>) {
        let (answer, asked, proved) = self.asked(request, grants::grant);
        self.requests.push(asked);
        (answer, proved)
    }

    fn revocation(&mut self, request: &Request) -> (Answer, Option<String>) {
        let (answer, asked, proved) = self.asked(request, grants::revoke);
        self.revocations.push(asked);
        (answer, proved)
    }

    /// Answers the request of a client that has authenticated.
    fn asked(
        &mut self,
        request: &Request,
        answer: fn(&mut Self, &str, &grants::Form) -> Result<Value, Refusal>,
    ) -> (Answer, TokenRequest, Option<String>) {
        let is_form = request.content_type.starts_with("application/x-www-form-urlencoded");
        let form = String::from_utf8_lossy(&request.body);
        let form = if is_form { parse_query(&form) } else { BTreeMap::new() };
        let (client, authentication) = credentials(request.authorization.as_deref(), &form);
        let known = self.check(&client);
        let proved = known.is_ok().then(|| client.id.clone());
        let answer = known.and_then(|()| answer(self, &client.id, &form));
        let (status, body) = match answer {
            Ok(body) => (200, body),
            Err(refusal) => (refusal.status, refusal.body()),
        };
        let asked = TokenRequest {
            at: Instant::now(),
            client: client.id,
            authentication,
            form,
            status,
            error: body["error"].as_str().unwrap_or_default().into(),
        };
        (Answer::json(status, &body), asked, proved)
    }

    /// Unlike RFC 6749, Keycloak reports a wrong secret as `unauthorized_client`.
    fn check(&self, client: &Client) -> Result<(), Refusal> {
        let description = "Invalid client or Invalid client credentials";
        match self.clients.iter().find(|known| known.id == client.id) {
            Some(known) if known == client => Ok(()),
            Some(_) => Err(Refusal::new(401, "unauthorized_client", description)),
            None => Err(Refusal::new(401, "invalid_client", description)),
        }
    }
}

/// The client's credentials. The parts of `Basic` are form-encoded (RFC 6749, section 2.3.1).
fn credentials(authorization: Option<&str>, form: &BTreeMap<String, String>) -> (Client, Authentication) {
    let basic = authorization.and_then(|header| header.strip_prefix("Basic "));
    let basic = basic.and_then(|encoded| BASE64_STANDARD.decode(encoded).ok());
    let basic = basic.and_then(|bytes| String::from_utf8(bytes).ok());
    if let Some((id, secret)) = basic.as_deref().and_then(|pair| pair.split_once(':')) {
        let [id, secret] = [id, secret].map(|part| percent_decode(&part.replace('+', " ")));
        return (Client { id, secret }, Authentication::Basic);
    }
    let field = |name: &str| form.get(name).cloned().unwrap_or_default();
    let client = Client {
        id: field("client_id"),
        secret: field("client_secret"),
    };
    let how = if client.secret.is_empty() {
        Authentication::None
    } else {
        Authentication::Post
    };
    (client, how)
}
