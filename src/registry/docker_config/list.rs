//! The contents of a docker configuration, without its passwords.

use std::fmt;

use serde::Serialize;

use super::config::DockerConfig;
use super::error::shown;
use crate::registry::entry::{Entry, EntryFault, Holds};

/// How a registry's credentials are held, for people and scripts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum How {
    /// User and password.
    Password,
    /// Only a token, which the kubelet does not read.
    Token,
    /// In the credential helper of this name.
    Helper(String),
    /// They cannot be used.
    Unusable(EntryFault),
}

impl fmt::Display for How {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Password => f.write_str("password"),
            Self::Token => f.write_str("token"),
            Self::Helper(name) => write!(f, "credential helper {name}"),
            Self::Unusable(fault) => write!(f, "unusable: {fault}"),
        }
    }
}

/// A registry and its user.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Listed {
    /// The key, as in the file.
    pub registry: String,
    /// The user's name.
    pub username: Option<String>,
    /// How the credentials are held.
    #[serde(serialize_with = "as_text")]
    pub how: How,
}

fn as_text<S: serde::Serializer>(how: &How, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(how)
}

impl DockerConfig {
    /// Its registries, without passwords.
    pub fn list(&self) -> Vec<Listed> {
        let mut listed: Vec<_> = self.auths.iter().map(|(key, entry)| self.listed(key, entry)).collect();
        let helped = self.helpers().filter(|(key, _)| !self.auths.contains_key(*key));
        listed.extend(helped.map(|(key, helper)| Listed {
            registry: shown(key).to_owned(),
            username: None,
            how: How::Helper(helper.to_owned()),
        }));
        listed
    }

    fn listed(&self, key: &str, entry: &Entry) -> Listed {
        let how = match (entry.holds(), self.helper_of(key)) {
            (Ok(Holds::Password), _) => How::Password,
            (Ok(Holds::Token), _) => How::Token,
            (Err(EntryFault::Nothing), Some(helper)) => How::Helper(helper),
            (Err(fault), _) => How::Unusable(fault),
        };
        Listed {
            registry: shown(key).to_owned(),
            username: entry.user(),
            how,
        }
    }
}
