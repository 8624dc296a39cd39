//! What a declaration may say, what is refused and in which line, and when content expires.

use std::time::{Duration, SystemTime};

use super::end::{ends_of, NoEnd};
use super::keys::{mismatched, Keys};
use super::parse;

const PROXY: &str = "# A proxy.\nname: grid-proxy\nwarnBefore: 3h\ndata:\n  x509up: {file: /var/lib/proxies/atlas}\n";

#[test]
fn a_declaration_says_where_the_content_is_and_has_defaults() {
    let proxy = parse("atlas", PROXY).unwrap();
    assert_eq!(
        (proxy.file.as_str(), proxy.name.as_str(), proxy.kind.as_str()),
        ("atlas", "grid-proxy", "Opaque")
    );
    assert_eq!(proxy.data, [("x509up".to_owned(), "/var/lib/proxies/atlas".into())]);
    assert_eq!(proxy.warn_before, Some(Duration::from_secs(3 * 3600)));
    let tls = "type: kubernetes.io/tls\ndata: {tls.crt: {file: /a}, tls.key: {file: /b}}\n";
    let tls = parse("web", tls).unwrap();
    assert_eq!((tls.name.as_str(), tls.warn_before), ("web", None));
    parse("a", "type: example.org/licence\ndata: {k: {file: /a}}\n").unwrap();
    parse("a", "type: kubernetes.io/basic-auth\ndata: {password: {file: /a}}\n").unwrap();
}

#[test]
fn the_example_that_is_installed_is_right() {
    let text = include_str!("../../../../../hooks/k8s-secrets.d/grid-proxy.yaml");
    let example = parse("grid-proxy", text).unwrap();
    assert_eq!((example.name.as_str(), example.data.len()), ("grid-proxy", 1));
}

/// A declaration, the line with the fault, and words of the remedy.
const WRONG: &[(&str, usize, &str)] = &[
    ("", 0, "declares no secret"),
    ("name: [", 1, ""),
    ("- a\n", 1, "mapping"),
    ("name: x\n", 1, "data is missing"),
    ("nane: x\ndata: {k: {file: /a}}\n", 1, "did you mean name?"),
    ("name: Grid\ndata: {k: {file: /a}}\n", 1, "no name of a Secret"),
    ("name: ${user.name}\ndata: {k: {file: /a}}\n", 1, "no name of a Secret"),
    ("data: {k: {file: /a}}\ndata: {k: {file: /b}}\n", 2, "stands twice"),
    ("data: {k: {file: /a}}\n---\ndata: {k: {file: /a}}\n", 3, "one secret"),
    ("data: {}\n", 1, "data is empty"),
    ("data:\n  k: hunter2\n", 2, "must name a file"),
    ("data:\n  k: {value: hunter2}\n", 2, "unknown key"),
    ("data:\n  k: {}\n", 2, "has no file"),
    ("data:\n  a b: {file: /a}\n", 2, "no key of a Secret"),
    ("data:\n  ..: {file: /a}\n", 2, "no key of a Secret"),
    ("data:\n  k: {file: a}\n", 2, "absolute path"),
    ("data:\n  k: {file: \"/x/${user.name}\"}\n", 2, "same for everybody"),
    (
        "warnBefore: soon\ndata: {k: {file: /a}}\n",
        1,
        "warnBefore is not a duration",
    ),
    (
        "type: kubernetes.io/dockerconfigjson\ndata: {k: {file: /a}}\n",
        1,
        "IMAGE_PULL_SECRET",
    ),
    (
        "type: kubernetes.io/service-account-token\ndata: {k: {file: /a}}\n",
        1,
        "none for root's files",
    ),
    (
        "type: bootstrap.kubernetes.io/token\ndata: {k: {file: /a}}\n",
        1,
        "none for root's files",
    ),
    ("type: opaque\ndata: {k: {file: /a}}\n", 1, "no type of a Secret"),
    (
        "type: kubernetes.io/tls\ndata: {tls.crt: {file: /a}}\n",
        2,
        "tls.crt and tls.key",
    ),
];

