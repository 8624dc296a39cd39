//! Profiles: what users get by them, at a first login and at later ones.

mod changes;
mod enforced;
mod first;

use serde_json::{json, Value};

use crate::support::{Cluster, Site};

const QUOTA: &str = "resourcequotas/ondemand";
const LIMITS: &str = "limitranges/ondemand";
const APPLIED: &str = "openondemand.org/applied";

/// Everything that a section may say, in spellings that the API server gives back otherwise.
pub(super) const EVERYTHING: &str = r#"version: 1
profiles:
- resourceQuota: {hard: {requests.cpu: "8000m", requests.nvidia.com/gpu: "1", count/configmaps: "100", requests.memory: 4096Mi}}
  limitRange:
    limits:
    - {type: Container, default: {cpu: "1.0", memory: 512Mi}, defaultRequest: {cpu: "0.5"}, max: {cpu: "2", memory: 1024Mi, nvidia.com/gpu: "2"}}
    - {type: Pod, max: {cpu: "4"}}
  labels: {pod-security.kubernetes.io/warn: baseline, example.org/team: hpc}
  annotations: {example.org/note: a b}
  networkPolicy: {ingress: {cidrs: [192.0.2.0/24]}, egress: {cidrs: [198.51.100.0/24]}}
  images: [registry.example.org/, quay.io/site/]
  nodeSelector: {partition: ondemand, arch: amd64}
  tolerations: [dedicated]
  maxLifetime: 24h
"#;

/// A site whose account has the rights for profiles, in a cluster of its own.
fn site(profiles: &str) -> Site {
    let site = Site::on(Cluster::own());
    site.write("k8s-profiles.yml", profiles);
    rights(&site);
    site
}

/// Names the profiles file, and gives the account what profiles need.
fn rights(site: &Site) {
    site.set(&format!("PROFILES_FILE={}", site.path("k8s-profiles.yml").display()));
    site.name_account();
    site.grant_profiles();
}

fn profile(site: &Site, text: &str) {
    site.write("k8s-profiles.yml", &format!("version: 1\nprofiles:\n{text}"));
}

fn metadata(site: &Site) -> Value {
    site.cluster.object(&site.namespace_path()).unwrap()["metadata"].clone()
}

fn applied(site: &Site) -> Value {
    metadata(site)["annotations"][APPLIED].clone()
}

fn spec(site: &Site, rest: &str) -> Option<Value> {
    Some(site.cluster.object(&site.core(rest))?["spec"].clone())
}

fn egress(site: &Site) -> Option<Value> {
    let path = site.policy().replace("deny-from-other-namespaces", "ondemand-egress");
    Some(site.cluster.object(&path)?["spec"].clone())
}

fn one_cpu() -> Value {
    json!({ "hard": { "requests.cpu": "1" } })
}
