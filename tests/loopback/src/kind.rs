//! What kind of API server the tests run against: what clusters are like behind older load balancers, or without IPv4.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// The variable that asks for a kind, for the sandbox and for the real API server alike.
pub const VARIABLE: &str = "OOD_K8S_TEST_SERVER";

/// A kind of API server.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum ServerKind {
    /// HTTP/2 and HTTP/1.1 by TLS 1.3 and 1.2, on 127.0.0.1.
    #[default]
    Usual,
    /// HTTP/1.1 only.
    Http1,
    /// TLS 1.2 only.
    Tls12,
    /// On `::1` only.
    Ipv6,
}

impl ServerKind {
    /// The kind that [`VARIABLE`] asks for.
    ///
    /// # Panics
    /// If there is no such kind: a row of the matrix must not be another one.
    #[must_use]
    pub fn of_environment() -> Self {
        let asked = std::env::var(VARIABLE).unwrap_or_default();
        Self::of(&asked).unwrap_or_else(|| panic!("{VARIABLE} is {asked}: write http1, tls12 or ipv6, or unset it"))
    }

    fn of(word: &str) -> Option<Self> {
        Some(match word {
            "" => Self::Usual,
            "http1" => Self::Http1,
            "tls12" => Self::Tls12,
            "ipv6" => Self::Ipv6,
            _ => return None,
        })
    }

    /// Where it listens.
    #[must_use]
    pub fn host(self) -> IpAddr {
        match self {
            Self::Ipv6 => Ipv6Addr::LOCALHOST.into(),
            Self::Usual | Self::Http1 | Self::Tls12 => Ipv4Addr::LOCALHOST.into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_that_is_no_kind_is_not_taken_for_the_usual_one() {
        let kinds = ["", "http1", "tls12", "ipv6", "http2"].map(ServerKind::of);
        let of = [
            ServerKind::Usual,
            ServerKind::Http1,
            ServerKind::Tls12,
            ServerKind::Ipv6,
        ];
        assert_eq!(kinds[..4], of.map(Some));
        assert_eq!(kinds[4], None);
        assert!(ServerKind::Ipv6.host().is_ipv6() && ServerKind::Usual.host().is_ipv4());
    }
}
