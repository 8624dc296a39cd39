//! Checks certificates as users meet them: whether the CA in their kubeconfigs fits the API server, and what expires soon.

use std::path::Path;
use std::time::SystemTime;

use http::Uri;

use super::finding::Area;
use crate::certificates::{self, Trust};
use crate::cluster::{RootKubeconfig, Target};
use crate::config::clusters::{Auth, Cluster};
use crate::config::files;
use crate::dial::Route;
use crate::door::shown;
use crate::exit::ExitStatus;
use crate::shell::quoted;
use crate::time::{for_a_person, rfc3339};
use crate::tls::{self, Trusted};

const NEW_CA: &str = "renew it, or bring in a new CA, in the order of the page \"A new CA\" of the documentation";

/// Tries the certificate that the server shows with the CA that users get: a login writes it, and never uses it.
pub(super) async fn of_users(area: &mut Area, root: &RootKubeconfig, target: &Target, cluster: &Cluster) {
    let (Some(endpoint), Some(file)) = (&cluster.endpoint, &cluster.file) else {
        return;
    };
    // No login writes anything for it.
    if cluster.auth == Auth::Managed {
        return;
    }
    let Ok(server) = endpoint.parse::<Uri>() else {
        return;
    };
    if server.scheme_str() != Some("https") {
        return;
    }
    let tls = match &cluster.cert_authority_file {
        None => tls::of_system().map_err(|error| error.to_string()),
        // What is wrong with the file itself is told among the findings about clusters.d.
        Some(path) => match files::read(Path::new(path), "") {
            Ok(content) => {
                authorities(area, "cert_authority_file", path, &content.bytes);
                tls::trusting(&content.bytes)
            }
            Err(_) => return,
        },
    };
    let Ok(tls) = tls else {
        return;
    };
    let proxy = target.way.proxy.clone();
    let route = Route {
        tls,
        proxy,
        server_name: None,
    };
    match certificates::look(&route, &server, target.patience).await {
        Trust::Good => area.ok(format!("users' kubeconfigs trust the certificate of {endpoint}")),
        // Where root connects to the same name, it was told before.
        Trust::EndsSoon(_) if target.is_of(cluster) && !target.way.trusts_anybody() => {}
        Trust::EndsSoon(end) => ends_soon(area, &format!("the certificate of {endpoint}"), end),
        Trust::Refused(reason) => refused(area, (endpoint, &reason), root, cluster, file),
        Trust::NotReached(reason) => area.warning(
            format!("{endpoint} could not be reached to compare its certificate with users' CA: {reason}"),
            "check the endpoint, the network and proxies",
        ),
    }
}

/// The certificates of the server and of root's CA, which the connection has just accepted.
pub(super) async fn of_root(area: &mut Area, target: &Target) {
    let (Ok(route), Ok(server)) = (target.way.route(), target.server.parse::<Uri>()) else {
        return;
    };
    if target.way.trusts_anybody() || server.scheme_str() != Some("https") {
        return;
    }
    if let Trust::EndsSoon(end) = certificates::look(&route, &server, target.patience).await {
        ends_soon(area, &format!("the certificate of {}", target.server), end);
    }
    let Trusted::Authorities(of_root) = &target.way.trusted else {
        return;
    };
    let ends = of_root
        .iter()
        .filter_map(|der| certificates::first_end_of_der(der, SystemTime::now()));
    if let Some(end) = ends.min() {
        ends_soon(area, "the CA certificate in root's kubeconfig", Some(end));
    }
}

fn refused(area: &mut Area, (endpoint, reason): (&str, &str), root: &RootKubeconfig, cluster: &Cluster, file: &Path) {
    let (by, path, also) = match &cluster.cert_authority_file {
        Some(path) => (format!("the CA in {path}"), path.clone(), String::new()),
        None => (
            format!(
                "the system's CA certificates ({} has no cert_authority_file)",
                shown(file)
            ),
            format!("/etc/pki/tls/certs/{}-ca.crt", cluster.id),
            format!(
                " and set v2.job.server.cert_authority_file in {} to that file",
                shown(file)
            ),
        ),
    };
    let context = root.entry(cluster).map(|entry| entry.context).unwrap_or_default();
    // Root's credentials have just been accepted over that one.
    let remedy = format!(
        "if root's CA is the right one, run: kubectl --kubeconfig {} config view --raw --minify --flatten --context {} -o jsonpath='{{.clusters[0].cluster.certificate-authority-data}}' | base64 -d > {}{also}",
        quoted(root.path()),
        quoted(&context),
        quoted(&path),
    );
    let text = format!(
        "users' kubectl fails with x509 at every call: {by} does not fit the certificate of {endpoint}: {reason}"
    );
    match &cluster.cert_authority_file {
        Some(_) => area.error(ExitStatus::Configuration, text, remedy),
        // A CA that a user's kubeconfig has already stays there.
        None => area.warning(text, remedy),
    }
}

/// The end of the CA certificates themselves.
pub(super) fn authorities(area: &mut Area, key: &str, path: &str, pem: &[u8]) {
    if let Some(end) = certificates::first_end(pem, SystemTime::now()) {
        ends_soon(
            area,
            &format!("a CA certificate in {} ({key})", quoted(path)),
            Some(end),
        );
    }
}

/// Something that expires within a month, or has.
pub(super) fn ends_soon(area: &mut Area, what: &str, end: Option<SystemTime>) {
    let when = end.map_or("within 30 days".to_owned(), |end| {
        match end.duration_since(SystemTime::now()) {
            Ok(left) => format!("in {} ({})", for_a_person(left), rfc3339(end)),
            Err(_) => format!("at {}, which is over", rfc3339(end)),
        }
    });
    area.warning(format!("{what} expires {when}"), NEW_CA);
}