#[test]
fn what_is_wrong_is_told_with_its_line_and_a_remedy() {
    for &(text, line, words) in WRONG {
        let fault = parse("x", text).unwrap_err();
        assert!(fault.line == line && fault.reason.contains(words), "{text}: {fault:?}");
        assert!(!fault.reason.contains("hunter2"), "{fault:?}");
    }
}

/// A certificate that is valid from and until so many hours from now, and its key; its issuer is another one, unless
/// it is a root.
fn pem(from: i64, until: i64, is_root: bool) -> (String, String) {
    let at = |hours: i64| {
        let hours = u64::try_from(hours + 1_000_000).unwrap() * 3600;
        (SystemTime::now() - Duration::from_secs(1_000_000 * 3600) + Duration::from_secs(hours)).into()
    };
    let params = |name: &str| {
        let mut params = rcgen::CertificateParams::new(Vec::new()).unwrap();
        params.distinguished_name.push(rcgen::DnType::CommonName, name);
        (params.not_before, params.not_after) = (at(from), at(until));
        params
    };
    let key = rcgen::KeyPair::generate().unwrap();
    let issuer = rcgen::Issuer::new(params("issuer"), &key);
    let certificate = if is_root {
        params("issuer").self_signed(&key)
    } else {
        params("proxy").signed_by(&key, &issuer)
    };
    (certificate.unwrap().pem(), key.serialize_pem())
}

/// In how many hours it expires, and how many before that are told, in a Secret with these private keys.
fn hours(text: &str, keys: &str) -> Option<(i64, u64)> {
    let end = ends_of(text.as_bytes(), &Keys::of(keys.as_bytes())).unwrap().end?;
    let left = match end.at.duration_since(SystemTime::now()) {
        Ok(left) => i64::try_from(left.as_secs()).unwrap() + 1800,
        Err(over) => -i64::try_from(over.duration().as_secs()).unwrap() - 1800,
    };
    Some((left / 3600, end.told_before.as_secs() / 3600))
}

#[test]
fn of_a_credential_the_first_end_of_its_chain_counts_and_of_cas_the_last() {
    let (root, _) = pem(-100, -10, true);
    let (short, key) = pem(-1, 11, false);
    let (long, _) = pem(-1000, 7760, false);
    let proxy = format!("{short}{key}{long}{root}");
    assert_eq!(
        hours(&proxy, &proxy),
        Some((11, 3)),
        "a quarter of twelve hours, and no root"
    );
    let (own, own_key) = pem(-1000, 7760, false);
    assert_eq!(hours(&own, &own_key), Some((7760, 720)), "a month at most");
    let bundle = format!("{root}{long}");
    assert_eq!(hours(&bundle, ""), Some((7760, 720)));
    assert_eq!(hours(&root, ""), Some((-10, 22)));
    assert_eq!(hours("a licence", ""), None);
    assert_eq!(hours("e30.eyJleHAiOjEwMH0.x\n", "").unwrap().1, 1, "a token");
}

#[test]
fn the_certificate_of_the_key_makes_a_chain_wherever_it_is_and_what_is_beside_it_is_a_bundle() {
    let (root, _) = pem(-1000, 9000, true);
    let (leaf, key) = pem(-1, 11, false);
    let (over, _) = pem(-100, -10, false);
    let (long, _) = pem(-1000, 7760, false);
    assert_eq!(
        hours(&format!("{root}{leaf}{long}"), &key),
        Some((11, 3)),
        "the root first"
    );
    assert_eq!(
        hours(&format!("{over}{long}"), &key),
        Some((7760, 720)),
        "CAs beside the key"
    );
    let (alone, key) = pem(-10, 30, true);
    assert_eq!(
        hours(&format!("{alone}{long}"), &key),
        Some((30, 10)),
        "one that has signed itself"
    );
    // With a key that cannot be compared the first certificate is taken for its own.
    let encrypted = "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n";
    assert_eq!(hours(&format!("{leaf}{long}"), encrypted), Some((11, 3)));
    assert_eq!(hours(&format!("{root}{leaf}"), encrypted), Some((9000, 720)));
}

