//! A connection's parameters: a kubeconfig's context with its credentials, and files that others cannot change.

use std::path::PathBuf;
use std::time::Duration;

use base64::engine::general_purpose::STANDARD;
use base64::Engine as _;
use rustls::pki_types::CertificateDer;
use secrecy::zeroize::Zeroizing;
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::{json, Value};

use super::contexts::same_server;
use super::error::ClusterError;
use super::identity::Identity;
use super::login::Credentials;
use super::root_kubeconfig::RootKubeconfig;
use super::way::Way;
use crate::config::clusters::Cluster;
use crate::config::files::read_trusted;
use crate::config::settings::DEFAULT_CONNECT_TIMEOUT;
use crate::config::ConfigError;
use crate::kubeconfig::{self, is_header, ContextNames, EntryFault, List, Login, Source, HEADER_REMEDY};
use crate::oidc::token;
use crate::tls::{certificates, Trusted};

/// A connection's parameters.
#[derive(Debug)]
pub struct Target {
    /// How the server is reached.
    pub way: Way,
    /// As whom requests are sent.
    pub(super) credentials: Credentials,
    /// The server's URL, for messages.
    pub server: String,
    /// Whose credentials are in it.
    pub identity: Identity,
    /// How long opening the connection may take.
    pub patience: Duration,
    /// Where they stand, for what is wrong before anything is sent.
    pub(super) origin: Origin,
}

/// Where a target's parts stand.
#[derive(Debug)]
pub(super) struct Origin {
    pub path: PathBuf,
    /// What is wrong with the CA, if it is the CA.
    pub authority: EntryFault,
    /// What is wrong with the certificate or its key, if it is one of them.
    pub certificate: EntryFault,
    /// What is wrong with the token that a plugin gives.
    pub plugin: Option<PluginFaults>,
}

/// The entry of a plugin that gives a token when the connection is made.
#[derive(Debug)]
pub(super) struct PluginFaults {
    /// The entry, with the words for a token that is not valid in a header.
    pub token: EntryFault,
    /// The entry, with the words for no token at all.
    pub none: EntryFault,
}

impl Target {
    /// Whether the server is the cluster's endpoint; always true if no endpoint is set.
    pub fn is_of(&self, cluster: &Cluster) -> bool {
        let endpoint = cluster.endpoint.as_deref();
        endpoint.is_none_or(|endpoint| same_server(&self.server, endpoint))
    }
}

impl RootKubeconfig {
    /// Returns the parameters for `cluster`, from the context in its settings or the one whose server is its endpoint.
    pub fn target(&self, cluster: &Cluster) -> Result<Target, ClusterError> {
        let mut target = self.target_in(&self.context_for(cluster)?)?;
        if target.way.proxy.is_none() {
            target.way.proxy = cluster.proxy.for_server(&target.server).cloned();
        }
        target.patience = cluster.connect_timeout;
        let token = target.credentials.token();
        target.identity = Identity::Root {
            cluster: cluster.id.clone(),
            token_end: token.and_then(|token| token::expiry(token).ok()),
        };
        Ok(target)
    }

    /// Returns the parameters of a context, with the credentials in this file.
    pub(super) fn target_in(&self, context: &str) -> Result<Target, ClusterError> {
        let names = self.names_of(context);
        let Some((names, cluster)) = names.and_then(|names| Some((names, names.cluster?))) else {
            return Err(self.no_context(format!(
                "has no context {context:?} with a cluster; create it, or specify another"
            )));
        };
        // Doubled names and values of a wrong type count for a context, too.
        self.kubeconfig.context(context).map_err(|fault| self.faulty(fault))?;
        let found = self.kubeconfig.cluster(cluster).map_err(|fault| self.faulty(fault))?;
        let Some(entry) = found else {
            return Err(self.no_context(format!(
                "has the context {context:?} with the cluster {cluster:?}, which is not there; make it: kubectl config set-cluster {cluster:?}"
            )));
        };
        let server = self.kubeconfig.server_of(cluster).unwrap_or_default().to_owned();
        let (user, user_name) = self.user_of(&names)?;
        let origin = self.origin(cluster, user_name, &user.login);
        let mut way = self.way(&entry, cluster, &origin)?;
        let mut credentials = Credentials {
            impersonate: user.impersonate,
            ..Credentials::default()
        };
        // client-go shows credentials to nobody without TLS (`ClientConfig`).
        if way.is_secure() {
            way.certificate = self.certificate_of(user_name, user.certificate.as_ref())?;
            credentials.by = self.by(user.login, user_name, || described(&way, &entry, &server))?;
        }
        Ok(Target {
            way,
            credentials,
            server,
            identity: Identity::Administrator(self.path.clone()),
            origin,
            patience: DEFAULT_CONNECT_TIMEOUT,
        })
    }

