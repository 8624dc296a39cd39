//! Who denied a request that RBAC allowed, by the words of the API server: a quota, a policy, a webhook or a plug-in.

use http::StatusCode;

/// Who denied it, in words, and what to do there.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Denial {
    pub by: String,
    pub remedy: String,
}

/// The commands that show all webhooks.
const WEBHOOKS: &str = "kubectl get validatingwebhookconfigurations,mutatingwebhookconfigurations";

impl Denial {
    /// `None` if it was not denied, or for want of a permission.
    ///
    /// The words are those of `k8s.io/apiserver/pkg/admission` (policy/validating, webhook/errors, quota/controller).
    pub fn of(status: StatusCode, message: &str, namespace: &str) -> Option<Self> {
        let denial = |by: String, remedy: String| Some(Self { by, remedy });
        if let Some(policy) = name_after(message, "AdmissionPolicy '", '\'') {
            let remedy = if label_is_missing(message) {
                format!("if it is OnDemand's: kubectl label namespace {namespace} app.kubernetes.io/name=open-ondemand")
            } else {
                format!("see what it demands: kubectl get validatingadmissionpolicy {policy} -o yaml")
            };
            return denial(format!("the admission policy {policy} denies it"), remedy);
        }
        if let Some(webhook) = name_after(message, "failed calling webhook \"", '"') {
            let remedy =
                format!("start the server behind it again, or have it not called for users' namespaces: {WEBHOOKS}");
            return denial(format!("the admission webhook {webhook} cannot be called"), remedy);
        }
        if let Some(webhook) = name_after(message, "admission webhook \"", '"') {
            let remedy = format!("ask whoever runs it, or see its rules: {WEBHOOKS}");
            return denial(format!("the admission webhook {webhook} denies it"), remedy);
        }
        if is_too_large(status, message) {
            let remedy = "an object may have 1 MiB at most: leave something out of it".into();
            return denial("it is too large".into(), remedy);
        }
        if status != StatusCode::FORBIDDEN {
            return None;
        }
        if message.contains("exceeded quota") || message.contains("failed quota") {
            let remedy =
                format!("see what uses it up, and raise it or make room: kubectl describe quota -n {namespace}");
            return denial("a ResourceQuota denies it".into(), remedy);
        }
        // RBAC's own refusals name the user, and so does the check against escalation.
        let is_of_rbac = message.to_lowercase().contains("user \"");
        let is_of_a_plugin = message.contains(" is forbidden: ") && !is_of_rbac;
        is_of_a_plugin.then(|| Self {
            by: "an admission plug-in of the API server denies it".into(),
            remedy: "see --enable-admission-plugins of the API server, and their configuration".into(),
        })
    }
}

/// Whether a request can never pass, however often it is sent.
pub(super) fn is_too_large(status: StatusCode, message: &str) -> bool {
    // apimachinery's words since 1.32, and those before.
    let said = ["Too long: may not be more than", "Too long: must have at most"];
    let is_invalid = status == StatusCode::UNPROCESSABLE_ENTITY && said.iter().any(|said| message.contains(said));
    status == StatusCode::PAYLOAD_TOO_LARGE || message.contains("etcdserver: request is too large") || is_invalid
}

/// Our own policy, about a namespace that lost its label.
fn label_is_missing(message: &str) -> bool {
    message.contains("the namespace is not one of OnDemand's")
        || message.contains("must have the label app.kubernetes.io/name")
}

/// A name between `before` and `end`, if it can be one of Kubernetes: it is printed in a command.
fn name_after<'a>(message: &'a str, before: &str, end: char) -> Option<&'a str> {
    let (_, rest) = message.split_once(before)?;
    let (name, _) = rest.split_once(end)?;
    let is_plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || ".-".contains(c);
    let is_name = !name.is_empty() && name.len() <= 253 && name.chars().all(is_plain) && !name.starts_with('-');
    is_name.then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(status: u16, message: &str) -> Option<(String, String)> {
        let denial = Denial::of(StatusCode::from_u16(status).unwrap(), message, "user-ann");
        denial.map(|denial| (denial.by, denial.remedy))
    }

    #[test]
    fn each_refusal_has_the_name_of_who_refused_and_what_to_do_there() {
        let cases = [
            (403, "secrets \"r\" is forbidden: exceeded quota: q, requested: secrets=1, used: secrets=1, limited: secrets=1",
             "a ResourceQuota", "kubectl describe quota -n user-ann"),
            (403, "namespaces \"x\" is forbidden: ValidatingAdmissionPolicy 'site' with binding 'b' denied request: no",
             "admission policy site", "kubectl get validatingadmissionpolicy site"),
            (422, "namespaces \"x\" is invalid: : ValidatingAdmissionPolicy 'site' with binding 'b' denied request: a label",
             "admission policy site", "validatingadmissionpolicy site"),
            (403, "namespaces \"x\" is forbidden: ValidatingAdmissionPolicy 'ondemand' with binding 'ondemand' denied request: \
                   the namespace is not one of OnDemand's; if it should be, an administrator must label it",
             "admission policy ondemand", "kubectl label namespace user-ann"),
            (400, "admission webhook \"validate.kyverno.svc-fail\" denied the request: policy", "webhook validate.kyverno.svc-fail denies", "see its rules"),
            (500, "Internal error occurred: failed calling webhook \"dead.example.com\": connection refused", "dead.example.com cannot be called", "start the server"),
            (413, "Request entity too large: limit is 3145728", "too large", "1 MiB"),
            (422, "Secret \"r\" is invalid: data: Too long: may not be more than 1048576 bytes", "too large", "1 MiB"),
            (500, "etcdserver: request is too large", "too large", "1 MiB"),
            (403, "pods \"p\" is forbidden: violates PodSecurity \"restricted:latest\"", "plug-in", "--enable-admission-plugins"),
        ];
        for (status, message, by, remedy) in cases {
            let (said, told) = of(status, message).unwrap_or_else(|| panic!("nobody refused: {message}"));
            assert!(said.contains(by) && told.contains(remedy), "{message}: {said}; {told}");
        }
    }

    #[test]
    fn what_rbac_refuses_is_no_denial() {
        for message in [
            "namespaces is forbidden: User \"system:serviceaccount:ondemand:ondemand\" cannot create resource \"namespaces\"",
            "rolebindings \"b\" is forbidden: user \"system:serviceaccount:o:o\" (groups=[\"x\"]) is attempting to grant RBAC permissions not currently held",
            "forbidden by a proxy",
            "",
        ] {
            assert_eq!(of(403, message), None, "{message}");
        }
        assert_eq!(
            of(422, "the server rejected our request due to an error in our request"),
            None
        );
    }

    #[test]
    fn a_name_that_is_none_is_not_put_into_a_command() {
        for name in ["a b", "$(reboot)", "--all", "", "A"] {
            let message = format!("x is forbidden: ValidatingAdmissionPolicy '{name}' denied request: no");
            let (by, remedy) = of(403, &message).unwrap();
            assert!(
                by.contains("plug-in") && !remedy.contains(&format!(" {name} ")),
                "{by}; {remedy}"
            );
        }
    }
}
