//! What the API server refuses in network policies.

use std::net::IpAddr;

use serde_json::Value;

use crate::cause::Cause;
use crate::validate::{items, shown};

pub(crate) fn network_policy(spec: &Value) -> Vec<Cause> {
    let mut causes = Vec::new();
    for (direction, peers) in [("ingress", "from"), ("egress", "to")] {
        for (rule_index, rule) in items(&spec[direction]) {
            for (index, peer) in items(&rule[peers]) {
                let at = format!("spec.{direction}[{rule_index}].{peers}[{index}]");
                causes.extend(peer_problems(&at, peer));
            }
        }
    }
    for (index, kind) in items(&spec["policyTypes"]) {
        if !matches!(kind.as_str(), Some("Ingress" | "Egress")) {
            let at = format!("spec.policyTypes[{index}]");
            causes.push(Cause::unsupported(at, &shown(kind), &["Ingress", "Egress"]));
        }
    }
    causes
}

fn peer_problems(at: &str, peer: &Value) -> Vec<Cause> {
    let has = |field: &str| !peer[field].is_null();
    let selects = has("podSelector") || has("namespaceSelector");
    if !has("ipBlock") {
        let missing = || vec![Cause::required(at, "must specify a peer")];
        return if selects { Vec::new() } else { missing() };
    }
    if selects {
        return vec![Cause::forbidden(at, "may not specify both ipBlock and another peer")];
    }
    let cidr = peer["ipBlock"]["cidr"].as_str().unwrap_or_default();
    let field = format!("{at}.ipBlock.cidr");
    if cidr.is_empty() {
        return vec![Cause::required(field, "")];
    }
    cidr_problem(cidr)
        .map(|why| Cause::invalid(field, &format!("\"{cidr}\""), why))
        .into_iter()
        .collect()
}

/// Why a text is not a CIDR for a new object.
fn cidr_problem(cidr: &str) -> Option<&'static str> {
    const NOT_ONE: Option<&str> = Some("must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)");
    let Some((address, length)) = cidr.split_once('/') else {
        return NOT_ONE;
    };
    let (Ok(address), Ok(length)) = (address.parse::<IpAddr>(), length.parse::<u32>()) else {
        return NOT_ONE;
    };
    let (bits, width) = match address {
        IpAddr::V4(v4) => (u128::from(u32::from(v4)), 32),
        IpAddr::V6(v6) => (u128::from(v6), 128),
    };
    if length > width {
        return NOT_ONE;
    }
    let host = 1_u128.checked_shl(width - length).map_or(u128::MAX, |bit| bit - 1);
    (bits & host != 0).then_some("must not have bits set beyond the prefix length")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cidr_with_host_bits_is_refused() {
        assert_eq!(cidr_problem("10.0.0.0/8"), None);
        assert_eq!(cidr_problem("::/0"), None);
        assert_eq!(
            cidr_problem("10.0.0.1/8"),
            Some("must not have bits set beyond the prefix length")
        );
        for bad in ["10.0.0.0", "10.0.0.300/8", "10.0.0.0/33", "x/8"] {
            assert!(cidr_problem(bad).unwrap().starts_with("must be a valid CIDR"), "{bad}");
        }
    }
}
