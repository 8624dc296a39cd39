//! The `Status` answers with which the API server refuses a request, with its own messages.

use std::ops::{Deref, DerefMut};

use serde_json::{json, Map, Value};

use crate::cause::Cause;
use crate::resources::Resource;

/// The result of a handler.
pub type Result<T> = std::result::Result<T, Refusal>;

/// A refused request, in a box to keep results small.
#[derive(Debug, Clone)]
pub struct Refusal(Box<Parts>);

/// The parts of a `Status` object.
#[derive(Debug, Clone)]
pub struct Parts {
    /// HTTP status and `code`.
    pub code: u16,
    /// Machine-readable reason; empty if the server sends none.
    pub reason: &'static str,
    /// The message for people.
    pub message: String,
    /// `details`, if the server sends them.
    pub details: Option<Value>,
    /// Seconds for `Retry-After`.
    pub retry_after: Option<u32>,
}

impl Refusal {
    fn new(code: u16, reason: &'static str, message: impl Into<String>) -> Self {
        let message = message.into();
        Self(Box::new(Parts {
            code,
            reason,
            message,
            details: None,
            retry_after: None,
        }))
    }

    fn with(mut self, details: Value) -> Self {
        self.details = Some(details);
        self
    }

    /// The `Status` object.
    pub fn body(&self) -> Value {
        let mut body = json!({
            "kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure",
            "message": self.message, "code": self.code,
        });
        if !self.reason.is_empty() {
            body["reason"] = json!(self.reason);
        }
        if let Some(details) = &self.details {
            body["details"] = details.clone();
        }
        body
    }
}

impl Deref for Refusal {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.0
    }
}

impl DerefMut for Refusal {
    fn deref_mut(&mut self) -> &mut Parts {
        &mut self.0
    }
}

/// A refusal with the code of a fault rule and the API server's message.
pub fn plain(code: u16, retry_after: Option<u32>) -> Refusal {
    let (reason, message) = match code {
        400 => ("BadRequest", "the server rejected our request for an unknown reason"),
        401 => ("Unauthorized", "Unauthorized"),
        403 => ("Forbidden", "forbidden"),
        404 => ("NotFound", "the server could not find the requested resource"),
        409 => ("Conflict", "the server reported a conflict"),
        422 => (
            "Invalid",
            "the server rejected our request due to an error in our request",
        ),
        429 => ("TooManyRequests", "too many requests, please try again later"),
        503 => (
            "ServiceUnavailable",
            "the server is currently unable to handle the request",
        ),
        504 => ("Timeout", "the request timed out before it could be handled"),
        _ => (
            "InternalError",
            "an error on the server has prevented the request from succeeding",
        ),
    };
    let mut refusal = Refusal::new(code, reason, message);
    refusal.retry_after = retry_after;
    refusal.with(retry_after.map_or_else(|| json!({}), |s| json!({ "retryAfterSeconds": s })))
}

/// 400 without details.
pub fn bad_request(message: impl Into<String>) -> Refusal {
    Refusal::new(400, "BadRequest", message)
}

/// 500 without reason, as server-side apply answers an unknown field.
pub fn internal(message: impl Into<String>) -> Refusal {
    Refusal::new(500, "", message)
}

/// 401.
pub fn unauthorized() -> Refusal {
    Refusal::new(401, "Unauthorized", "Unauthorized")
}

/// 404 for a path that is not a resource.
pub fn no_such_resource() -> Refusal {
    Refusal::new(404, "NotFound", "the server could not find the requested resource").with(json!({}))
}

/// 405.
pub fn method_not_allowed() -> Refusal {
    let message = "the server does not allow this method on the requested resource";
    Refusal::new(405, "MethodNotAllowed", message).with(json!({}))
}

/// 415 for an unknown patch type.
pub fn unsupported_media_type() -> Refusal {
    Refusal::new(415, "UnsupportedMediaType", "415: Unsupported Media Type").with(json!({}))
}

/// 422 for a JSON patch that does not fit the object: the server gives no details.
pub fn patch_does_not_apply() -> Refusal {
    let message = "the server rejected our request due to an error in our request";
    Refusal::new(422, "Invalid", message).with(json!({}))
}

