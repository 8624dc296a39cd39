//! A user's namespace, what a login would write there, and what was found: bounded, however much is in it.

use std::collections::{BTreeMap, HashSet};

use super::bindings::Users;
use super::few::Few;
use crate::cluster::FoundNamespace;
use crate::config::clusters::Cluster;
use crate::config::settings::{PodSecurity, Settings};
use crate::exit::ExitStatus;
use crate::findings::{Area, Code};
use crate::foreign::Foreign;
use crate::login::Blueprint;
use crate::naming::Username;
use crate::objects::{Applied, Desired, Kind, Object, POD_SECURITY};

/// A user's namespace.
#[derive(Debug, Default)]
pub(super) struct Place {
    pub owner: Option<String>,
    /// The uid that the owner had at the claim.
    pub uid: Option<String>,
    pub is_going: bool,
    /// What profiles have put there.
    pub applied: Applied,
    is_suspended: bool,
    pod_security: Option<String>,
    /// Those of a login's objects that were listed, by their place in its list.
    seen: Vec<usize>,
    found: BTreeMap<Code, Few>,
}

/// All of them in a cluster, by name.
#[derive(Debug, Default)]
pub(super) struct Places {
    all: BTreeMap<String, Place>,
    /// How the API server knows their owners.
    subjects: HashSet<String>,
}

impl Users for Places {
    fn have_namespace(&self, name: &str) -> bool {
        self.all.contains_key(name)
    }

    fn are_known_as(&self, name: &str) -> bool {
        self.subjects.contains(name)
    }
}

impl Places {
    pub fn add(&mut self, found: FoundNamespace, plan: &Plan<'_>) {
        let place = Place {
            owner: found.owner,
            uid: found.uid,
            applied: found.applied,
            is_going: found.is_terminating,
            is_suspended: found.is_suspended,
            pod_security: found.pod_security,
            ..Place::default()
        };
        if let Some(desired) = plan.of(&place, &found.name).filter(|desired| desired.is_subject_known) {
            self.subjects.insert(desired.subject);
        }
        self.all.insert(found.name, place);
    }

    pub fn len(&self) -> usize {
        self.all.len()
    }

    /// The place of an item of a list, unless it is being deleted; and the name of the namespace.
    pub fn of<'a>(&mut self, item: &'a serde_json::Value) -> Option<(&mut Place, &'a str)> {
        let name = item["metadata"]["namespace"].as_str()?;
        let place = self.all.get_mut(name).filter(|place| !place.is_going)?;
        Some((place, name))
    }

    pub fn into_all(self) -> impl Iterator<Item = (String, Place)> {
        self.all.into_iter()
    }
}

/// What a login would write, if the settings are complete.
pub(super) struct Plan<'a> {
    pub blueprint: Option<&'a Blueprint<'a>>,
    pub cluster: &'a Cluster,
}

impl Plan<'_> {
    /// The objects of the owner of a place; `None` if a login of the owner would not write there.
    pub fn of(&self, place: &Place, name: &str) -> Option<Desired> {
        let owner = Username::parse(place.owner.as_deref()?).ok()?;
        let desired = self.blueprint?.of_name(&owner, None, self.cluster).ok()?;
        (desired.namespace.as_str() == name).then_some(desired)
    }
}

impl Place {
    pub fn found(&mut self, code: Code, what: String, is_error: bool) {
        self.found.entry(code).or_default().add(what, is_error);
    }

    /// The same, if there is something to be found.
    pub fn found_if(&mut self, code: Option<(Code, bool)>, what: String) {
        if let Some((code, is_error)) = code {
            self.found(code, what, is_error);
        }
    }

    /// Notes that one of a login's objects is there.
    pub fn see(&mut self, index: usize) {
        self.seen.push(index);
    }

    /// What is wrong with the namespace itself, and which of a login's objects of these kinds are missing.
    pub fn judge(&mut self, name: &str, plan: &Plan<'_>, listed: &[Kind], settings: &Settings) {
        if self.is_going {
            return;
        }
        if self.owner.is_none() {
            self.found(Code::NoOwner, String::new(), false);
        }
        let level = self.pod_security.as_deref();
        let enforced = level.and_then(|level| PodSecurity::parse(level).ok());
        if settings
            .pod_security
            .is_some_and(|wanted| enforced.is_none_or(|enforced| enforced < wanted))
        {
            let words = level.map_or("no level".to_owned(), |level| Foreign::from(level).to_string());
            self.found(Code::PodSecurityLifted, words, false);
        }
        let Some(desired) = plan.of(self, name) else { return };
        for (index, object) in desired.objects.iter().enumerate() {
            let is_taken_away = self.is_suspended && object.kind == Kind::RoleBinding;
            let is_expected = listed.contains(&object.kind) && !object.upkeep.only_if_there && !is_taken_away;
            if is_expected && !self.seen.contains(&index) {
                self.found(Code::Drift, format!("{} is missing", label(object)), false);
            }
        }
    }

    /// The findings, one for each code.
    pub fn tell(self, name: &str, cluster: &str, settings: &Settings) -> Area {
        let mut area = Area::new(format!("{cluster}/{name}"));
        let owner = self.owner.as_deref().map(Foreign::from);
        let owner = owner.map_or("nobody".to_owned(), |owner| owner.to_string());
        for (code, few) in &self.found {
            let (text, remedy) = words(*code, name, &owner, few, settings);
            if few.is_error {
                area.error(*code, ExitStatus::Refused, text, remedy);
            } else {
                area.warning(*code, text, remedy);
            }
        }
        area
    }
}

/// An object in words.
pub(super) fn label(object: &Object) -> String {
    format!("{}/{}", object.kind.name().to_lowercase(), object.name)
}

/// The text of a finding in a namespace, and what to do.
fn words(code: Code, name: &str, owner: &str, few: &Few, settings: &Settings) -> (String, String) {
    let of_kind = |text: String, resource: &str| {
        (
            text,
            format!("look at it with: kubectl get {resource} -n {name} -o yaml"),
        )
    };
    match code {
        Code::ForeignBinding => (
            format!("RoleBindings that no login writes: {few}"),
            format!("delete what nobody gave on purpose, see: kubectl get rolebindings -n {name} -o wide"),
        ),
        Code::TokenSecret => (
            format!("Secrets with tokens that never end: {few}"),
            format!("delete them, see: kubectl get secrets -n {name} --field-selector type=kubernetes.io/service-account-token"),
        ),
        Code::OpenToAll => of_kind(format!("NetworkPolicies that let everybody in: {few}"), "networkpolicies"),
        Code::NoOwner => (
            "it has OnDemand's label, and no owner".to_owned(),
            "let its user log in, or delete it, see: ood-k8s users --unclaimed".to_owned(),
        ),
        Code::PodUid => of_kind(format!("pods that do not run as the uid of {owner}: {few}"), "pods"),
        Code::HostPath => of_kind(format!("pods that mount paths of their node: {few}"), "pods"),
        Code::PodSecurityLifted => {
            let level = settings.pod_security.map_or("", PodSecurity::word);
            (
                format!("it enforces {few} of Pod Security, and POD_SECURITY is {level}"),
                format!("run: kubectl label --overwrite namespace {name} {POD_SECURITY}={level}"),
            )
        }
        _ => (
            format!("a login of {owner} would change: {few}"),
            "find out who changed it, then run: ood-k8s bootstrap-user USER".to_owned(),
        ),
    }
}
