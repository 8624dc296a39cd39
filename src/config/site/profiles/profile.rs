//! What a user gets in one cluster: the values of all sections that are about the user, of which the later ones win.

use std::collections::BTreeMap;
use std::sync::Arc;

use ipnet::IpNet;

use super::changes::{Change, Changes};
use super::leaf::{Egress, Path, Said, Value};
use super::manifests::Manifest;
use super::quantity::Quantity;
use super::resources::may_differ;
use super::secrets::Declaration;

/// The merged values.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Profile {
    leaves: BTreeMap<Path, Said>,
    pub(super) objects: Vec<Arc<Manifest>>,
    pub(super) secrets: Vec<Arc<Declaration>>,
}

/// The bounds of one type in a limit range: by bound (`max`), by resource.
pub type Bounds<'p> = BTreeMap<&'p str, BTreeMap<&'p str, &'p Quantity>>;

impl Profile {
    /// Merges sections in the order of the file: what a later one says wins, value by value, and what it says `null` of is
    /// gone.
    pub fn of<'s>(sections: impl IntoIterator<Item = &'s Changes>) -> Self {
        let mut profile = Self::default();
        for section in sections {
            for (path, change) in &section.all {
                profile.change(path, change);
            }
        }
        profile.fill_in();
        profile
    }

    fn change(&mut self, path: &Path, change: &Change) {
        match change {
            Change::Set(said) => {
                self.leaves.insert(path.clone(), said.clone());
            }
            Change::Take => self.leaves.retain(|found, _| !found.is_within(path)),
        }
    }

    /// For a maximum without a default the API server takes the maximum as the default: every container that asks for
    /// nothing would get all devices. So there is a default of none, or of the least.
    fn fill_in(&mut self) {
        let bounds = self.limits();
        let container = bounds.get("Container");
        let of = |bound: &str| container.and_then(|bounds| bounds.get(bound)).into_iter().flatten();
        let devices = of("max")
            .chain(of("min"))
            .chain(of("default"))
            .chain(of("defaultRequest"));
        let devices: Vec<String> = devices
            .map(|(resource, _)| (*resource).to_owned())
            .filter(|resource| !may_differ(resource))
            .collect();
        for device in &devices {
            self.fill_in_device(device);
        }
    }

    fn fill_in_device(&mut self, device: &str) {
        let path = |bound: &str| Path::of(&["limitRange", "limits", "Container", bound, device]);
        let source = ["defaultRequest", "default", "min", "max"];
        let Some((bound, said)) = source
            .into_iter()
            .find_map(|bound| Some((bound, self.leaves.get(&path(bound))?.clone())))
        else {
            return;
        };
        for missing in ["default", "defaultRequest"] {
            let mut said = said.clone();
            said.by.follows = true;
            if bound == "max" {
                said.value = Value::Quantity(Quantity::zero());
            }
            self.leaves.entry(path(missing)).or_insert(said);
        }
    }

    /// Every value with its place, sorted by it.
    pub fn leaves(&self) -> impl Iterator<Item = (&Path, &Said)> {
        self.leaves.iter()
    }

    /// Whether it says nothing.
    pub fn is_empty(&self) -> bool {
        self.leaves.is_empty()
    }

    /// `resourceQuota.hard`.
    pub fn quota(&self) -> BTreeMap<&str, &Quantity> {
        let all = self
            .leaves
            .iter()
            .filter_map(|(path, said)| match (&path.steps()[..], &said.value) {
                (["resourceQuota", "hard", resource], Value::Quantity(quantity)) => Some((*resource, quantity)),
                _ => None,
            });
        all.collect()
    }

    /// `limitRange.limits` by type.
    pub fn limits(&self) -> BTreeMap<&str, Bounds<'_>> {
        let mut limits: BTreeMap<&str, Bounds<'_>> = BTreeMap::new();
        for (path, said) in &self.leaves {
            if let (["limitRange", "limits", kind, bound, resource], Value::Quantity(quantity)) =
                (&path.steps()[..], &said.value)
            {
                limits
                    .entry(kind)
                    .or_default()
                    .entry(bound)
                    .or_default()
                    .insert(resource, quantity);
            }
        }
        limits
    }

    /// The labels of the namespace.
    pub fn labels(&self) -> BTreeMap<&str, &str> {
        self.texts("labels")
    }

    /// The annotations of the namespace.
    pub fn annotations(&self) -> BTreeMap<&str, &str> {
        self.texts("annotations")
    }

    /// The labels of nodes that pods must ask for.
    pub fn node_selector(&self) -> BTreeMap<&str, &str> {
        self.texts("nodeSelector")
    }

    /// From which networks, instead of `NETWORK_POLICY_ALLOW_CIDR`, users' pods may be reached.
    pub fn ingress(&self) -> Option<&[IpNet]> {
        match &self.at(&["networkPolicy", "ingress", "cidrs"])?.value {
            Value::Networks(networks) => Some(networks),
            _ => None,
        }
    }

    /// What users' pods may connect to.
    pub fn egress(&self) -> Option<&Egress> {
        match &self.at(&["networkPolicy", "egress"])?.value {
            Value::Egress(egress) => Some(egress),
            _ => None,
        }
    }

    /// The images that pods may have; `None` for any.
    pub fn images(&self) -> Option<&[String]> {
        self.words("images")
    }

    /// The keys of the taints that pods may tolerate, beside those of the API server.
    pub fn tolerations(&self) -> Option<&[String]> {
        self.words("tolerations")
    }

    /// The objects of the manifests that the namespace gets.
    pub fn objects(&self) -> &[Arc<Manifest>] {
        &self.objects
    }

    /// The manifests that the namespace gets, by the names of their files.
    pub fn manifests(&self) -> Option<&[String]> {
        self.words("manifests")
    }

    /// The declared secrets that the namespace gets.
    pub fn secrets(&self) -> &[Arc<Declaration>] {
        &self.secrets
    }

    /// The same, by the names of their files.
    pub(super) fn secret_names(&self) -> Option<&[String]> {
        self.words("secrets")
    }

    /// The longest lifetime of a pod, as Go writes a duration.
    pub fn max_lifetime(&self) -> Option<&str> {
        match &self.at(&["maxLifetime"])?.value {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The value in a place.
    pub fn at(&self, steps: &[&str]) -> Option<&Said> {
        self.leaves.get(&Path::of(steps))
    }

    fn words(&self, key: &str) -> Option<&[String]> {
        match &self.at(&[key])?.value {
            Value::Words(words) => Some(words),
            _ => None,
        }
    }

    fn texts(&self, key: &str) -> BTreeMap<&str, &str> {
        let all = self
            .leaves
            .iter()
            .filter_map(|(path, said)| match (&path.steps()[..], &said.value) {
                ([place, name], Value::Text(text)) if *place == key => Some((*name, text.as_str())),
                _ => None,
            });
        all.collect()
    }
}
