//! Reviews: what the user may do, and who the user is.

use serde_json::{json, Value};

use crate::api::Call;
use crate::cause::Cause;
use crate::clock;
use crate::message::Answer;
use crate::rbac::{self, Attributes};
use crate::status::{self, Result};

/// Answers a review.
pub(crate) fn answer(call: &Call<'_>) -> Result<Answer> {
    let mut review: Value =
        serde_json::from_slice(&call.request.body).map_err(|error| status::bad_request(error.to_string()))?;
    review["kind"] = json!(call.resource.kind);
    review["apiVersion"] = json!(call.resource.api_version());
    if call.resource.kind == "SelfSubjectReview" {
        let user = json!({ "username": call.user.name, "groups": call.user.groups });
        review["metadata"] = json!({ "creationTimestamp": clock::now() });
        review["status"] = json!({ "userInfo": user });
    } else {
        let asked = attributes(&review["spec"])?;
        review["metadata"] = json!({});
        review["status"] = match rbac::allowed(&call.state.store, &call.user, &asked) {
            None => json!({ "allowed": false }),
            Some(reason) if reason.is_empty() => json!({ "allowed": true }),
            Some(reason) => json!({ "allowed": true, "reason": reason }),
        };
    }
    Ok(Answer::json(201, &review))
}

fn attributes(spec: &Value) -> Result<Attributes> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let (resource, path) = (&spec["resourceAttributes"], &spec["nonResourceAttributes"]);
    if resource.is_object() == path.is_object() {
        let why = "exactly one of nonResourceAttributes or resourceAttributes must be specified";
        let cause = Cause::invalid("spec.resourceAttributes", "null", why);
        return Err(status::invalid("authorization.k8s.io", "", "", &[cause]));
    }
    if path.is_object() {
        let verb = text(&path["verb"]);
        return Ok(Attributes {
            verb,
            path: Some(text(&path["path"])),
            ..Attributes::default()
        });
    }
    Ok(Attributes {
        verb: text(&resource["verb"]),
        group: text(&resource["group"]),
        resource: text(&resource["resource"]),
        subresource: text(&resource["subresource"]),
        namespace: text(&resource["namespace"]),
        name: text(&resource["name"]),
        path: None,
    })
}
