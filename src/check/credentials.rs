//! How users' kubeconfigs log in: what a mode lacks, secrets that go into homes, and settings that nothing reads.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use super::clusters_d::closed_step;
use super::finding::{Area, Finding};
use crate::config::clusters::{Cluster, Gke};
use crate::config::credentials::{Exchange, Mode};
use crate::config::settings::Settings;
use crate::config::{clusters::Auth, Site};

const EXECUTED_BY_OTHERS: u32 = 0o001;

/// Findings about the modes of all clusters.
pub(super) fn check(site: &Site) -> Vec<Finding> {
    let mut area = Area::new("credentials");
    let settings = &site.settings;
    let oidc: Vec<_> = site.oidc_clusters().collect();
    if !oidc.is_empty() {
        client_secret(&mut area, settings, &oidc);
        exchanges(&mut area, settings, &oidc);
        if oidc.iter().any(|cluster| cluster.credentials.value == Mode::Exec) {
            exec_command(&mut area, settings);
        }
    }
    for cluster in &site.clusters {
        if let Auth::Gke(gke) = &cluster.auth {
            google(&mut area, cluster, gke);
        }
    }
    area.into_findings()
}

fn client_secret(area: &mut Area, settings: &Settings, clusters: &[&Cluster]) {
    let is_given_away = clusters
        .iter()
        .any(|cluster| cluster.credentials.value == Mode::AuthProvider);
    if is_given_away && !settings.text("CLIENT_SECRET").is_empty() {
        area.warning(
            "CLIENT_SECRET goes into the kubeconfig of every user (CREDENTIALS=auth-provider)",
            "set CREDENTIALS to exchange, token or exec, which keep it from users; or make CLIENT_ID a public client of the identity provider, and empty CLIENT_SECRET",
        );
    }
}

fn exchanges(area: &mut Area, settings: &Settings, clusters: &[&Cluster]) {
    let found: Vec<_> = clusters
        .iter()
        .map(|cluster| (cluster, Exchange::of(cluster, settings)))
        .collect();
    let mut told: Vec<String> = Vec::new();
    for (cluster, exchange) in &found {
        match exchange {
            // One key is missing for all clusters alike.
            Err(error) if !told.contains(&error.to_string()) => {
                told.push(error.to_string());
                area.fault(error.clone());
            }
            Ok(Some(exchange)) => area.ok(format!(
                "cluster {}: {} exchanges OnDemand's tokens for the client {}",
                cluster.id, exchange.issuer, exchange.client_id
            )),
            Err(_) | Ok(None) => {}
        }
    }
    let is_unused = found.iter().all(|(_, exchange)| matches!(exchange, Ok(None)));
    if is_unused && settings.credentials.exchange_client_id.is_some() {
        area.warning(
            "EXCHANGE_CLIENT_ID is set, but no cluster exchanges tokens",
            "set CREDENTIALS to exchange or exec, or empty the keys that begin with EXCHANGE_",
        );
    }
}

fn exec_command(area: &mut Area, settings: &Settings) {
    let Some(command) = settings.credentials.exec_command.as_deref() else {
        return;
    };
    let path = Path::new(command);
    let is_program = path
        .metadata()
        .is_ok_and(|metadata| metadata.is_file() && metadata.permissions().mode() & EXECUTED_BY_OTHERS != 0);
    if !is_program || closed_step(path).is_some() {
        area.warning(
            format!("EXEC_COMMAND is {command}, which is on this host no program that users can run"),
            "install ood-k8s there wherever users run kubectl, mode 0755",
        );
    }
}

/// What OnDemand needs for such a cluster, and what a login adds.
fn google(area: &mut Area, cluster: &Cluster, gke: &Gke) {
    let id = &cluster.id;
    let must = |area: &mut Area, what: &str, remedy: &str| {
        area.warning(format!("cluster {id} (auth.type gke): {what}"), remedy);
    };
    if gke.svc_acct_file.is_none() {
        must(
            area,
            "v2.job.auth.svc_acct_file is not set, and OnDemand's dashboard gives it to gcloud",
            "name the key file of the user's service account there, for example ~/.gke/key.json",
        );
    }
    if gke.zone.is_some() == gke.region.is_some() {
        must(
            area,
            "v2.job.auth has to have either zone or region, and not both",
            "write the place that gcloud container clusters list shows for the cluster",
        );
    }
    match (&cluster.endpoint, &cluster.cert_authority_file) {
        (None, _) => must(area, "without v2.job.server.endpoint a login leaves the kubeconfig alone, and OnDemand's dashboard lets gcloud write it", "write the endpoint and cert_authority_file of the cluster, or have gcloud on the web node"),
        (Some(_), None) => must(area, "v2.job.server.cert_authority_file is not set, and Google signs a cluster's certificate with that cluster's own authority", "write the authority into a file (gcloud container clusters describe, masterAuth.clusterCaCertificate), and name it there"),
        (Some(_), Some(_)) => area.ok(format!("cluster {id}: users' kubeconfigs call gke-gcloud-auth-plugin, which must be in their PATH")),
    }
}
