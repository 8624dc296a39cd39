//! Site manifests: what users get by them, how they go, and what happens to those that cannot be used.

mod commands;
mod far_away;
mod faults;
mod logins;

use serde_json::Value;

use crate::support::{Cluster, Site};

/// What a site gives its users: settings, a place to write to, and rights for a help desk.
const SETTINGS: &str = r#"apiVersion: v1
kind: ConfigMap
metadata:
  name: site-settings
  labels: {example.org/uid: "${user.uid}"}
data:
  HOME: ${user.home}
  GREETING: "${user.name} in ${namespace} of ${cluster.id}"
  SHELL_TEXT: "$${HOME}"
"#;
const SCRATCH: &str = r"apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: scratch}
spec:
  accessModes: [ReadWriteMany]
  storageClassName: scratch
  resources: {requests: {storage: 1024Mi}}
";
const HELPDESK: &str = r"apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: helpdesk}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: view}
subjects:
- {apiGroup: rbac.authorization.k8s.io, kind: Group, name: helpdesk}
";
const ALL: &str = "version: 1\nmanifests: {bind: [view]}\nprofiles:\n- manifests: [settings, scratch, helpdesk]\n";

/// A site whose account has the rights for these manifests and no more, in a cluster of its own.
fn site(profiles: &str) -> Site {
    let site = Site::on(Cluster::own());
    site.set(&format!("PROFILES_FILE={}", site.path("k8s-profiles.yml").display()));
    site.set(&format!("MANIFESTS_DIR={}", site.path("k8s-manifests.d").display()));
    std::fs::create_dir(site.path("k8s-manifests.d")).unwrap();
    for (name, text) in [("settings", SETTINGS), ("scratch", SCRATCH), ("helpdesk", HELPDESK)] {
        manifest(&site, name, text);
    }
    site.write("k8s-profiles.yml", profiles);
    site.name_account();
    site.grant_profiles();
    site
}

fn manifest(site: &Site, name: &str, text: &str) {
    site.write(&format!("k8s-manifests.d/{name}.yaml"), text);
}

fn settings(site: &Site) -> Option<Value> {
    site.cluster.object(&site.core("configmaps/site-settings"))
}

fn claim(site: &Site) -> Option<Value> {
    site.cluster.object(&site.core("persistentvolumeclaims/scratch"))
}

fn helpdesk(site: &Site) -> Option<Value> {
    site.cluster.object(&helpdesk_path(site))
}

fn helpdesk_path(site: &Site) -> String {
    let namespace = site.namespace();
    format!("/apis/rbac.authorization.k8s.io/v1/namespaces/{namespace}/rolebindings/helpdesk")
}

fn applied(site: &Site) -> Value {
    let namespace = site.cluster.object(&site.namespace_path()).unwrap();
    namespace["metadata"]["annotations"]["openondemand.org/applied"].clone()
}
