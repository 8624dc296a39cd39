//! What a profile puts into a namespace and on it.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::Value;

use super::annotations::{annotation, label, IMAGES, MAX_LIFETIME, NODE_SELECTOR, TOLERATIONS};
use super::applied::{Applied, Entry, APPLIED};
use super::declared_secrets;
use super::egress::egress_policy;
use super::kind::Kind;
use super::limits::{limit_range, quota};
use super::manifests;
use super::object::Object;
use crate::config::profiles::{Facts, Profile, ReadSecret};
use crate::naming::Namespace;

/// What a profile adds to a namespace. By default nothing.
#[derive(Debug, Clone, Default)]
pub struct Extras {
    /// Labels of the namespace.
    pub labels: BTreeMap<String, String>,
    /// Annotations of the namespace.
    pub annotations: BTreeMap<String, String>,
    /// Objects in it.
    pub objects: Vec<Object>,
    /// Objects that stay as they are, since something that they need is not known.
    pub unknown: Vec<(Kind, String)>,
    /// Why they do, a line each.
    pub notes: Vec<String>,
}

impl Extras {
    /// What a user gets by a profile.
    pub fn of(namespace: &Namespace, profile: &Profile, facts: &Facts, secrets: &[Arc<ReadSecret>]) -> Self {
        let owned = |(key, value): (&str, &str)| (key.to_owned(), value.to_owned());
        let mut annotations: BTreeMap<String, String> = profile.annotations().into_iter().map(owned).collect();
        annotations.extend(stamps(profile).map(|(key, value)| (key.to_owned(), value)));
        let egress = profile.egress().and_then(|egress| egress_policy(namespace, egress));
        let own = [quota(namespace, profile), limit_range(namespace, profile), egress];
        let (known, mut unknown) = manifests::objects(profile, facts);
        let mut notes: Vec<String> = unknown
            .iter()
            .map(|(kind, name)| without_address(*kind, name))
            .collect();
        let (handed, withheld, why) = declared_secrets::objects(namespace, secrets);
        unknown.extend(withheld);
        notes.extend(why);
        Self {
            labels: profile.labels().into_iter().map(owned).collect(),
            annotations,
            objects: own.into_iter().flatten().chain(known).chain(handed).collect(),
            unknown,
            notes,
        }
    }

    /// What is noted on the namespace, so that a later login takes away what is no longer asked for.
    pub fn applied(&self) -> Applied {
        let labels = self.labels.keys().cloned().map(Entry::Label);
        let annotations = self.annotations.keys().cloned().map(Entry::Annotation);
        let of_object = |object: &Object| Entry::Object(object.kind, object.name.clone());
        let unknown = self.unknown.iter().cloned();
        labels
            .chain(annotations)
            .chain(self.objects.iter().map(of_object))
            .chain(unknown.map(|(kind, name)| Entry::Object(kind, name)))
            .collect()
    }

    /// Writes what belongs on a namespace into a new one's labels and annotations.
    pub(super) fn put_into(&self, labels: &mut Value, annotations: &mut Value) {
        self.labels
            .iter()
            .for_each(|(key, value)| labels[key] = value.as_str().into());
        self.annotations
            .iter()
            .for_each(|(key, value)| annotations[key] = value.as_str().into());
        if let Some(text) = self.applied().text() {
            annotations[APPLIED] = text.into();
        }
    }

    /// Where each label and annotation is in the namespace, with its value.
    pub(super) fn places(&self) -> impl Iterator<Item = (String, String)> + '_ {
        let labels = self.labels.iter().map(|(key, value)| (label(key), value.clone()));
        let annotations = self.annotations.iter();
        labels.chain(annotations.map(|(key, value)| (annotation(key), value.clone())))
    }
}

/// The only value that is not known of everybody.
fn without_address(kind: Kind, name: &str) -> String {
    format!(
        "{}/{name} needs ${{user.email}}, and no token here has the claim (emailClaim in the profiles file), so it stays as it is; look at the claims of OnDemand's token",
        kind.name().to_lowercase()
    )
}

fn stamps(profile: &Profile) -> impl Iterator<Item = (&'static str, String)> {
    let words = |words: &[String]| words.join(" ");
    let selector = profile.node_selector();
    let pairs: Vec<String> = selector.iter().map(|(key, value)| format!("{key}={value}")).collect();
    let all = [
        (IMAGES, profile.images().map(words)),
        (TOLERATIONS, profile.tolerations().map(words)),
        (NODE_SELECTOR, (!pairs.is_empty()).then(|| words(&pairs))),
        (MAX_LIFETIME, profile.max_lifetime().map(str::to_owned)),
    ];
    all.into_iter().filter_map(|(key, value)| Some((key, value?)))
}
