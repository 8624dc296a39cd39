//! In which clusters a login that is under way gets on.

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
    /// How many answers had brought it on when this was last looked at.
    progress: usize,
}

impl Heard {
    pub(super) fn listen_to(&self, cluster: &str, api: &Api) {
        self.note(cluster, Some(api.clone()));
    }

    pub(super) fn done_with(&self, cluster: &str) {
        self.note(cluster, None);
    }

    fn note(&self, cluster: &str, api: Option<Api>) {
        let asked = Asked { api, progress: 0 };
        self.clusters.borrow_mut().insert(cluster.to_owned(), asked);
    }

    /// Whether the work in each of so many clusters has got on since the last look, or is over. A cluster that only says that
    /// it is too busy, and a namespace whose deletion is awaited, would keep others waiting without an end.
    pub fn goes_on(&self, number: usize) -> bool {
        let mut clusters = self.clusters.borrow_mut();
        clusters.len() >= number && clusters.values_mut().all(Asked::goes_on)
    }
}

impl Asked {
    fn goes_on(&mut self) -> bool {
        let Some(api) = &self.api else { return true };
        has_got_on(&mut self.progress, api.progress())
    }
}

/// Whether there is more progress than before, which is noted; none says that the work waits.
fn has_got_on(before: &mut usize, progress: Option<usize>) -> bool {
    progress.is_some_and(|now| std::mem::replace(before, now) < now)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_answer_brings_the_work_on_once() {
        let mut before = 0;
        let looks =
            [Some(0), Some(1), Some(1), Some(2), None, Some(2), Some(4)].map(|now| has_got_on(&mut before, now));
        assert_eq!(looks, [false, true, false, true, false, false, true]);
    }

    #[test]
    fn a_cluster_that_is_not_connected_yet_does_not_go_on_and_one_that_is_done_with_keeps_nobody() {
        let heard = Heard::default();
        assert!(heard.goes_on(0) && !heard.goes_on(1));
        heard.done_with("prod");
        assert!(heard.goes_on(1) && !heard.goes_on(2));
        heard.done_with("test");
        assert!(heard.goes_on(2));
    }
}