/// A certificate, with its dates in a form that DER does not allow (RFC 5280, 4.1.2.5: seconds are there, and Z).
fn undated(text: &str) -> String {
    let der = rustls::pki_types::pem::PemObject::from_pem_slice(text.as_bytes());
    let der: rustls::pki_types::CertificateDer<'_> = der.unwrap();
    let mut bytes = der.to_vec();
    let is_time = |window: &[u8]| window[0] == 0x17 && window[1] == 13 && window[14] == b'Z';
    let place = bytes.windows(15).position(is_time).unwrap();
    bytes[place + 14] = b'X';
    let text = base64::Engine::encode(&base64::engine::general_purpose::STANDARD, bytes);
    format!("-----BEGIN CERTIFICATE-----\n{text}\n-----END CERTIFICATE-----\n")
}

#[test]
fn dates_that_cannot_be_read_are_told_and_are_no_end_that_never_comes() {
    let (leaf, key) = pem(-1, 11, false);
    let (long, _) = pem(-1000, 7760, false);
    let of = |text: &str, keys: &str| ends_of(text.as_bytes(), &Keys::of(keys.as_bytes()));
    assert_eq!(of(&undated(&leaf), &key), Err(NoEnd::Undated), "of the key's own");
    assert_eq!(
        of(&format!("{leaf}{}", undated(&long)), &key),
        Err(NoEnd::Undated),
        "in its chain"
    );
    assert_eq!(of(&undated(&long), ""), Err(NoEnd::Undated), "of the only one");
    let bundle = of(&format!("{}{long}", undated(&leaf)), "").unwrap();
    assert!(
        bundle.has_undated && bundle.end.is_some(),
        "the others of a bundle decide"
    );
}

#[test]
fn a_key_and_a_certificate_of_different_moments_are_no_pair() {
    let (old, old_key) = pem(-1, 11, false);
    let (new, new_key) = pem(-1, 11, false);
    let (ca, _) = pem(-1, 11, true);
    let is_mismatched = |files: &[(&str, &str)]| {
        let files: Vec<_> = files.iter().map(|(name, text)| (*name, text.as_bytes())).collect();
        mismatched(&files).map(|(key, certificate)| format!("{key} {certificate}"))
    };
    assert_eq!(is_mismatched(&[("tls.crt", &old), ("tls.key", &old_key)]), None);
    let told = is_mismatched(&[("ca.crt", &ca), ("tls.crt", &old), ("tls.key", &new_key)]);
    assert_eq!(told.as_deref(), Some("tls.key tls.crt"));
    let told = is_mismatched(&[("usercert.pem", &old), ("userkey.pem", &new_key)]);
    assert_eq!(told.as_deref(), Some("userkey.pem usercert.pem"));
    assert_eq!(
        is_mismatched(&[("x509up", &format!("{old}{new_key}"))]).as_deref(),
        Some("x509up x509up")
    );
    assert_eq!(
        is_mismatched(&[("all", &format!("{new_key}{ca}")), ("cert", &new)]),
        None,
        "its own is elsewhere"
    );
    // A key for something else than TLS beside the CAs of a server.
    assert_eq!(is_mismatched(&[("ca.crt", &ca), ("sign.key", &new_key)]), None);
    let odd = "-----BEGIN EC PRIVATE KEY-----\nAAAA\n-----END EC PRIVATE KEY-----\n";
    assert_eq!(
        is_mismatched(&[("tls.crt", &old), ("tls.key", odd)]),
        None,
        "nobody knows"
    );
}

#[test]
fn pem_that_is_being_written_is_told_from_what_is_none() {
    let (text, _) = pem(0, 10, false);
    let keys = Keys::default();
    assert_eq!(
        ends_of(&text.as_bytes()[..text.len() / 2], &keys),
        Err(NoEnd::Incomplete)
    );
    assert_eq!(ends_of(b"-----BEGIN", &keys).unwrap().end, None);
}
