//! The server's certificates: from its own authority, and from a second, untrusted one.

use std::sync::Arc;

use ood_k8s_loopback::ServerKind;
use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair, KeyUsagePurpose,
};
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use tokio_rustls::rustls::{version, ServerConfig, DEFAULT_VERSIONS};

/// A server configuration and the authority that signed its certificate.
#[derive(Debug, Clone)]
pub(crate) struct Identity {
    pub(crate) config: Arc<ServerConfig>,
    pub(crate) ca_pem: String,
}

impl Identity {
    /// Creates an authority and a certificate for these names and addresses.
    pub(crate) fn new(names: &[String], kind: ServerKind, ends: Option<(i32, u8, u8)>) -> Self {
        let key = KeyPair::generate().expect("ring can generate a key");
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params
            .distinguished_name
            .push(DnType::CommonName, "ood-k8s sandbox authority");
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::DigitalSignature];
        let authority = params.self_signed(&key).expect("the authority's parameters are valid");
        let issuer = Issuer::new(params, key);
        let config = server_config(names, &issuer, kind, ends);
        Self {
            config: Arc::new(config),
            ca_pem: authority.pem(),
        }
    }
}

fn server_config(
    names: &[String],
    issuer: &Issuer<'_, KeyPair>,
    kind: ServerKind,
    ends: Option<(i32, u8, u8)>,
) -> ServerConfig {
    let key = KeyPair::generate().expect("ring can generate a key");
    let mut params = CertificateParams::new(names).expect("tests use valid names for servers");
    params.distinguished_name.push(DnType::CommonName, "kube-apiserver");
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    params.use_authority_key_identifier_extension = true;
    if let Some((year, month, day)) = ends {
        params.not_after = rcgen::date_time_ymd(year, month, day);
    }
    let certificate = params
        .signed_by(&key, issuer)
        .expect("the server's parameters are valid");
    let private = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let versions = if kind == ServerKind::Tls12 {
        &[&version::TLS12]
    } else {
        DEFAULT_VERSIONS
    };
    let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_protocol_versions(versions)
        .expect("ring supports TLS 1.2 and 1.3")
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], private)
        .expect("the key belongs to the certificate");
    config.alpn_protocols = if kind == ServerKind::Http1 {
        vec![b"http/1.1".to_vec()]
    } else {
        vec![b"h2".to_vec(), b"http/1.1".to_vec()]
    };
    config
}
