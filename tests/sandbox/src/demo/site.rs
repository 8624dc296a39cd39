//! The whole site: the sandbox, and a web node for it.

use std::fs;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use ood_k8s_sandbox::Sandbox;
use serde_json::json;

use super::node::{Node, Server, MARK};
use super::snapshot::Snapshot;
use super::{cluster, Error, FIRST};

/// How long the sandbox may take to remove a namespace.
const REMOVAL: Duration = Duration::from_secs(10);

/// The whole site; it is removed when dropped.
pub struct Site {
    /// The API server.
    pub sandbox: Sandbox,
    /// The web node.
    pub node: Node,
    root_token: String,
}

/// The tokens that OnDemand exports at a login.
pub struct Tokens {
    /// `OOD_OIDC_ACCESS_TOKEN`.
    pub access: String,
    /// `OOD_OIDC_REFRESH_TOKEN`.
    pub refresh: String,
}

impl Tokens {
    /// New tokens, valid for an hour.
    pub fn fresh(login: &str) -> Self {
        let now = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default()
            .as_secs();
        let claims = json!({ "iss": "https://idp.example.org/realms/main", "exp": now + 3600, "sub": MARK });
        Self {
            access: ood_k8s_sandbox::jwt(&claims),
            refresh: format!("{MARK}-refresh-token-of-the-{}", login.replace(' ', "-")),
        }
    }
}

impl Site {
    /// Starts the server and writes the files.
    pub fn lay_out() -> Result<Self, Error> {
        let sandbox = Sandbox::start();
        cluster::install_site(&sandbox)?;
        let root_token = cluster::ondemand_token(&sandbox)?;
        let server = Server {
            url: sandbox.url(),
            ca_pem: sandbox.ca_pem(),
            root: sandbox.kubeconfig(&root_token),
            admin: sandbox.kubeconfig(sandbox.admin_token()),
        };
        let node = Node::lay_out(&server)?;
        Ok(Self {
            sandbox,
            node,
            root_token,
        })
    }

    /// Removes what a login made, so that the next one is a first one again.
    pub async fn forget_the_user(&self) -> Result<(), Error> {
        let namespace = Snapshot::take(&self.sandbox).namespace_name().to_owned();
        let path = format!("/api/v1/namespaces/{namespace}");
        self.sandbox.ask(self.sandbox.admin_token(), "DELETE", &path, None);
        let end = Instant::now() + REMOVAL;
        while self.sandbox.object(&path).is_some() {
            if Instant::now() > end {
                return Err(Error::Unexpected {
                    login: FIRST,
                    what: format!("{namespace} cannot be deleted for another one"),
                });
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        let kubeconfig = self.node.user_kubeconfig();
        fs::remove_file(&kubeconfig).map_err(Error::file("remove", &kubeconfig))
    }

    /// What must not be shown, not even as part of other text.
    pub fn secrets(&self) -> Vec<String> {
        let own = [self.root_token.clone(), self.sandbox.admin_token().into()];
        own.into_iter().chain(Node::secrets()).collect()
    }

    /// Stops the server and removes the directory.
    pub fn remove(self) -> Result<(), Error> {
        drop(self.sandbox);
        self.node.remove()
    }
}
