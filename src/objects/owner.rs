//! Whose a namespace is: the user's name, the uid and the site, each in an annotation that a login stamps.

use serde_json::{json, Map, Value};

use super::annotations::{annotation, LAST_HOOK_EXECUTION, OWNER};
use crate::naming::Username;

/// The uid of the owner's account: a name can be given to another person, who gets another uid.
pub const UID: &str = "openondemand.org/uid";
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
        tests
    }

    /// The operations that stamp a namespace.
    pub(super) fn stamp(&self) -> Vec<Value> {
        let add = |(key, value): (&str, String)| json!({ "op": "add", "path": annotation(key), "value": value });
        self.own().map(add).collect()
    }

    fn own(&self) -> impl Iterator<Item = (&'static str, String)> {
        let uid = self.uid.map(|uid| (UID, uid.to_string()));
        uid.into_iter().chain(self.site.clone().map(|site| (SITE, site)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn owner(uid: u32, site: Option<&str>) -> Owner {
        Owner {
            user: Username::parse("carol").unwrap(),
            uid: Some(uid),
            site: site.map(str::to_owned),
        }
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
