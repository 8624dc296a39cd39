//! What a user's pods may connect to, if a profile bounds it: a NetworkPolicy beside the one for ingress.

use ipnet::IpNet;
use serde_json::{json, Value};

use super::kind::Kind;
use super::object::{Object, Upkeep};
use crate::config::profiles::Egress;
use crate::naming::Namespace;

/// The policy's name.
pub const EGRESS_POLICY: &str = "ondemand-egress";

/// The API server's usual port on its own host, to which connections to the Service `kubernetes` are translated before
/// policies are asked (kubeadm, k3s, RKE2, `OpenShift`).
const API_PORT: u16 = 6443;
/// DNS, and `OpenShift`'s behind its Service.
const DNS_PORTS: [u16; 2] = [53, 5353];
/// Where `NodeLocal DNSCache` listens on each node, unless the site chose another address.
const NODE_LOCAL_DNS: &str = "169.254.20.10/32";

/// The policy. Policies add up: where everything is open there is none.
pub(super) fn egress_policy(namespace: &Namespace, egress: &Egress) -> Option<Object> {
    let rules = match egress {
        Egress::Open => return None,
        Egress::Cluster(networks) => cluster(networks),
        Egress::Rules(rules) => json!(rules),
    };
    Some(Object {
        kind: Kind::NetworkPolicy,
        name: EGRESS_POLICY.to_owned(),
        body: json!({
            "apiVersion": "networking.k8s.io/v1",
            "kind": "NetworkPolicy",
            "metadata": { "name": EGRESS_POLICY, "namespace": namespace.as_str() },
            // All pods: their labels are the user's.
            "spec": { "podSelector": {}, "policyTypes": ["Egress"], "egress": rules },
        }),
        upkeep: Upkeep::yielding(),
    })
}

fn cluster(networks: &[IpNet]) -> Value {
    let ports = DNS_PORTS.map(|port| ["UDP", "TCP"].map(|protocol| json!({ "protocol": protocol, "port": port })));
    let mut rules = vec![
        json!({ "to": [{ "podSelector": {} }] }),
        json!({
            "to": [{ "namespaceSelector": {} }, { "ipBlock": { "cidr": NODE_LOCAL_DNS } }],
            "ports": ports.as_flattened(),
        }),
        json!({ "ports": [{ "protocol": "TCP", "port": API_PORT }] }),
    ];
    if !networks.is_empty() {
        let blocks: Vec<Value> = networks
            .iter()
            .map(|network| json!({ "ipBlock": { "cidr": network.to_string() } }))
            .collect();
        rules.push(json!({ "to": blocks }));
    }
    rules.into()
}
