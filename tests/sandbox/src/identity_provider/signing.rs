//! The provider's key: tokens are signed with it, and anybody may read its public half (RFC 7515, RFC 7517).

use base64::prelude::{Engine, BASE64_URL_SAFE_NO_PAD};
use ring::rand::SystemRandom;
use ring::signature::{EcdsaKeyPair, KeyPair, ECDSA_P256_SHA256_FIXED_SIGNING};
use serde_json::{json, Value};

/// What discovery announces. Keycloak has RS256 as its default, but making an RSA key takes too long.
pub(crate) const ALGORITHM: &str = "ES256";
const ID: &str = "sandbox";
/// A point is 4, x and y, of 32 bytes each (SEC 1, section 2.3.3).
const COORDINATE: usize = 32;

#[derive(Debug)]
pub(crate) struct SigningKey {
    pair: EcdsaKeyPair,
    random: SystemRandom,
}

impl SigningKey {
    pub(crate) fn new() -> Self {
        let (random, algorithm) = (SystemRandom::new(), &ECDSA_P256_SHA256_FIXED_SIGNING);
        let pkcs8 = EcdsaKeyPair::generate_pkcs8(algorithm, &random).expect("the system has random numbers");
        let pair = EcdsaKeyPair::from_pkcs8(algorithm, pkcs8.as_ref(), &random).expect("ring reads what it wrote");
        Self { pair, random }
    }

    /// The token with these claims.
    pub(crate) fn jwt(&self, claims: &Value) -> String {
        let part = |value: &Value| BASE64_URL_SAFE_NO_PAD.encode(value.to_string());
        let head = json!({ "alg": ALGORITHM, "typ": "JWT", "kid": ID });
        let signed = format!("{}.{}", part(&head), part(claims));
        let signature = self.pair.sign(&self.random, signed.as_bytes());
        let signature = signature.expect("the system has random numbers");
        format!("{signed}.{}", BASE64_URL_SAFE_NO_PAD.encode(signature))
    }

    /// The document at `jwks_uri`.
    pub(crate) fn published(&self) -> Value {
        let (x, y) = self.pair.public_key().as_ref()[1..].split_at(COORDINATE);
        let [x, y] = [x, y].map(|coordinate| BASE64_URL_SAFE_NO_PAD.encode(coordinate));
        json!({ "keys": [
            { "kty": "EC", "use": "sig", "alg": ALGORITHM, "kid": ID, "crv": "P-256", "x": x, "y": y },
        ] })
    }
}
