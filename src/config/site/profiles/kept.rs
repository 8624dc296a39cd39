//! What holds of the profiles file: the file itself, or, while it cannot be used, what was last read from it well.

use std::path::Path;
use std::time::{Duration, SystemTime};

use super::copy::{bundle, unbundle};
use super::file::ProfilesFile;
use super::remembered;
use super::state::{self, name_of, StateError};
use crate::config::raw::files::{read_secret_at, read_trusted};
use crate::config::raw::ConfigError;
use crate::config::site::settings::Settings;
use crate::time::{for_a_person, unix_seconds};

/// Root's own directory of copies, one for each hook.env.
pub const DIRECTORY: &str = "/var/lib/ood-k8s/profiles";
const MISSING: &str = "write one, or remove PROFILES_FILE from hook.env";

/// The state of the profiles file.
#[derive(Debug, Default)]
pub enum Profiles {
    /// The site has none.
    #[default]
    Unset,
    /// It can be used.
    Read {
        /// What it says.
        file: Box<ProfilesFile>,
        /// The same as text, with the files that it names, to keep it.
        text: String,
    },
    /// It cannot, and what was last read well holds.
    Kept {
        /// What it said.
        file: Box<ProfilesFile>,
        /// What is wrong with it now.
        fault: ConfigError,
        /// When it was kept, in Unix seconds.
        since: u64,
    },
    /// It cannot, and there is no copy. Then nothing is added to namespaces, and nothing is taken away.
    Unknown {
        /// What is wrong with it.
        fault: ConfigError,
        /// Whether something in it says that there are rules who may.
        may_restrict: bool,
    },
}

impl Profiles {
    /// Reads the file that the settings name, or the copy.
    pub fn of(settings: &Settings) -> Self {
        let (text, read) = match (settings.fault_of(&["PROFILES_FILE"]), &settings.profiles_file) {
            (Some(fault), _) => (String::new(), Err(fault.clone())),
            (None, None) => return Self::Unset,
            (None, Some(path)) => read(path),
        };
        let with_named = |mut file: ProfilesFile| {
            let texts = file.read_named(settings)?;
            Ok((file, texts))
        };
        match read.and_then(with_named) {
            Ok((file, texts)) => Self::Read {
                file: Box::new(file),
                text: bundle(&text, &texts),
            },
            Err(fault) => Self::fallen(settings, &text, fault),
        }
    }

    fn fallen(settings: &Settings, text: &str, fault: ConfigError) -> Self {
        let kept = kept(&settings.path);
        let named = |text: &str| text.lines().any(|line| line.starts_with("access"));
        let may_restrict = named(text) || kept.as_ref().is_some_and(|(copy, _)| named(unbundle(copy).0));
        let file = kept.and_then(|(copy, since)| {
            let (text, named) = unbundle(&copy);
            let file = ProfilesFile::of_bytes(&settings.path, text.as_bytes()).ok()?;
            Some((file.with_named(&named)?, since))
        });
        match file {
            Some((file, since)) => Self::Kept {
                file: Box::new(file),
                fault,
                since,
            },
            None => Self::Unknown { fault, may_restrict },
        }
    }

    /// What holds; `None` if the site has no profiles file, or nobody knows what it says.
    pub fn file(&self) -> Option<&ProfilesFile> {
        match self {
            Self::Read { file, .. } | Self::Kept { file, .. } => Some(file),
            Self::Unset | Self::Unknown { .. } => None,
        }
    }

    /// What is wrong with the file.
    pub fn fault(&self) -> Option<&ConfigError> {
        match self {
            Self::Kept { fault, .. } | Self::Unknown { fault, .. } => Some(fault),
            Self::Unset | Self::Read { .. } => None,
        }
    }

    /// What logins do about it.
    pub fn consequence(&self) -> Option<String> {
        match self {
            Self::Unset | Self::Read { .. } => None,
            Self::Kept { since, .. } => {
                let now = unix_seconds(SystemTime::now());
                let age = for_a_person(Duration::from_secs(now.saturating_sub(*since)));
                Some(format!(
                    "PROFILES_FILE cannot be used, so logins go by what was last read from it well, {age} ago"
                ))
            }
            Self::Unknown { may_restrict: true, .. } => {
                Some("PROFILES_FILE cannot be used, has access, and was never read well here, so every login is refused".into())
            }
            Self::Unknown { .. } => Some(
                "PROFILES_FILE cannot be used and was never read well here, so logins change nothing that profiles ask for"
                    .into(),
            ),
        }
    }

    /// Whether logins have kept anything, of the file or of users.
    pub fn keeps_something(settings: &Settings) -> Result<bool, StateError> {
        let is_kept = state::names(Path::new(DIRECTORY))?.contains(&name_of(&settings.path));
        Ok(is_kept || remembered::is_anybody(&settings.path)?)
    }

    /// Forgets all of it.
    pub fn forget_all(settings: &Settings) -> Result<(), StateError> {
        remembered::forget_all(&settings.path)?;
        state::forget(Path::new(DIRECTORY), &name_of(&settings.path))
    }

    /// Keeps what was read well, for a login that cannot read it. A file that says nothing of users is kept only instead of
    /// one that did.
    pub fn keep(&self, settings: &Settings) -> Result<(), StateError> {
        let Self::Read { file, text } = self else {
            return Ok(());
        };
        let says_nothing = file.sections.is_empty() && !file.access.is_restricted();
        match kept(&settings.path) {
            Some((old, _)) if old == *text => return Ok(()),
            None if says_nothing => return Ok(()),
            _ => {}
        }
        state::write(Path::new(DIRECTORY), &name_of(&settings.path), text.clone())
    }
}

/// The text of the file, as far as it can be read, and what it says.
fn read(path: &Path) -> (String, Result<ProfilesFile, ConfigError>) {
    match read_trusted(path, MISSING) {
        Err(fault) => (String::new(), Err(fault)),
        Ok(content) => {
            let text = String::from_utf8_lossy(&content.bytes).into_owned();
            (text, ProfilesFile::of_bytes(path, &content.bytes))
        }
    }
}

/// The copy, and when it was written. By the path of hook.env: a wrong `PROFILES_FILE` finds it too.
fn kept(hook_env: &Path) -> Option<(String, u64)> {
    let place = state::place(Path::new(DIRECTORY), &name_of(hook_env))?;
    let content = read_secret_at(&place, MISSING).ok()?;
    let written = place.stat().ok()?.st_mtime;
    Some((
        String::from_utf8(content.bytes).ok()?,
        u64::try_from(written).unwrap_or_default(),
    ))
}
