//! How a namespace gets from what one profile asked for to what another one asks for: pure, from the live namespace alone.

use serde_json::{json, Value};

use super::annotations::{annotation, label};
use super::applied::{Applied, Entry, APPLIED};
use super::kind::Kind;
use super::owner::Owner;
use super::profile::Extras;

/// The steps, in their order.
#[derive(Debug, PartialEq)]
pub struct Transition {
    /// The patch before anything is made: it notes what there is and what will be there, so that a death in between loses
    /// nothing, and writes groups, labels and annotations.
    pub begin: Option<Value>,
    /// The same without what the profile says of the namespace itself, which admission policies may refuse.
    pub begin_without_profile: Option<Value>,
    /// The objects that go.
    pub leaving: Vec<(Kind, String)>,
    /// The patch once they are gone.
    pub end: Option<Value>,
}

/// What has to change on the namespace `live` of this owner; `None` if it is as it should be. Without `extras`, what a profile
/// has put there stays.
pub fn transition(live: &Value, owner: &Owner, extras: Option<&Extras>) -> Option<Transition> {
    let before = Applied::on(live);
    let wanted = extras.map_or_else(|| before.clone(), |extras| wanted(&before, extras));
    let both: Applied = before.0.union(&wanted.0).cloned().collect();
    let is_missing = |(place, value): &(String, String)| live.pointer(place) != Some(&Value::from(value.as_str()));
    let add = |(place, value): (String, String)| json!({ "op": "add", "path": place, "value": value });
    let of_owner = owner.groups_on(live).into_iter().filter(is_missing);
    let mut writes: Vec<Value> = of_owner.map(add).collect();
    let noted = live["metadata"]["annotations"].get(APPLIED).cloned();
    let mut noted_then = noted.clone();
    if both != before {
        writes.push(note(&both));
        noted_then = both.text().map(Value::from);
    }
    let patch = |writes: Vec<Value>| (!writes.is_empty()).then(|| guarded(owner, noted.as_ref(), writes));
    let begin_without_profile = patch(writes.clone());
    writes.extend(extras.into_iter().flat_map(Extras::places).filter(is_missing).map(add));
    let begin = patch(writes);
    let gone: Vec<&Entry> = before.0.difference(&wanted.0).collect();
    let removals = gone.iter().filter_map(|entry| removal(live, entry));
    let end = (both != wanted).then(|| guarded(owner, noted_then.as_ref(), removals.chain([note(&wanted)]).collect()));
    let leaving = gone.into_iter().filter_map(|entry| match entry {
        Entry::Object(kind, name) if !wanted.has_resource(*kind, name) => Some((*kind, name.clone())),
        _ => None,
    });
    (begin.is_some() || end.is_some()).then(|| Transition {
        begin,
        begin_without_profile,
        leaving: leaving.collect(),
        end,
    })
}

/// What is to be there, with what only a later version of this program knows.
fn wanted(before: &Applied, extras: &Extras) -> Applied {
    let mut wanted = extras.applied();
    let is_unknown = |entry: &&Entry| matches!(entry, Entry::Unknown(_));
    wanted.0.extend(before.0.iter().filter(is_unknown).cloned());
    wanted
}

fn removal(live: &Value, entry: &Entry) -> Option<Value> {
    let place = match entry {
        Entry::Label(key) => label(key),
        Entry::Annotation(key) => annotation(key),
        Entry::Object(..) | Entry::Unknown(_) => return None,
    };
    live.pointer(&place)?;
    Some(json!({ "op": "remove", "path": place }))
}

fn note(applied: &Applied) -> Value {
    match applied.text() {
        Some(text) => json!({ "op": "add", "path": annotation(APPLIED), "value": text }),
        None => json!({ "op": "remove", "path": annotation(APPLIED) }),
    }
}

/// Fails unless the namespace is still this owner's and its note is still this one: two logins at once do not undo each other.
fn guarded(owner: &Owner, noted: Option<&Value>, writes: Vec<Value>) -> Value {
    let mut patch = owner.tests(false);
    patch.push(json!({ "op": "test", "path": annotation(APPLIED), "value": noted }));
    patch.extend(writes);
    patch.into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::naming::Username;
    use crate::objects::object::{Object, Upkeep};

    fn extras(notes: &[&str]) -> Extras {
        let object = |note: &&str| {
            let (kind, name) = note.split_once('/').unwrap();
            Object {
                kind: Kind::noted(kind).unwrap(),
                name: name.to_owned(),
                body: Value::Null,
                upkeep: Upkeep::default(),
            }
        };
        Extras {
            objects: notes.iter().map(object).collect(),
            ..Extras::default()
        }
    }

    fn leaving(noted: &str, wanted: &[&str]) -> (Vec<String>, bool) {
        let owner = Owner {
            user: Username::parse("ann").unwrap(),
            uid: None,
            site: None,
            groups: None,
        };
        let live = json!({ "metadata": { "annotations": { APPLIED: noted } } });
        let found = transition(&live, &owner, Some(&extras(wanted))).unwrap();
        let names = found
            .leaving
            .iter()
            .map(|(kind, name)| format!("{}/{name}", kind.note()));
        (names.collect(), found.end.is_some())
    }

    #[test]
    fn what_no_profile_asks_for_goes_and_the_note_says_so_afterwards() {
        let (leaving, is_noted) = leaving("ConfigMap/a ConfigMap/b ResourceQuota/ondemand", &["ConfigMap/b"]);
        assert_eq!(leaving, ["ResourceQuota/ondemand", "ConfigMap/a"]);
        assert!(is_noted);
    }

    #[test]
    fn the_same_object_in_a_newer_version_of_its_group_does_not_go() {
        let queue = |version: &str, name: &str| format!("LocalQueue.localqueues.{version}.kueue.x-k8s.io/{name}");
        let (leaving, is_noted) = leaving(
            &[queue("v1beta1", "jobs"), queue("v1beta1", "old")].join(" "),
            &[&queue("v1beta2", "jobs")],
        );
        assert_eq!(leaving, [queue("v1beta1", "old")]);
        assert!(is_noted);
    }
}
