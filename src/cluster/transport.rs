//! Sends requests, retries them if that can help, and turns failed responses into errors.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use http::{Request, StatusCode};
use http_body_util::Full;
use hyper::body::Bytes;
use rustls::pki_types::UnixTime;
use rustls::CertificateError;

use super::body::{self, BodyError, Largest};
use super::call::Call;
use super::denial::{is_too_large, Denial};
use super::error::ClusterError;
use super::identity::Identity;
use super::line::{Client, Line};
use super::reply::{date, refused, retry_after, Reply};
use super::tally::Tally;
use crate::deadline::Deadline;
use crate::dial;
use crate::exit::innermost;
use crate::time::rfc3339;

/// The first pause before a retry, and the longest; each is twice the previous one.
const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(2);
/// What to do about a certificate that is too young, and about one that is too old.
const CLOCKS: &str = "compare the clocks of this node and of the API server (chronyc tracking)";
const RENEW: &str =
    "renew the certificates of the control plane (kubeadm certs check-expiration), or compare the clocks";
/// How many times a dropped connection is reopened.
const RECONNECTS: u32 = 2;
/// How many times a request is sent again that an admission webhook did not answer.
const WEBHOOK_RETRIES: u32 = 2;

/// A connection, and what to report if it fails.
#[derive(Clone)]
pub(super) struct Transport {
    pub client: Client,
    /// The connection without credentials.
    pub line: Arc<Line>,
    /// The URL, for messages.
    pub server: String,
    /// Whose credentials are sent.
    pub identity: Identity,
    /// Whether ALPN negotiated HTTP/2; it is HTTP/1.1 otherwise.
    pub is_http2: bool,
    pub deadline: Deadline,
    /// The largest answer within this deadline.
    pub largest: Largest,
    /// What has been answered.
    pub tally: Tally,
}

impl std::fmt::Debug for Transport {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Transport({})", self.server)
    }
}

impl Transport {
    /// Sends the request; retries until the deadline if the server is merely busy or the connection was dropped.
    pub async fn send(&self, call: Call<'_>) -> Result<Reply, ClusterError> {
        let what = call.describe();
        match tokio::time::timeout_at(self.deadline.instant(), self.send_again(&call, &what)).await {
            Ok(reply) => self.judge(&call, &what, reply?),
            Err(_) => Err(ClusterError::Deadline {
                server: self.server.clone(),
                what,
                given: self.deadline.given(),
            }),
        }
    }

    /// Sends the request once. `None` if it should be sent again: nothing waits for this answer, so a server that is busy is
    /// left in peace.
    pub async fn send_only_once(&self, call: Call<'_>) -> Option<Result<Reply, ClusterError>> {
        let what = call.describe();
        let sent = tokio::time::timeout_at(self.deadline.instant(), self.send_once(&call)).await;
        match sent.ok()? {
            Ok(reply) if reply.is_passing() => None,
            Ok(reply) => Some(self.judge(&call, &what, reply)),
            Err(ClusterError::Unreachable { .. }) => None,
            Err(error) => Some(Err(error)),
        }
    }

