//! What does not fit together in a profile: the API server would refuse it, or refuse the pods.

use std::fmt;

use super::leaf::{Origin, Path, Said, Value};
use super::profile::Profile;
use super::quantity::Quantity;
use super::resources::may_differ;

/// Two values that exclude each other, or one without what it needs.
#[derive(Debug, Clone, PartialEq)]
pub struct Quarrel {
    /// One, with its place.
    pub one: (Path, Said),
    /// The other.
    pub other: Option<(Path, Said)>,
    what: String,
}

impl Quarrel {
    /// The line of what stands further down.
    pub fn line(&self) -> usize {
        let other = self.other.as_ref().map_or(0, |(_, said)| said.by.line);
        self.one.1.by.line.max(other)
    }

    /// What is wrong, without the sections.
    pub fn reason(&self) -> String {
        self.what.clone()
    }

    /// The sections, first the one that stands further up.
    pub fn sections(&self) -> Vec<&Origin> {
        let mut all: Vec<&Origin> = self.other.iter().map(|(_, said)| &said.by).collect();
        all.push(&self.one.1.by);
        all.sort_by_key(|by| (by.section, by.line));
        all.dedup_by_key(|by| by.section);
        all
    }
}

impl fmt::Display for Quarrel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sections: Vec<String> = self.sections().into_iter().map(Origin::to_string).collect();
        let (what, remedy) = self.what.rsplit_once("; ").unwrap_or((&self.what, "correct it"));
        write!(f, "{}: {what}; {remedy}", sections.join(" and "))
    }
}

impl Profile {
    /// What sections say that does not fit together, though each fits by itself.
    pub fn quarrels(&self) -> Vec<Quarrel> {
        let mut found = of_bounds(self);
        found.extend(without_defaults(self));
        found
    }
}

/// Those between bounds, which one section alone must not have either.
pub(super) fn of_bounds(profile: &Profile) -> Vec<Quarrel> {
    let mut found = Vec::new();
    for (kind, bounds) in profile.limits() {
        let mut resources: Vec<&str> = bounds.values().flat_map(|of| of.keys().copied()).collect();
        resources.sort_unstable();
        resources.dedup();
        for resource in resources {
            let bounds = BoundsOf {
                profile,
                kind,
                resource,
            };
            found.extend(bounds.quarrels());
        }
    }
    found
}

/// The bounds of one resource.
struct BoundsOf<'p> {
    profile: &'p Profile,
    kind: &'p str,
    resource: &'p str,
}

impl BoundsOf<'_> {
    /// By Kubernetes' `ValidateLimitRange`.
    fn quarrels(&self) -> Vec<Quarrel> {
        let mut found = Vec::new();
        for (less, more) in [
            ("min", "max"),
            ("min", "default"),
            ("min", "defaultRequest"),
            ("defaultRequest", "default"),
            ("defaultRequest", "max"),
            ("default", "max"),
        ] {
            found.extend(self.compare(less, more, |less, more| less <= more, "is more than"));
        }
        if !may_differ(self.resource) {
            found.extend(self.compare("default", "defaultRequest", |one, other| one == other, "is not"));
            // Of a device one complaint is enough.
            found.truncate(1);
        }
        found.extend(self.ratio());
        found
    }

    fn compare(&self, one: &str, other: &str, fits: fn(&Quantity, &Quantity) -> bool, how: &str) -> Option<Quarrel> {
        let (left, right) = (self.said(one)?, self.said(other)?);
        if fits(amount(&left.1)?, amount(&right.1)?) {
            return None;
        }
        let Self { kind, resource, .. } = self;
        let what = format!(
            "{kind}: {one} {resource} {} {how} {other} {resource} {}; correct one of them",
            left.1.value, right.1.value
        );
        let (one, other) = (left, Some(right));
        Some(Quarrel { one, other, what })
    }

    /// A ratio is one at least, and what is between the least and the most.
    fn ratio(&self) -> Option<Quarrel> {
        let ratio = self.said("maxLimitRequestRatio")?;
        let times = amount(&ratio.1)?.clone();
        let Self { kind, resource, .. } = self;
        let one = Quantity::parse("1").ok()?;
        if times < one {
            let what = format!("{kind}: maxLimitRequestRatio {resource} {times} is less than 1; write 1 or more");
            return Some(Quarrel {
                one: ratio,
                other: None,
                what,
            });
        }
        let (least, most) = (self.said("min")?, self.said("max")?);
        if !amount(&most.1)?.is_below_times(&times, amount(&least.1)?) {
            return None;
        }
        let what = format!(
            "{kind}: maxLimitRequestRatio {resource} {times} is more than max {} divided by min {}; correct one of them",
            most.1.value, least.1.value
        );
        Some(Quarrel {
            one: ratio,
            other: Some(most),
            what,
        })
    }

    fn said(&self, bound: &str) -> Option<(Path, Said)> {
        let path = Path::of(&["limitRange", "limits", self.kind, bound, self.resource]);
        let said = self.profile.at(&path.steps())?.clone();
        Some((path, said))
    }
}

fn amount(said: &Said) -> Option<&Quantity> {
    match &said.value {
        Value::Quantity(quantity) => Some(quantity),
        _ => None,
    }
}

/// A quota of CPU or memory refuses every container that does not say how much it wants, and `OnDemand`'s init containers
/// say nothing: they need a default.
fn without_defaults(profile: &Profile) -> Vec<Quarrel> {
    let limits = profile.limits();
    let container = limits.get("Container");
    let is_there = |bounds: &[&str], resource: &str| {
        let of = |bound: &&str| {
            container
                .and_then(|all| all.get(*bound))
                .is_some_and(|of| of.contains_key(resource))
        };
        bounds.iter().any(of)
    };
    let mut found = Vec::new();
    for resource in ["cpu", "memory"] {
        for (key, bounds) in [
            (format!("limits.{resource}"), &["default", "max"][..]),
            (
                format!("requests.{resource}"),
                &["default", "max", "defaultRequest", "min"][..],
            ),
            (resource.to_owned(), &["default", "max", "defaultRequest", "min"][..]),
        ] {
            let path = Path::of(&["resourceQuota", "hard", &key]);
            let Some(said) = profile.at(&path.steps()).filter(|_| !is_there(bounds, resource)) else {
                continue;
            };
            let what = format!("resourceQuota has {key} and limitRange no default {resource} of Container, so pods whose containers do not say it are refused, OnDemand's too; write a default");
            found.push(Quarrel {
                one: (path, said.clone()),
                other: None,
                what,
            });
        }
    }
    found
}
