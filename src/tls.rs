//! TLS of a client: whom it trusts, which certificate it shows, and the public key of a private one.

use std::sync::Arc;

use hyper_rustls::ConfigBuilderExt as _;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::WantsClientCert;
use rustls::crypto::{verify_tls12_signature, verify_tls13_signature, CryptoProvider};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::sign::{CertifiedKey, SingleCertAndKey};
use rustls::{
    ClientConfig, ConfigBuilder, DigitallySignedStruct, Error, InconsistentKeys, RootCertStore, SignatureScheme,
    WantsVerifier,
};
use secrecy::zeroize::Zeroizing;

/// Whom a client trusts.
#[derive(Debug, Clone)]
pub enum Trusted {
    /// The system's CAs.
    System,
    /// These CAs alone.
    Authorities(Vec<CertificateDer<'static>>),
    /// Whoever answers.
    Anybody,
}

/// A client's certificate with those between it and a CA, and its key, all in PEM.
#[derive(Clone)]
pub struct ClientCertificate {
    /// The certificates; other sections count for nothing.
    pub chain: Zeroizing<Vec<u8>>,
    /// The key: the first of PKCS #8, PKCS #1 or SEC 1.
    pub key: Zeroizing<Vec<u8>>,
}

/// Shows nothing of the key.
impl std::fmt::Debug for ClientCertificate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ClientCertificate")
    }
}

/// What of a client's TLS cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// No CA, or none that can be read.
    #[error("{0}")]
    Authorities(String),
    /// The certificate that it shows, or its key.
    #[error("no certificate and key in PEM that fit together")]
    Certificate,
}

/// The certificates in a PEM file. Sections that are none, or are broken, count for nothing, as for Go's `AppendCertsFromPEM`.
pub fn certificates(pem: &[u8]) -> Vec<CertificateDer<'static>> {
    CertificateDer::pem_slice_iter(pem).flatten().collect()
}

/// TLS with the system's CA certificates.
pub fn of_system() -> Result<ClientConfig, TlsError> {
    client(&Trusted::System, None)
}

/// TLS with these CA certificates (PEM) alone; or why they cannot be used.
pub fn trusting(pem: &[u8]) -> Result<ClientConfig, String> {
    let certificates: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem).collect();
    let certificates = certificates.map_err(|error| format!("no readable PEM: {error}"))?;
    let trusting = trusting_authorities(certificates).map_err(|error| error.to_string())?;
    Ok(trusting.with_no_client_auth())
}

/// TLS that trusts these, and shows this certificate if there is one.
pub fn client(trusted: &Trusted, certificate: Option<&ClientCertificate>) -> Result<ClientConfig, TlsError> {
    let trusting = match trusted {
        Trusted::Authorities(certificates) => trusting_authorities(certificates.clone())?,
        Trusted::System => {
            let trusting = builder()?.with_native_roots();
            trusting.map_err(|error| TlsError::Authorities(error.to_string()))?
        }
        Trusted::Anybody => {
            let builder = builder()?;
            let verifier = Arc::new(Credulous(Arc::clone(builder.crypto_provider())));
            builder.dangerous().with_custom_certificate_verifier(verifier)
        }
    };
    let Some(certificate) = certificate else {
        return Ok(trusting.with_no_client_auth());
    };
    let shown = loaded(certificate, trusting.crypto_provider())?;
    Ok(trusting.with_client_cert_resolver(Arc::new(SingleCertAndKey::from(shown))))
}

/// The certificate with its key. rustls's own check refuses certificates of X.509 version 1, which older openssl makes and
/// Go shows: here only a key that is another's is wrong.
fn loaded(certificate: &ClientCertificate, provider: &CryptoProvider) -> Result<CertifiedKey, TlsError> {
    let wrong = |_| TlsError::Certificate;
    let key = PrivateKeyDer::from_pem_slice(&certificate.key).map_err(|_| TlsError::Certificate)?;
    let key = provider.key_provider.load_private_key(key).map_err(wrong)?;
    let loaded = CertifiedKey::new(certificates(&certificate.chain), key);
    match loaded.keys_match() {
        _ if loaded.cert.is_empty() => Err(TlsError::Certificate),
        Err(Error::InconsistentKeys(InconsistentKeys::KeyMismatch)) => Err(TlsError::Certificate),
        _ => Ok(loaded),
    }
}

/// The public key (`SubjectPublicKeyInfo` in DER) of a private key; `None` if the key is of a kind that cannot be loaded.
pub fn public_key_of(key: PrivateKeyDer<'static>) -> Option<Vec<u8>> {
    let provider = rustls::crypto::ring::default_provider();
    // What it is loaded from is zeroized there.
    let key = provider.key_provider.load_private_key(key).ok()?;
    Some(key.public_key()?.as_ref().to_vec())
}

fn builder() -> Result<ConfigBuilder<ClientConfig, WantsVerifier>, TlsError> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| TlsError::Authorities(error.to_string()))
}

fn trusting_authorities(
    certificates: Vec<CertificateDer<'static>>,
) -> Result<ConfigBuilder<ClientConfig, WantsClientCert>, TlsError> {
    let mut roots = RootCertStore::empty();
    let (added, _) = roots.add_parsable_certificates(certificates);
    if added == 0 {
        return Err(TlsError::Authorities("no certificate in PEM".into()));
    }
    Ok(builder()?.with_root_certificates(roots))
}

/// Takes any certificate, for `insecure-skip-tls-verify`. That the server has its key is verified all the same.
#[derive(Debug)]
struct Credulous(Arc<CryptoProvider>);

impl ServerCertVerifier for Credulous {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, certificate, signed, &self.0.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, certificate, signed, &self.0.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}