    async fn send_again(&self, call: &Call<'_>, what: &str) -> Result<Reply, ClusterError> {
        let mut pause = FIRST_PAUSE;
        let mut reconnects = 0;
        let mut webhooks = 0;
        loop {
            match self.send_once(call).await {
                // Waiting does not mend one that is down, and one that restarts is soon back.
                Ok(reply) if reply.is_of_a_webhook() && webhooks >= WEBHOOK_RETRIES => return Ok(reply),
                Ok(reply) if reply.is_passing() => {
                    // Servers and proxies that say 0 would be asked hundreds of times.
                    let wait = reply.retry_after.unwrap_or(pause).max(pause);
                    if wait >= self.deadline.remaining() {
                        return Err(self.busy(what, &reply));
                    }
                    webhooks += u32::from(reply.is_of_a_webhook());
                    tokio::time::sleep(wait).await;
                }
                Ok(reply) => return Ok(reply),
                // The first failure may be due to a connection that the server had just closed.
                Err(ClusterError::Unreachable { .. }) if reconnects < RECONNECTS => {
                    reconnects += 1;
                    tokio::time::sleep(pause).await;
                }
                Err(error) => return Err(error),
            }
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }

    async fn send_once(&self, call: &Call<'_>) -> Result<Reply, ClusterError> {
        let unreachable = |error: &(dyn std::error::Error + 'static)| translate(&self.server, error);
        let body = call.body.map_or_else(Vec::new, |body| body.to_string().into_bytes());
        let request = Request::builder()
            .method(call.method.clone())
            .uri(format!("{}{}", call.path, call.query))
            .header(http::header::ACCEPT, call.accept)
            .header(http::header::CONTENT_TYPE, call.content_type)
            .header(http::header::USER_AGENT, concat!("ood-k8s/", env!("CARGO_PKG_VERSION")))
            .body(Full::new(Bytes::from(body)))
            .map_err(|error| unreachable(&error))?;
        let response = self
            .client
            .send(request)
            .await
            .map_err(|error| unreachable(error.as_ref()))?;
        self.tally.add();
        let status = response.status();
        crate::log::debug(|| format!("{} {}: {status}", call.method, call.path));
        let (retry_after, date) = (retry_after(&response), date(&response));
        let refused = |error: BodyError<hyper::Error>| match error {
            BodyError::Broken(error) => unreachable(&error),
            BodyError::TooLarge => self.too_large(call),
            BodyError::Flood => self.flood(call),
        };
        let mut cost = 0;
        let read = body::read(response.into_body(), call.limit, &mut cost, &self.deadline).await;
        let parsed = read.and_then(|bytes| Ok((body::parse(&bytes, &mut cost, &self.deadline)?, bytes)));
        self.largest.weigh(cost, call);
        let (body, bytes) = parsed.map_err(refused)?;
        let reply = Reply {
            status,
            body,
            date,
            retry_after,
        };
        if !reply.is_passing() {
            self.tally.add_final();
        } else if status == StatusCode::TOO_MANY_REQUESTS {
            self.tally.note_busy();
        }
        self.recognize(reply, &bytes)
    }

    /// Rejects what is not JSON, except from a busy load balancer, which may answer in HTML for a while.
    fn recognize(&self, reply: Reply, bytes: &[u8]) -> Result<Reply, ClusterError> {
        if reply.body.is_object() || reply.is_passing() || reply.status == StatusCode::UNAUTHORIZED {
            return Ok(reply);
        }
        let is_html = bytes.trim_ascii_start().starts_with(b"<");
        Err(ClusterError::NotKubernetes {
            server: self.server.clone(),
            status: reply.status.as_u16(),
            content: if is_html { "an HTML page" } else { "not a JSON object" }.into(),
        })
    }

    /// Turns responses that no caller can use into errors; 404, 409, 410 and 422 are left to the caller.
    fn judge(&self, call: &Call<'_>, what: &str, reply: Reply) -> Result<Reply, ClusterError> {
        if let Some(error) = Self::filled(call, &reply) {
            return Err(error);
        }
        if let Some(Denial { by, remedy }) = Denial::of(reply.status, reply.said(), call.namespace()) {
            let (what, message) = (what.to_owned(), reply.message());
            return Err(ClusterError::Denied {
                what,
                by,
                message,
                remedy,
            });
        }
        match reply.status {
            StatusCode::UNAUTHORIZED => Err(ClusterError::Unauthorized {
                server: self.server.clone(),
                identity: self.identity.refused(SystemTime::now()),
            }),
            StatusCode::FORBIDDEN if reply.has_cause("NamespaceTerminating") => Err(ClusterError::Terminating {
                namespace: call.namespace().to_owned(),
                given: self.deadline.given(),
            }),
            StatusCode::FORBIDDEN => Err(ClusterError::Forbidden {
                what: what.to_owned(),
                message: reply.message(),
                remedy: self.identity.rights_remedy(what),
            }),
            StatusCode::NOT_FOUND | StatusCode::CONFLICT | StatusCode::UNPROCESSABLE_ENTITY | StatusCode::GONE => {
                Ok(reply)
            }
            status if status.is_success() => Ok(reply),
            _ => Err(refused(what, &reply)),
        }
    }

    /// That all answers together are more than any login needs.
    fn flood(&self, call: &Call<'_>) -> ClusterError {
        let largest = self.largest.or(call);
        ClusterError::Flood {
            server: self.server.clone(),
            what: largest.what,
            is_of_the_user: largest.is_of_the_user,
        }
    }

    /// That an answer is longer than its limit.
    fn too_large(&self, call: &Call<'_>) -> ClusterError {
        match call.users_object() {
            Some(object) => ClusterError::Filled {
                object,
                reason: format!("is larger than {} MiB as the server sends it", call.limit / 1024 / 1024),
            },
            None => ClusterError::TooLarge {
                server: self.server.clone(),
                what: call.describe(),
                limit: call.limit / 1024,
            },
        }
    }

    /// That the server refuses what was sent as too large, although it was not: the rest is in the object already.
    fn filled(call: &Call<'_>, reply: &Reply) -> Option<ClusterError> {
        let is_full = is_too_large(reply.status, reply.said()) && call.is_short();
        let object = call.users_object().filter(|_| is_full)?;
        Some(ClusterError::Filled {
            object,
            reason: format!("has no room for what is to be written to it: {}", reply.message()),
        })
    }

    fn busy(&self, what: &str, reply: &Reply) -> ClusterError {
        let asks = reply.retry_after.map(|wait| format!(", it asks to wait {wait:?}"));
        ClusterError::Busy {
            server: self.server.clone(),
            what: what.to_owned(),
            status: reply.status.as_u16(),
            message: reply.message(),
            asks: asks.unwrap_or_default(),
            total: self.deadline.total(),
        }
    }
}

/// Distinguishes a certificate that is not trusted from a server that cannot be reached.
pub(super) fn translate(server: &str, error: &(dyn std::error::Error + 'static)) -> ClusterError {
    let server = server.to_owned();
    let innermost = innermost(error);
    let reason = dial::reason(innermost);
    match innermost.downcast_ref::<rustls::Error>() {
        Some(rustls::Error::InvalidCertificate(fault)) => match dated(fault) {
            Some(dated) => ClusterError::CertificateDate { server, dated },
            None => ClusterError::Certificate { server, reason },
        },
        _ => ClusterError::Unreachable { server, reason },
    }
}

/// What is wrong with a certificate's dates, and what to do; `None` if something else is wrong.
fn dated(fault: &CertificateError) -> Option<String> {
    let at = |time: &UnixTime| rfc3339(SystemTime::UNIX_EPOCH + Duration::from_secs(time.as_secs()));
    let (of_date, remedy) = match fault {
        CertificateError::NotValidYetContext { not_before, .. } => {
            (format!("is not valid before {}", at(not_before)), CLOCKS)
        }
        CertificateError::NotValidYet => ("is not valid yet".into(), CLOCKS),
        CertificateError::ExpiredContext { not_after, .. } => (format!("expired at {}", at(not_after)), RENEW),
        CertificateError::Expired => ("has expired".into(), RENEW),
        _ => return None,
    };
    Some(format!("{of_date}; {remedy}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(fault: CertificateError) -> String {
        let error = std::io::Error::other(rustls::Error::InvalidCertificate(fault));
        translate("https://it", &error).to_string()
    }

    fn at(seconds: u64) -> UnixTime {
        UnixTime::since_unix_epoch(Duration::from_secs(seconds))
    }

    #[test]
    fn a_certificate_that_is_too_young_or_too_old_is_not_told_as_a_wrong_ca() {
        let young = told(CertificateError::NotValidYetContext {
            time: at(1),
            not_before: at(1_700_000_000),
        });
        assert!(
            young.contains("is not valid before 2023-11-14T22:13:20Z; compare the clocks"),
            "{young}"
        );
        let old = told(CertificateError::ExpiredContext {
            time: at(1_800_000_000),
            not_after: at(1_700_000_000),
        });
        assert!(
            old.contains("expired at 2023-11-14T22:13:20Z; renew the certificates of the control plane"),
            "{old}"
        );
        for (fault, words) in [
            (CertificateError::NotValidYet, "compare the clocks"),
            (CertificateError::Expired, "renew"),
        ] {
            let told = told(fault);
            assert!(
                told.contains(words) && !told.contains("certificate-authority"),
                "{told}"
            );
        }
        assert!(told(CertificateError::UnknownIssuer).contains("check certificate-authority"));
    }
}
