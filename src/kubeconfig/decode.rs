//! Base64 as Go's decoder takes it.

use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig};
use base64::engine::DecodePaddingMode;
use base64::Engine as _;

/// As Go's `base64.StdEncoding`: line ends are skipped, and the last bits need not be zero.
pub(super) fn decoded(text: &str) -> Option<Vec<u8>> {
    const LIKE_GO: GeneralPurpose = GeneralPurpose::new(
        &base64::alphabet::STANDARD,
        GeneralPurposeConfig::new()
            .with_decode_allow_trailing_bits(true)
            .with_decode_padding_mode(DecodePaddingMode::RequireCanonical),
    );
    let text = secrecy::zeroize::Zeroizing::new(text.replace(['\r', '\n'], ""));
    LIKE_GO.decode(text.as_bytes()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn line_ends_are_skipped_and_other_white_space_is_not() {
        assert_eq!(decoded("YWJj\r\nZGVm\n").as_deref(), Some(&b"abcdef"[..]));
        assert_eq!(decoded("YR==").as_deref(), Some(&b"a"[..]));
        for text in ["YWJj ZGVm", "YQ", "YQ=", "Y Q=="] {
            assert_eq!(decoded(text), None, "{text}");
        }
    }
}
