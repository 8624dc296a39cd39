//! The handle for tests: it inspects the server and injects faults.

use std::net::SocketAddr;
use std::sync::atomic::Ordering;
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use tokio::runtime::Runtime;

use crate::builder::Builder;
use crate::faults::Fault;
use crate::lifecycle::Due;
use crate::log::Record;
use crate::message::{parse_query, Request};
use crate::resources::{self, ResourcePath};
use crate::server::{lock, Mood, Server, Service};
use crate::start;
use crate::store::Key;

/// A running API server; it stops when dropped.
#[derive(Debug)]
pub struct Sandbox {
    pub(crate) server: Arc<Server>,
    pub(crate) admin_token: String,
    pub(crate) runtime: Option<Runtime>,
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        self.server.close();
        // Does not wait, so that a sandbox may be dropped inside another runtime.
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

impl Sandbox {
    /// A builder with the defaults.
    pub fn builder() -> Builder {
        Builder::default()
    }

    /// Starts a sandbox with the defaults.
    pub fn start() -> Self {
        Self::builder().start()
    }

    /// `https://127.0.0.1:PORT`, or `https://[::1]:PORT`.
    pub fn url(&self) -> String {
        format!("https://{}", self.server.address)
    }

    /// The address on which it listens.
    pub fn address(&self) -> SocketAddr {
        self.server.address
    }

    /// The CA certificate.
    pub fn ca_pem(&self) -> &str {
        &self.server.identity.ca_pem
    }

    /// A token with all permissions.
    pub fn admin_token(&self) -> &str {
        &self.admin_token
    }

    /// Adds a token; `system:authenticated` is added to the groups.
    pub fn add_token(&self, token: &str, user: &str, groups: &[&str]) {
        self.server.service.state().tokens.add(token, user, groups, None);
    }

    /// Adds a token that expires after this time.
    pub fn add_expiring_token(&self, token: &str, user: &str, groups: &[&str], life: Duration) {
        self.server.service.state().tokens.add(token, user, groups, Some(life));
    }

    /// Removes a token.
    pub fn revoke_token(&self, token: &str) {
        self.server.service.state().tokens.revoke(token);
    }

    /// A kubeconfig with one context, `sandbox`, and this token.
    pub fn kubeconfig(&self, token: &str) -> String {
        use base64::prelude::{Engine, BASE64_STANDARD};
        let ca = BASE64_STANDARD.encode(self.ca_pem());
        format!(
            "apiVersion: v1\nkind: Config\nclusters:\n- name: sandbox\n  cluster:\n    \
             server: {}\n    certificate-authority-data: {ca}\ncontexts:\n- name: sandbox\n  \
             context:\n    cluster: sandbox\n    user: sandbox\ncurrent-context: sandbox\nusers:\n\
             - name: sandbox\n  user:\n    token: {token}\n",
            self.url()
        )
    }

    /// The object at an API path, as stored.
    pub fn object(&self, path: &str) -> Option<Value> {
        let key = key(path)?.1;
        self.server.service.state().store.get(&key).cloned()
    }

    /// The objects of a collection at an API path.
    pub fn objects(&self, path: &str) -> Vec<Value> {
        let Some(path) = ResourcePath::parse(path) else {
            return Vec::new();
        };
        let Some(resource) = resources::find(&path.group, &path.resource) else {
            return Vec::new();
        };
        let state = self.server.service.state();
        let found = state.store.list(resource, path.storage_namespace());
        found.map(|(_, object)| object.clone()).collect()
    }

    /// Stores an object at an API path, with defaults and without authorization; for a
    /// namespace the controller creates the default service account.
    pub fn put(&self, path: &str, mut object: Value) {
        let (path, key) = key(path).expect("the path names an object of a served resource");
        let resource = resources::known(key.group, key.plural);
        object["metadata"]["name"] = Value::String(key.name.clone());
        start::insert(&mut self.server.service.state().store, resource, &key.namespace, object);
        if resource.kind == "Namespace" {
            self.server.service.schedule(vec![Due::ServiceAccount(path.name)]);
        }
    }

    /// Removes an object at an API path at once; returns whether it existed.
    pub fn remove(&self, path: &str) -> bool {
        let Some((_, key)) = key(path) else {
            return false;
        };
        self.server.service.state().store.remove(&key).is_some()
    }

    /// Sends a request without a connection: it is not logged, and faults do not affect it. The body
    /// has its content type; an empty token means none.
    pub fn ask(&self, token: &str, method: &str, path: &str, body: Option<(&str, &Value)>) -> (u16, Value) {
        let (path, query) = path.split_once('?').unwrap_or((path, ""));
        let request = Request {
            method: method.into(),
            path: path.into(),
            query: parse_query(query),
            content_type: body.map_or("", |(content_type, _)| content_type).into(),
            accept: String::new(),
            user_agent: "sandbox".into(),
            authorization: (!token.is_empty()).then(|| format!("Bearer {token}")),
            body: body.map(|(_, body)| body.to_string().into_bytes()).unwrap_or_default(),
        };
        let (answer, _) = self.server.service.answer(&request);
        let body = serde_json::from_slice(&answer.body)
            .unwrap_or_else(|_| Value::String(String::from_utf8_lossy(&answer.body).into()));
        (answer.code, body)
    }

    /// Makes matching requests fail.
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

    /// Answers GETs of this path with this page, without authentication: an identity provider's document, for example.
    pub fn serve_page(&self, path: &str, code: u16, text: &str) {
        lock(&self.server.pages).insert(path.into(), (code, text.into()));
    }

    /// Sends a time this many seconds ahead in every answer; a negative number means behind.
    pub fn set_clock_skew(&self, seconds: i64) {
        self.server.clock_skew.store(seconds, Ordering::Relaxed);
    }

    fn set_mood(&self, mood: Mood) {
        *lock(&self.server.mood) = mood;
        self.server.cut_all();
    }

    /// Every request since the start, or since `forget_requests`.
    pub fn requests(&self) -> Vec<Record> {
        self.server.log.records()
    }

    /// The number of connections opened in that time.
    pub fn connections(&self) -> usize {
        self.server.log.connections()
    }

    /// Empties the log.
    pub fn forget_requests(&self) {
        self.server.log.clear();
    }

    /// Gives the objects of each page of a list in an order that depends on this number.
    pub fn shuffle_lists(&self, seed: u64) {
        self.server.service.state().shuffle = seed;
    }

    /// Delays the default service accounts of new namespaces.
    pub fn hold_service_accounts(&self) {
        self.server.service.hold_accounts(true);
    }

    /// Creates the delayed service accounts.
    pub fn release_service_accounts(&self) {
        self.server.service.hold_accounts(false);
    }

    /// Keeps deleted namespaces in `Terminating`.
    pub fn hold_termination(&self) {
        self.server.service.hold_termination(true);
    }

    /// Removes the namespaces that were held.
    pub fn release_termination(&self) {
        self.server.service.hold_termination(false);
    }
}

fn key(path: &str) -> Option<(ResourcePath, Key)> {
    let path = ResourcePath::parse(path)?;
    let resource = resources::find(&path.group, &path.resource)?;
    let key = Key::new(resource, path.storage_namespace(), &path.name);
    (!path.name.is_empty() && path.subresource.is_empty()).then_some((path, key))
}
