//! The files that sections name, manifests and declared secrets: read once the sections are known, and kept with them.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::fault::Fault;
use super::folder::{of_fault, path_of};
use super::manifests::{self, Manifests, Rules};
use super::secrets::{self, Declaration, Secrets};
use super::section::Section;
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

/// The texts of files by their names; those of declared secrets begin with [`SECRETS`].
pub type Texts = BTreeMap<String, String>;

/// The sections that name files, and what holds for all of them.
#[derive(Clone, Copy)]
pub struct Naming<'s> {
    /// The sections.
    pub sections: &'s [Section],
    /// What manifests may do.
    pub rules: &'s Rules,
}

impl Naming<'_> {
    /// Reads the files that the sections name, with their texts, to be kept. Where none are named, nothing is read.
    pub fn read(self, settings: &Settings) -> Result<(Declared, Texts), ConfigError> {
        let (mut declared, mut texts) = (Declared::default(), Texts::new());
        if self.lists(MANIFESTS).next().is_some() {
            (declared.manifests, texts) = self.manifests(settings)?;
        }
        if self.lists(SECRETS).next().is_some() {
            let (secrets, more) = self.secrets(settings)?;
            declared.secrets = secrets;
            texts.extend(more.into_iter().map(|(name, text)| (key_of_secret(&name), text)));
        }
        Ok((declared, texts))
    }

    fn manifests(self, settings: &Settings) -> Result<(Manifests, Texts), ConfigError> {
        if let Some(fault) = settings.fault_of(&["MANIFESTS_DIR"]) {
            return Err(fault.clone());
        }
        if let Some(role) = settings.reaper.as_ref().map(|reaper| &reaper.role) {
            if self.rules.bind.contains(role) {
                let reason = format!(
                    "manifests.bind has {role}, which is JOB_POD_REAPER_ROLE and cannot be given by manifests; bind a role of your own"
                );
                return Err(of_fault(path_of_file(settings), Fault::at(0, reason)));
            }
        }
        let (manifests, texts) =
            manifests::in_folder(&settings.manifests_dir, self.rules).named(self.names(MANIFESTS))?;
        self.check_lists(settings, MANIFESTS, |name| {
            let objects = manifests[name].iter();
            objects
                .map(|it| {
                    (
                        format!("{:?}", it.kind.resource()),
                        it.kind.kind.as_ref(),
                        it.name.as_str(),
                    )
                })
                .collect()
        })?;
        Ok((manifests, texts))
    }

    fn secrets(self, settings: &Settings) -> Result<(Secrets, Texts), ConfigError> {
        if let Some(fault) = settings.fault_of(&["SECRETS_DIR"]) {
            return Err(fault.clone());
        }
        let Some(folder) = &settings.secrets_dir else {
            let line = self.lists(SECRETS).next().map_or(0, |(line, _)| line);
            let reason = "secrets are named, and SECRETS_DIR is not set; set it in hook.env, for example to /etc/ood/config/k8s-secrets.d";
            return Err(of_fault(path_of_file(settings), Fault::at(line, reason)));
        };
        let (secrets, texts) = secrets::in_folder(folder).named(self.names(SECRETS))?;
        secrets
            .values()
            .try_for_each(|one| check_taken(one, folder, settings))?;
        self.check_lists(settings, SECRETS, |name| {
            vec![(String::new(), "Secret", secrets[name].name.as_str())]
        })?;
        Ok((secrets, texts))
    }

    /// The same from texts that were kept.
    pub fn kept(self, texts: &Texts) -> Option<Declared> {
        let manifest = |name: &str| Some((name.to_owned(), manifests::parse(texts.get(name)?, self.rules).ok()?));
        let secret = |name: &str| {
            let text = texts.get(&key_of_secret(name))?;
            Some((name.to_owned(), secrets::parse(name, text).ok()?))
        };
        Some(Declared {
            manifests: self.names(MANIFESTS).into_iter().map(manifest).collect::<Option<_>>()?,
            secrets: self.names(SECRETS).into_iter().map(secret).collect::<Option<_>>()?,
        })
    }

    /// The lists under a key, with the line of each.
    fn lists(&self, key: &'static str) -> impl Iterator<Item = (usize, &Vec<String>)> {
        self.sections.iter().filter_map(move |section| section.names(key))
    }

    fn names(&self, key: &'static str) -> BTreeSet<&str> {
        self.lists(key)
            .flat_map(|(_, names)| names)
            .map(String::as_str)
            .collect()
    }

    /// Of each list, that no two files in it have the same object: a list is replaced whole, so that nobody gets two.
    /// `objects_of` says which a file has: its resource, its kind and its name.
    fn check_lists<'d>(
        &self,
        settings: &Settings,
        key: &'static str,
        objects_of: impl Fn(&str) -> Vec<(String, &'d str, &'d str)>,
    ) -> Result<(), ConfigError> {
        for (line, names) in self.lists(key) {
            let mut seen = BTreeMap::new();
            let objects = names
                .iter()
                .flat_map(|file| objects_of(file).into_iter().map(move |object| (file, object)));
            for (file, (resource, kind, name)) in objects {
                let other = seen.insert((resource, name), file).filter(|other| *other != file);
                if let Some(other) = other {
                    let reason = format!("{key} {other} and {file} both have {kind}/{name}; leave out one of them");
                    return Err(of_fault(path_of_file(settings), Fault::at(line, reason)));
                }
            }
        }
        Ok(())
    }
}

impl Declared {
    /// This, and what else is in the directories: objects of those may have to go. The second value is what is wrong with files
    /// that no section names.
    pub fn with_all(&self, rules: &Rules, settings: &Settings) -> Result<(Self, Vec<ConfigError>), ConfigError> {
        let (manifests, mut wrong) = manifests::in_folder(&settings.manifests_dir, rules).all()?;
        let mut all = Self {
            manifests,
            secrets: Secrets::new(),
        };
        if let Some(folder) = &settings.secrets_dir {
            let (secrets, more) = secrets::in_folder(folder).all()?;
            wrong.extend(more);
            for (name, secret) in secrets {
                match check_taken(&secret, folder, settings) {
                    Ok(()) => drop(all.secrets.insert(name, secret)),
                    Err(fault) => wrong.push(fault),
                }
            }
        }
        all.manifests.extend(self.manifests.clone());
        all.secrets.extend(self.secrets.clone());
        Ok((all, wrong))
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
