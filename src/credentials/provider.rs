//! The identity providers of a login: the one that exchanges tokens may differ from the one that issued them.

use base64::Engine as _;
use futures_util::lock::Mutex;

use super::error::CredentialsError;
use crate::config::files::read_trusted;
use crate::config::settings::Settings;
use crate::deadline::Deadline;
use crate::dial::Route;
use crate::oidc::{self, Access, Doing, Http, IdentityProvider};

const NO_CA_FILE: &str = "copy the CA certificate of the identity provider there, or clear IDP_CA_FILE";
/// Part of the remaining deadline for the providers. The rest is for the home, so that late tokens are still written.
const SHARE: f64 = 0.8;

/// The identity providers, each discovered at most once.
pub struct Providers<'a> {
    settings: &'a Settings,
    deadline: &'a Deadline,
    found: Mutex<Vec<(String, IdentityProvider)>>,
}

impl<'a> Providers<'a> {
    /// Contacts no provider yet.
    pub fn new(settings: &'a Settings, deadline: &'a Deadline) -> Self {
        Self {
            settings,
            deadline,
            found: Mutex::default(),
        }
    }

    /// Finds the token endpoint of this issuer.
    pub async fn find(&self, issuer: &str, doing: Doing) -> Result<IdentityProvider, CredentialsError> {
        let mut found = self.found.lock().await;
        if let Some((_, provider)) = found.iter().find(|(known, _)| known == issuer) {
            return Ok(provider.clone());
        }
        let provider = IdentityProvider::find(issuer, self.http()?, doing).await?;
        found.push((issuer.to_owned(), provider.clone()));
        Ok(provider)
    }

    /// The same providers with another deadline, for one of many users; those found stay known, and connected.
    pub async fn until<'b>(&self, deadline: &'b Deadline) -> Providers<'b>
    where
        'a: 'b,
    {
        let again = Providers::new(self.settings, deadline);
        let found = self.found.lock().await.clone();
        let found = found
            .into_iter()
            .map(|(issuer, provider)| (issuer, provider.until(again.end())));
        *again.found.lock().await = found.collect();
        again
    }

    /// An HTTP client with the CA and proxy from hook.env.
    pub fn http(&self) -> Result<Http, CredentialsError> {
        Ok(Http::new(&self.access()?)?)
    }

    /// The way to the providers, to look at their certificates.
    pub fn route(&self) -> Result<Route, CredentialsError> {
        Ok(oidc::route(&self.access()?)?)
    }

    fn access(&self) -> Result<Access, CredentialsError> {
        Ok(Access {
            ca_pem: self.ca_pem()?,
            proxy: self.settings.credentials.idp_proxy.clone(),
            patience: self.settings.connect_timeout,
            until: self.end(),
        })
    }

    fn end(&self) -> tokio::time::Instant {
        tokio::time::Instant::now() + self.deadline.remaining().mul_f64(SHARE)
    }

    fn ca_pem(&self) -> Result<Option<Vec<u8>>, CredentialsError> {
        let file = self.settings.credentials.idp_ca_file.as_deref();
        let content = file.map(|file| read_trusted(file, NO_CA_FILE)).transpose()?;
        Ok(content.map(|content| content.bytes))
    }

    /// The CA certificates in kubectl's format, without anything else in root's file, for example a private key.
    pub fn ca_for_kubectl(&self) -> Result<Option<String>, CredentialsError> {
        let pem = self.ca_pem()?;
        Ok(pem.map(|pem| base64::engine::general_purpose::STANDARD.encode(certificates(&pem))))
    }
}

/// The certificates in a PEM file, without keys and comments.
fn certificates(pem: &[u8]) -> String {
    let mut certificates = String::new();
    let mut is_inside = false;
    for line in String::from_utf8_lossy(pem).lines().map(str::trim) {
        is_inside |= line == "-----BEGIN CERTIFICATE-----";
        if is_inside {
            certificates.push_str(line);
            certificates.push('\n');
        }
        is_inside &= line != "-----END CERTIFICATE-----";
    }
    certificates
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_private_key_beside_the_authorities_goes_into_no_home() {
        let certificate = "-----BEGIN CERTIFICATE-----\nabc\n-----END CERTIFICATE-----\n";
        let bundle = format!(
            "# ours\n-----BEGIN PRIVATE KEY-----\ncAnArY\n-----END PRIVATE KEY-----\n{certificate}{certificate}"
        );
        assert_eq!(certificates(bundle.as_bytes()), certificate.repeat(2));
    }
}
