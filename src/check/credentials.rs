//! Checks how users' kubeconfigs log in: incomplete modes, secrets written to homes, and unused settings.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use super::clusters_d::closed_step;
use crate::config::clusters::{Cluster, Gke};
use crate::config::credentials::{Exchange, Mode};
use crate::config::settings::Settings;
use crate::config::{clusters::Auth, Site};
use crate::findings::{Area, Code, Finding};

const EXECUTED_BY_OTHERS: u32 = 0o001;

/// Findings about the credential modes of all clusters.
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
        area.warning(Code::SecretInHomes,
            "CLIENT_SECRET is written to the kubeconfig of every user (CREDENTIALS=auth-provider)",
            "set CREDENTIALS to exchange, token or exec, which do not give it to users, or make CLIENT_ID a public client of the identity provider and clear CLIENT_SECRET",
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
            // A missing key affects all clusters: report it once.
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
            Code::ExchangeUnused,
            "EXCHANGE_CLIENT_ID is set, but no cluster exchanges tokens",
            "set CREDENTIALS to exchange or exec, or remove the keys that begin with EXCHANGE_",
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
            Code::ExecCommand,
            format!("EXEC_COMMAND is {command}, which is not a program that users can run on this host"),
            "install ood-k8s there, with mode 0755, wherever users run kubectl",
        );
    }
}

/// The settings that OnDemand and logins need for a GKE cluster.
fn google(area: &mut Area, cluster: &Cluster, gke: &Gke) {
    let id = &cluster.id;
    let must = |area: &mut Area, what: &str, remedy: &str| {
        area.warning(
            Code::GkeSetting,
            format!("cluster {id} (auth.type gke): {what}"),
            remedy,
        );
    };
    if gke.svc_acct_file.is_none() {
        must(
            area,
            "v2.job.auth.svc_acct_file is not set, but OnDemand's dashboard passes it to gcloud",
            "set it to the key file of the user's service account, for example ~/.gke/key.json",
        );
    }
    if gke.zone.is_some() == gke.region.is_some() {
        must(
            area,
            "v2.job.auth must have either zone or region, but not both",
            "set the location that gcloud container clusters list shows for the cluster",
        );
    }
    match (&cluster.endpoint, &cluster.cert_authority_file) {
        (None, _) => must(area, "without v2.job.server.endpoint a login does not change the kubeconfig, and OnDemand's dashboard runs gcloud to write it", "set the endpoint and cert_authority_file of the cluster, or install gcloud on the web node"),
        (Some(_), None) => must(area, "v2.job.server.cert_authority_file is not set, but on GKE each cluster has its own CA", "write the CA certificate to a file (gcloud container clusters describe, masterAuth.clusterCaCertificate), and set cert_authority_file to it"),
        (Some(_), Some(_)) => area.ok(format!("cluster {id}: users' kubeconfigs call gke-gcloud-auth-plugin, which must be in their PATH")),
    }
}
