//! When the tokens in a user's home expire: before a login, and after it.

use std::collections::BTreeMap;
use std::time::SystemTime;

use super::renewed::Renewed;
use crate::renewal::Record;

/// When tokens expire, by cluster.
#[derive(Default)]
pub(super) struct Ends {
    /// Those that earlier logins and renewals wrote to the home: a cluster without one gets none from a renewal.
    in_home: BTreeMap<String, SystemTime>,
    /// What this login is about to write, once the walls are known; none if it has failed before that.
    promised: Option<Promised>,
}

/// What a login is about to write to the home.
pub(super) struct Promised {
    /// The clusters whose entries are written.
    pub written: Vec<String>,
    /// When those tokens expire that root renews.
    pub ends: BTreeMap<String, SystemTime>,
    /// Whether nothing has failed.
    pub is_whole: bool,
}

impl Ends {
    /// Adds what this record knows to be in the home, of clusters that root still renews; of those that this login does not
    /// work on, all that it says.
    pub fn find_in_home(&mut self, record: &Record, renewed: &Renewed) {
        // The first token of a cluster that did not reach the home is not there.
        let is_there = |(id, end): &(&String, &SystemTime)| {
            renewed.may_have(id) && (**end != SystemTime::UNIX_EPOCH || !renewed.is_here(id))
        };
        let in_home = record.ends.iter().filter(is_there);
        self.in_home.extend(in_home.map(|(id, end)| (id.clone(), *end)));
    }

    /// Those that were in the home before this login.
    pub fn in_home(&self) -> &BTreeMap<String, SystemTime> {
        &self.in_home
    }

    /// Notes what is about to be written.
    pub fn promise(&mut self, promised: Promised) {
        self.promised = Some(promised);
    }

    /// Whether anything was promised, and is not settled yet.
    pub fn is_promised(&self) -> bool {
        self.promised.is_some()
    }

    /// What there is to renew after this login, if the entries of the `withheld` clusters are not written, and whether root
    /// renews nothing that it promised, with nothing failed that may come yet; `None` if it has failed before.
    ///
    /// A cluster of which nothing is written keeps an earlier token, which is renewed as before, and no renewal may write any
    /// where there was none; one that is written without an end is renewed by somebody else.
    pub fn settle(&mut self, withheld: &[String]) -> Option<(BTreeMap<String, SystemTime>, bool)> {
        let promised = self.promised.take()?;
        let is_withheld = |id: &String| withheld.contains(id);
        let stays = |id: &String| is_withheld(id) || !promised.written.contains(id);
        let in_home = self.in_home.iter().filter(|(id, _)| stays(id));
        let written = promised.ends.iter().filter(|(id, _)| !is_withheld(id));
        let ends = in_home.chain(written).map(|(id, end)| (id.clone(), *end)).collect();
        Some((ends, promised.ends.is_empty() && promised.is_whole))
    }
}
