//! The entry for a GKE cluster, as `gcloud container clusters get-credentials` writes it.

use std::path::Path;

use crate::config::clusters::Gke;
use crate::home::expand;
use crate::kubeconfig::ExecCommand;

/// Google's plugin. With a service account's key it does not need gcloud (`--use_application_default_credentials`).
pub(super) fn exec_entry(gke: &Gke, home: &Path) -> ExecCommand {
    let key = gke.svc_acct_file.as_ref();
    let key = key.map(|file| expand(file, home).display().to_string());
    let args = key.as_ref().map(|_| "--use_application_default_credentials".to_owned());
    ExecCommand {
        api_version: "client.authentication.k8s.io/v1beta1".into(),
        command: "gke-gcloud-auth-plugin".into(),
        args: args.into_iter().collect(),
        env: key.map(|key| ("GOOGLE_APPLICATION_CREDENTIALS".to_owned(), key)).into_iter().collect(),
        install_hint: Some("install gke-gcloud-auth-plugin, which kubectl needs for GKE clusters (package google-cloud-cli-gke-gcloud-auth-plugin)".into()),
        provide_cluster_info: true,
    }
}
