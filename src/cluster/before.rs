//! What can be wrong with credentials before anything is sent: the files behind them, and a plugin's token.

use http::{Request, Response};
use kube::client::middleware::AuthLayer;
use kube::client::{AuthError, Body, ConfigExt as _, RustlsTlsError};
use tower::{service_fn, BoxError, Layer as _, ServiceExt as _};

use super::error::ClusterError;
use super::target::Origin;
use crate::contained::expected;
use crate::kubeconfig::EntryFault;

impl Origin {
    /// Which entry keeps the TLS configuration from being made.
    pub(super) fn unusable(&self, error: &kube::Error) -> ClusterError {
        self.entry(match error {
            kube::Error::RustlsTls(RustlsTlsError::AddRootCertificate(_) | RustlsTlsError::NoValidNativeRootCA(_)) => {
                self.authority.clone()
            }
            kube::Error::Auth(error) => self.without_token(error),
            _ => self.certificate.clone(),
        })
    }

    /// The layer that sets the header. A plugin is run here, and its token tried on a request that goes nowhere.
    pub(super) async fn auth_layer(&self, config: &kube::Config) -> Result<Option<AuthLayer>, ClusterError> {
        let Some(given) = &self.given else {
            return Ok(config.auth_layer().unwrap_or_default());
        };
        // tower-http panics where the token is not valid in a header.
        let Some(layer) = expected(|| config.auth_layer()) else {
            return Err(self.entry(given.token.clone()));
        };
        let layer = layer.map_err(|error| match &error {
            kube::Error::Auth(error) => self.entry(self.without_token(error)),
            _ => self.entry(given.none.clone()),
        })?;
        if let Some(layer) = &layer {
            let nowhere = service_fn(|_: Request<Body>| std::future::ready(Ok::<_, BoxError>(Response::new(()))));
            let tried = layer.layer(nowhere).oneshot(Request::new(Body::empty())).await;
            tried.map_err(|error| match error.downcast_ref::<AuthError>() {
                Some(AuthError::InvalidBearerToken(_)) => self.entry(given.token.clone()),
                Some(error) => self.entry(self.without_token(error)),
                None => self.entry(given.none.clone()),
            })?;
        }
        Ok(layer)
    }

    /// Why a plugin gave nothing. What it printed is not repeated: there may be a token in it.
    fn without_token(&self, error: &AuthError) -> EntryFault {
        let why = match error {
            AuthError::AuthExecStart(error) => format!(" ({error}); install it, or correct its name"),
            AuthError::AuthExecRun { out, .. } => format!(" (it ended with {}); run it by hand to see why", out.status),
            AuthError::AuthExecParse(_) | AuthError::ExecPluginFailed => {
                "; it must print an ExecCredential with a status".to_owned()
            }
            AuthError::MalformedTokenExpirationDate(_) => "; the end of its token cannot be read".to_owned(),
            AuthError::AuthExec(words) => format!(
                " ({}); take another way to log in",
                crate::foreign::Foreign::from(words.as_str())
            ),
            _ => "; run it by hand to see why".to_owned(),
        };
        self.given
            .as_ref()
            .map_or_else(|| self.certificate.clone(), |given| given.none.clone().because(&why))
    }

    fn entry(&self, fault: EntryFault) -> ClusterError {
        ClusterError::Entry {
            path: self.path.clone(),
            fault,
        }
    }
}
