//! When credentials in a docker configuration expire, and the configuration split into one per registry.

use std::time::SystemTime;

use super::config::DockerConfig;
use crate::registry::end::CREDENTIAL_END;
use crate::registry::entry::Entry;
use crate::registry::name::RegistryName;
use crate::time::rfc3339;

impl DockerConfig {
    /// Records when a registry's credential expires; `None` if it does not or if that is unknown. Returns whether that
    /// changed anything.
    pub fn set_end(&mut self, registry: &RegistryName, end: Option<SystemTime>) -> bool {
        let entry = self.auths.get_mut(registry.as_key());
        entry.is_some_and(|entry| entry.set_note(CREDENTIAL_END, end.map(rfc3339)))
    }

    /// When the first of its credentials expires.
    pub fn end(&self) -> Option<SystemTime> {
        self.auths.values().filter_map(Entry::end).min()
    }

    /// Each registry, with a configuration for it alone.
    pub fn split(&self) -> impl Iterator<Item = (&str, Self)> {
        self.auths.iter().map(|(key, entry)| {
            let alone = Self {
                auths: std::iter::once((key.clone(), entry.clone())).collect(),
                ..Self::default()
            };
            (key.as_str(), alone)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn the_first_end_of_all_counts_and_a_new_password_can_take_it_back() {
        let text = r#"{"auths":{"a.example":{"auth":"eDp5"},"b.example":{"auth":"eDp5"}}}"#;
        let mut config = DockerConfig::parse(text).unwrap();
        let [a, b] = ["a.example", "b.example"].map(|name| RegistryName::parse(name).unwrap());
        let at = |seconds| SystemTime::UNIX_EPOCH + Duration::from_secs(seconds);
        assert!(config.set_end(&a, Some(at(200))) && config.set_end(&b, Some(at(100))));
        assert_eq!(config.end(), Some(at(100)));
        assert!(
            !config.set_end(&b, Some(at(100))),
            "the same value again changes nothing"
        );
        assert!(config.set_end(&b, None));
        assert_eq!(config.end(), Some(at(200)));
        config.check().unwrap();
    }

    #[test]
    fn a_configuration_a_registry_has_that_one_alone() {
        let text = r#"{"auths":{"a.example":{"auth":"eDp5"},"b.example":{"auth":"eDp6"}},"other":1}"#;
        let config = DockerConfig::parse(text).unwrap();
        let split: Vec<_> = config.split().collect();
        assert_eq!(
            split.iter().map(|(key, _)| *key).collect::<Vec<_>>(),
            ["a.example", "b.example"]
        );
        for (key, alone) in split {
            assert_eq!(
                alone
                    .list(SystemTime::now())
                    .into_iter()
                    .map(|listed| listed.registry)
                    .collect::<Vec<_>>(),
                [key]
            );
        }
    }
}
