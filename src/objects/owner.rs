//! Whose a namespace is: the user's name, the uid and the site, each in an annotation that a login stamps.

use std::collections::BTreeSet;

use serde_json::{json, Map, Value};

use super::annotations::{annotation, CLAIMED, LAST_HOOK_EXECUTION, OWNER, SUSPENDED};
use crate::naming::Username;
use crate::user::{User, LOWEST_GROUP};

/// The uid of the owner's account: a name can be given to another person, who gets another uid.
pub const UID: &str = "openondemand.org/uid";
/// The primary group's id, with which admission policies compare pods.
pub const GID: &str = "openondemand.org/gid";
/// The ids of the user's other groups, with commas between them.
const GROUPS: &str = "openondemand.org/groups";
/// The largest id that a pod can have (Kubernetes `validation.IsValidUserID`).
const LARGEST_ID: u32 = i32::MAX as u32;
/// The name of the installation (`SITE`): users of two installations may have equal names.
pub const SITE: &str = "openondemand.org/site";

/// Who claims a namespace.
#[derive(Debug, Clone)]
pub struct Owner {
    /// The name, as the passwd database writes it.
    pub user: Username,
    /// The uid; `None` for a user who is made up.
    pub uid: Option<u32>,
    /// The installation, if it has a name.
    pub site: Option<String>,
    /// The groups; `None` if no policy asks for them.
    pub groups: Option<Groups>,
}

/// The groups of a user's account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Groups {
    /// The primary group's id.
    pub primary: u32,
    /// All group ids.
    pub all: Vec<u32>,
}

impl Groups {
    /// Those of a user.
    pub fn of(user: &User) -> Self {
        Self {
            primary: user.gid,
            all: user.groups.clone(),
        }
    }

    /// The groups beside the primary one that a login tells of, in order.
    pub(super) fn told(&self) -> Vec<u32> {
        let is_told = |gid: &u32| (LOWEST_GROUP..=LARGEST_ID).contains(gid) && *gid != self.primary;
        let all: BTreeSet<u32> = self.all.iter().copied().filter(is_told).collect();
        all.into_iter().collect()
    }

    /// The annotations that say so. Root's group is nobody's, and then no pod is accepted.
    fn stamps(&self) -> [(&'static str, String); 2] {
        let primary = Some(self.primary).filter(|gid| (1..=LARGEST_ID).contains(gid));
        let others: Vec<_> = self.told().iter().map(u32::to_string).collect();
        [
            (GID, primary.map_or_else(String::new, |gid| gid.to_string())),
            (GROUPS, others.join(",")),
        ]
    }
}

/// What the stamps of a live namespace say about an owner whose name is right.
#[derive(Debug, PartialEq, Eq)]
pub enum Stamps {
    /// All are the owner's.
    Right,
    /// One is missing, as an older version left it, and none contradicts.
    Missing,
    /// Another uid's.
    OtherUid(String),
    /// Another installation's.
    OtherSite(String),
    /// The owner is not let in, since this time.
    Suspended(String),
}

impl Owner {
    /// What the stamps of a namespace say.
    pub fn stamps(&self, live: &Value) -> Stamps {
        let said = |key: &str| live["metadata"]["annotations"][key].as_str();
        let uid = self.uid.map(|uid| uid.to_string());
        match (said(SITE), self.site.as_deref()) {
            (Some(site), own) if own != Some(site) => return Stamps::OtherSite(site.to_owned()),
            _ => {}
        }
        let suspended = &live["metadata"]["annotations"][SUSPENDED];
        if !suspended.is_null() {
            return Stamps::Suspended(suspended.as_str().unwrap_or_default().to_owned());
        }
        match (said(UID), uid) {
            (Some(said), Some(uid)) if said != uid => Stamps::OtherUid(said.to_owned()),
            (None, Some(_)) => Stamps::Missing,
            _ if self.site.is_some() && said(SITE).is_none() => Stamps::Missing,
            _ => Stamps::Right,
        }
    }

    /// The annotations of a new namespace.
    pub(super) fn annotations(&self, unix_seconds: u64) -> Value {
        let mut all = Map::new();
        all.insert(OWNER.into(), self.user.as_str().into());
        all.insert(LAST_HOOK_EXECUTION.into(), unix_seconds.to_string().into());
        all.insert(CLAIMED.into(), unix_seconds.to_string().into());
        self.own().for_each(|(key, value)| {
            all.insert(key.into(), value.into());
        });
        Value::Object(all)
    }

    /// The tests of a patch that only this owner's namespace passes, in one request. `null` is an annotation that is missing.
    pub(super) fn tests(&self, asks_for_uid: bool) -> Vec<Value> {
        let test = |key: &str, value: Value| json!({ "op": "test", "path": annotation(key), "value": value });
        let mut tests = vec![test(OWNER, self.user.as_str().into())];
        let uid = self.uid.filter(|_| asks_for_uid);
        tests.extend(uid.map(|uid| test(UID, uid.to_string().into())));
        tests.push(test(SITE, json!(self.site)));
        tests.push(test(SUSPENDED, Value::Null));
        tests
    }

    /// The operations that stamp a namespace.
    pub(super) fn stamp(&self) -> Vec<Value> {
        self.own().map(add).collect()
    }

    /// The groups' annotations of a namespace that has this owner's uid; none beside another one's, as they would be another
    /// account's.
    pub(super) fn groups_on(&self, live: &Value) -> Vec<(String, String)> {
        let said = live["metadata"]["annotations"][UID].as_str();
        let is_own = said.is_none() || said.map(str::to_owned) == self.uid.map(|uid| uid.to_string());
        let stamps = self.of_groups().filter(|_| is_own);
        stamps.map(|(key, value)| (annotation(key), value)).collect()
    }

