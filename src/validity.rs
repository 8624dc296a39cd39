//! Until when a certificate says that it is valid, and whose key it is for: read from its own fields, since no TLS library accepts
//! a grid proxy.

use std::time::SystemTime;

use crate::time::parse_rfc3339;

/// Tags of DER (X.690).
const INTEGER: u8 = 0x02;
const BIT_STRING: u8 = 0x03;
const UTC_TIME: u8 = 0x17;
const GENERALIZED_TIME: u8 = 0x18;
const SEQUENCE: u8 = 0x30;
/// `[0] EXPLICIT`: the version, which certificates of version 1 leave out.
const VERSION: u8 = 0xa0;

/// The dates of a certificate. Nobody has checked its signature.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Validity {
    /// `notBefore`.
    pub from: SystemTime,
    /// `notAfter`.
    pub until: SystemTime,
    /// Whether its subject is its issuer, as a root's is.
    pub is_self_issued: bool,
}

impl Validity {
    /// Reads a certificate in DER (RFC 5280, 4.1); `None` if it is none, or its dates are in no form that DER allows.
    pub fn of(der: &[u8]) -> Option<Self> {
        let fields = Fields::of(der)?;
        let (from, behind) = time(fields.validity)?;
        let (until, _) = time(behind)?;
        Some(Self {
            from,
            until,
            is_self_issued: fields.issuer == fields.subject,
        })
    }
}

/// The public key of a certificate in DER, without its algorithm.
pub fn public_key(der: &[u8]) -> Option<&[u8]> {
    let (info, _) = element(Fields::of(der)?.behind, SEQUENCE)?;
    key_in(info)
}

/// The public key in a `SubjectPublicKeyInfo`'s content, without its algorithm.
pub fn key_in(info: &[u8]) -> Option<&[u8]> {
    let (_, behind) = element(info, SEQUENCE)?;
    Some(element(behind, BIT_STRING)?.0)
}

/// The same of a whole `SubjectPublicKeyInfo` in DER.
pub fn key_in_info(der: &[u8]) -> Option<&[u8]> {
    key_in(element(der, SEQUENCE)?.0)
}

/// The fields of a certificate that are looked at.
struct Fields<'a> {
    issuer: &'a [u8],
    validity: &'a [u8],
    subject: &'a [u8],
    /// What follows the subject: the public key.
    behind: &'a [u8],
}

impl<'a> Fields<'a> {
    fn of(der: &'a [u8]) -> Option<Self> {
        let (certificate, _) = element(der, SEQUENCE)?;
        let (body, _) = element(certificate, SEQUENCE)?;
        let body = element(body, VERSION).map_or(body, |(_, behind)| behind);
        let (_, behind) = element(body, INTEGER)?;
        let (_, behind) = element(behind, SEQUENCE)?;
        let (issuer, behind) = element(behind, SEQUENCE)?;
        let (validity, behind) = element(behind, SEQUENCE)?;
        let (subject, behind) = element(behind, SEQUENCE)?;
        Some(Self {
            issuer,
            validity,
            subject,
            behind,
        })
    }
}

/// The content of the first element, if it has this tag, and what is behind it.
fn element(bytes: &[u8], tag: u8) -> Option<(&[u8], &[u8])> {
    let (&found, rest) = bytes.split_first()?;
    let (&first, rest) = rest.split_first()?;
    let (length, rest) = match first {
        0..=0x7f => (usize::from(first), rest),
        0x81..=0x84 => {
            let (octets, rest) = rest.split_at_checked(usize::from(first & 0x7f))?;
            (octets.iter().fold(0, |sum, octet| sum << 8 | usize::from(*octet)), rest)
        }
        _ => return None,
    };
    (found == tag).then(|| rest.split_at_checked(length)).flatten()
}

