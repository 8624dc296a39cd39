//! One value of a profile: where it stands, what it is, and which section said so.

use std::fmt;
use std::sync::Arc;

use ipnet::IpNet;
use k8s_openapi::api::networking::v1::NetworkPolicyEgressRule;
use serde_json::{json, Value as Json};

use super::quantity::Quantity;

/// Where a value stands in a section: its keys from the outside to the inside. The items of `limitRange.limits` are told by
/// their `type`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Path(Vec<String>);

impl Path {
    /// Of its steps.
    pub fn of(steps: &[&str]) -> Self {
        Self(steps.iter().map(|&step| step.to_owned()).collect())
    }

    /// The steps.
    pub fn steps(&self) -> Vec<&str> {
        self.0.iter().map(String::as_str).collect()
    }

    /// Whether it is the other one, or inside it.
    pub fn is_within(&self, outer: &Self) -> bool {
        self.0.starts_with(&outer.0)
    }
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, step) in self.0.iter().enumerate() {
            let is_simple = step.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
            match number {
                0 => f.write_str(step)?,
                _ if is_simple => write!(f, ".{step}")?,
                _ => write!(f, "[{step}]")?,
            }
        }
        Ok(())
    }
}

/// What users' pods may connect to.
#[derive(Debug, Clone, PartialEq)]
pub enum Egress {
    /// Everything, as without a policy.
    Open,
    /// DNS, the API server, the user's own pods, and these networks.
    Cluster(Vec<IpNet>),
    /// What Kubernetes' own rules say.
    Rules(Vec<NetworkPolicyEgressRule>),
}

/// A value.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// Of `resourceQuota` and `limitRange`.
    Quantity(Quantity),
    /// Of `labels`, `annotations`, `nodeSelector` and `maxLifetime`.
    Text(String),
    /// Of `images`, `tolerations`, `manifests` and `secrets`.
    Words(Vec<String>),
    /// Of `networkPolicy.ingress.cidrs`.
    Networks(Vec<IpNet>),
    /// Of `networkPolicy.egress`.
    Egress(Egress),
}

impl Value {
    /// As in the file, as JSON.
    pub fn json(&self) -> Json {
        match self {
            Self::Quantity(quantity) => quantity.as_written().into(),
            Self::Text(text) => text.as_str().into(),
            Self::Words(words) => json!(words),
            Self::Networks(networks) => texts(networks),
            Self::Egress(Egress::Open) => "open".into(),
            Self::Egress(Egress::Cluster(networks)) if networks.is_empty() => "cluster".into(),
            Self::Egress(Egress::Cluster(networks)) => json!({ "cidrs": texts(networks) }),
            Self::Egress(Egress::Rules(rules)) => json!({ "rules": rules }),
        }
    }
}

fn texts(networks: &[IpNet]) -> Json {
    networks.iter().map(IpNet::to_string).collect()
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.json() {
            Json::String(text) => f.write_str(&text),
            Json::Array(items) => {
                let words: Vec<_> = items.iter().map(|item| item.as_str().unwrap_or_default()).collect();
                f.write_str(&words.join(", "))
            }
            other => write!(f, "{other}"),
        }
    }
}

/// Which section said something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    /// The section's number, counted from 1.
    pub section: usize,
    /// Whom the section is about.
    pub whom: Arc<str>,
    /// The line, counted from 1.
    pub line: usize,
    /// Whether the section says something else, from which this follows.
    pub follows: bool,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            section, whom, line, ..
        } = self;
        write!(f, "section {section} ({whom}), line {line}")
    }
}

/// A value, and which section said so.
#[derive(Debug, Clone, PartialEq)]
pub struct Said {
    /// The value.
    pub value: Value,
    /// The section.
    pub by: Origin,
}
