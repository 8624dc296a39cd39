//! A small identity provider on loopback TLS that fails on demand: discovery, refresh and token exchange.
//!
//! It answers like Keycloak, error for error (see the README of `tests/identity-provider`, whose tests compare both).
//! Its JWTs are signed, but the sandbox's API server knows no issuer: it accepts them only after
//! [`crate::Sandbox::add_token`].
//!
//! ```
//! use ood_k8s_sandbox::identity_provider::{IdentityProvider, TOKEN_ENDPOINT};
//! use ood_k8s_sandbox::Fault;
//!
//! let provider = IdentityProvider::start();
//! let tokens = provider.log_in("jane");
//! provider.set(|settings| settings.single_use_refresh_tokens = true);
//! provider.fail(Fault::oauth(400, "invalid_grant", "Session not active").on_path(TOKEN_ENDPOINT).times(1));
//! assert_eq!(tokens.access.split('.').count(), 3);
//! assert!(provider.token_requests().is_empty());
//! ```

mod documents;
mod exchange;
mod grants;
mod realm;
mod settings;
mod signing;
mod tokens;

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use ood_k8s_loopback::ServerKind;
use tokio::runtime::Runtime;

use crate::faults::Fault;
use crate::log::Record;
use crate::server::{self, lock, Mood, Server};
use crate::tls::Identity;

pub use documents::{DISCOVERY, REVOCATION_ENDPOINT, TOKEN_ENDPOINT};
pub use realm::{Authentication, Client, TokenRequest};
pub use settings::{Exchange, Settings};
pub use tokens::Tokens;

use documents::REALM;
use realm::Realm;

/// A running identity provider; it stops when dropped.
#[derive(Debug)]
pub struct IdentityProvider {
    server: Arc<Server<Realm>>,
    runtime: Option<Runtime>,
}

impl Drop for IdentityProvider {
    fn drop(&mut self) {
        self.server.close();
        // Does not wait, so that it may be dropped inside another runtime.
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

impl IdentityProvider {
    /// Starts one on a free loopback port. [`Self::set`] changes its settings.
    pub fn start() -> Self {
        let runtime = server::runtime();
        let listener = server::bind(Ipv4Addr::LOCALHOST.into());
        let address = listener.local_addr().expect("a bound socket has an address");
        let realm = Arc::new(Realm::new(format!("https://{address}{REALM}")));
        let identity = || Identity::new(&["127.0.0.1".into(), "localhost".into()], ServerKind::Usual, None);
        let handle = runtime.handle().clone();
        let server = Arc::new(Server::new(realm, (identity(), identity()), false, address, handle));
        server.listen(listener);
        Self {
            server,
            runtime: Some(runtime),
        }
    }

    /// The issuer in tokens and discovery, unless [`Settings`] override it.
    pub fn issuer(&self) -> String {
        self.server.service.settings().issuer.clone()
    }

    /// The token endpoint; the stock hook.env has this as `IDP_ISSUER_URL`.
    pub fn token_endpoint(&self) -> String {
        format!("https://{}{TOKEN_ENDPOINT}", self.address())
    }

    /// The address on which it listens.
    pub fn address(&self) -> SocketAddr {
        self.server.address
    }

    /// The CA certificate.
    pub fn ca_pem(&self) -> &str {
        &self.server.identity.ca_pem
    }

    /// Open OnDemand's client.
    pub fn ondemand(&self) -> Client {
        self.server.service.client("ondemand")
    }

    /// The client that may exchange tokens.
    pub fn kubernetes(&self) -> Client {
        self.server.service.client("kubernetes")
    }

    /// The tokens of a login of this user at Open OnDemand, according to the settings.
    pub fn log_in(&self, user: &str) -> Tokens {
        self.server.service.log_in(user)
    }

    /// Ends all sessions of a user: tokens can no longer be refreshed or exchanged.
    pub fn log_out(&self, user: &str) {
        self.server.service.log_out(user);
    }

    /// Changes the settings for later requests.
    pub fn set(&self, change: impl FnOnce(&mut Settings)) {
        change(&mut self.server.service.settings());
    }

    /// Makes matching requests fail; see [`DISCOVERY`] and [`TOKEN_ENDPOINT`] for the paths.
    pub fn fail(&self, fault: Fault) {
        lock(&self.server.faults).add(fault);
    }

    /// Removes all fault rules.
    pub fn clear_faults(&self) {
        lock(&self.server.faults).clear();
    }

    /// Closes the port and all connections: new ones are refused.
    pub fn refuse_connections(&self) {
        self.server.close();
    }

    /// Accepts new connections without answering, not even TLS; closes open ones.
    pub fn go_silent(&self) {
        self.set_mood(Mood::Silent);
    }

    /// Presents a certificate of an untrusted authority to new connections; closes open ones.
    pub fn show_wrong_ca(&self) {
        self.set_mood(Mood::Impostor);
    }

    /// Ends the effect of the last three.
    pub fn recover(&self) {
        self.set_mood(Mood::Well);
        self.server.reopen();
    }

    fn set_mood(&self, mood: Mood) {
        *lock(&self.server.mood) = mood;
        self.server.cut_all();
    }

    /// Every request since the start, or since `forget_requests`; the user is the authenticated client.
    pub fn requests(&self) -> Vec<Record> {
        self.server.log.records()
    }

    /// The requests to the token endpoint in that time, without those that a fault answered.
    pub fn token_requests(&self) -> Vec<TokenRequest> {
        self.server.service.token_requests()
    }

    /// The same of the revocation endpoint.
    pub fn revocations(&self) -> Vec<TokenRequest> {
        self.server.service.revocations()
    }

    /// The number of connections opened in that time.
    pub fn connections(&self) -> usize {
        self.server.log.connections()
    }

    /// Empties the logs.
    pub fn forget_requests(&self) {
        self.server.log.clear();
        self.server.service.forget_requests();
    }
}
