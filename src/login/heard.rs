//! Which clusters go on answering, while a login is under way.

use std::cell::RefCell;
use std::collections::BTreeMap;

use crate::cluster::Api;

/// The connections of one login.
#[derive(Default)]
pub struct Heard {
    clusters: RefCell<BTreeMap<String, Asked>>,
}

/// One cluster that is asked, until the work there is done, or has failed.
struct Asked {
    api: Option<Api>,
    /// How many answers there were when this was last looked at.
    answers: usize,
}

impl Heard {
    pub(super) fn listen_to(&self, cluster: &str, api: &Api) {
        self.note(cluster, Some(api.clone()));
    }

    pub(super) fn done_with(&self, cluster: &str) {
        self.note(cluster, None);
    }

    fn note(&self, cluster: &str, api: Option<Api>) {
        let asked = Asked { api, answers: 0 };
        self.clusters.borrow_mut().insert(cluster.to_owned(), asked);
    }

    /// Whether each of so many clusters has answered something since the last look, or nothing is asked of it any more.
    pub fn goes_on(&self, number: usize) -> bool {
        let mut clusters = self.clusters.borrow_mut();
        clusters.len() >= number && clusters.values_mut().all(Asked::goes_on)
    }
}

impl Asked {
    fn goes_on(&mut self) -> bool {
        let Some(api) = &self.api else { return true };
        let before = std::mem::replace(&mut self.answers, api.answers());
        self.answers > before
    }
}
