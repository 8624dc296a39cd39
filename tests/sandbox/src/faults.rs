//! Injected faults: which requests fail, how, and how often.

use std::time::Duration;

use serde_json::{json, Value};

/// How a request fails.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Failure {
    Status { code: u16, retry_after: Option<u32> },
    Html { code: u16 },
    Json { code: u16, body: String },
    CutBeforeAnswer,
    CutInBody,
    LostByProxy { code: u16 },
    Hang,
    Slow(Duration),
}

/// Where a rule's text stands in the paths that it is for.
#[derive(Debug, Clone, Copy)]
enum Place {
    Beginning,
    Within,
    Whole,
}

/// A rule for requests that fail.
#[must_use = "a fault does nothing until it is given to `Sandbox::fail`"]
#[derive(Debug, Clone)]
pub struct Fault {
    pub(crate) failure: Failure,
    method: Option<String>,
    path: String,
    place: Place,
    skipped: u32,
    left: Option<u32>,
}

impl Fault {
    fn new(failure: Failure) -> Self {
        Self {
            failure,
            method: None,
            path: String::new(),
            place: Place::Within,
            skipped: 0,
            left: None,
        }
    }

    /// Answers with this code and a `Status` object; the request has no effect.
    pub fn status(code: u16) -> Self {
        Self::new(Failure::Status {
            code,
            retry_after: None,
        })
    }

    /// Answers 429 with `Retry-After`; the request has no effect.
    pub fn too_many_requests(retry_after: u32) -> Self {
        Self::new(Failure::Status {
            code: 429,
            retry_after: Some(retry_after),
        })
    }

    /// Answers with an HTML page, like a login portal (200) or a proxy (502).
    pub fn html(code: u16) -> Self {
        Self::new(Failure::Html { code })
    }

    /// Answers with this JSON.
    pub fn json(code: u16, body: &Value) -> Self {
        let body = body.to_string();
        Self::new(Failure::Json { code, body })
    }

    /// Answers with an identity provider's refusal (RFC 6749, section 5.2): `invalid_grant` and the like.
    pub fn oauth(code: u16, error: &str, description: &str) -> Self {
        Self::json(code, &json!({ "error": error, "error_description": description }))
    }

    /// Closes the connection before the answer; the request has no effect.
    pub fn cut_before_answer() -> Self {
        Self::new(Failure::CutBeforeAnswer)
    }

    /// Performs the request, and closes the connection in the middle of the answer's body.
    pub fn cut_in_body() -> Self {
        Self::new(Failure::CutInBody)
    }

    /// Performs the request, and answers with a proxy's page of this code (502, 504): the proxy has lost the real answer.
    pub fn lost_by_proxy(code: u16) -> Self {
        Self::new(Failure::LostByProxy { code })
    }

    /// Never answers; the request has no effect.
    pub fn hang() -> Self {
        Self::new(Failure::Hang)
    }

    /// Answers correctly, but only after this time.
    pub fn slow(delay: Duration) -> Self {
        Self::new(Failure::Slow(delay))
    }

    /// Limits the rule to this method and to paths with this prefix.
    pub fn on(mut self, method: &str, path_prefix: &str) -> Self {
        self.method = Some(method.into());
        self.on_path(path_prefix)
    }

    /// Limits the rule to paths with this prefix.
    pub fn on_path(mut self, path_prefix: &str) -> Self {
        self.path = path_prefix.into();
        self.place = Place::Beginning;
        self
    }

    /// Limits the rule to this method and this path.
    pub fn on_exactly(mut self, method: &str, path: &str) -> Self {
        self.method = Some(method.into());
        self.path = path.into();
        self.place = Place::Whole;
        self
    }

    /// Limits the rule to paths that contain this; it may be of the query behind the path, as in `continue=`.
    pub fn containing(mut self, part: &str) -> Self {
        self.path = part.into();
        self.place = Place::Within;
        self
    }

    /// Limits the rule to this method.
    pub fn method(mut self, method: &str) -> Self {
        self.method = Some(method.into());
        self
    }

    /// Lets this many matching requests pass first.
    pub fn after(mut self, requests: u32) -> Self {
        self.skipped = requests;
        self
    }

    /// Limits the rule to this many matching requests; by default, all match.
    pub fn times(mut self, times: u32) -> Self {
        self.left = Some(times);
        self
    }

    fn matches(&self, method: &str, path: &str) -> bool {
        let path_fits = match self.place {
            Place::Beginning => path.starts_with(&self.path),
            Place::Within => path.contains(&self.path),
            Place::Whole => path.trim_end_matches('?') == self.path,
        };
        path_fits && self.method.as_deref().is_none_or(|wanted| wanted == method)
    }
}

/// The rules in force.
#[derive(Debug, Default)]
pub(crate) struct Faults(Vec<Fault>);

impl Faults {
    pub(crate) fn add(&mut self, fault: Fault) {
        self.0.push(fault);
    }

    pub(crate) fn clear(&mut self) {
        self.0.clear();
    }

    /// The failure of this request by the oldest rule that matches and is not used up.
    pub(crate) fn take(&mut self, method: &str, path: &str) -> Option<Failure> {
        let fits = |fault: &&mut Fault| fault.left != Some(0) && fault.matches(method, path);
        let fault = self.0.iter_mut().find(fits)?;
        if fault.skipped > 0 {
            fault.skipped -= 1;
            return None;
        }
        if let Some(left) = &mut fault.left {
            *left -= 1;
        }
        Some(fault.failure.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_strikes_as_often_as_it_says_and_only_where_it_fits() {
        let mut faults = Faults::default();
        faults.add(Fault::status(503).on("PATCH", "/api/v1/namespaces/").times(2));
        let mut codes = Vec::new();
        for (method, path) in [
            ("GET", "/api/v1/namespaces/a"),
            ("PATCH", "/version"),
            ("PATCH", "/api/v1/namespaces/a"),
            ("PATCH", "/api/v1/namespaces/b"),
            ("PATCH", "/api/v1/namespaces/c"),
        ] {
            codes.push(faults.take(method, path).is_some());
        }
        assert_eq!(codes, [false, false, true, true, false]);
    }
}
