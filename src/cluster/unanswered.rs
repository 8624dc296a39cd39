//! Remembers, between logins, a cluster that did not answer: the next logins do not wait for it as long as the first one did.
//!
//! A file of root's below `/run`, one for each server, which holds nothing that is needed and may vanish at any time.

use std::fs::File;
use std::io::Write as _;
use std::path::Path;
use std::time::{Duration, SystemTime};

use crate::door::{self, FileFault, Place};
use crate::time::unix_seconds;

const DIRECTORY: &str = "/run/ood-k8s/unanswered";
/// How long nobody waits for the cluster; after that, one login at a time does.
const QUIET: u64 = 30;
/// What a login gives a cluster that did not answer: many round trips of one that is well.
const SHORT: Duration = Duration::from_millis(250);

/// Why nothing is remembered, if the directory cannot be used. One that does not exist yet is no reason.
pub fn directory_of_unanswered_fault() -> Option<FileFault> {
    door::open_private(Path::new(DIRECTORY), false).err()
}

/// What is remembered of one cluster.
#[derive(Debug)]
pub struct Unanswered {
    place: Option<Place>,
    patience: Patience,
}

/// How long a login waits for the first answer.
#[derive(Debug)]
enum Patience {
    /// As long as for any cluster.
    Whole,
    /// The same, while others do not: the lock says so.
    Trying { _lock: File },
    /// Not for long.
    Short,
}

impl Unanswered {
    /// Looks up what is remembered of a server.
    pub fn of(server: &str) -> Self {
        let directory = door::open_private(Path::new(DIRECTORY), true).ok().flatten();
        let place = directory.map(|directory| directory.place(name_of(server)));
        let patience = place
            .as_ref()
            .map_or(Patience::Whole, |place| patience(place, SystemTime::now()));
        Self { place, patience }
    }

    /// The time for the first answer, if it is short.
    pub fn limit(&self) -> Option<Duration> {
        matches!(self.patience, Patience::Short).then_some(SHORT)
    }

    /// The cluster has answered, whatever it said.
    pub fn answered(self) {
        if let Some(place) = &self.place {
            let _ = place.remove();
        }
    }

    /// The cluster did not answer. A login that gave it little time says nothing new.
    pub fn did_not_answer(self, server: &str) {
        let (Some(place), None) = (&self.place, self.limit()) else {
            return;
        };
        if let Ok(mut file) = place.open_or_create() {
            let _ = file.set_len(0);
            let _ = writeln!(file, "{server} did not answer");
        }
    }
}

fn patience(place: &Place, now: SystemTime) -> Patience {
    let Ok(stat) = place.stat() else {
        return Patience::Whole;
    };
    let written = u64::try_from(stat.st_mtime).unwrap_or_default();
    // A time in the future is that of a clock which was wrong.
    if unix_seconds(now).checked_sub(written).is_some_and(|age| age < QUIET) {
        return Patience::Short;
    }
    match place.open() {
        Ok(file) if file.try_lock().is_ok() => Patience::Trying { _lock: file },
        Ok(_) => Patience::Short,
        Err(_) => Patience::Whole,
    }
}

/// A file name for a URL.
fn name_of(server: &str) -> String {
    let plain = |c: char| {
        if c.is_ascii_alphanumeric() || c == '.' || c == '-' {
            c
        } else {
            '_'
        }
    };
    let name: String = server.chars().map(plain).collect();
    // Long ones differ at the end.
    name.chars().skip(name.len().saturating_sub(200)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(folder: &tempfile::TempDir) -> Place {
        let directory = door::Directory::open(folder.path()).unwrap();
        directory.place(name_of("https://k8s.example.org:6443/x"))
    }

    fn folder() -> tempfile::TempDir {
        tempfile::tempdir().unwrap()
    }

    fn looked_up(place: &Place, later: u64) -> Unanswered {
        let now = SystemTime::now() + Duration::from_secs(later);
        Unanswered {
            place: Some(place.clone()),
            patience: patience(place, now),
        }
    }

    #[test]
    fn a_cluster_that_did_not_answer_is_given_little_time_for_half_a_minute() {
        let folder = folder();
        let place = place(&folder);
        assert_eq!(looked_up(&place, 0).limit(), None);
        looked_up(&place, 0).did_not_answer("it");
        for later in [0, 10, 28] {
            assert_eq!(looked_up(&place, later).limit(), Some(SHORT), "{later}");
        }
        assert_eq!(looked_up(&place, 31).limit(), None);
    }

    #[test]
    fn then_one_at_a_time_waits_and_the_others_do_not() {
        let folder = folder();
        let place = place(&folder);
        looked_up(&place, 0).did_not_answer("it");
        let trying = looked_up(&place, 31);
        assert_eq!((trying.limit(), looked_up(&place, 31).limit()), (None, Some(SHORT)));
        drop(trying);
        assert_eq!(looked_up(&place, 31).limit(), None);
    }

    #[test]
    fn a_login_that_gave_it_little_time_does_not_make_the_next_ones_do_so() {
        let folder = folder();
        let place = place(&folder);
        looked_up(&place, 0).did_not_answer("it");
        let before = place.stat().unwrap().st_mtime_nsec;
        looked_up(&place, 5).did_not_answer("it");
        assert_eq!(place.stat().unwrap().st_mtime_nsec, before);
    }

    #[test]
    fn the_first_answer_ends_it() {
        let folder = folder();
        let place = place(&folder);
        looked_up(&place, 0).did_not_answer("it");
        looked_up(&place, 0).answered();
        assert_eq!(looked_up(&place, 0).limit(), None);
        looked_up(&place, 0).answered();
    }

    #[test]
    fn a_time_in_the_future_is_not_believed() {
        let folder = folder();
        let place = place(&folder);
        looked_up(&place, 0).did_not_answer("it");
        let hour_ago = SystemTime::now() - Duration::from_secs(3600);
        assert!(!matches!(patience(&place, hour_ago), Patience::Short));
    }

    #[test]
    fn without_the_directory_nothing_is_remembered() {
        let nowhere = Unanswered {
            place: None,
            patience: Patience::Whole,
        };
        nowhere.did_not_answer("it");
    }

    #[test]
    fn a_url_is_a_file_name() {
        assert_eq!(
            name_of("https://k8s.example.org:6443/x"),
            "https___k8s.example.org_6443_x"
        );
        assert_eq!(name_of(&"https://é/".repeat(50)).len(), 200);
    }
}
