//! `policies` of the profiles file: what pods in users' namespaces may be, for `cluster-policies`.

use std::fmt;

use serde::de::{Error, IgnoredAny, Visitor};
use serde::{Deserialize, Deserializer};

use super::fault::Fault;
use crate::yaml;

/// The only version of the file's format.
const VERSION: u64 = 1;

/// The whole file, of which the rest is read with its lines.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    version: Option<Version>,
    #[serde(default)]
    policies: Policies,
    #[serde(rename = "access")]
    _access: Option<IgnoredAny>,
    #[serde(rename = "manifests")]
    _manifests: Option<IgnoredAny>,
    #[serde(rename = "profiles")]
    _profiles: Option<IgnoredAny>,
}

/// The site's settings of the admission policies; each list adds to what is allowed everywhere.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase", default)]
pub struct Policies {
    /// Directories of the nodes that pods may mount, with all below them.
    pub host_paths: Vec<HostPath>,
    /// Exports that pods may mount, with all below them.
    pub nfs: Vec<Export>,
    /// Further kinds of volumes, by their key in a pod.
    pub volumes: Vec<Word>,
    /// Drivers of inline CSI volumes.
    pub csi_drivers: Vec<Word>,
    /// Audiences of projected tokens, beside the API server.
    pub token_audiences: Vec<Word>,
    /// ServiceAccounts that pods may use, beside `default`.
    pub service_accounts: Vec<Word>,
    /// Priority classes.
    pub priority_classes: Vec<Word>,
    /// Runtime classes.
    pub runtime_classes: Vec<Word>,
    /// Beginnings of annotations that pods and Services may not have, beside the usual ones.
    pub foreign_annotations: Vec<Word>,
    /// Whether pods must have `supplementalGroupsPolicy: Strict`; by default where the server fills it in.
    pub strict_groups: Option<bool>,
}

impl Policies {
    /// Reads them, the version, and which other keys the file has.
    pub(super) fn read(text: &str) -> Result<Self, Fault> {
        let file: Result<Option<File>, _> = yaml::from_str(text);
        let file = file.map_err(|error| Fault::at(error.line(), error.text()))?;
        match file {
            Some(File {
                version: Some(Version),
                policies,
                ..
            }) => Ok(policies),
            _ => Err(Fault::at(
                1,
                format!("the version is missing; write version: {VERSION}"),
            )),
        }
    }
}

/// A version that this program reads.
#[derive(Debug)]
struct Version;

impl<'de> Deserialize<'de> for Version {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_u64(Self)
    }
}

impl Visitor<'_> for Version {
    type Value = Self;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a number; write version: {VERSION}")
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<Self, E> {
        if number == VERSION {
            return Ok(self);
        }
        Err(E::custom(format!(
            "the version is {number}, and this program reads version {VERSION}"
        )))
    }
}

/// An absolute path without steps that lead elsewhere, and not the root: what begins with it is below it.
#[derive(Debug, Clone, Deserialize)]
#[serde(try_from = "String")]
pub struct HostPath(String);

impl TryFrom<String> for HostPath {
    type Error = String;

    fn try_from(path: String) -> Result<Self, String> {
        let mut steps = path.split('/').skip(1);
        if !path.starts_with('/') || steps.any(|step| matches!(step, "" | "." | "..")) || !is_printable(&path) {
            return Err(format!(
                "{path:?} is not an absolute path without `.`, `..`, `//` and a slash at its end; write for example /home"
            ));
        }
        Ok(Self(path))
    }
}

/// An export, `server:/path`.
#[derive(Debug, Clone, Deserialize)]
#[serde(try_from = "String")]
pub struct Export(String);

impl TryFrom<String> for Export {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        // The path has no colon; a server may be an IPv6 address.
        let (server, path) = text.rsplit_once(':').unwrap_or_default();
        let is_server = |c: char| c.is_ascii_alphanumeric() || ".-:[]".contains(c);
        let is_good = !server.is_empty() && server.chars().all(is_server);
        if !is_good || HostPath::try_from(path.to_owned()).is_err() {
            return Err(format!(
                "{text:?} is not an export; write for example nfs.example.org:/export"
            ));
        }
        Ok(Self(text))
    }
}

