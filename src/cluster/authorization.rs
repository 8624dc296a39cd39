//! The header `Authorization` of a connection's requests; a plugin's token is asked for again before it expires.

use std::time::{Duration, SystemTime};

use http::HeaderValue;
use tokio::sync::Mutex;

use super::login::bearer;
use super::plugin::Plugin;

/// How long before its end a token is replaced: it must not expire on its way.
const EARLY: Duration = Duration::from_secs(60);
/// How long a plugin may take in the middle of work for many users.
const PATIENCE: Duration = Duration::from_secs(10);

/// Where the header comes from.
pub(super) enum Authorization {
    /// There is none: TLS shows a certificate, or nobody is meant.
    None,
    /// It stays the same.
    Fixed(HeaderValue),
    /// It is a plugin's, until then.
    OfPlugin(Box<Plugin>, Mutex<(HeaderValue, SystemTime)>),
}

impl Authorization {
    /// The header for a request that is sent now.
    ///
    /// If the plugin fails now, the old token is sent: it may still do, and if not, the server says so.
    pub async fn header(&self) -> Option<HeaderValue> {
        let (plugin, held) = match self {
            Self::None => return None,
            Self::Fixed(header) => return Some(header.clone()),
            Self::OfPlugin(plugin, held) => (plugin, held),
        };
        let mut held = held.lock().await;
        if SystemTime::now() + EARLY >= held.1 {
            match Box::pin(plugin.ask(PATIENCE)).await {
                Ok(given) => {
                    if let Some(header) = given.token.as_ref().and_then(bearer) {
                        *held = (header, given.end.unwrap_or(held.1));
                    }
                }
                Err(error) => crate::log::debug(|| format!("the exec plugin gives no new token{error}")),
            }
        }
        Some(held.0.clone())
    }
}
