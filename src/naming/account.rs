//! The names of Kubernetes' ServiceAccounts.

use std::fmt;

use super::label::is_label;

/// A ServiceAccount, as `NAMESPACE/NAME`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ServiceAccountName {
    /// Its namespace.
    pub namespace: String,
    /// Its name in that namespace.
    pub name: String,
}

impl ServiceAccountName {
    /// Reads `NAMESPACE/NAME`.
    pub fn parse(text: &str) -> Result<Self, String> {
        let wrong = || format!("{text:?} is not a ServiceAccount; write NAMESPACE/NAME, for example ondemand/ondemand");
        let (namespace, name) = text.split_once('/').ok_or_else(wrong)?;
        let is_name = name.len() <= 253 && name.split('.').all(is_label);
        if !is_label(namespace) || !is_name {
            return Err(wrong());
        }
        Ok(Self {
            namespace: namespace.to_owned(),
            name: name.to_owned(),
        })
    }

    /// Its user name in the API server (Kubernetes `serviceaccount/util.go`).
    pub fn username(&self) -> String {
        format!("system:serviceaccount:{}:{}", self.namespace, self.name)
    }
}

impl Default for ServiceAccountName {
    /// The account in OnDemand's documentation.
    fn default() -> Self {
        Self {
            namespace: "ondemand".into(),
            name: "ondemand".into(),
        }
    }
}

impl fmt::Display for ServiceAccountName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.namespace, self.name)
    }
}