    fn user_of<'k>(&'k self, names: &ContextNames<'k>) -> Result<(kubeconfig::User, &'k str), ClusterError> {
        let Some(name) = names.user else {
            return Ok((kubeconfig::User::default(), ""));
        };
        let user = self.kubeconfig.user(name).map_err(|fault| self.faulty(fault))?;
        Ok((user, name))
    }

    fn origin(&self, cluster: &str, user: &str, login: &Login) -> Origin {
        let of_user = |key: &str, reason: String| self.kubeconfig.fault(List::Users, user, key, reason);
        let plugin = match login {
            Login::Exec(exec) => {
                let what = format!("has the exec plugin {:?}, which gives", exec.command);
                Some(PluginFaults {
                    token: of_user(
                        "exec",
                        format!("{what} a token that is not valid in a header; {HEADER_REMEDY}"),
                    ),
                    none: of_user("exec", format!("{what} no token")),
                })
            }
            _ => None,
        };
        Origin {
            path: self.path.clone(),
            authority: self.kubeconfig.fault(
                List::Clusters,
                cluster,
                "certificate-authority-data",
                "has a certificate-authority that holds no certificate in PEM; put the CA's there",
            ),
            certificate: of_user(
                "client-certificate-data",
                "has a client certificate or client-key that is no PEM, or that do not fit together; put both there anew".into(),
            ),
            plugin,
        }
    }

    fn way(&self, entry: &kubeconfig::Cluster, name: &str, origin: &Origin) -> Result<Way, ClusterError> {
        let authority = entry.certificate_authority.as_ref();
        let pem = authority.map(|source| self.pem(source, List::Clusters, name, "certificate-authority"));
        let authorities = pem.transpose()?.map(|pem| certificates(&pem));
        let trusted = match authorities {
            Some(none) if none.is_empty() => return Err(self.faulty(origin.authority.clone())),
            _ if entry.insecure_skip_tls_verify => Trusted::Anybody,
            Some(authorities) => Trusted::Authorities(authorities),
            None => Trusted::System,
        };
        let proxy = entry.proxy_url.as_ref().map(|url| url.parse());
        Ok(Way {
            url: entry.server.clone(),
            // What is no URL was refused when the entry was read.
            proxy: proxy.and_then(Result::ok),
            server_name: entry.tls_server_name.clone(),
            trusted,
            certificate: None,
        })
    }

    /// The PEM, from the kubeconfig or from the file that it names: whoever can change that one could have our requests,
    /// token and all, so it is read where it was judged, and not once more by its name.
    pub(super) fn pem(
        &self,
        source: &Source,
        list: List,
        entry: &str,
        key: &str,
    ) -> Result<Zeroizing<Vec<u8>>, ClusterError> {
        match source {
            Source::Data(data) => Ok(data.clone()),
            Source::File(name) => {
                let read = read_trusted(&self.resolved(name), "put it there, or correct the name");
                let content = read.map_err(|error| {
                    let reason = format!("names {key} {name}, and {error}");
                    self.faulty(self.kubeconfig.fault(list, entry, key, reason))
                })?;
                Ok(Zeroizing::new(content.bytes))
            }
        }
    }

    /// The token of a user's entry: `tokenFile` wins over `token` where it can be read and holds one, without the white
    /// space around it (client-go `transport/token_source.go`).
    pub(super) fn token_of(
        &self,
        user: &str,
        token: Option<SecretString>,
        file: Option<&str>,
    ) -> Result<SecretString, ClusterError> {
        let Some(name) = file else {
            return Ok(token.unwrap_or_default());
        };
        let fault = |reason: &str| {
            let reason = format!("names tokenFile {name}, {reason}");
            self.faulty(self.kubeconfig.fault(List::Users, user, "tokenFile", reason))
        };
        let text = match read_trusted(&self.resolved(name), "put the token there") {
            Ok(content) => Zeroizing::new(
                String::from_utf8_lossy(&Zeroizing::new(content.bytes))
                    .trim()
                    .to_owned(),
            ),
            Err(ConfigError::Missing { .. }) if token.is_some() => Zeroizing::default(),
            Err(error) => return Err(fault(&format!("and {error}"))),
        };
        let of_file = match token {
            Some(token) if text.is_empty() => token,
            None if text.is_empty() => return Err(fault("which is empty; put the token there")),
            _ => SecretString::from(text.as_str()),
        };
        if !is_header(of_file.expose_secret()) {
            return Err(fault(&format!("whose token is not valid in a header; {HEADER_REMEDY}")));
        }
        Ok(of_file)
    }
}

/// The cluster's entry, for a plugin that wants to know it (client-go `pkg/apis/clientauthentication/v1`, `Cluster`).
fn described(way: &Way, entry: &kubeconfig::Cluster, server: &str) -> Value {
    let mut cluster = json!({ "server": server });
    if entry.insecure_skip_tls_verify {
        cluster["insecure-skip-tls-verify"] = true.into();
    }
    if let Trusted::Authorities(authorities) = &way.trusted {
        cluster["certificate-authority-data"] = STANDARD.encode(pem(authorities)).into();
    }
    for (key, value) in [
        ("tls-server-name", &entry.tls_server_name),
        ("proxy-url", &entry.proxy_url),
    ] {
        if let Some(value) = value {
            cluster[key] = value.as_str().into();
        }
    }
    if let Some(config) = &entry.exec_extension {
        cluster["config"] = config.clone();
    }
    cluster
}

fn pem(certificates: &[CertificateDer<'_>]) -> String {
    let mut text = String::new();
    for certificate in certificates {
        text.push_str("-----BEGIN CERTIFICATE-----\n");
        for line in STANDARD.encode(certificate).as_bytes().chunks(64) {
            text.push_str(&String::from_utf8_lossy(line));
            text.push('\n');
        }
        text.push_str("-----END CERTIFICATE-----\n");
    }
    text
}
