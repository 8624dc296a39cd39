//! Users' life after the first login: when it began, who has a namespace, and how they go.

mod by;
mod everybody;
mod first_claim;
mod listing;
mod not_allowed;
mod offboard;
mod show;
mod suspend;
mod whole_way;

use std::os::unix::process::CommandExt as _;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use serde_json::Value;

use crate::support::{Cluster, Run, Site};

const SUSPENDED: &str = "openondemand.org/suspended";

/// On a cluster of its own: these commands find namespaces by their owner, and all tests have the same.
fn site() -> Site {
    let site = Site::on(Cluster::own());
    site.set("HOOK_TIMEOUT=1m");
    site
}

/// Has sessions kept, and returns where the user's will be.
fn renewing(site: &Site) -> PathBuf {
    let folder = site.path("renewal");
    site.set(&format!(
        "CREDENTIALS=exec\nCLIENT_SECRET=\nRENEWAL_DIR={}",
        folder.display()
    ));
    folder.join(format!("{}.json", site.user))
}

/// An administrator's kubeconfig.
fn admin(site: &Site) -> String {
    let kubeconfig = site.kubeconfig(&site.cluster.url(), site.cluster.admin_token());
    site.write("admin.kubeconfig", &kubeconfig);
    site.path("admin.kubeconfig").display().to_string()
}

/// `offboard`, with an administrator's kubeconfig.
fn offboard(site: &Site, args: &[&str]) -> Run {
    let kubeconfig = admin(site);
    let mut command = site.command(&[&["offboard"], args].concat());
    if !args.contains(&"--admin-kubeconfig") {
        command.args(["--admin-kubeconfig", &kubeconfig]);
    }
    Run::of(command.stdin(Stdio::null()))
}

fn annotation(site: &Site, key: &str) -> Value {
    let namespace = site.cluster.object(&site.namespace_path()).unwrap();
    namespace["metadata"]["annotations"][key].clone()
}

/// The roles that bindings in the namespace give, sorted.
fn bindings(site: &Site) -> Vec<String> {
    let namespace = site.namespace();
    let path = format!("/apis/rbac.authorization.k8s.io/v1/namespaces/{namespace}/rolebindings");
    let items = site.cluster.items(&path);
    let roles = items
        .iter()
        .map(|it| it["roleRef"]["name"].as_str().unwrap().to_owned());
    let mut roles: Vec<_> = roles.collect();
    roles.sort();
    roles
}

/// Whether the namespace is being deleted, or gone.
fn is_going(site: &Site) -> bool {
    let namespace = site.cluster.object(&site.namespace_path());
    namespace.is_none_or(|it| !it["metadata"]["deletionTimestamp"].is_null())
}

/// A process that looks as the user's nginx does; it ends when this is dropped.
struct Nginx(Child);

impl Drop for Nginx {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn with_nginx(site: &Site) -> Nginx {
    let mut command = Command::new("/bin/sleep");
    command.arg0(format!("nginx: master process ({}) -c pun.conf", site.user));
    let child = command.arg("600").stdin(Stdio::null()).spawn().unwrap();
    std::fs::create_dir_all(site.path(&format!("run/{}", site.user))).unwrap();
    site.write(
        &format!("run/{}/passenger.pid", site.user),
        &format!("{}\n", child.id()),
    );
    site.set(&format!(
        "PUN_PID_PATH={}",
        site.path("run/%{user}/passenger.pid").display()
    ));
    Nginx(child)
}
