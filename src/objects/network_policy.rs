//! Who may connect to a user's pods: the user's own pods, and the site's networks.

use ipnet::IpNet;
use k8s_openapi::api::networking::v1::{
    IPBlock, NetworkPolicy, NetworkPolicyIngressRule, NetworkPolicyPeer, NetworkPolicySpec,
};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::LabelSelector;

use super::kind::Kind;
use super::object::{metadata, object, Object};
use crate::naming::Namespace;

/// The stock hook's name for it, which sites' own policies refer to.
pub const NETWORK_POLICY: &str = "deny-from-other-namespaces";

/// Ingress from the namespace itself, from `allowed` and from the nodes, and from nowhere else.
pub fn network_policy(namespace: &Namespace, allowed: &[IpNet], nodes: &[IpNet]) -> Object {
    let own_pods = NetworkPolicyPeer {
        pod_selector: Some(LabelSelector::default()),
        ..Default::default()
    };
    let of_nodes = nodes.iter().filter(|cidr| !allowed.contains(cidr));
    let networks = allowed.iter().chain(of_nodes).map(|cidr| NetworkPolicyPeer {
        ip_block: Some(IPBlock {
            cidr: cidr.to_string(),
            except: None,
        }),
        ..Default::default()
    });
    let policy = NetworkPolicy {
        metadata: metadata(namespace, NETWORK_POLICY),
        spec: Some(NetworkPolicySpec {
            pod_selector: Some(LabelSelector::default()),
            ingress: Some(vec![NetworkPolicyIngressRule {
                from: Some(std::iter::once(own_pods).chain(networks).collect()),
                ports: None,
            }]),
            // The server's default, set here so that what is read back equals what was written.
            policy_types: Some(vec!["Ingress".into()]),
            egress: None,
        }),
    };
    object(Kind::NetworkPolicy, NETWORK_POLICY, &policy)
}
