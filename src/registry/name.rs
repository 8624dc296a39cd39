//! Registry names as docker and the kubelet understand them, in the one spelling that we write.
//!
//! The kubelet (`pkg/credentialprovider/keyring.go` of Kubernetes 1.36, `Add` and `URLsMatch`) strips `https://`,
//! `http://` and a leading `/v1/` or `/v2/` from a name, compares the host label by label, where `*` matches anything
//! in a label, compares the port exactly, and accepts any prefix of the image's path. It takes two spellings of one
//! registry for two passwords and tries them in no defined order; so each registry gets one spelling here.

use std::fmt;
use std::net::Ipv6Addr;

/// docker's name for Docker Hub (docker/cli, `registry.IndexServer`). The kubelet's is `index.docker.io`, which it uses
/// for every image without a registry (`isDefaultRegistryMatch`).
const HUB: &str = "https://index.docker.io/v1/";
/// The hosts of Docker Hub, which share one password.
const HUB_HOSTS: &[&str] = &["docker.io", "index.docker.io", "registry-1.docker.io"];
/// The host of its API (distribution, `registry/client`).
const HUB_API: &str = "registry-1.docker.io";
/// The kubelet's name for Docker Hub in an image's name, and therefore the prefix of a path there.
const HUB_IN_IMAGES: &str = "docker.io";
/// RFC 1035; the same limit applies to a path.
const LONGEST: usize = 253;
const LONGEST_LABEL: usize = 63;

/// Why the name of a registry is invalid.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RegistryNameError {
    /// It is empty.
    #[error("the name of the registry is empty; write for example registry.example.org:5000")]
    Empty,
    /// It has blanks or control characters.
    #[error("the name of the registry {0:?} contains a blank; write for example registry.example.org:5000")]
    Blank(String),
    /// It has a user and perhaps a password, so the message does not quote it.
    #[error("the name of the registry contains an @; write only the host, and specify the user with --username")]
    User,
    /// It has a scheme, but docker and the kubelet use hosts only.
    #[error("the registry {0:?} is written as a URL, but names have no scheme; write {rest}", rest = .0.split_once("://").map_or("", |(_, rest)| rest))]
    Scheme(String),
    /// Not a host name, or one that is too long.
    #[error(
        "the registry {0:?} is not a host name (letters, digits, - and .); write for example registry.example.org:5000"
    )]
    Host(String),
    /// docker and the kubelet treat `name/image` as an image of Docker Hub.
    #[error("the registry {0:?} has neither a dot nor a port, so its images would be looked up at Docker Hub; write its full name, or its port")]
    Short(String),
    /// The port is invalid.
    #[error("the port of the registry {0:?} is invalid; write a number from 1 to 65535")]
    Port(String),
    /// The IPv6 address is invalid, or is not in brackets.
    #[error("the registry {0:?} is not an IPv6 address in brackets with a port; write for example [2001:db8::7]:5000")]
    Ipv6(String),
    /// The kubelet does not support the pattern.
    #[error("the registry {0:?} has a pattern that the kubelet does not support; use only * within the labels of a host, for example *.example.org")]
    Pattern(String),
    /// No image can have the path.
    #[error("the path of the registry {0:?} is not valid for an image (a-z, 0-9, and . _ - between them); write for example registry.example.org/team")]
    Path(String),
}

/// A registry, or a part of one, in the spelling of its key in `auths`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(transparent)]
pub struct RegistryName(String);

impl RegistryName {
    /// Parses a name that a person wrote.
    pub fn parse(text: &str) -> Result<Self, RegistryNameError> {
        check_characters(text)?;
        let rest = match text.split_once("://") {
            None => text,
            Some(("https", rest)) if HUB_HOSTS.contains(&split(rest).0) => rest,
            Some(_) => return Err(RegistryNameError::Scheme(text.to_owned())),
        };
        Self::of_schemeless(rest, text)
    }

    /// Parses a key of a docker configuration. Old versions of docker wrote `https://HOST/v1/` for each registry.
    pub fn of_key(key: &str) -> Result<Self, RegistryNameError> {
        check_characters(key)?;
        let rest = key.strip_prefix("https://").or_else(|| key.strip_prefix("http://"));
        Self::of_schemeless(rest.unwrap_or(key), key)
    }

    fn of_schemeless(rest: &str, text: &str) -> Result<Self, RegistryNameError> {
        let (host, path) = split(rest);
        let path = without_version(path);
        check_path(path, text)?;
        if HUB_HOSTS.contains(&host) {
            return Ok(Self(match path {
                "" => HUB.to_owned(),
                path => format!("{HUB_IN_IMAGES}/{path}"),
            }));
        }
        check_host(host, text)?;
        Ok(Self(match path {
            "" => host.to_owned(),
            path => format!("{host}/{path}"),
        }))
    }

    /// The key of its entry in `auths`.
    pub fn as_key(&self) -> &str {
        &self.0
    }

