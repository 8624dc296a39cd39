//! As whom a context's requests are sent: one way to log in, by client-go's order, and nothing that would have to be opened.

use std::fmt::Write as _;

use base64::engine::general_purpose::STANDARD;
use base64::Engine as _;
use http::{HeaderMap, HeaderName, HeaderValue};
use secrecy::zeroize::Zeroizing;
use secrecy::{ExposeSecret as _, SecretString};

use super::error::ClusterError;
use super::plugin::Plugin;
use super::root_kubeconfig::RootKubeconfig;
use crate::kubeconfig::{EntryFault, Impersonate, List, Login};
use crate::tls::ClientCertificate;

/// As whom requests are sent.
#[derive(Debug, Default)]
pub(super) struct Credentials {
    pub by: By,
    pub impersonate: Impersonate,
}

/// What goes into the header `Authorization`.
#[derive(Debug, Default)]
pub(super) enum By {
    /// Nothing does.
    #[default]
    Nothing,
    Token(SecretString),
    Password(String, SecretString),
    /// What this program gives; or TLS shows its certificate.
    Plugin(Box<Plugin>),
}

impl Credentials {
    /// Nothing but this token.
    pub fn only(token: &SecretString) -> Self {
        Self {
            by: By::Token(token.clone()),
            impersonate: Impersonate::default(),
        }
    }

    /// The token, if it is one that stands somewhere.
    pub fn token(&self) -> Option<&SecretString> {
        match &self.by {
            By::Token(token) => Some(token),
            _ => None,
        }
    }
}

/// The header's value for a token.
pub(super) fn bearer(token: &SecretString) -> Option<HeaderValue> {
    sensitive(&format!("Bearer {}", token.expose_secret()))
}

/// The header's value for a password (RFC 7617).
pub(super) fn basic(name: &str, password: &SecretString) -> Option<HeaderValue> {
    let pair = Zeroizing::new(format!("{name}:{}", password.expose_secret()));
    sensitive(&format!("Basic {}", STANDARD.encode(&*pair)))
}

fn sensitive(text: &str) -> Option<HeaderValue> {
    let mut value = HeaderValue::from_str(text).ok()?;
    // HPACK must not keep it in a table, and Debug must not show it.
    value.set_sensitive(true);
    Some(value)
}

/// The headers of an impersonation (client-go `transport/round_trippers.go`). Their values were judged when they were read.
pub(super) fn headers(impersonate: &Impersonate) -> HeaderMap {
    let mut headers = HeaderMap::new();
    let mut add = |name: &str, value: &str| {
        if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::from_str(value)) {
            headers.append(name, value);
        }
    };
    impersonate.user.iter().for_each(|user| add("impersonate-user", user));
    impersonate.uid.iter().for_each(|uid| add("impersonate-uid", uid));
    impersonate
        .groups
        .iter()
        .for_each(|group| add("impersonate-group", group));
    for (key, values) in &impersonate.extra {
        let name = format!("impersonate-extra-{}", escaped(key));
        values.iter().for_each(|value| add(&name, value));
    }
    headers
}

/// A key in a header's name: what cannot stand there is written as `%XX`, as client-go's `headerKeyEscape` does.
fn escaped(key: &str) -> String {
    let is_legal = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$&'*+-.^_`|~".contains(&byte);
    let mut name = String::new();
    for byte in key.bytes() {
        if is_legal(byte) {
            name.push(byte.into());
        } else {
            let _ = write!(name, "%{byte:02X}");
        }
    }
    name
}

impl RootKubeconfig {
    /// How the user's entry logs in. `fault` makes an error of a key and the reason.
    pub(super) fn by(
        &self,
        login: Login,
        name: &str,
        cluster: impl FnOnce() -> serde_json::Value,
    ) -> Result<By, ClusterError> {
        Ok(match login {
            Login::Nothing => By::Nothing,
            Login::Token { token, file } => By::Token(self.token_of(name, token, file.as_deref())?),
            Login::Basic(name, password) => By::Password(name, password),
            Login::Provider(provider, mut settings) => match settings.remove("id-token") {
                Some(token) if provider == "oidc" => By::Token(token),
                _ => return Err(self.faulty(self.no_provider(name, &provider))),
            },
            Login::Exec(exec) => {
                // A name without a path is looked for in PATH (client-go `GetAuthInfoFileReferences`).
                let program = if exec.command.contains('/') {
                    self.resolved(&exec.command)
                } else {
                    exec.command.as_str().into()
                };
                let cluster = exec.provide_cluster_info.then(cluster);
                By::Plugin(Box::new(Plugin::new(*exec, program, cluster)))
            }
        })
    }

    /// Only `oidc` is left of kubectl's auth providers (client-go `plugin/pkg/client/auth`), and it needs a token to begin with.
    fn no_provider(&self, user: &str, provider: &str) -> EntryFault {
        let why = match provider {
            "oidc" => "which has no id-token; log in again, or take another way to log in".into(),
            "gcp" => "which kubectl has no more; take another way to log in: gke-gcloud-auth-plugin".into(),
            "azure" => "which kubectl has no more; take another way to log in: kubelogin".into(),
            _ => "which kubectl does not know; take another way to log in".to_owned(),
        };
        let reason = format!("has the auth-provider {provider:?}, {why}");
        self.kubeconfig.fault(List::Users, user, "auth-provider", reason)
    }

    /// The client certificate of the user's entry, from the files if it names some.
    pub(super) fn certificate_of(
        &self,
        name: &str,
        certificate: Option<&(crate::kubeconfig::Source, crate::kubeconfig::Source)>,
    ) -> Result<Option<ClientCertificate>, ClusterError> {
        let Some((chain, key)) = certificate else {
            return Ok(None);
        };
        Ok(Some(ClientCertificate {
            chain: self.pem(chain, List::Users, name, "client-certificate")?,
            key: self.pem(key, List::Users, name, "client-key")?,
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_key_of_an_extra_field_becomes_the_name_that_client_go_gives_it() {
        for (key, name) in [
            ("scopes", "scopes"),
            ("example.org/team", "example.org%2Fteam"),
            ("a b", "a%20b"),
            ("100%", "100%25"),
            ("ü", "%C3%BC"),
        ] {
            assert_eq!(escaped(key), name);
        }
    }

    #[test]
    fn a_header_with_a_secret_shows_it_nowhere() {
        let token = SecretString::from("hush");
        for value in [bearer(&token), basic("root", &token)] {
            let value = value.expect("a header");
            assert!(value.is_sensitive());
            assert!(!format!("{value:?}").contains("hush"));
        }
    }
}
