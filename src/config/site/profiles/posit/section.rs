//! One section: limits of jobs become a limit range of containers; what has no counterpart is named.

use super::super::fault::quoted;
use super::super::quantity::Quantity;
use super::converted::{text, Converted, Images};
use super::ini::{Pair, Part};

/// The devices that the file knows.
const DEVICES: [(&str, &str); 2] = [("nvidia", "nvidia.com/gpu"), ("amd", "amd.com/gpu")];
/// Bounds of a job: the key, the bound, the resource, and the unit.
const BOUNDS: [(&str, &str, &str, &str); 6] = [
    ("default-cpus", "default", "cpu", ""),
    ("default-mem-mb", "default", "memory", "Mi"),
    ("default-cpus-request", "defaultRequest", "cpu", ""),
    ("default-mem-mb-request", "defaultRequest", "memory", "Mi"),
    ("max-cpus", "max", "cpu", ""),
    ("max-mem-mb", "max", "memory", "Mi"),
];
/// Requests as a part of the limit: the key, the default that it is a part of, the default that overrules it.
const RATIOS: [(&str, &str, &str, &str, &str); 2] = [
    ("cpu-request-ratio", "default-cpus", "default-cpus-request", "cpu", ""),
    (
        "memory-request-ratio",
        "default-mem-mb",
        "default-mem-mb-request",
        "memory",
        "Mi",
    ),
];
/// What has no counterpart, and why.
const NO_COUNTERPART: [(&str, &str); 7] = [
    (
        "max-cpus-request",
        "a limit range bounds limits, and a request is never more",
    ),
    (
        "max-mem-mb-request",
        "a limit range bounds limits, and a request is never more",
    ),
    (
        "placement-constraints",
        "a choice for users, not a demand; the app's form offers it, and nodeSelector would demand it",
    ),
    ("default-container-image", "the app's form has a default"),
    ("resource-profiles", "the app's form offers sizes"),
    ("allow-custom-resources", "the app's form offers sizes"),
    (
        "job-json-overrides",
        "objects come from manifests, and pods from the app",
    ),
];

/// The devices that some section names and that no `[*]` bounds: nobody has them by default.
pub fn without_devices(parts: &[Part]) -> Vec<&'static str> {
    let is_named = |kind: &str| {
        let of = |pair: &Pair| pair.key.ends_with(&format!("-{kind}-gpus"));
        parts.iter().any(|part| part.pairs.iter().any(of))
    };
    let devices = DEVICES.iter().filter(|(kind, _)| is_named(kind));
    devices.map(|(_, device)| *device).collect()
}

impl Converted {
    /// Converts a section; `everybody` is what the ones for everybody above it say.
    pub fn of(part: &Part, everybody: &Part) -> Self {
        let mut converted = Self {
            whom: match part.heading.strip_prefix('@') {
                Some(group) => format!("groups: [{}]", text(group)),
                None if part.is_for_everybody() => String::new(),
                None => format!("users: [{}]", text(&part.heading)),
            },
            ..Self::default()
        };
        for pair in &part.pairs {
            converted.take(pair);
        }
        converted.take_ratios(part, everybody);
        converted.take_images(part, everybody);
        converted
    }

