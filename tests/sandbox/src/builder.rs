//! The settings of a sandbox, and its start.

use std::sync::Arc;
use std::time::Duration;

use ood_k8s_loopback::ServerKind;

use crate::clock;
use crate::lifecycle::{Cluster, Delays};
use crate::sandbox::Sandbox;
use crate::server::{self, Server};
use crate::start;
use crate::tls::Identity;

/// The settings of a sandbox.
#[must_use = "a builder does nothing until `start`"]
#[derive(Debug, Clone)]
pub struct Builder {
    kind: ServerKind,
    anonymous: bool,
    names: Vec<String>,
    ends: Option<(i32, u8, u8)>,
    delays: Delays,
    longest_token: Option<Duration>,
}

impl Default for Builder {
    fn default() -> Self {
        let short = Duration::from_millis(20);
        Self {
            kind: ServerKind::of_environment(),
            anonymous: true,
            names: vec!["127.0.0.1".into(), "::1".into(), "localhost".into()],
            ends: None,
            delays: Delays {
                service_account: short,
                termination: short,
            },
            longest_token: None,
        }
    }
}

impl Builder {
    /// HTTP/2 and TLS 1.3 on 127.0.0.1, whatever `OOD_K8S_TEST_SERVER` asks for: for tests of what only they have.
    pub fn usual(mut self) -> Self {
        self.kind = ServerKind::Usual;
        self
    }

    /// Offers HTTP/1.1 only, like some load balancers.
    pub fn http1_only(mut self) -> Self {
        self.kind = ServerKind::Http1;
        self
    }

    /// Answers 401 to a request without a token (`--anonymous-auth=false`).
    pub fn no_anonymous(mut self) -> Self {
        self.anonymous = false;
        self
    }

    /// Accepts TLS 1.2 only, like some load balancers.
    pub fn tls12_only(mut self) -> Self {
        self.kind = ServerKind::Tls12;
        self
    }

    /// Listens on `::1` instead of 127.0.0.1.
    pub fn ipv6_only(mut self) -> Self {
        self.kind = ServerKind::Ipv6;
        self
    }

    /// Sets the names and addresses in the certificate, instead of `127.0.0.1`, `::1` and `localhost`.
    pub fn certificate_for(mut self, names: &[&str]) -> Self {
        self.names = names.iter().map(|name| (*name).to_owned()).collect();
        self
    }

    /// Sets the day (year, month, day) at whose beginning the certificate of the server expires.
    pub fn certificate_until(mut self, day: (i32, u8, u8)) -> Self {
        self.ends = Some(day);
        self
    }

    /// Sets how long after a namespace its default service account is created; 20 ms if not set.
    pub fn service_account_delay(mut self, delay: Duration) -> Self {
        self.delays.service_account = delay;
        self
    }

    /// Sets how long a deleted namespace remains; 20 ms if not set.
    pub fn termination_delay(mut self, delay: Duration) -> Self {
        self.delays.termination = delay;
        self
    }

    /// Sets the longest lifetime of an issued token (`--service-account-max-token-expiration`).
    pub fn longest_token(mut self, life: Duration) -> Self {
        self.longest_token = Some(life);
        self
    }

    /// Starts the server on a free loopback port.
    pub fn start(self) -> Sandbox {
        let runtime = server::runtime();
        let mut state = start::state();
        state.tokens.anonymous = self.anonymous;
        if let Some(life) = self.longest_token {
            state.tokens.longest = life;
        }
        let admin_token = format!("sandbox-admin-{:016x}", clock::random());
        state
            .tokens
            .add(&admin_token, "sandbox-admin", &["system:masters"], None);
        let handle = runtime.handle().clone();
        let cluster = Arc::new(Cluster::new(state, self.delays, handle.clone()));
        let listener = server::bind(self.kind.host());
        let address = listener.local_addr().expect("a bound socket has an address");
        let identity = || Identity::new(&self.names, self.kind, self.ends);
        let identities = (identity(), identity());
        let server = Server::new(cluster, identities, self.kind == ServerKind::Http1, address, handle);
        let server = Arc::new(server);
        server.listen(listener);
        Sandbox {
            server,
            admin_token,
            runtime: Some(runtime),
        }
    }
}
