//! `auth` of a registry's entry: base64 of a user and a password.

use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use base64::Engine as _;
use secrecy::zeroize::Zeroizing;
use secrecy::{ExposeSecret, SecretString};

use super::fault::EntryFault;

/// The kubelet accepts base64 with and without padding (`decodeDockerConfigFieldAuth`,
/// `pkg/credentialprovider/config.go`), and Go's decoder is not strict about the last bits.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &base64::alphabet::STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

/// Whether this can precede the colon in `auth`.
pub fn is_username(name: &str) -> bool {
    !name.is_empty() && !name.contains(|c: char| c == ':' || c.is_control())
}

/// Whether there is something in it that nobody can type.
pub(super) fn has_control(text: &str) -> bool {
    text.chars().any(char::is_control)
}

/// User and password as docker writes them.
pub(super) fn encode(user: &str, password: &SecretString) -> SecretString {
    let pair = Zeroizing::new(format!("{user}:{}", password.expose_secret()));
    base64::engine::general_purpose::STANDARD.encode(pair.as_bytes()).into()
}

/// User and password as the kubelet reads them.
pub(super) fn decode(auth: &SecretString) -> Result<(String, SecretString), EntryFault> {
    // Go's decoder skips line breaks, so base64 with line breaks works.
    let text: Zeroizing<String> = Zeroizing::new(auth.expose_secret().replace(['\r', '\n'], ""));
    let bytes = BASE64.decode(text.as_bytes()).map_err(|_| undecodable(&text))?;
    let bytes = Zeroizing::new(bytes);
    let pair = std::str::from_utf8(&bytes).map_err(|_| EntryFault::Auth)?;
    let (user, password) = pair.split_once(':').ok_or(EntryFault::Auth)?;
    Ok((user.to_owned(), password.into()))
}

fn undecodable(text: &str) -> EntryFault {
    let joined: Zeroizing<String> = Zeroizing::new(text.split_whitespace().collect());
    match BASE64.decode(joined.as_bytes()) {
        Ok(_) if joined.len() < text.len() => EntryFault::Folded,
        _ => EntryFault::Auth,
    }
}
