//! The whole profiles file: its keys, and what its sections make together.

use std::collections::BTreeSet;
use std::path::Path;

use crate::config::raw::files::read_trusted;
use crate::config::raw::{tree, ConfigError};
use crate::config::site::settings::Settings;

use super::access::Access;
use super::declared::{Declared, Naming, Texts};
use super::fault::Fault;
use super::manifests::Rules;
use super::node::{self, Fields};
use super::person::Person;
use super::policies::Policies;
use super::profile::Profile;
use super::quarrel::Quarrel;
use super::rules;
use super::section::Section;

/// The profiles file.
#[derive(Debug, Default)]
pub struct ProfilesFile {
    /// The settings of the admission policies, which hold for all users.
    pub policies: Policies,
    /// Who may have namespaces.
    pub access: Access,
    /// The sections of `profiles`, from top to bottom.
    pub sections: Vec<Section>,
    /// What holds for all manifests.
    pub rules: Rules,
    /// What the sections name, once it is read.
    pub declared: Declared,
}

impl ProfilesFile {
    /// Reads and checks the whole file, and the files that its sections name.
    pub fn load(path: &Path, settings: &Settings) -> Result<Self, ConfigError> {
        let mut file = Self::load_alone(path)?;
        file.read_named(settings)?;
        Ok(file)
    }

    /// Reads the files that the sections name; returns their texts, to be kept.
    pub(super) fn read_named(&mut self, settings: &Settings) -> Result<Texts, ConfigError> {
        let (declared, texts) = self.naming().read(settings)?;
        self.declared = declared;
        Ok(texts)
    }

    /// The same from texts that were kept.
    pub(super) fn with_named(mut self, texts: &Texts) -> Option<Self> {
        self.declared = self.naming().kept(texts)?;
        Some(self)
    }

    fn naming(&self) -> Naming<'_> {
        Naming {
            sections: &self.sections,
            rules: &self.rules,
        }
    }

    /// What the sections name, and what else is in the directories, with what is wrong there.
    pub fn known(&self, settings: &Settings) -> Result<(Declared, Vec<ConfigError>), ConfigError> {
        self.declared.with_all(&self.rules, settings)
    }

    /// The same without those.
    pub fn load_alone(path: &Path) -> Result<Self, ConfigError> {
        let content = read_trusted(path, "write one, or remove PROFILES_FILE from hook.env")?;
        Self::of_bytes(path, &content.bytes)
    }

    /// Checks what was read from a path.
    pub fn of_bytes(path: &Path, bytes: &[u8]) -> Result<Self, ConfigError> {
        Self::parse(bytes).map_err(|Fault { line, reason }| ConfigError::Profiles {
            path: path.to_owned(),
            line,
            reason,
        })
    }

    pub(super) fn parse(bytes: &[u8]) -> Result<Self, Fault> {
        let text = std::str::from_utf8(bytes).map_err(|_| Fault::at(0, "is not UTF-8"))?;
        let documents = tree::read(text).map_err(|torn| Fault::at(torn.line, torn.reason))?;
        if let Some(line) = documents.doubled {
            return Err(Fault::at(line, "this key stands twice in its mapping; remove one"));
        }
        let policies = Policies::read(text)?;
        // That the rest is not there, and which keys there are, Policies::read has checked.
        let fields = Fields::of(
            &documents.first,
            "the file",
            &["version", "policies", "access", "manifests", "profiles"],
        )?;
        let rules = fields
            .get("manifests")
            .map(rules::read)
            .transpose()?
            .unwrap_or_default();
        let access = fields.get("access").map(Access::read).transpose()?.unwrap_or_default();
        let sections = match fields.get("profiles").filter(|node| !node.is_nil()) {
            None => Vec::new(),
            Some(node) => {
                let sections = node::items(node, "profiles")?.iter().zip(1..);
                sections
                    .map(|(node, number)| Section::read(node, number))
                    .collect::<Result<_, _>>()?
            }
        };
        Ok(Self {
            policies,
            access,
            sections,
            rules,
            declared: Declared::default(),
        })
    }

    /// Every group that a rule or a section names: only of these does anybody have to know whether the user is in them.
    pub fn groups(&self) -> Vec<String> {
        let of_sections = self.sections.iter().flat_map(|section| &section.conditions.groups);
        let all: BTreeSet<&String> = of_sections.chain(self.access.groups()).collect();
        all.into_iter().cloned().collect()
    }

    /// Every cluster that a section names, with the section's line.
    pub fn clusters(&self) -> impl Iterator<Item = (usize, &str)> {
        self.sections.iter().flat_map(|section| {
            let ids = section.conditions.clusters.iter();
            ids.map(|id| (section.line, id.as_str()))
        })
    }

    /// What a user gets in a cluster, by all sections that are about the user there.
    pub fn profile_of(&self, person: &Person<'_>, cluster: &str) -> Profile {
        let about = |section: &&Section| section.conditions.hold_for(person) && section.conditions.hold_in(cluster);
        let mut profile = Profile::of(self.sections.iter().filter(about).map(|section| &section.changes));
        let names = profile.manifests().unwrap_or_default().iter();
        let objects = names
            .filter_map(|name| self.declared.manifests.get(name))
            .flatten()
            .cloned();
        let secrets = profile.secret_names().unwrap_or_default().iter();
        let secrets = secrets.filter_map(|name| self.declared.secrets.get(name)).cloned();
        (profile.objects, profile.secrets) = (objects.collect(), secrets.collect());
        profile
    }

    /// What does not fit together where any two sections meet, with those for everybody: if one user gets both.
    pub fn possible_quarrels(&self) -> Vec<Quarrel> {
        let mut found = Vec::new();
        for (number, one) in self.sections.iter().enumerate() {
            for other in &self.sections[number..] {
                let both = self
                    .sections
                    .iter()
                    .filter(|section| [one.line, other.line].contains(&section.line) || section.conditions.are_none());
                add_new(&mut found, &Profile::of(both.map(|section| &section.changes)));
            }
        }
        found
    }

    /// What does not fit together where a section meets those for everybody, in each cluster that is named and in any
    /// other. Two sections for different users or groups are not compared: nobody knows here whether one user gets both.
    pub fn quarrels(&self) -> Vec<Quarrel> {
        let named = self.sections.iter().flat_map(|section| &section.conditions.clusters);
        let clusters: BTreeSet<&str> = named.map(String::as_str).chain([""]).collect();
        let mut found: Vec<Quarrel> = Vec::new();
        for cluster in clusters {
            let there = || {
                self.sections
                    .iter()
                    .filter(|section| section.conditions.hold_in(cluster))
            };
            let beside = |line: usize| {
                let both = there().filter(move |section| section.line == line || section.conditions.name_nobody());
                Profile::of(both.map(|section| &section.changes))
            };
            let alone = there().filter(|section| !section.conditions.name_nobody());
            // No section begins in line 0.
            let merged = std::iter::once(0).chain(alone.map(|section| section.line)).map(beside);
            merged.for_each(|profile| add_new(&mut found, &profile));
        }
        found
    }
}

/// Adds what does not fit together in a profile, each once.
fn add_new(found: &mut Vec<Quarrel>, profile: &Profile) {
    for quarrel in profile.quarrels() {
        if !found.contains(&quarrel) {
            found.push(quarrel);
        }
    }
}
