//! The handle that a test holds: starts the server, looks into it, and disturbs it.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use tokio::runtime::Runtime;

use crate::api::{self, Request};
use crate::clock;
use crate::faults::Fault;
use crate::lifecycle::{Cluster, Delays};
use crate::log::Record;
use crate::resources::{self, ResourcePath};
use crate::server::{self, lock, Mood, Server};
use crate::start;
use crate::store::Key;
use crate::tls::Identity;

/// How a sandbox is to be.
#[must_use = "a builder does nothing until `start`"]
#[derive(Debug, Clone)]
pub struct Builder {
    http1_only: bool,
    anonymous: bool,
    names: Vec<String>,
    delays: Delays,
    longest_token: Option<Duration>,
}

impl Default for Builder {
    fn default() -> Self {
        let short = Duration::from_millis(20);
        Self {
            http1_only: false,
            anonymous: true,
            names: vec!["127.0.0.1".into(), "localhost".into()],
            delays: Delays { service_account: short, termination: short },
            longest_token: None,
        }
    }
}

impl Builder {
    /// Offers HTTP/1.1 only, as some load balancers do.
    pub fn http1_only(mut self) -> Self {
        self.http1_only = true;
        self
    }

    /// Answers 401 to a request without a token (`--anonymous-auth=false`).
    pub fn no_anonymous(mut self) -> Self {
        self.anonymous = false;
        self
    }

    /// Names and addresses in the certificate, in place of `127.0.0.1` and `localhost`.
    pub fn certificate_for(mut self, names: &[&str]) -> Self {
        self.names = names.iter().map(|name| (*name).to_owned()).collect();
        self
    }

    /// How long after a namespace its default service account is made; 20 ms if not set.
    pub fn service_account_delay(mut self, delay: Duration) -> Self {
        self.delays.service_account = delay;
        self
    }

    /// How long a deleted namespace stays; 20 ms if not set.
    pub fn termination_delay(mut self, delay: Duration) -> Self {
        self.delays.termination = delay;
        self
    }

    /// The longest life of a minted token (`--service-account-max-token-expiration`).
    pub fn longest_token(mut self, life: Duration) -> Self {
        self.longest_token = Some(life);
        self
    }

    /// Starts the server on a free port of loopback.
    pub fn start(self) -> Sandbox {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .thread_name("sandbox")
            .enable_all()
            .build()
            .expect("the system has threads left");
        let mut state = start::state();
        state.tokens.anonymous = self.anonymous;
        if let Some(life) = self.longest_token {
            state.tokens.longest = life;
        }
        let admin_token = format!("sandbox-admin-{:016x}", clock::random());
        state.tokens.add(&admin_token, "sandbox-admin", &["system:masters"], None);
        let handle = runtime.handle().clone();
        let cluster = Arc::new(Cluster::new(state, self.delays, handle.clone()));
        let listener = server::bind();
        let address = listener.local_addr().expect("a bound socket has an address");
        let identity = || Identity::new(&self.names, self.http1_only);
        let identities = (identity(), identity());
        let server = Server::new(cluster, identities, self.http1_only, address, handle);
        let server = Arc::new(server);
        server.listen(listener);
        Sandbox { server, admin_token, runtime: Some(runtime) }
    }
}

/// A running API server; it stops when dropped.
#[derive(Debug)]
pub struct Sandbox {
    server: Arc<Server>,
    admin_token: String,
    runtime: Option<Runtime>,
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        self.server.close();
        // Does not wait, so that a sandbox may be dropped inside of another runtime.
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

    /// `https://127.0.0.1:PORT`.
    pub fn url(&self) -> String {
        format!("https://{}", self.server.address)
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.server.address
    }

    /// The authority to trust.
    pub fn ca_pem(&self) -> &str {
        &self.server.identity.ca_pem
    }

    /// A token that may do all.
    pub fn admin_token(&self) -> &str {
        &self.admin_token
    }

    /// Makes a token known; `system:authenticated` is added to the groups.
    pub fn add_token(&self, token: &str, user: &str, groups: &[&str]) {
        self.server.cluster.state().tokens.add(token, user, groups, None);
    }

    /// Makes a token known that expires after this time.
    pub fn add_expiring_token(&self, token: &str, user: &str, groups: &[&str], life: Duration) {
        self.server.cluster.state().tokens.add(token, user, groups, Some(life));
    }

