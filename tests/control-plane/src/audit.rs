//! Requests from the API server's audit log.

use serde_json::Value;

/// One answered request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// The verb, as in RBAC: `get`, `list`, `create`, `patch`, … (server-side apply is a `patch`).
    pub verb: String,
    /// Path and query.
    pub path: String,
    /// The user, after authentication.
    pub user: String,
    /// The user agent.
    pub user_agent: String,
    /// The answer's HTTP status.
    pub status: u16,
    /// The request's id, which the answer carries in its `Audit-Id` header.
    pub audit_id: String,
}

impl Request {
    /// From an event of `audit.k8s.io/v1`; `None` unless the event is about a complete answer.
    pub(crate) fn of_event(event: &Value) -> Option<Self> {
        let text = |pointer| {
            event
                .pointer(pointer)
                .and_then(Value::as_str)
                .unwrap_or_default()
                .to_owned()
        };
        (text("/stage") == "ResponseComplete").then(|| Self {
            verb: text("/verb"),
            path: text("/requestURI"),
            user: text("/user/username"),
            user_agent: text("/userAgent"),
            status: status(event),
            audit_id: text("/auditID"),
        })
    }
}

fn status(event: &Value) -> u16 {
    let code = event.pointer("/responseStatus/code").and_then(Value::as_u64);
    code.and_then(|code| u16::try_from(code).ok()).unwrap_or_default()
}

/// The events of a log that is still being written: its last line may be incomplete.
pub(crate) fn events(log: &str) -> Vec<Value> {
    let whole = log.rsplit_once('\n').map_or("", |(whole, _)| whole);
    whole
        .lines()
        .filter_map(|line| serde_json::from_str(line).ok())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const COMPLETE: &str = r#"{"stage":"ResponseComplete","verb":"create","requestURI":"/api/v1/namespaces?a=b",
        "user":{"username":"jane"},"userAgent":"ood-k8s/0","responseStatus":{"code":201},"auditID":"7"}"#;

    #[test]
    fn an_answered_request_is_told_whole() {
        let event = serde_json::from_str(COMPLETE).expect("an event");
        let request = Request::of_event(&event).expect("a request");
        assert_eq!(
            (request.verb.as_str(), request.path.as_str()),
            ("create", "/api/v1/namespaces?a=b")
        );
        assert_eq!(
            (request.user.as_str(), request.user_agent.as_str()),
            ("jane", "ood-k8s/0")
        );
        assert_eq!((request.status, request.audit_id.as_str()), (201, "7"));
    }

    #[test]
    fn a_watch_that_has_only_begun_is_no_answered_request() {
        let event = serde_json::json!({"stage": "ResponseStarted", "verb": "watch"});
        assert_eq!(Request::of_event(&event), None);
    }

    #[test]
    fn a_line_that_is_still_being_written_is_left_out() {
        assert_eq!(events("{\"a\":1}\n{\"b\":2}").len(), 1);
        assert_eq!(events("{\"a\":1").len(), 0);
    }
}