/// 404 for an object.
pub fn not_found(resource: &Resource, name: &str) -> Refusal {
    let message = format!("{} \"{name}\" not found", resource.qualified());
    Refusal::new(404, "NotFound", message).with(details(resource.group, resource.plural, name))
}

/// 409 for creating an object that exists.
pub fn already_exists(resource: &Resource, name: &str, being_deleted: bool) -> Refusal {
    let prefix = if being_deleted { "object is being deleted: " } else { "" };
    let message = format!("{prefix}{} \"{name}\" already exists", resource.qualified());
    Refusal::new(409, "AlreadyExists", message).with(details(resource.group, resource.plural, name))
}

/// 409 for a stale `resourceVersion`.
pub fn modified(resource: &Resource, name: &str) -> Refusal {
    let message = format!(
        "Operation cannot be fulfilled on {} \"{name}\": the object has been modified; \
         please apply your changes to the latest version and try again",
        resource.qualified()
    );
    Refusal::new(409, "Conflict", message).with(details(resource.group, resource.plural, name))
}

/// 409 for an apply with the uid of an object that does not exist.
pub fn uid_mismatch(resource: &Resource, name: &str, uid: &str) -> Refusal {
    let message = format!(
        "Operation cannot be fulfilled on {} \"{name}\": uid mismatch: the provided object \
         specified uid {uid}, and no existing object was found",
        resource.qualified()
    );
    Refusal::new(409, "Conflict", message).with(details(resource.group, resource.plural, name))
}

/// 409 for a delete whose precondition is not met; here the message has the kind.
pub fn precondition(resource: &Resource, name: &str, problem: &str) -> Refusal {
    let message = format!(
        "Operation cannot be fulfilled on {} \"{name}\": {problem}",
        resource.qualified_kind()
    );
    Refusal::new(409, "Conflict", message).with(details(resource.group, resource.kind, name))
}

/// 409 of server-side apply.
pub fn apply_conflict(message: String, causes: &[Value]) -> Refusal {
    Refusal::new(409, "Conflict", message).with(json!({ "causes": causes }))
}

/// 403 for one object or for a whole collection (`name` empty).
pub fn forbidden(group: &str, plural: &str, name: &str, why: &str) -> Refusal {
    let qualified = if group.is_empty() {
        plural.to_owned()
    } else {
        format!("{plural}.{group}")
    };
    let subject = if name.is_empty() {
        qualified
    } else {
        format!("{qualified} \"{name}\"")
    };
    Refusal::new(403, "Forbidden", format!("{subject} is forbidden: {why}")).with(details(group, plural, name))
}

/// 403 for a path that is not a resource.
pub fn forbidden_path(why: &str) -> Refusal {
    Refusal::new(403, "Forbidden", format!("forbidden: {why}")).with(json!({}))
}

/// 403 for new content in a namespace that is being deleted.
pub fn terminating(resource: &Resource, name: &str, namespace: &str) -> Refusal {
    let why = format!("unable to create new content in namespace {namespace} because it is being terminated");
    let mut refusal = forbidden(resource.group, resource.plural, name, &why);
    if let Some(details) = &mut refusal.details {
        details["causes"] = json!([{
            "reason": "NamespaceTerminating",
            "message": format!("namespace {namespace} is being terminated"),
            "field": "metadata.namespace",
        }]);
    }
    refusal
}

/// 422 with its causes; `kind` and `group` are those of the invalid object or options.
pub fn invalid(group: &str, kind: &str, name: &str, causes: &[Cause]) -> Refusal {
    let qualified = if group.is_empty() {
        kind.to_owned()
    } else {
        format!("{kind}.{group}")
    };
    let lines: Vec<String> = causes
        .iter()
        .map(|cause| format!("{}: {}", cause.field, cause.message))
        .collect();
    let list = if let [only] = lines.as_slice() {
        only.clone()
    } else {
        format!("[{}]", lines.join(", "))
    };
    let mut details = details(group, kind, name);
    details["causes"] = causes.iter().map(Cause::to_json).collect();
    Refusal::new(422, "Invalid", format!("{qualified} \"{name}\" is invalid: {list}")).with(details)
}

fn details(group: &str, kind: &str, name: &str) -> Value {
    let mut details = Map::new();
    for (key, value) in [("name", name), ("group", group), ("kind", kind)] {
        if !value.is_empty() {
            details.insert(key.into(), json!(value));
        }
    }
    Value::Object(details)
}
