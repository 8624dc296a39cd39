//! What the API server refuses in roles and bindings.

use serde_json::Value;

use crate::cause::Cause;
use crate::names::{is_label, SUBDOMAIN_RULE};
use crate::resources::Resource;
use crate::validate::{items, shown};

pub(crate) fn binding(resource: &Resource, object: &Value) -> Vec<Cause> {
    let mut causes = Vec::new();
    let role = &object["roleRef"];
    let kinds: &[&str] = if resource.namespaced {
        &["Role", "ClusterRole"]
    } else {
        &["ClusterRole"]
    };
    let kind = role["kind"].as_str().unwrap_or_default();
    if !kinds.contains(&kind) {
        causes.push(Cause::unsupported("roleRef.kind", &format!("\"{kind}\""), kinds));
    }
    if role["name"].as_str().unwrap_or_default().is_empty() {
        causes.push(Cause::required("roleRef.name", ""));
    }
    for (index, subject) in items(&object["subjects"]) {
        causes.extend(subject_problems(resource, &format!("subjects[{index}]"), subject));
    }
    causes
}

fn subject_problems(resource: &Resource, at: &str, subject: &Value) -> Vec<Cause> {
    let mut causes = Vec::new();
    let name = subject["name"].as_str().unwrap_or_default();
    if name.is_empty() {
        causes.push(Cause::required(format!("{at}.name"), ""));
    }
    match subject["kind"].as_str().unwrap_or_default() {
        "ServiceAccount" => {
            if !name.is_empty() && !name.split('.').all(is_label) {
                let shown = shown(&subject["name"]);
                causes.push(Cause::invalid(format!("{at}.name"), &shown, SUBDOMAIN_RULE));
            }
            if !resource.namespaced && subject["namespace"].as_str().is_none() {
                causes.push(Cause::required(format!("{at}.namespace"), ""));
            }
        }
        "User" | "Group" => {}
        kind => causes.push(Cause::unsupported(
            format!("{at}.kind"),
            &format!("\"{kind}\""),
            &["ServiceAccount", "User", "Group"],
        )),
    }
    causes
}

pub(crate) fn rules(resource: &Resource, object: &Value) -> Vec<Cause> {
    let mut causes = Vec::new();
    for (index, rule) in items(&object["rules"]) {
        let at = |field: &str| format!("rules[{index}].{field}");
        let missing = |field: &str| items(&rule[field]).next().is_none();
        if missing("verbs") {
            causes.push(Cause::required(at("verbs"), "verbs must contain at least one value"));
        }
        if !missing("nonResourceURLs") {
            if resource.namespaced {
                let why = "namespaced rules cannot apply to non-resource URLs";
                causes.push(Cause::invalid(
                    at("nonResourceURLs"),
                    &shown(&rule["nonResourceURLs"]),
                    why,
                ));
            }
            continue;
        }
        for (field, what) in [("apiGroups", "api group"), ("resources", "resource")] {
            if missing(field) {
                let why = format!("resource rules must supply at least one {what}");
                causes.push(Cause::required(at(field), &why));
            }
        }
    }
    causes
}
