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
/// How long a plugin that gave nothing better is left alone, so that not each request waits for it.
const PAUSE: Duration = Duration::from_secs(10);
/// An end that no token reaches that does not say when it expires.
const NEVER: Duration = Duration::from_secs(100 * 365 * 24 * 3600);

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
            let given = Box::pin(plugin.ask(PATIENCE)).await;
            let next = SystemTime::now() + EARLY + PAUSE;
            held.1 = next;
            match given.map(|given| (given.token.as_ref().and_then(bearer), given.end)) {
                Ok((Some(header), end)) => *held = (header, end_of(end).max(next)),
                Ok((None, _)) => {
                    crate::log::debug(|| "the exec plugin gives no token that can be sent any more".into());
                }
                Err(error) => crate::log::debug(|| format!("the exec plugin gives no new token{error}")),
            }
        }
        Some(held.0.clone())
    }
}

/// When a token expires.
pub(super) fn end_of(stated: Option<SystemTime>) -> SystemTime {
    stated.unwrap_or_else(|| SystemTime::now() + NEVER)
}
