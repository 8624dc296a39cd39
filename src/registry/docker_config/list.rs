//! The contents of a docker configuration, without its passwords.

use std::fmt;
use std::time::SystemTime;

use serde::Serialize;

use super::config::DockerConfig;
use super::error::shown;
use super::handed::LeftOut;

/// How a registry's credentials are held, for people and scripts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum How {
    /// User and password.
    Password,
    /// In the credential helper of this name.
    Helper(String),
    /// Users' namespaces do not get it, in the words that a login and `check` use.
    LeftOut(String),
}

impl fmt::Display for How {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Password => f.write_str("password"),
            Self::Helper(name) => write!(f, "credential helper {name}"),
            Self::LeftOut(why) => write!(f, "left out: {why}"),
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
    /// Its registries, without passwords, and what users' namespaces get of them at `now`.
    pub fn list(&self, now: SystemTime) -> Vec<Listed> {
        let left_out = self.for_kubelet(now).left_out;
        let entries = self.auths.iter().map(|(key, entry)| {
            let why = left_out.iter().find(|left_out| left_out.key() == key);
            Listed {
                registry: shown(key).to_owned(),
                username: entry.user(),
                how: why.map_or(How::Password, |left_out| self.how(left_out)),
            }
        });
        let mut listed: Vec<_> = entries.collect();
        let helped = self.helpers().filter(|(key, _)| !self.auths.contains_key(*key));
        listed.extend(helped.map(|(key, helper)| Listed {
            registry: shown(key).to_owned(),
            username: None,
            how: How::Helper(helper.to_owned()),
        }));
        listed
    }

    fn how(&self, left_out: &LeftOut) -> How {
        match self.helper_of(left_out.key()) {
            Some(helper) if left_out.is_in_helper() => How::Helper(helper),
            _ => How::LeftOut(left_out.why()),
        }
    }
}