    /// Forgets a token.
    pub fn revoke_token(&self, token: &str) {
        self.server.cluster.state().tokens.revoke(token);
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

    /// The object at an API path, as it is stored.
    pub fn object(&self, path: &str) -> Option<Value> {
        let key = key(path)?.1;
        self.server.cluster.state().store.get(&key).cloned()
    }

    /// The objects of a collection at an API path.
    pub fn objects(&self, path: &str) -> Vec<Value> {
        let Some(path) = ResourcePath::parse(path) else { return Vec::new() };
        let Some(resource) = resources::find(&path.group, &path.resource) else { return Vec::new() };
        let state = self.server.cluster.state();
        let found = state.store.list(resource, path.storage_namespace());
        found.map(|(_, object)| object.clone()).collect()
    }

    /// Stores an object at an API path as it is, with defaults filled in and nobody asked; a
    /// namespace gets its default service account by the controller.
    pub fn put(&self, path: &str, mut object: Value) {
        let (path, key) = key(path).expect("the path names an object of a served resource");
        let resource = resources::known(key.group, key.plural);
        object["metadata"]["name"] = Value::String(key.name.clone());
        start::insert(&mut self.server.cluster.state().store, resource, &key.namespace, object);
        if resource.kind == "Namespace" {
            self.server.cluster.schedule(vec![crate::lifecycle::Due::ServiceAccount(path.name)]);
        }
    }

    /// Removes an object at an API path at once; whether it was there.
    pub fn remove(&self, path: &str) -> bool {
        let Some((_, key)) = key(path) else { return false };
        self.server.cluster.state().store.remove(&key).is_some()
    }

    /// Asks the server without a connection: not logged, and not touched by faults.
    pub fn ask(&self, token: &str, method: &str, path: &str, body: Option<(&str, &Value)>) -> (u16, Value) {
        let (path, query) = path.split_once('?').unwrap_or((path, ""));
        let request = Request {
            method: method.into(),
            path: path.into(),
            query: api::parse_query(query),
            content_type: body.map_or("", |(content_type, _)| content_type).into(),
            accept: String::new(),
            user_agent: "sandbox".into(),
            authorization: Some(format!("Bearer {token}")),
            body: body.map(|(_, body)| body.to_string().into_bytes()).unwrap_or_default(),
        };
        let (answer, _) = self.server.cluster.answer(&request);
        let body = serde_json::from_slice(&answer.body)
            .unwrap_or_else(|_| Value::String(String::from_utf8_lossy(&answer.body).into()));
        (answer.code, body)
    }

    /// Lets requests that match fail.
    pub fn fail(&self, fault: Fault) {
        lock(&self.server.faults).add(fault);
    }

    /// Takes all fault rules back.
    pub fn clear_faults(&self) {
        lock(&self.server.faults).clear();
    }

    /// Closes the port and all connections: new ones are refused.
    pub fn refuse_connections(&self) {
        self.server.close();
    }

    /// Takes new connections and says nothing, not even TLS; ends those that are open.
    pub fn go_silent(&self) {
        self.set_mood(Mood::Silent);
    }

    /// Shows new connections a certificate of an authority that nobody trusts; ends open ones.
    pub fn show_wrong_ca(&self) {
        self.set_mood(Mood::Impostor);
    }

    /// Ends all of the last three.
    pub fn recover(&self) {
        self.set_mood(Mood::Well);
        self.server.reopen();
    }

    fn set_mood(&self, mood: Mood) {
        *lock(&self.server.mood) = mood;
        self.server.cut_all();
    }

    /// Every request since the start, or since `forget_requests`.
    pub fn requests(&self) -> Vec<Record> {
        self.server.log.records()
    }

    /// How many connections were opened in that time.
    pub fn connections(&self) -> usize {
        self.server.log.connections()
    }

    /// Empties the log.
    pub fn forget_requests(&self) {
        self.server.log.clear();
    }

    /// Keeps new namespaces without their default service account.
    pub fn hold_service_accounts(&self) {
        self.server.cluster.hold_accounts(true);
    }

    /// Makes the service accounts that were held back.
    pub fn release_service_accounts(&self) {
        self.server.cluster.hold_accounts(false);
    }

    /// Keeps deleted namespaces in `Terminating`.
    pub fn hold_termination(&self) {
        self.server.cluster.hold_termination(true);
    }

    /// Removes the namespaces that were held.
    pub fn release_termination(&self) {
        self.server.cluster.hold_termination(false);
    }
}

fn key(path: &str) -> Option<(ResourcePath, Key)> {
    let path = ResourcePath::parse(path)?;
    let resource = resources::find(&path.group, &path.resource)?;
    let key = Key::new(resource, path.storage_namespace(), &path.name);
    (!path.name.is_empty() && path.subresource.is_empty()).then_some((path, key))
}