/// A time in seconds and UTC, as RFC 5280 asks for; years of two digits are from 1950 on. What was before 1970 is over as well.
fn time(bytes: &[u8]) -> Option<(SystemTime, &[u8])> {
    let (digits, behind, century) = if let Some((text, behind)) = element(bytes, UTC_TIME) {
        let century = if text.first()? < &b'5' { "20" } else { "19" };
        (text, behind, century)
    } else {
        let (text, behind) = element(bytes, GENERALIZED_TIME)?;
        (text, behind, "")
    };
    let text = format!("{century}{}", std::str::from_utf8(digits).ok()?);
    let digits = text
        .strip_suffix('Z')
        .filter(|digits| digits.len() == 14 && digits.bytes().all(|c| c.is_ascii_digit()))?;
    let part = |from: usize| &digits[from..from + 2];
    let text = format!(
        "{}-{}-{}T{}:{}:{}Z",
        &digits[..4],
        part(4),
        part(6),
        part(8),
        part(10),
        part(12)
    );
    let is_ancient = digits[..4] < *"1970";
    let time = if is_ancient {
        SystemTime::UNIX_EPOCH
    } else {
        parse_rfc3339(&text)?
    };
    Some((time, behind))
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, UNIX_EPOCH};

    use proptest::prelude::*;

    use super::*;

    fn certificate(from: (i32, u8), until: (i32, u8)) -> (Vec<u8>, Vec<u8>) {
        let mut params = rcgen::CertificateParams::new(vec!["a.example".into()]).unwrap();
        params.not_before = rcgen::date_time_ymd(from.0, from.1, 2);
        params.not_after = rcgen::date_time_ymd(until.0, until.1, 3);
        let key = rcgen::KeyPair::generate().unwrap();
        let alone = params.self_signed(&key).unwrap();
        params.distinguished_name.push(rcgen::DnType::CommonName, "proxy");
        let issuer = rcgen::Issuer::from_params(&params, &key);
        let signed = rcgen::CertificateParams::new(Vec::new())
            .unwrap()
            .signed_by(&key, &issuer)
            .unwrap();
        (alone.der().to_vec(), signed.der().to_vec())
    }

    #[test]
    fn the_dates_are_those_of_the_certificate_in_both_forms_of_time() {
        let (alone, signed) = certificate((2024, 1), (2051, 12));
        let validity = Validity::of(&alone).unwrap();
        assert_eq!(validity.from, UNIX_EPOCH + Duration::from_secs(1_704_153_600));
        assert_eq!(crate::time::rfc3339(validity.until), "2051-12-03T00:00:00Z");
        assert!(validity.is_self_issued);
        assert!(!Validity::of(&signed).unwrap().is_self_issued);
    }

    #[test]
    fn what_began_before_1970_has_dates_all_the_same() {
        let (old, _) = certificate((1950, 1), (2051, 12));
        let validity = Validity::of(&old).unwrap();
        assert_eq!(validity.from, UNIX_EPOCH);
        assert_eq!(crate::time::rfc3339(validity.until), "2051-12-03T00:00:00Z");
    }

    #[test]
    fn the_public_key_is_that_of_the_certificate() {
        let params = rcgen::CertificateParams::new(Vec::new()).unwrap();
        let key = rcgen::KeyPair::generate().unwrap();
        let der = params.self_signed(&key).unwrap().der().to_vec();
        let bits = public_key(&der).unwrap();
        assert_eq!(&bits[1..], key.public_key_raw(), "behind the number of unused bits");
        assert_eq!(
            key_in_info(&rcgen::PublicKeyData::subject_public_key_info(&key)).unwrap(),
            bits
        );
    }

    #[test]
    fn what_is_cut_off_anywhere_before_the_subject_is_no_certificate() {
        let (alone, _) = certificate((2024, 1), (2030, 1));
        for length in 0..alone.len() {
            assert_eq!(Validity::of(&alone[..length]), None, "{length}");
        }
    }

    proptest! {
        #[test]
        fn whatever_is_read_nothing_panics(bytes in prop::collection::vec(any::<u8>(), 0..200), at in 0..300_usize, byte: u8) {
            let _ = Validity::of(&bytes);
            let (mut alone, _) = certificate((2024, 1), (2030, 1));
            if let Some(place) = alone.get_mut(at) {
                *place = byte;
            }
            let _ = Validity::of(&alone);
        }
    }
}
