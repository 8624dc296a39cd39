//! The API server's certificate and the `ServiceAccount` key, new for every control plane.

use std::fs;
use std::path::Path;

use base64::prelude::{Engine as _, BASE64_URL_SAFE_NO_PAD};
use ood_k8s_loopback::Authority;
use rcgen::KeyPair;

use crate::Error;

/// The names of the files in the control plane's directory.
pub(crate) const CA: &str = "ca.crt";
pub(crate) const SERVING_CERTIFICATE: &str = "serving.crt";
pub(crate) const SERVING_KEY: &str = "serving.key";
pub(crate) const SERVICE_ACCOUNT_KEY: &str = "service-account.key";
pub(crate) const SERVICE_ACCOUNT_PUBLIC_KEY: &str = "service-account.pub";

/// Writes all of them to `folder` and returns the CA's certificate. The keys are ECDSA P-256.
pub(crate) fn write(folder: &Path) -> Result<String, Error> {
    let put = |name: &str, text: &str| {
        let path = folder.join(name);
        fs::write(&path, text).map_err(Error::file("write", &path))
    };
    let authority = Authority::new("control plane of a test")?;
    put(CA, authority.pem())?;

    let serving = authority.certify("kube-apiserver")?;
    put(SERVING_CERTIFICATE, &serving.certificate)?;
    put(SERVING_KEY, &serving.key)?;

    let service_account_key = KeyPair::generate()?;
    put(SERVICE_ACCOUNT_KEY, &service_account_key.serialize_pem())?;
    put(SERVICE_ACCOUNT_PUBLIC_KEY, &service_account_key.public_key_pem())?;
    Ok(authority.pem().to_owned())
}

/// A JWT signed with the `ServiceAccount` key (ES256).
pub(crate) fn sign(key_pem: &str, claims: &serde_json::Value) -> Result<String, Error> {
    let encode = |bytes: &[u8]| BASE64_URL_SAFE_NO_PAD.encode(bytes);
    let header = encode(br#"{"alg":"ES256","typ":"JWT"}"#);
    let signed = format!("{header}.{}", encode(claims.to_string().as_bytes()));
    // rcgen's signatures are ASN.1, but a JWT needs only the two numbers.
    let der = KeyPair::from_pem(key_pem)?.serialize_der();
    let random = ring::rand::SystemRandom::new();
    let algorithm = &ring::signature::ECDSA_P256_SHA256_FIXED_SIGNING;
    let key = ring::signature::EcdsaKeyPair::from_pkcs8(algorithm, &der, &random).map_err(|_| Error::Signing)?;
    let signature = key.sign(&random, signed.as_bytes()).map_err(|_| Error::Signing)?;
    Ok(format!("{signed}.{}", encode(signature.as_ref())))
}