    /// The name that docker passes to a credential helper: the host, or Docker Hub's old URL. `None` for a pattern.
    pub fn server(&self) -> Option<&str> {
        if self.0 == HUB {
            return Some(HUB);
        }
        match split(&self.0).0 {
            HUB_IN_IMAGES => Some(HUB),
            host if host.contains('*') => None,
            host => Some(host),
        }
    }
}

impl RegistryName {
    /// The host that answers the registry's API, with its port. `None` for a pattern.
    pub fn api_host(&self) -> Option<&str> {
        match self.server()? {
            HUB => Some(HUB_API),
            host => Some(host),
        }
    }
}

impl fmt::Display for RegistryName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

fn check_characters(text: &str) -> Result<(), RegistryNameError> {
    if text.is_empty() {
        return Err(RegistryNameError::Empty);
    }
    if text.contains('@') {
        return Err(RegistryNameError::User);
    }
    if text.chars().any(|c| c.is_whitespace() || c.is_control()) {
        return Err(RegistryNameError::Blank(text.to_owned()));
    }
    Ok(())
}

/// Host with port, and path without its leading slash.
fn split(text: &str) -> (&str, &str) {
    text.split_once('/').unwrap_or((text, ""))
}

/// The path as the kubelet compares it: without the API's version and a trailing slash.
fn without_version(path: &str) -> &str {
    let (first, rest) = split(path);
    let path = if matches!(first, "v1" | "v2") { rest } else { path };
    path.strip_suffix('/').unwrap_or(path)
}

/// The components of a repository's name (distribution's `reference/regexp.go`).
fn check_path(path: &str, text: &str) -> Result<(), RegistryNameError> {
    if path.is_empty() {
        return Ok(());
    }
    if path.contains(['*', '?', '[', ']']) {
        return Err(RegistryNameError::Pattern(text.to_owned()));
    }
    let is_plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    let is_component = |part: &str| {
        part.starts_with(is_plain)
            && part.ends_with(is_plain)
            && part.chars().all(|c| is_plain(c) || matches!(c, '.' | '_' | '-'))
    };
    if path.len() <= LONGEST && path.split('/').all(is_component) {
        return Ok(());
    }
    Err(RegistryNameError::Path(text.to_owned()))
}

fn check_host(host: &str, text: &str) -> Result<(), RegistryNameError> {
    if host.starts_with('[') && !host.contains('*') {
        return check_ipv6(host, text);
    }
    // The kubelet parses the name as a URL first: `?` starts a query, and brackets an IPv6 address.
    if host.contains(['?', '[', ']']) {
        return Err(RegistryNameError::Pattern(text.to_owned()));
    }
    let (name, port) = match host.split_once(':') {
        None => (host, None),
        Some((_, port)) if port.contains(':') => return Err(RegistryNameError::Ipv6(text.to_owned())),
        Some((name, port)) => (name, Some(port)),
    };
    if name.len() > LONGEST || !name.split('.').all(is_label) {
        return Err(RegistryNameError::Host(text.to_owned()));
    }
    match port {
        Some(port) if port.contains('*') => Err(RegistryNameError::Pattern(text.to_owned())),
        Some(port) if !is_port(port) => Err(RegistryNameError::Port(text.to_owned())),
        None if !name.contains('.') && name != "localhost" => Err(RegistryNameError::Short(text.to_owned())),
        _ => Ok(()),
    }
}

/// Without a port, the kubelet would treat `[::1]` as a pattern for one character, which never matches.
fn check_ipv6(host: &str, text: &str) -> Result<(), RegistryNameError> {
    let parts = host.strip_prefix('[').and_then(|rest| rest.split_once("]:"));
    match parts {
        Some((address, port)) if address.parse::<Ipv6Addr>().is_ok() && is_port(port) => Ok(()),
        _ => Err(RegistryNameError::Ipv6(text.to_owned())),
    }
}

fn is_label(label: &str) -> bool {
    let is_allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '*');
    !label.is_empty()
        && label.len() <= LONGEST_LABEL
        && label.chars().all(is_allowed)
        && !label.starts_with('-')
        && !label.ends_with('-')
}

