//! Finds the Keycloak that `tests/identity-provider/build` prepared, or says how to get it.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use crate::Error;

const PIN: &str = include_str!("../keycloak.sha256");
const REALM: &str = include_str!("../realm.json");

/// A Keycloak that is ready to start, and a database with the realm.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Distribution {
    /// The unpacked distribution, after `kc.sh build`.
    pub keycloak: PathBuf,
    /// The database that each start copies.
    pub database: PathBuf,
    /// The prefix of the secrets of the realm's clients, before their names.
    pub(crate) secret: PathBuf,
}

impl Distribution {
    /// From the directory that `tests/identity-provider/build` fills and prints.
    pub fn find() -> Result<Self, Error> {
        Self::of_cache(&cache()?)
    }

    fn of_cache(folder: &Path) -> Result<Self, Error> {
        let missing = |missing| Error::NotBuilt {
            folder: folder.to_owned(),
            missing,
        };
        let found = Self {
            keycloak: folder.join("keycloak"),
            database: folder.join("realm/keycloak.mv.db"),
            secret: folder.join("realm/secret"),
        };
        if !found.keycloak.join("lib/quarkus-run.jar").is_file() {
            return Err(missing("keycloak"));
        }
        let realm = std::fs::read_to_string(folder.join("realm/realm.json")).unwrap_or_default();
        if realm != REALM || !found.database.is_file() || !found.secret.is_file() {
            return Err(missing("realm that is up to date"));
        }
        Ok(found)
    }
}

fn cache() -> Result<PathBuf, Error> {
    let home = || variable("HOME").map(|home| Path::new(&home).join(".cache"));
    let caches = variable("XDG_CACHE_HOME")
        .map(PathBuf::from)
        .or_else(home)
        .ok_or(Error::NoCache)?;
    Ok(caches.join("ood-k8s/identity-provider").join(pinned_version()))
}

/// The version in the archive's name in `keycloak.sha256`, the only place that specifies it.
pub fn pinned_version() -> &'static str {
    PIN.trim()
        .rsplit_once("keycloak-quarkus-dist-")
        .and_then(|(_, archive)| archive.strip_suffix(".tar.gz"))
        .expect("keycloak.sha256 names an archive")
}

/// An empty variable counts as unset, as in the build script.
fn variable(name: &str) -> Option<OsString> {
    std::env::var_os(name).filter(|value| !value.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cache_with_realm(realm: &str) -> tempfile::TempDir {
        let folder = tempfile::tempdir().expect("a temporary folder");
        for (path, content) in [
            ("keycloak/lib/quarkus-run.jar", ""),
            ("realm/keycloak.mv.db", ""),
            ("realm/secret", ""),
            ("realm/realm.json", realm),
        ] {
            let path = folder.path().join(path);
            std::fs::create_dir_all(path.parent().expect("it has a folder")).expect("a folder");
            std::fs::write(path, content).expect("a file");
        }
        folder
    }

    #[test]
    fn a_prepared_keycloak_is_found() {
        let folder = cache_with_realm(REALM);
        let found = Distribution::of_cache(folder.path()).expect("all is there");
        assert_eq!(found.database, folder.path().join("realm/keycloak.mv.db"));
    }

    #[test]
    fn a_realm_that_was_imported_before_realm_json_changed_is_refused() {
        let folder = cache_with_realm("{}");
        let refusal = Distribution::of_cache(folder.path())
            .expect_err("the realm is old")
            .to_string();
        assert!(refusal.contains("no realm that is up to date"), "{refusal}");
    }

    #[test]
    fn an_empty_cache_says_how_to_fill_it() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let refusal = Distribution::of_cache(folder.path())
            .expect_err("it is empty")
            .to_string();
        assert!(refusal.contains("has no keycloak"), "{refusal}");
        assert!(refusal.contains("tests/identity-provider/build"), "{refusal}");
    }

    #[test]
    fn the_pinned_version_is_a_version() {
        let numbers: Vec<_> = pinned_version().split('.').map(str::parse::<u32>).collect();
        assert_eq!(numbers.len(), 3, "{numbers:?}");
        assert!(numbers.iter().all(Result::is_ok), "{numbers:?}");
    }
}
