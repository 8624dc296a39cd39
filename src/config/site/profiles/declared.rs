//! The files that sections name, manifests and declared secrets: read once the sections are known, and kept with them.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::fault::Fault;
use super::file::ProfilesFile;
use super::folder::{of_fault, path_of};
use super::manifests::{self, Manifests};
use super::secrets::{self, Declaration, Secrets};
use crate::config::raw::ConfigError;
use crate::config::site::settings::Settings;

/// What sections can name.
#[derive(Debug, Clone, Default)]
pub struct Declared {
    /// Manifests.
    pub manifests: Manifests,
    /// Declared secrets.
    pub secrets: Secrets,
}

/// The keys of sections.
const MANIFESTS: &str = "manifests";
const SECRETS: &str = "secrets";

impl ProfilesFile {
    /// Reads the files that the sections name; returns their texts, to be kept. Where none are named, nothing is read.
    pub(super) fn read_named(&mut self, settings: &Settings) -> Result<BTreeMap<String, String>, ConfigError> {
        let mut texts = BTreeMap::new();
        if self.named(MANIFESTS).next().is_some() {
            texts = self.read_manifests(settings)?;
        }
        if self.named(SECRETS).next().is_some() {
            texts.extend(self.read_secrets(settings)?);
        }
        Ok(texts)
    }

    fn read_manifests(&mut self, settings: &Settings) -> Result<BTreeMap<String, String>, ConfigError> {
        if let Some(fault) = settings.fault_of(&["MANIFESTS_DIR"]) {
            return Err(fault.clone());
        }
        let names = self.all_named(MANIFESTS);
        let (manifests, texts) = manifests::named(&settings.manifests_dir, names, &self.rules)?;
        self.declared.manifests = manifests;
        self.check_lists(settings, MANIFESTS, |declared, name| {
            let objects = declared.manifests[name].iter();
            objects
                .map(|it| (it.kind.resource(), format!("{}/{}", it.kind.kind, it.name)))
                .collect()
        })?;
        Ok(texts)
    }

    fn read_secrets(&mut self, settings: &Settings) -> Result<BTreeMap<String, String>, ConfigError> {
        if let Some(fault) = settings.fault_of(&["SECRETS_DIR"]) {
            return Err(fault.clone());
        }
        let Some(folder) = &settings.secrets_dir else {
            let line = self.named(SECRETS).next().map_or(0, |(line, _)| line);
            let reason = "secrets are named, and SECRETS_DIR is not set; set it in hook.env, for example to /etc/ood/config/k8s-secrets.d";
            return Err(of_fault(path_of_file(settings), Fault::at(line, reason)));
        };
        let names = self.all_named(SECRETS);
        let (secrets, texts) = secrets::named(folder, names)?;
        secrets
            .values()
            .try_for_each(|one| check_taken(one, folder, settings))?;
        self.declared.secrets = secrets;
        self.check_lists(settings, SECRETS, |declared, name| {
            vec![(("", SECRETS), format!("Secret/{}", declared.secrets[name].name))]
        })?;
        Ok(texts
            .into_iter()
            .map(|(name, text)| (key_of_secret(&name), text))
            .collect())
    }

    /// The same from texts that were kept.
    pub(super) fn with_named(mut self, texts: &BTreeMap<String, String>) -> Option<Self> {
        let manifest = |name: &str| Some((name.to_owned(), manifests::parse(texts.get(name)?, &self.rules).ok()?));
        let manifests: Option<Manifests> = self.all_named(MANIFESTS).into_iter().map(manifest).collect();
        let secret = |name: &str| {
            Some((
                name.to_owned(),
                secrets::parse(name, texts.get(&key_of_secret(name))?).ok()?,
            ))
        };
        let secrets: Option<Secrets> = self.all_named(SECRETS).into_iter().map(secret).collect();
        self.declared = Declared {
            manifests: manifests?,
            secrets: secrets?,
        };
        Some(self)
    }

    /// What the sections name, and what else is in the directories: objects of those may have to go. The second value is what
    /// is wrong with files that no section names.
    pub fn known(&self, settings: &Settings) -> Result<(Declared, Vec<ConfigError>), ConfigError> {
        let (manifests, mut wrong) = manifests::all(&settings.manifests_dir, &self.rules)?;
        let mut all = Declared {
            manifests,
            secrets: Secrets::new(),
        };
        if let Some(folder) = &settings.secrets_dir {
            let (secrets, more) = secrets::all(folder)?;
            wrong.extend(more);
            for (name, secret) in secrets {
                match check_taken(&secret, folder, settings) {
                    Ok(()) => drop(all.secrets.insert(name, secret)),
                    Err(fault) => wrong.push(fault),
                }
            }
        }
        all.manifests.extend(self.declared.manifests.clone());
        all.secrets.extend(self.declared.secrets.clone());
        Ok((all, wrong))
    }

    /// The lists under a key, with the line of each.
    fn named(&self, key: &'static str) -> impl Iterator<Item = (usize, &Vec<String>)> {
        self.sections.iter().filter_map(move |section| section.names(key))
    }

    fn all_named(&self, key: &'static str) -> BTreeSet<&str> {
        self.named(key)
            .flat_map(|(_, names)| names)
            .map(String::as_str)
            .collect()
    }

    /// Of each list, that no two files in it have the same object: a list is replaced whole, so that nobody gets two. What is
    /// the same, and how it is called, says `objects_of`.
    fn check_lists(
        &self,
        settings: &Settings,
        key: &'static str,
        objects_of: impl for<'d> Fn(&'d Declared, &str) -> Vec<((&'d str, &'d str), String)>,
    ) -> Result<(), ConfigError> {
        for (line, names) in self.named(key) {
            let mut seen = BTreeMap::new();
            let objects = names.iter().flat_map(|name| {
                objects_of(&self.declared, name)
                    .into_iter()
                    .map(move |object| (name, object))
            });
            for (name, (resource, what)) in objects {
                let bare = what.rsplit('/').next().unwrap_or_default().to_owned();
                let Some(other) = seen.insert((resource, bare), name).filter(|other| *other != name) else {
                    continue;
                };
                let reason = format!("{key} {other} and {name} both have {what}; leave out one of them");
                return Err(of_fault(path_of_file(settings), Fault::at(line, reason)));
            }
        }
        Ok(())
    }
}

/// Manifests have their own names there.
fn key_of_secret(name: &str) -> String {
    format!("{SECRETS}/{name}")
}

fn path_of_file(settings: &Settings) -> &Path {
    settings.profiles_file.as_deref().unwrap_or(&settings.path)
}

/// The pull secrets are written by logins already.
fn check_taken(secret: &Declaration, folder: &Path, settings: &Settings) -> Result<(), ConfigError> {
    let pull_secret = settings.text("IMAGE_PULL_SECRET");
    let is_one_of_several = settings.text("IMAGE_PULL_SECRET_PER_REGISTRY") == "true"
        && secret
            .name
            .strip_prefix(pull_secret)
            .is_some_and(|rest| rest.starts_with('-'));
    if pull_secret.is_empty() || (secret.name != pull_secret && !is_one_of_several) {
        return Ok(());
    }
    let reason = format!(
        "logins write the Secret {} themselves (IMAGE_PULL_SECRET); take another name",
        secret.name
    );
    Err(of_fault(&path_of(folder, &secret.file), Fault::at(0, reason)))
}
