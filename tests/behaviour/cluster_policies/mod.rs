//! The admission policies of users' namespaces: printed, compared and applied, what logins stamp for them, and what they
//! let pass and refuse on a real API server.

mod applying;
mod by_kubectl;
mod cases;
mod checking;
mod cost;
mod court;
mod holes;
mod printing;
mod rendered;
mod rights;
mod stamps;
mod verdicts;
mod ways;
mod without;

use serde_json::Value;

use crate::support::{Run, Site};

const POLICIES: &str = "/apis/admissionregistration.k8s.io/v1";

/// A profiles file as a site may have it.
const PROFILES: &str =
    "version: 1\npolicies:\n  hostPaths: [/home, /scratch]\n  nfs: [\"nfs.example.org:/export\"]\n  \
                        csiDrivers: [secrets.example.org]\n";

/// A site with a profiles file.
fn with_profiles(site: Site) -> Site {
    site.write("k8s-profiles.yml", PROFILES);
    site.set(&format!("PROFILES_FILE={}", site.path("k8s-profiles.yml").display()));
    site
}

fn print(site: &Site, more: &[&str]) -> Run {
    Run::of(&mut site.command(&[&["cluster-policies"], more].concat()))
}

/// `--apply` or `--diff`, as an administrator.
fn as_administrator(site: &Site, more: &[&str]) -> Run {
    let url = site.cluster.url();
    site.write("admin.kubeconfig", &site.kubeconfig(&url, site.cluster.admin_token()));
    let admin = site.path("admin.kubeconfig");
    print(site, &[&["--admin-kubeconfig", admin.to_str().unwrap()], more].concat())
}

fn names(documents: &[Value]) -> Vec<String> {
    let name = |body: &Value| {
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        format!("{}/{}", text(&body["kind"]), text(&body["metadata"]["name"]))
    };
    documents.iter().map(name).collect()
}