    /// Whether a namespace has all stamps of this owner.
    pub fn is_stamped_on(&self, live: &Value) -> bool {
        let said = |key: &str| live["metadata"]["annotations"][key].as_str();
        self.own().all(|(key, value)| said(key) == Some(value.as_str()))
    }

    /// How many groups the namespace says that the user had, if there were several and now is none: a directory service that
    /// answers half looks so.
    pub fn has_lost_groups(&self, live: &Value) -> Option<usize> {
        let had = live["metadata"]["annotations"][GROUPS].as_str().unwrap_or_default();
        let had = had.split(',').filter(|group| !group.is_empty()).count();
        let mut now = self.of_groups().filter(|(key, _)| *key == GROUPS);
        (had > 1 && now.any(|(_, groups)| groups.is_empty())).then_some(had)
    }

    /// An account of which Kubernetes takes no pods.
    pub fn too_large(&self) -> Option<String> {
        let groups = self.groups.as_ref()?;
        let uid = self.uid.unwrap_or_default();
        let (what, id) = if uid > LARGEST_ID {
            ("uid", uid)
        } else if groups.primary > LARGEST_ID || groups.primary == 0 {
            ("primary group", groups.primary)
        } else {
            return None;
        };
        let user = &self.user;
        Some(format!("user {user} has the {what} {id}, which no pod may have (1 to {LARGEST_ID}), so the policy ondemand-pods refuses the user's pods; give the account another one"))
    }

    fn of_groups(&self) -> impl Iterator<Item = (&'static str, String)> {
        self.groups.as_ref().map(Groups::stamps).into_iter().flatten()
    }

    fn own(&self) -> impl Iterator<Item = (&'static str, String)> {
        let uid = self.uid.map(|uid| (UID, uid.to_string()));
        let site = self.site.clone().map(|site| (SITE, site));
        uid.into_iter().chain(site).chain(self.of_groups())
    }
}

fn add((key, value): (&str, String)) -> Value {
    json!({ "op": "add", "path": annotation(key), "value": value })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn owner(uid: u32, site: Option<&str>) -> Owner {
        Owner {
            user: Username::parse("carol").unwrap(),
            uid: Some(uid),
            site: site.map(str::to_owned),
            groups: None,
        }
    }

    #[test]
    fn groups_of_people_are_stamped_once_each_and_root_and_system_groups_never() {
        for (primary, all, gid, groups) in [
            (1000, vec![1000, 1001, 6, 0, 27, 1001], "1000", "1001"),
            (5, vec![5, 70_000, 2000], "5", "2000,70000"),
            (0, vec![0, 1000], "", "1000"),
            (u32::MAX - 1, vec![3_000_000_000], "", ""),
            (1000, vec![], "1000", ""),
        ] {
            let stamps = Groups { primary, all }.stamps();
            assert_eq!(stamps, [(GID, gid.to_owned()), (GROUPS, groups.to_owned())]);
        }
    }

    #[test]
    fn an_id_that_no_pod_may_have_is_told() {
        let of = |uid: u32, primary: u32| {
            let mut owner = owner(uid, None);
            owner.groups = Some(Groups { primary, all: vec![] });
            owner.too_large()
        };
        assert_eq!(of(1000, 1000), None);
        assert_eq!(of(i32::MAX as u32, 1), None);
        for (uid, gid) in [(i32::MAX as u32 + 1, 1000), (1000, 3_000_000_000), (1000, 0)] {
            assert!(of(uid, gid).unwrap().contains("no pod may have"));
        }
        assert_eq!(owner(u32::MAX - 1, None).too_large(), None, "nobody asks");
    }

    #[test]
    fn whoever_is_suspended_is_so_whatever_else_the_stamps_say_but_a_site_of_others() {
        for since in ["1795291950", "", "soon"] {
            let mut live = live(Some("8"), None);
            live["metadata"]["annotations"][SUSPENDED] = since.into();
            assert_eq!(owner(7, None).stamps(&live), Stamps::Suspended(since.into()));
            live["metadata"]["annotations"][SITE] = "north".into();
            assert_eq!(owner(7, None).stamps(&live), Stamps::OtherSite("north".into()));
        }
        let tests = owner(7, None).tests(false);
        let test = json!({ "op": "test", "path": annotation(SUSPENDED), "value": null });
        assert!(tests.contains(&test), "in the claim's own request: {tests:?}");
    }

    fn live(uid: Option<&str>, site: Option<&str>) -> Value {
        json!({ "metadata": { "annotations": { OWNER: "carol", UID: uid, SITE: site } } })
    }

    #[test]
    fn stamps_are_right_missing_or_anothers() {
        let cases = [
            (owner(7, None), live(Some("7"), None), Stamps::Right),
            (owner(7, None), live(None, None), Stamps::Missing),
            (owner(7, None), live(Some("8"), None), Stamps::OtherUid("8".into())),
            (
                owner(7, None),
                live(Some("7"), Some("north")),
                Stamps::OtherSite("north".into()),
            ),
            (
                owner(7, Some("south")),
                live(Some("7"), Some("north")),
                Stamps::OtherSite("north".into()),
            ),
            (owner(7, Some("north")), live(Some("7"), Some("north")), Stamps::Right),
            (owner(7, Some("north")), live(Some("7"), None), Stamps::Missing),
            (
                owner(7, Some("north")),
                live(Some("07"), None),
                Stamps::OtherUid("07".into()),
            ),
        ];
        for (owner, live, right) in cases {
            assert_eq!(owner.stamps(&live), right, "{owner:?} {live}");
        }
    }
}
