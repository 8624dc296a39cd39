//! Metrics of `users`: how many namespaces each cluster has, by state.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::path::Path;
use std::time::SystemTime;

use super::text::{parse, Writer, LOCK_WAIT};
use crate::store::{self, StoreError};
use crate::time::unix_seconds;

const NAMESPACES: &str = "ood_k8s_users_namespaces";
const ORPHANED: &str = "ood_k8s_users_orphaned_namespaces";
const LAST_SUCCESS: &str = "ood_k8s_users_last_success_timestamp_seconds";
/// Each metric, and what it says.
const ALL: [(&str, &str); 3] = [
    (NAMESPACES, "Namespaces of users by state, as last listed."),
    (
        ORPHANED,
        "Namespaces whose owner is not in the passwd database, as last listed.",
    ),
    (LAST_SUCCESS, "When the namespaces were last listed."),
];

/// What one cluster has.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NamespaceCounts {
    /// How many namespaces have each state, all of them in here.
    pub states: BTreeMap<&'static str, u64>,
    /// How many have an owner without an account.
    pub orphaned: u64,
}

/// Writes the counts of the clusters that were listed, and keeps those of `unlisted` from an earlier run.
pub fn write_namespaces(
    path: &Path,
    counts: &BTreeMap<String, NamespaceCounts>,
    unlisted: &[String],
) -> Result<(), StoreError<Infallible>> {
    let now = unix_seconds(SystemTime::now());
    let edit = |old: &str| Ok(Some(text(old, counts, unlisted, now).into()));
    store::publish(path, LOCK_WAIT, edit).map(|_| ())
}

fn text(old: &str, counts: &BTreeMap<String, NamespaceCounts>, unlisted: &[String], now: u64) -> String {
    let mut text = String::new();
    let mut to = Writer { text: &mut text };
    for (name, help) in ALL {
        to.begin(name, "gauge", help);
        for (id, of) in counts {
            let cluster = ("cluster", id.as_str());
            match name {
                NAMESPACES => of
                    .states
                    .iter()
                    .for_each(|(state, count)| to.line(name, &[cluster, ("state", state)], count)),
                ORPHANED => to.line(name, &[cluster], of.orphaned),
                _ => to.line(name, &[cluster], now),
            }
        }
        for (known, labels, value) in old.lines().filter_map(parse) {
            let is_kept = labels.get("cluster").is_some_and(|id| unlisted.contains(id));
            let value = value.parse::<u64>().ok().filter(|_| known == name && is_kept);
            let labels: Vec<_> = labels.iter().map(|(label, value)| (*label, value.as_str())).collect();
            value.iter().for_each(|value| to.line(name, &labels, value));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cluster_that_was_not_listed_keeps_what_was_known_and_one_that_is_gone_leaves() {
        let counts = |active| NamespaceCounts {
            states: BTreeMap::from([("active", active), ("suspended", 0)]),
            orphaned: 1,
        };
        let all = |active| ["a", "b", "c"].map(|id| (id.to_owned(), counts(active)));
        let first = text("", &BTreeMap::from(all(7)), &[], 1000);
        let second = text(
            &first,
            &BTreeMap::from([("a".to_owned(), counts(8))]),
            &["b".to_owned()],
            2000,
        );
        for line in [
            "ood_k8s_users_namespaces{cluster=\"a\",state=\"active\"} 8",
            "ood_k8s_users_namespaces{cluster=\"b\",state=\"active\"} 7",
            "ood_k8s_users_namespaces{cluster=\"a\",state=\"suspended\"} 0",
            "ood_k8s_users_orphaned_namespaces{cluster=\"b\"} 1",
            "ood_k8s_users_last_success_timestamp_seconds{cluster=\"a\"} 2000",
            "ood_k8s_users_last_success_timestamp_seconds{cluster=\"b\"} 1000",
        ] {
            assert!(second.lines().any(|written| written == line), "no {line} in {second}");
        }
        assert!(!second.contains("cluster=\"c\""), "{second}");
    }
}