fn is_port(port: &str) -> bool {
    port.bytes().all(|b| b.is_ascii_digit()) && port.parse::<u16>().is_ok_and(|port| port > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_names_of_docker_hub_are_one() {
        for name in [
            "docker.io",
            "index.docker.io",
            "index.docker.io/v1/",
            "https://index.docker.io/v1/",
            "https://index.docker.io/v1",
            "registry-1.docker.io",
            "https://docker.io/",
        ] {
            let registry = RegistryName::parse(name).unwrap();
            assert_eq!((registry.as_key(), registry.server()), (HUB, Some(HUB)), "{name}");
        }
    }

    #[test]
    fn a_part_of_docker_hub_is_named_as_images_are() {
        let registry = RegistryName::parse("index.docker.io/v1/team").unwrap();
        assert_eq!((registry.as_key(), registry.server()), ("docker.io/team", Some(HUB)));
    }

    #[test]
    fn a_registry_is_written_as_the_kubelet_compares_it() {
        for (written, key, server) in [
            (
                "registry.example.org",
                "registry.example.org",
                Some("registry.example.org"),
            ),
            (
                "registry.example.org/",
                "registry.example.org",
                Some("registry.example.org"),
            ),
            (
                "registry.example.org/v2/",
                "registry.example.org",
                Some("registry.example.org"),
            ),
            (
                "registry.example.org:5000/team/a_b",
                "registry.example.org:5000/team/a_b",
                Some("registry.example.org:5000"),
            ),
            (
                "registry.example.org/team/",
                "registry.example.org/team",
                Some("registry.example.org"),
            ),
            ("localhost", "localhost", Some("localhost")),
            ("registry:5000", "registry:5000", Some("registry:5000")),
            ("192.0.2.7:443", "192.0.2.7:443", Some("192.0.2.7:443")),
            ("[2001:db8::7]:5000", "[2001:db8::7]:5000", Some("[2001:db8::7]:5000")),
            ("*.example.org", "*.example.org", None),
            ("r*.example.org:5000/team", "r*.example.org:5000/team", None),
        ] {
            let registry = RegistryName::parse(written).unwrap_or_else(|error| panic!("{written}: {error}"));
            assert_eq!((registry.as_key(), registry.server()), (key, server), "{written}");
            assert_eq!(RegistryName::of_key(key), Ok(registry), "what is written is read back");
        }
    }

    #[test]
    fn what_neither_docker_nor_the_kubelet_would_find_is_refused_with_its_reason() {
        use RegistryNameError as E;
        let owned = str::to_owned;
        for (text, error) in [
            ("", E::Empty),
            ("registry.example.org ", E::Blank(owned("registry.example.org "))),
            ("a\nb.example", E::Blank(owned("a\nb.example"))),
            ("https://r.example.org", E::Scheme(owned("https://r.example.org"))),
            (
                "http://index.docker.io/v1/",
                E::Scheme(owned("http://index.docker.io/v1/")),
            ),
            ("oci://r.example.org", E::Scheme(owned("oci://r.example.org"))),
            ("registry", E::Short(owned("registry"))),
            ("r_1.example.org", E::Host(owned("r_1.example.org"))),
            ("-r.example.org", E::Host(owned("-r.example.org"))),
            ("r..example.org", E::Host(owned("r..example.org"))),
            ("/v1/", E::Host(owned("/v1/"))),
            ("r.example.org:0", E::Port(owned("r.example.org:0"))),
            ("r.example.org:", E::Port(owned("r.example.org:"))),
            ("r.example.org:+80", E::Port(owned("r.example.org:+80"))),
            ("r.example.org:65536", E::Port(owned("r.example.org:65536"))),
            ("2001:db8::7", E::Ipv6(owned("2001:db8::7"))),
            ("[2001:db8::7]", E::Ipv6(owned("[2001:db8::7]"))),
            ("[robot]:5000", E::Ipv6(owned("[robot]:5000"))),
            ("r?.example.org", E::Pattern(owned("r?.example.org"))),
            ("r[12].example.org", E::Pattern(owned("r[12].example.org"))),
            ("r.example.org:*", E::Pattern(owned("r.example.org:*"))),
            ("r.example.org/*", E::Pattern(owned("r.example.org/*"))),
            ("r.example.org/Team", E::Path(owned("r.example.org/Team"))),
            ("r.example.org//x", E::Path(owned("r.example.org//x"))),
            ("r.example.org/../x", E::Path(owned("r.example.org/../x"))),
        ] {
            assert_eq!(RegistryName::parse(text), Err(error), "{text:?}");
        }
    }

    #[test]
    fn a_url_is_answered_with_the_name_to_write() {
        let error = RegistryName::parse("https://r.example.org:5000/team")
            .unwrap_err()
            .to_string();
        assert!(error.ends_with("write r.example.org:5000/team"), "{error}");
    }

    #[test]
    fn a_password_in_a_url_is_not_repeated() {
        let error = RegistryName::parse("https://robot:canary@r.example.org").unwrap_err();
        assert!(!format!("{error} {error:?}").contains("canary"), "{error}");
    }

    #[test]
    fn keys_of_old_are_the_registries_that_the_kubelet_takes_them_for() {
        for (key, name) in [
            ("https://r.example.org/v1/", "r.example.org"),
            ("http://r.example.org:5000", "r.example.org:5000"),
            ("https://index.docker.io/v1/", HUB),
        ] {
            assert_eq!(RegistryName::of_key(key).unwrap().as_key(), name);
        }
        assert!(RegistryName::of_key("ftp://r.example.org").is_err());
    }
}
