//! Server certificates: the trusted one, and some that must be rejected.

use std::sync::{Arc, OnceLock};

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use tokio_rustls::rustls::ServerConfig;

/// The certificate that a server presents.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Certificate {
    /// Valid, issued by the trusted CA.
    Good,
    /// Issued by an unknown CA.
    OtherAuthority,
    /// For another host.
    OtherName,
    Expired,
    /// Valid from the year 3000 on.
    NotYet,
}

struct Authority {
    issuer: Issuer<'static, KeyPair>,
    pem: String,
}

impl Authority {
    fn new() -> Self {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params
            .distinguished_name
            .push(DnType::CommonName, "an authority of the attacks");
        let pem = params.self_signed(&key).unwrap().pem();
        Self {
            issuer: Issuer::new(params, key),
            pem,
        }
    }
}

fn trusted() -> &'static Authority {
    static TRUSTED: OnceLock<Authority> = OnceLock::new();
    TRUSTED.get_or_init(Authority::new)
}

/// The trusted CA certificate, in PEM.
pub fn authority() -> &'static str {
    &trusted().pem
}

impl Certificate {
    /// A server configuration that offers these ALPN protocols.
    pub fn config(self, protocols: &[&str]) -> Arc<ServerConfig> {
        let other;
        let authority = if self == Self::OtherAuthority {
            other = Authority::new();
            &other
        } else {
            trusted()
        };
        let name = if self == Self::OtherName {
            "192.0.2.7"
        } else {
            "127.0.0.1"
        };
        let mut params = CertificateParams::new([name.to_owned()]).unwrap();
        if self == Self::Expired {
            params.not_after = rcgen::date_time_ymd(2020, 1, 1);
        }
        if self == Self::NotYet {
            params.not_before = rcgen::date_time_ymd(3000, 1, 1);
        }
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, &authority.issuer).unwrap();
        let private = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
        let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![certificate.der().clone()], private)
            .unwrap();
        config.alpn_protocols = protocols.iter().map(|name| name.as_bytes().to_vec()).collect();
        Arc::new(config)
    }
}
