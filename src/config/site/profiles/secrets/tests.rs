//! What a declaration may say, what is refused and in which line, and when content expires.

use std::time::{Duration, SystemTime};

use super::end::{end_of, Torn};
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

#[test]
fn what_is_wrong_is_told_with_its_line_and_a_remedy() {
    for (text, line, words) in [
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
    ] {
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

/// In how many hours it expires, and how many before that are told.
fn hours(text: &str, is_credential: bool) -> Option<(i64, u64)> {
    let end = end_of(text.as_bytes(), is_credential).unwrap()?;
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
        hours(&proxy, true),
        Some((11, 3)),
        "a quarter of twelve hours, and no root"
    );
    assert_eq!(hours(&long, true), Some((7760, 720)), "a month at most");
    let bundle = format!("{root}{long}");
    assert_eq!(hours(&bundle, false), Some((7760, 720)));
    assert_eq!(hours(&bundle, true), Some((7760, 720)), "a bundle beside a credential");
    assert_eq!(hours(&root, false), Some((-10, 22)));
    assert_eq!(hours("a licence", false), None);
    assert_eq!(hours("e30.eyJleHAiOjEwMH0.x\n", false).unwrap().1, 1, "a token");
}

#[test]
fn pem_that_is_being_written_is_told_from_what_is_none() {
    let (text, _) = pem(0, 10, false);
    assert_eq!(end_of(&text.as_bytes()[..text.len() / 2], true), Err(Torn));
    assert_eq!(end_of(b"-----BEGIN", true), Ok(None));
}
