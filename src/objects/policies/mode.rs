//! What happens to a request that a policy does not accept.

use serde_json::{json, Value};

/// What happens to a request that a policy does not accept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Mode {
    /// It is noted in the API server's audit log.
    Audit,
    /// And whoever sent it gets a warning.
    Warn,
    /// It is refused, and noted in the audit log.
    Deny,
}

impl Mode {
    pub(super) fn actions(self) -> Value {
        match self {
            Self::Audit => json!(["Audit"]),
            Self::Warn => json!(["Warn", "Audit"]),
            Self::Deny => json!(["Deny", "Audit"]),
        }
    }

    /// Templates are never refused: a controller may be anybody's, and its pods are judged.
    pub(super) fn actions_for_templates(self) -> Value {
        match self {
            Self::Audit => json!(["Audit"]),
            Self::Warn | Self::Deny => json!(["Warn", "Audit"]),
        }
    }

    /// The mode of a live binding.
    pub fn of(binding: &Value) -> Option<Self> {
        let actions = binding["spec"]["validationActions"].as_array()?;
        let modes = [("Deny", Self::Deny), ("Warn", Self::Warn), ("Audit", Self::Audit)];
        let found = modes
            .into_iter()
            .find(|(word, _)| actions.iter().any(|action| action == word));
        found.map(|(_, mode)| mode)
    }

    /// The flag's word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Audit => "audit",
            Self::Warn => "warn",
            Self::Deny => "deny",
        }
    }
}
