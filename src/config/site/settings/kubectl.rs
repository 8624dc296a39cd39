//! Names in hook.env that mean something to kubectl, to which the stock scripts export all of the file.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::path::{Path, PathBuf};

use http::Uri;
use ipnet::IpNet;

use super::reader::Reader;
use crate::config::raw::hook_env::Assignment;
use crate::config::raw::ConfigError;
use crate::door::shown;
use crate::shell::quoted;
use crate::user;

const KUBECONFIG: &str = "KUBECONFIG";

/// The proxy that the stock scripts' kubectl would use, for servers without a proxy-url in root's kubeconfig. It may hold
/// a password, so it has no `Debug` of its own.
#[derive(Clone, Default)]
pub struct KubectlProxy {
    https: Option<Uri>,
    http: Option<Uri>,
    except: Vec<String>,
}

impl std::fmt::Debug for KubectlProxy {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("KubectlProxy")
            .field("except", &self.except)
            .finish_non_exhaustive()
    }
}

impl KubectlProxy {
    /// The proxy for a server, by the rules of Go's `useProxy`.
    pub fn for_server(&self, server: &str) -> Option<&Uri> {
        let url: Uri = server.parse().ok()?;
        let proxy = match url.scheme_str()? {
            "https" => self.https.as_ref()?,
            _ => self.http.as_ref()?,
        };
        let host = url
            .host()?
            .trim_matches(['[', ']'])
            .trim_end_matches('.')
            .to_ascii_lowercase();
        let port = url
            .port_u16()
            .unwrap_or(if url.scheme_str() == Some("https") { 443 } else { 80 });
        let address: Option<IpAddr> = host.parse().ok();
        let is_local = host == "localhost" || address.is_some_and(|address| address.is_loopback());
        let is_excepted = self.except.iter().any(|rule| matches(rule, &host, port, address));
        (!is_local && !is_excepted).then_some(proxy)
    }
}

/// One rule of `NO_PROXY`: `*`, a network, an address or a domain, the last two with a port if one is given.
fn matches(rule: &str, host: &str, port: u16, address: Option<IpAddr>) -> bool {
    if rule == "*" {
        return true;
    }
    if let Ok(network) = rule.parse::<IpNet>() {
        return address.is_some_and(|address| network.contains(&address));
    }
    if let Ok(one) = rule.trim_matches(['[', ']']).parse::<IpAddr>() {
        return address == Some(one);
    }
    let (name, rule_port) = match rule.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => (name, port.parse().ok()),
        _ => (rule, None),
    };
    if rule_port.is_some_and(|rule_port: u16| rule_port != port) {
        return false;
    }
    let name = name.trim_matches(['[', ']']);
    if let Ok(one) = name.parse::<IpAddr>() {
        return address == Some(one);
    }
    let domain = name.strip_prefix('*').unwrap_or(name);
    match domain.strip_prefix('.') {
        Some(parent) => host.strip_suffix(parent).is_some_and(|rest| rest.ends_with('.')),
        None => host == domain || host.strip_suffix(domain).is_some_and(|rest| rest.ends_with('.')),
    }
}

impl Reader<'_> {
    /// `HTTPS_PROXY`, `HTTP_PROXY` and `NO_PROXY`, in capitals before small letters, as in Go.
    pub fn kubectl_proxy(&mut self) -> KubectlProxy {
        let except = self
            .optional("NO_PROXY")
            .or_else(|| self.optional("no_proxy"))
            .unwrap_or_default();
        let rules = except.split(',').map(|rule| rule.trim().to_ascii_lowercase());
        KubectlProxy {
            https: self.proxy_of("HTTPS_PROXY", "https_proxy"),
            http: self.proxy_of("HTTP_PROXY", "http_proxy"),
            except: rules.filter(|rule| !rule.is_empty()).collect(),
        }
    }

    fn proxy_of(&mut self, name: &'static str, small: &'static str) -> Option<Uri> {
        let (key, text) = match self.optional(name) {
            Some(text) => (name, text),
            None => (small, self.optional(small)?),
        };
        // Go adds the scheme, too.
        let url = if text.contains("://") {
            text
        } else {
            format!("http://{text}")
        };
        let parsed: Option<Uri> = url.parse().ok();
        let usable =
            parsed.filter(|url| matches!(url.scheme_str(), Some("http" | "https" | "socks5")) && url.host().is_some());
        if usable.is_none() {
            self.refuse(
                key,
                "is not the URL of a proxy; write http://, https:// or socks5:// with host and port".into(),
            );
        }
        usable
    }
}

/// The error if the stock scripts' kubectl would work on another kubeconfig than this program does without the flag.
pub(super) fn other_kubeconfig(path: &Path, assigned: &BTreeMap<String, Assignment>) -> Option<ConfigError> {
    let text = |key: &str| assigned.get(key).map_or("", |assignment| assignment.value.as_str());
    let own = user::own_home().join(".kube/config");
    let (key, named) = match (text(KUBECONFIG), text("HOME")) {
        ("", "") => return None,
        ("", home) => ("HOME", PathBuf::from(home).join(".kube/config")),
        (named, _) => (KUBECONFIG, PathBuf::from(named)),
    };
    if named == own {
        return None;
    }
    // kubectl merges a list of files; this program reads one.
    let is_list = named.to_string_lossy().contains(':');
    let one = if is_list { "FILE".into() } else { quoted(&named) };
    Some(ConfigError::Value {
        path: path.to_owned(),
        line: assigned.get(key).map_or(0, |assignment| assignment.line),
        key: KUBECONFIG,
        reason: format!(
            "would have kubectl use {}, and this program uses {} unless it is told otherwise; call it with --kubeconfig {one}, in pre-hook and timers alike, or take {key} out of the file",
            shown(&named),
            shown(&own)
        ),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn proxy(except: &str) -> KubectlProxy {
        KubectlProxy {
            https: Some("http://proxy.example.org:3128".parse().unwrap()),
            http: None,
            except: except
                .split(',')
                .map(|rule| rule.trim().to_owned())
                .filter(|rule| !rule.is_empty())
                .collect(),
        }
    }

    #[test]
    fn no_proxy_is_read_as_go_reads_it() {
        for (except, server, is_used) in [
            ("", "https://k8s.example.org:6443", true),
            ("", "http://k8s.example.org", false),
            ("", "https://localhost:6443", false),
            ("", "https://127.0.0.1:6443", false),
            ("", "https://[::1]:6443", false),
            ("*", "https://k8s.example.org", false),
            ("example.org", "https://k8s.example.org", false),
            ("example.org", "https://example.org", false),
            ("example.org", "https://badexample.org", true),
            (".example.org", "https://k8s.example.org", false),
            (".example.org", "https://example.org", true),
            ("*.example.org", "https://k8s.example.org", false),
            ("k8s.example.org:6443", "https://k8s.example.org:6443", false),
            ("k8s.example.org:6443", "https://k8s.example.org", true),
            ("10.0.0.0/8", "https://10.1.2.3:6443", false),
            ("10.0.0.0/8", "https://192.0.2.1:6443", true),
            ("192.0.2.1", "https://192.0.2.1:6443", false),
            ("192.0.2.1:443", "https://192.0.2.1:6443", true),
            ("2001:db8::/32", "https://[2001:db8::7]:6443", false),
            ("a.example, k8s.example.org", "https://K8S.example.org", false),
        ] {
            assert_eq!(proxy(except).for_server(server).is_some(), is_used, "{except} {server}");
        }
    }
}
