//! An exec plugin of a kubeconfig: the program that gives a token or a client certificate, by client-go's protocol.
//!
//! The protocol (client-go `plugin/pkg/client/auth/exec`): the program gets `KUBERNETES_EXEC_INFO`, and prints an
//! `ExecCredential` with a status.

use std::io::IsTerminal as _;
use std::path::PathBuf;
use std::process::{Command, ExitStatus};
use std::time::{Duration, SystemTime};

use base64::engine::general_purpose::STANDARD;
use base64::Engine as _;
use rustls::pki_types::CertificateDer;
use secrecy::zeroize::Zeroizing;
use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Deserializer};
use serde_json::{json, Value};

use super::way::Way;
use crate::json;
use crate::kubeconfig::{self, Exec};
use crate::program::Program;
use crate::time::parse_rfc3339;
use crate::tls::{ClientCertificate, Trusted};

/// What an answer may be long at most, in bytes: a token, or some certificates and a key.
const LONGEST_ANSWER: usize = 256 * 1024;

/// A plugin that is ready to be run.
#[derive(Debug)]
pub(super) struct Plugin {
    exec: Exec,
    program: PathBuf,
    /// The cluster's entry, if the plugin wants to know it.
    cluster: Option<Value>,
}

/// What a plugin gave.
pub(super) struct Given {
    pub token: Option<SecretString>,
    pub certificate: Option<ClientCertificate>,
    /// When the token expires, if it says so.
    pub end: Option<SystemTime>,
}

/// Why a plugin gave nothing, as the end of a sentence. What it printed is not repeated: there may be a token in it.
#[derive(Debug, thiserror::Error)]
pub(super) enum PluginError {
    #[error(" ({0}); install it, or correct its name")]
    Start(std::io::Error),
    #[error(" (it ended with {0}); run it by hand to see why")]
    Failed(ExitStatus),
    #[error(" (it did not answer within {0:?}); run it by hand to see why")]
    Late(Duration),
    #[error(" (interactiveMode is Always, and there is no terminal); log in by hand, or set it to IfAvailable")]
    NoTerminal,
    #[error("; it must print an ExecCredential with a status")]
    Garbage,
    #[error("; its answer has neither a token nor a certificate with its key")]
    Empty,
    #[error("; the end of its token cannot be read")]
    End,
}

#[derive(Deserialize)]
struct Credential {
    status: Option<Status>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Status {
    #[serde(default, deserialize_with = "secret")]
    token: Option<SecretString>,
    expiration_timestamp: Option<String>,
    client_certificate_data: Option<String>,
    #[serde(default, deserialize_with = "secret")]
    client_key_data: Option<SecretString>,
}

/// An empty one is none, as in Go.
fn secret<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<SecretString>, D::Error> {
    let text = Option::<String>::deserialize(deserializer)?;
    Ok(text.filter(|text| !text.is_empty()).map(SecretString::from))
}

impl Plugin {
    pub fn new(exec: Exec, program: PathBuf, cluster: Option<Value>) -> Self {
        Self { exec, program, cluster }
    }

    /// Asks it, for so long. It has our environment, from which OnDemand's tokens are gone.
    pub async fn ask(&self, limit: Duration) -> Result<Given, PluginError> {
        let may_ask = self.may_ask()?;
        let mut command = self.command(may_ask);
        let started = if may_ask {
            Program::start_at_terminal(&mut command, LONGEST_ANSWER)
        } else {
            Program::start(&mut command, LONGEST_ANSWER)
        };
        let mut program = started.map_err(PluginError::Start)?;
        let spoken = tokio::time::timeout(limit, program.converse(&[])).await;
        let spoken = spoken
            .map_err(|_| PluginError::Late(limit))?
            .map_err(PluginError::Start)?;
        if !spoken.status.success() {
            return Err(PluginError::Failed(spoken.status));
        }
        understand(&spoken.out)
    }

    /// Whether somebody can be asked, at the terminal.
    fn may_ask(&self) -> Result<bool, PluginError> {
        let has_terminal = std::io::stdin().is_terminal();
        match self.exec.interactive_mode.as_deref() {
            Some("Never") => Ok(false),
            Some("Always") if !has_terminal => Err(PluginError::NoTerminal),
            _ => Ok(has_terminal),
        }
    }

    fn command(&self, may_ask: bool) -> Command {
        let mut spec = json!({ "interactive": may_ask });
        if let Some(cluster) = &self.cluster {
            spec["cluster"] = cluster.clone();
        }
        let info = json!({ "kind": "ExecCredential", "apiVersion": self.exec.api_version, "spec": spec });
        let mut command = Command::new(&self.program);
        command.args(&self.exec.args);
        let env = self.exec.env.iter();
        command.envs(env.map(|(name, value)| (name, value.expose_secret())));
        command.env("KUBERNETES_EXEC_INFO", info.to_string());
        command
    }
}

/// The cluster's entry, for a plugin that wants to know it (client-go `pkg/apis/clientauthentication/v1`, `Cluster`).
pub(super) fn described(way: &Way, entry: &kubeconfig::Cluster, server: &str) -> Value {
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

/// client-go reads the answer as YAML, of which JSON is a part. The errors of both could quote what they cannot read.
fn understand(out: &[u8]) -> Result<Given, PluginError> {
    let text = std::str::from_utf8(out).map_err(|_| PluginError::Garbage)?;
    let credential: Result<Credential, _> = json::object(text.as_bytes());
    let credential = credential.or_else(|_| crate::yaml::from_str(text).map_err(|_| PluginError::Garbage))?;
    let status = credential.status.ok_or(PluginError::Garbage)?;
    let end = status
        .expiration_timestamp
        .map(|end| parse_rfc3339(&end).ok_or(PluginError::End));
    let pair = status.client_certificate_data.filter(|chain| !chain.is_empty());
    let certificate = pair.zip(status.client_key_data).map(|(chain, key)| ClientCertificate {
        chain: Zeroizing::new(chain.into_bytes()),
        key: Zeroizing::new(key.expose_secret().as_bytes().to_vec()),
    });
    if status.token.is_none() && certificate.is_none() {
        return Err(PluginError::Empty);
    }
    Ok(Given {
        token: status.token,
        certificate,
        end: end.transpose()?,
    })
}
