//! What root's files say of declared secrets: each is read once, when the profile of a user first asks for it.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use crate::config::profiles::{Declaration, Profile, ReadSecret};

/// The declared secrets that were asked for, by the names of their files.
#[derive(Default)]
pub(super) struct ReadSecrets(Mutex<BTreeMap<String, Arc<ReadSecret>>>);

impl ReadSecrets {
    /// Those of a profile.
    pub fn of(&self, profile: &Profile) -> Vec<Arc<ReadSecret>> {
        let mut read = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let one = |declaration: &Arc<Declaration>| {
            let secret = read.entry(declaration.file.clone());
            Arc::clone(secret.or_insert_with(|| Arc::new(declaration.read_files(SystemTime::now()))))
        };
        profile.secrets().iter().map(one).collect()
    }
}
