//! kube, an independent reader of kubeconfigs: where it can make a connection of one, it goes the same way as ours.

use std::path::Path;

use kube::config::{KubeConfigOptions, Kubeconfig};
use ood_k8s::cluster::Way;
use ood_k8s::tls::Trusted;

/// What kube reads in another way than kubectl and we do.
const DIFFERS: &[(&str, &str)] = &[
    (
        "cluster: the CA in a file, and data empty",
        "empty data count for kube, which then trusts nobody",
    ),
    (
        "cluster: every other key empty",
        "an empty tls-server-name counts for kube",
    ),
    (
        "cluster: the server with a query",
        "kube keeps the query, before each path",
    ),
];

/// What kube would do otherwise; `None` if it agrees, or cannot read the file.
pub fn disagrees(case: &str, path: &Path, way: &Way) -> Option<String> {
    if DIFFERS.iter().any(|(name, _)| *name == case) {
        return None;
    }
    let theirs = of_kube(path)?;
    let pairs = [
        ("the server", way.url.to_string(), theirs.cluster_url.to_string()),
        (
            "the proxy",
            format!("{:?}", way.proxy),
            format!("{:?}", theirs.proxy_url),
        ),
        (
            "the server's name",
            format!("{:?}", way.server_name),
            format!("{:?}", theirs.tls_server_name),
        ),
        (
            "whether anybody is trusted",
            way.trusts_anybody().to_string(),
            theirs.accept_invalid_certs.to_string(),
        ),
    ];
    let differing = pairs.into_iter().find(|(_, ours, theirs)| ours != theirs);
    if let Some((what, ours, theirs)) = differing {
        return Some(format!("{what} is {ours}, and for kube {theirs}"));
    }
    let Trusted::Authorities(ours) = &way.trusted else {
        return None;
    };
    let of_kube = theirs.root_cert.unwrap_or_default();
    let is_same =
        ours.len() == of_kube.len() && ours.iter().zip(&of_kube).all(|(ours, theirs)| ours.as_ref() == theirs);
    (!is_same).then(|| format!("we trust {} CAs, and kube {} others", ours.len(), of_kube.len()))
}

fn of_kube(path: &Path) -> Option<kube::Config> {
    let kubeconfig = Kubeconfig::read_from(path).ok()?;
    let options = KubeConfigOptions {
        context: Some("ondemand".into()),
        ..Default::default()
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let made = runtime
        .expect("a runtime")
        .block_on(kube::Config::from_custom_kubeconfig(kubeconfig, &options));
    made.ok()
}