    fn take(&mut self, pair: &Pair) {
        let Pair { key, value, line } = pair;
        if value.is_empty() {
            return;
        }
        if let Some((_, bound, resource, unit)) = BOUNDS.iter().find(|(known, ..)| known == key) {
            return match Quantity::parse(&format!("{value}{unit}")) {
                Ok(amount) => self.bound(
                    bound,
                    resource,
                    (amount != Quantity::zero()).then(|| format!("{value}{unit}")),
                ),
                Err(_) => self.note(pair, "is no number"),
            };
        }
        let is_of = |kind: &str| {
            ["max", "default"]
                .iter()
                .any(|what| *key == format!("{what}-{kind}-gpus"))
        };
        if let Some((_, device)) = DEVICES.iter().find(|(kind, _)| is_of(kind)) {
            return match (key.starts_with("max-"), value.parse::<u32>()) {
                (_, Err(_)) => self.note(pair, "is no number"),
                (true, Ok(_)) => {
                    self.bound("max", device, Some(value.clone()));
                    self.quota.insert(device, value.clone());
                }
                (false, Ok(_)) => {
                    self.bound("default", device, Some(value.clone()));
                    self.bound("defaultRequest", device, Some(value.clone()));
                }
            };
        }
        if let Some((_, why)) = NO_COUNTERPART.iter().find(|(known, _)| known == key) {
            return self.note(pair, &format!("has no counterpart: {why}"));
        }
        let is_known = ["container-images", "allow-unknown-images"].contains(&key.as_str());
        if !is_known && !RATIOS.iter().any(|(known, ..)| known == key) {
            let shown = quoted(key);
            self.notes.push(format!(
                "line {line}: {shown} is no setting that is known here, and is left out"
            ));
        }
    }

    /// A ratio applies where nothing is said; a limit range has only a request for where no limit is said either.
    fn take_ratios(&mut self, part: &Part, everybody: &Part) {
        for (key, of, request, resource, unit) in RATIOS {
            let Some(pair) = part
                .pairs
                .iter()
                .rev()
                .find(|pair| pair.key == key && !pair.value.is_empty())
            else {
                continue;
            };
            let said = |key: &str| part.get(key).or_else(|| everybody.get(key));
            let default = said(of).and_then(|value| value.parse::<f64>().ok());
            let (Some(default), Ok(ratio), None) = (default, pair.value.parse::<f64>(), said(request)) else {
                self.note(
                    pair,
                    "has no counterpart without a default, or beside a default request",
                );
                continue;
            };
            // In thousandths of a CPU, and in whole Mi.
            let amount = match unit {
                "" => format!("{:.0}m", default * ratio * 1000.0),
                unit => format!("{:.0}{unit}", default * ratio),
            };
            self.note(
                pair,
                &format!("holds only where nothing is said: defaultRequest {amount}"),
            );
            self.bound("defaultRequest", resource, Some(amount));
        }
    }

    /// A list alone forbids nothing there: unknown images are allowed unless a section says 0.
    fn take_images(&mut self, part: &Part, everybody: &Part) {
        let said = |key: &str| part.get(key).or_else(|| everybody.get(key));
        let own = ["container-images", "allow-unknown-images"].map(|key| part.get(key));
        if own == [None, None] {
            return;
        }
        if said("allow-unknown-images") != Some("0") {
            // Where the ones above have a list, it no longer holds.
            let was_closed = everybody.get("allow-unknown-images") == Some("0");
            if was_closed {
                self.images = Images::Any;
            }
            if let Some(pair) = part.pairs.iter().rev().find(|pair| pair.key == "container-images") {
                self.note(pair, "forbids nothing without allow-unknown-images=0, and is left out");
            }
            return;
        }
        let Some(list) = said("container-images") else {
            let line = part.line;
            self.notes.push(format!(
                "line {line}: no image is allowed there, which has no counterpart; write images"
            ));
            return;
        };
        let images: Vec<String> = list.split(',').map(|image| image.trim().to_owned()).collect();
        let short: Vec<&str> = images
            .iter()
            .map(String::as_str)
            .filter(|image| is_short(image))
            .collect();
        if !short.is_empty() {
            self.notes.push(format!(
                "line {}: images without a registry are compared as pods write them; if pods write it, put the registry before {}",
                part.line,
                quoted(&short.join(", "))
            ));
        }
        self.images = Images::These(images);
    }
}

/// Whether an image has no registry: none before the first slash, by the rule of docker's references.
fn is_short(image: &str) -> bool {
    image
        .split_once('/')
        .is_none_or(|(host, _)| !host.contains(['.', ':']) && host != "localhost")
}
