//! The account's rights: enough for a login, refused beyond that, printed and applied by `cluster-roles`.

mod applying;
mod printing;
mod rights;

use serde_json::Value;

use crate::support::{Run, Site};

const RBAC: &str = "/apis/rbac.authorization.k8s.io/v1";

/// `cluster-roles` with this site's files, for an account of the test's own.
fn roles(site: &Site, more: &[&str]) -> Run {
    let account = format!("portal-{0}/robot-{0}", site.cluster.mark);
    let args = [&["cluster-roles", "--service-account", &account], more].concat();
    Run::of(&mut site.command(&args))
}

fn apply(site: &Site, more: &[&str]) -> Run {
    let url = site.cluster.url();
    site.write("admin.kubeconfig", &site.kubeconfig(&url, site.cluster.admin_token()));
    let admin = site.path("admin.kubeconfig");
    let flags = ["--apply", "--admin-kubeconfig", admin.to_str().unwrap()];
    roles(site, &[&flags, more].concat())
}

/// The result of each object, in the order of the manifest.
fn outcomes(run: &Run) -> Vec<String> {
    let report = run.json()["results"][0].clone();
    assert!(report.get("user").is_none(), "it is about the cluster: {report}");
    let objects = report["objects"].as_array().unwrap().clone();
    let outcome = |object: Value| object["outcome"].as_str().unwrap().to_owned();
    objects.into_iter().map(outcome).collect()
}

fn own_role(site: &Site) -> String {
    format!("{RBAC}/clusterroles/robot-{}", site.cluster.mark)
}
