//! The kind of API server that `OOD_K8S_TEST_SERVER` asks for is the one that answers, and a login works on each kind.

use std::io::Write as _;
use std::net::TcpStream;
use std::sync::Arc;

use ood_k8s_loopback::ServerKind;
use ood_k8s_sandbox::Sandbox;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::CertificateDer;
use rustls::{ClientConfig, ClientConnection, ProtocolVersion, RootCertStore};

use super::support::{Cluster, Site};

/// What a client that offers everything gets: the version of TLS, and the protocol in it.
fn greeting(cluster: &Cluster) -> (ProtocolVersion, String) {
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(cluster.ca_pem().as_bytes()) {
        roots.add(certificate.unwrap()).unwrap();
    }
    let mut config = ClientConfig::builder()
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    let url = cluster.url();
    let address: std::net::SocketAddr = url.strip_prefix("https://").unwrap().parse().unwrap();
    let mut connection = ClientConnection::new(Arc::new(config), address.ip().into()).unwrap();
    let mut stream = TcpStream::connect(address).unwrap();
    while connection.is_handshaking() {
        connection.complete_io(&mut stream).unwrap();
    }
    let protocol = String::from_utf8(connection.alpn_protocol().unwrap_or_default().to_vec()).unwrap();
    connection.send_close_notify();
    let _ = connection.complete_io(&mut stream).and_then(|_| stream.flush());
    (connection.protocol_version().unwrap(), protocol)
}

/// That the server is of this kind.
fn is_of(cluster: &Cluster, kind: ServerKind) {
    let tls = if kind == ServerKind::Tls12 {
        ProtocolVersion::TLSv1_2
    } else {
        ProtocolVersion::TLSv1_3
    };
    let protocol = if kind == ServerKind::Http1 { "http/1.1" } else { "h2" };
    assert_eq!(greeting(cluster), (tls, protocol.to_owned()), "{kind:?}");
    assert_eq!(
        cluster.url().starts_with("https://[::1]:"),
        kind == ServerKind::Ipv6,
        "{}",
        cluster.url()
    );
}

#[test]
fn the_server_is_of_the_kind_that_is_asked_for() {
    is_of(&Cluster::start(), ServerKind::of_environment());
    is_of(&Cluster::own(), ServerKind::of_environment());
}

#[test]
fn a_login_works_by_tls_1_2_and_by_ipv6_too() {
    for (sandbox, kind) in [
        (Sandbox::builder().tls12_only(), ServerKind::Tls12),
        (Sandbox::builder().ipv6_only(), ServerKind::Ipv6),
    ] {
        let site = Site::on(Cluster::sandbox(sandbox.start()));
        is_of(&site.cluster, kind);
        site.pre_hook().ok();
        let server = site.user_kubeconfig().unwrap()["clusters"][0]["cluster"]["server"].clone();
        assert_eq!(server, site.cluster.url());
        site.pre_hook().ok();
        for path in site.all_paths() {
            assert!(site.cluster.object(&path).is_some(), "{kind:?}: {path}");
        }
    }
}
