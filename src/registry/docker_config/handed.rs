//! What of a docker configuration users' namespaces get: what the kubelet reads, entry by entry, and nothing else.

use std::collections::BTreeSet;
use std::path::Path;
use std::time::SystemTime;

use secrecy::{ExposeSecret as _, SecretString};

use super::config::DockerConfig;
use super::error::{command_of, shown, DockerConfigError};
use crate::door;
use crate::registry::fault::EntryFault;
use crate::registry::members::is_named;
use crate::registry::name::{RegistryName, RegistryNameError};
use crate::shell::quoted;

/// What docker keeps beside the registries and may be secret; the kubelet reads none of it.
const STAYING: [&str; 2] = ["HttpHeaders", "proxies"];

/// What users' namespaces get.
pub struct Handed {
    /// Entries that work, with the fields that the kubelet reads.
    pub config: DockerConfig,
    /// When the first of them ends.
    pub end: Option<SystemTime>,
    /// The others.
    pub left_out: Vec<LeftOut>,
    /// What else was not handed out and may be missed, in words.
    stays: Vec<String>,
}

/// An entry that users' namespaces do not get.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeftOut {
    /// The key in `auths`.
    key: String,
    why: Why,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Why {
    Entry(EntryFault),
    /// A credential helper of docker's has the password.
    Helper(String),
    /// The kubelet never finds it.
    Name(RegistryNameError),
}

impl DockerConfig {
    /// What users' namespaces get at `now`, and what they do not.
    pub fn for_kubelet(&self, now: SystemTime) -> Handed {
        let mut handed = Handed {
            config: Self::default(),
            end: None,
            left_out: Vec::new(),
            stays: Vec::new(),
        };
        for (key, entry) in &self.auths {
            let name = RegistryName::of_key(key).map_err(Why::Name);
            let readable = name.and_then(|_| entry.for_kubelet(now).map_err(|fault| self.why(key, fault)));
            match readable {
                Ok(readable) => {
                    handed.end = handed.end.into_iter().chain(entry.end()).min();
                    if entry.has_token() {
                        handed
                            .stays
                            .push(format!("the token beside the password of {:?}", shown(key)));
                    }
                    handed.config.auths.insert(key.clone(), readable);
                }
                Err(why) => handed.left_out.push(LeftOut { key: key.clone(), why }),
            }
        }
        let is_staying = |key: &String| STAYING.iter().any(|name| is_named(key, name));
        let keys: BTreeSet<_> = self.rest.iter().map(|(key, _)| key.clone()).collect();
        handed.stays.extend(keys.into_iter().filter(is_staying));
        handed
    }

    fn why(&self, key: &str, fault: EntryFault) -> Why {
        match (fault, self.helper_of(key)) {
            (EntryFault::Nothing, Some(helper)) => Why::Helper(helper),
            (fault, _) => Why::Entry(fault),
        }
    }
}

impl Handed {
    /// The text for the Secret: the file's own bytes where they say nothing else, so that nothing is rewritten.
    pub fn text(&self, file: &SecretString) -> Result<SecretString, DockerConfigError> {
        let mine = self.config.to_text()?;
        let is_same = compact(file.expose_secret()) == compact(mine.expose_secret());
        Ok(if is_same { file.clone() } else { mine })
    }

    /// What stays with root, as a line for each.
    pub fn stays(&self, path: &Path) -> impl Iterator<Item = String> + '_ {
        let path = door::shown(path);
        self.stays.iter().map(move |what| {
            format!("{path}: {what} stays with root, since the kubelet does not read it; remove it from the file")
        })
    }
}

/// Lengths tell: what a text says twice, in other letters or besides makes it longer, and order does not matter.
fn compact(text: &str) -> usize {
    let mut length = 0;
    let (mut is_quoted, mut is_escaped) = (false, false);
    for byte in text.bytes() {
        if !is_quoted && byte.is_ascii_whitespace() {
            continue;
        }
        length += 1;
        match byte {
            b'"' if !is_escaped => is_quoted = !is_quoted,
            _ => {}
        }
        is_escaped = is_quoted && byte == b'\\' && !is_escaped;
    }
    length
}

impl LeftOut {
    /// The key in `auths`, as it may be shown.
    pub fn registry(&self) -> &str {
        shown(&self.key)
    }

    /// The key in `auths`.
    pub fn key(&self) -> &str {
        &self.key
    }

    /// Whether it could never have worked.
    pub fn is_malformed(&self) -> bool {
        match &self.why {
            Why::Entry(fault) => fault.is_malformed(),
            Why::Helper(_) | Why::Name(_) => true,
        }
    }

    /// Whether docker has the password in a credential helper.
    pub fn is_in_helper(&self) -> bool {
        matches!(self.why, Why::Helper(_))
    }

    /// Why, in words.
    pub fn why(&self) -> String {
        match &self.why {
            Why::Entry(fault) => fault.to_string(),
            Why::Helper(helper) => format!("its password is in docker's credential helper {helper:?}, not in the file"),
            // Its remedy is for a name that somebody types.
            Why::Name(error) => error.to_string().split("; ").next().unwrap_or_default().to_owned(),
        }
    }

    /// That it is left out, why, and what to do.
    pub fn line(&self, path: &Path) -> String {
        let (file, key) = (quoted(path), quoted(self.registry()));
        let write = format!("ood-k8s mint-registry-secret --write {file} --registry {key}");
        let remedy = match &self.why {
            Why::Helper(helper) => format!("run: {write} --credential-command {}", command_of(helper)),
            Why::Name(_) => format!("run: ood-k8s mint-registry-secret --write {file} --remove --registry {key}"),
            Why::Entry(EntryFault::Token | EntryFault::Session) => {
                format!("write the password of a robot account: {write} --username NAME")
            }
            Why::Entry(_) => format!("write it again: {write} --username NAME"),
        };
        format!(
            "{}: the entry of {:?} is left out: {}; {remedy}",
            door::shown(path),
            self.registry(),
            self.why()
        )
    }
}
