//! `KUBECONFIG` and `HOME` in hook.env, which the stock scripts export: whether they mean another file than ours.

use std::path::PathBuf;

use super::Settings;
use crate::config::raw::ConfigError;
use crate::door::shown;
use crate::shell::quoted;
use crate::user;

const KUBECONFIG: &str = "KUBECONFIG";

impl Settings {
    /// The error if the stock scripts' kubectl would work on another kubeconfig than this program does without the flag.
    pub fn other_kubeconfig(&self) -> Option<ConfigError> {
        let own = user::own_home().join(".kube/config");
        let (key, named) = match (self.text(KUBECONFIG), self.text("HOME")) {
            ("", "") => return None,
            ("", home) => ("HOME", PathBuf::from(home).join(".kube/config")),
            (named, _) => (KUBECONFIG, PathBuf::from(named)),
        };
        if named == own {
            return None;
        }
        // kubectl merges a list of files; this program reads one.
        let one = if named.to_string_lossy().contains(':') {
            "FILE".into()
        } else {
            quoted(&named)
        };
        Some(ConfigError::Value {
            path: self.path.clone(),
            line: self.assigned.get(key).map_or(0, |assignment| assignment.line),
            key: KUBECONFIG,
            reason: format!(
                "would have kubectl use {}, and this program uses {} unless it is told otherwise; set ROOT_KUBECONFIG={one} in its place, or take {key} out of the file",
                shown(&named),
                shown(&own)
            ),
        })
    }
}
