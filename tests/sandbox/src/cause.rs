//! The causes of an invalid object, in the API server's words.

use serde_json::{json, Value};

/// One reason why an object is invalid.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cause {
    reason: &'static str,
    /// Path of the field.
    pub field: String,
    /// Text without the path.
    pub message: String,
}

impl Cause {
    /// An invalid value; `shown` is the value as JSON.
    pub fn invalid(field: impl Into<String>, shown: &str, why: &str) -> Self {
        let message = format!("Invalid value: {shown}: {why}");
        Self {
            reason: "FieldValueInvalid",
            field: field.into(),
            message,
        }
    }

    /// A missing value.
    pub fn required(field: impl Into<String>, why: &str) -> Self {
        let message = if why.is_empty() {
            "Required value".to_owned()
        } else {
            format!("Required value: {why}")
        };
        Self {
            reason: "FieldValueRequired",
            field: field.into(),
            message,
        }
    }

    /// A value that is not in the list of supported ones.
    pub fn unsupported(field: impl Into<String>, shown: &str, supported: &[&str]) -> Self {
        let list: Vec<String> = supported.iter().map(|s| format!("\"{s}\"")).collect();
        let message = format!("Unsupported value: {shown}: supported values: {}", list.join(", "));
        Self {
            reason: "FieldValueNotSupported",
            field: field.into(),
            message,
        }
    }

    /// A field that may not be set here.
    pub fn forbidden(field: impl Into<String>, why: &str) -> Self {
        let message = format!("Forbidden: {why}");
        Self {
            reason: "FieldValueForbidden",
            field: field.into(),
            message,
        }
    }

    pub(crate) fn to_json(&self) -> Value {
        json!({ "reason": self.reason, "message": self.message, "field": self.field })
    }
}