/// A name without blanks.
#[derive(Debug, Clone, Deserialize)]
#[serde(try_from = "String")]
pub struct Word(String);

impl TryFrom<String> for Word {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        if text.is_empty() || text.contains(' ') || !is_printable(&text) {
            return Err(format!("{text:?} is not a name; write it without blanks"));
        }
        Ok(Self(text))
    }
}

fn is_printable(text: &str) -> bool {
    text.chars().all(|c| c == ' ' || c.is_ascii_graphic())
}

macro_rules! text_of {
    ($($name:ident),*) => {$(
        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                &self.0
            }
        }
    )*};
}

text_of!(HostPath, Export, Word);

#[cfg(test)]
mod tests {
    use super::*;

    fn fault(text: &str) -> (usize, String) {
        let Fault { line, reason } = Policies::read(text).unwrap_err();
        (line, reason)
    }

    #[test]
    fn the_settings_of_the_policies_are_read() {
        let text = "version: 1\npolicies:\n  hostPaths: [/home, /scratch]\n  nfs: [\"nfs.example.org:/export\"]\n  strictGroups: true\n";
        let policies = Policies::read(text).unwrap();
        let paths: Vec<&str> = policies.host_paths.iter().map(AsRef::as_ref).collect();
        assert_eq!(paths, ["/home", "/scratch"]);
        assert_eq!(policies.strict_groups, Some(true));
    }

    #[test]
    fn a_path_that_would_allow_more_than_it_says_is_refused_with_its_line() {
        for path in [
            "/",
            "home",
            "/home/",
            "/home/../etc",
            "//etc",
            "/./etc",
            "/home/.",
            "",
            "\"/a\\nb\"",
            "~",
        ] {
            let (line, reason) = fault(&format!("version: 1\npolicies:\n  hostPaths:\n  - /home\n  - {path}\n"));
            assert!(line >= 4, "{path}: {line} {reason}");
        }
    }

    #[test]
    fn an_export_without_a_server_or_with_a_bad_path_is_refused() {
        for export in ["/export", "nfs:export", ":/export", "nfs:/", "nfs:/a/../b", "a b:/x"] {
            let (_, reason) = fault(&format!("version: 1\npolicies:\n  nfs: [\"{export}\"]\n"));
            assert!(reason.contains("nfs.example.org:/export"), "{export}: {reason}");
        }
        for export in ["nfs:/a", "10.0.0.1:/a/b", "[fd00::1]:/a"] {
            assert!(Export::try_from(export.to_owned()).is_ok(), "{export}");
        }
    }

    #[test]
    fn an_unknown_key_and_another_version_are_errors_with_file_and_line() {
        let (line, reason) = fault("version: 1\npolicies:\n  hostPath: [/home]\n");
        assert!(
            line == 3 && reason.contains("hostPath") && reason.contains("hostPaths"),
            "{line} {reason}"
        );
        let (_, reason) = fault("version: 2\n");
        assert!(reason.contains("version is 2"), "{reason}");
        for (text, line) in [("version: \"1\"\n", 1), ("policies: {}\n\nversion: one\n", 3)] {
            let (found, reason) = fault(text);
            assert!(
                found == line && reason.contains("expected a number; write version: 1"),
                "{found} {reason}"
            );
        }
        for text in ["", "# nothing\n", "policies: {}\n", "version:\n"] {
            let (line, reason) = fault(text);
            assert_eq!(
                (line, reason.as_str()),
                (1, "the version is missing; write version: 1"),
                "{text:?}"
            );
        }
        let (_, reason) = fault("policies: {}\n");
        assert!(reason.contains("version"), "{reason}");
        assert!(fault("version: 1\nprofile: []\n").1.contains("profiles"));
    }
}
