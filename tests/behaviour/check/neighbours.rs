//! What else is in a cluster: the network plug-in, and OSC's policies.

use ood_k8s_sandbox::Fault;
use serde_json::json;

use super::Node;
use crate::support::Cluster;

/// With these API groups, as CRDs add them.
fn with_groups(groups: &[&str]) -> Node {
    let node = Node::on_sandbox();
    let groups: Vec<_> = groups.iter().map(|name| json!({ "name": name })).collect();
    let list = json!({ "kind": "APIGroupList", "apiVersion": "v1", "groups": groups });
    let fault = Fault::json(200, &list).on_exactly("GET", "/apis");
    node.site.cluster.faults().fail(fault);
    node
}

#[test]
fn where_no_plug_in_shows_nothing_is_claimed_and_nothing_warned_of() {
    let node = Node::on(Cluster::start());
    node.finds(
        0,
        "ok",
        "cluster prod",
        &["whether NetworkPolicies are enforced does not show"],
    );
}

#[test]
fn a_plug_in_that_enforces_network_policies_is_named_and_flannel_alone_is_a_warning() {
    let node = with_groups(&["apps", "cilium.io"]);
    node.finds(0, "ok", "cluster prod", &["Cilium", "enforces NetworkPolicies"]);
    let node = with_groups(&["apps"]);
    node.site.make_namespace("kube-flannel", None);
    node.finds(
        0,
        "warning",
        "cluster prod",
        &["Flannel", "does not enforce", "netpol.enabled"],
    );
}

#[test]
fn oscs_policies_are_known_and_told_where_they_do_not_fit() {
    let node = with_groups(&["kyverno.io"]);
    node.finds(0, "ok", "cluster prod", &["Kyverno is there"]);
    node.site.make_namespace("k8-ldap-configmap", None);
    node.finds(0, "warning", "cluster prod", &["begin with user-", "NAMESPACE_PREFIX"]);
    node.finds(
        0,
        "warning",
        "cluster prod",
        &["namespace-role", "osc.edu/role=ondemand"],
    );
    let label = json!({ "metadata": { "labels": { "osc.edu/role": "ondemand" } } });
    node.site.cluster.merge("/api/v1/namespaces/ondemand", &label);
    node.edit(
        "clusters.d/prod.yml",
        &format!("namespace_prefix: {}-", node.site.cluster.mark),
        "namespace_prefix: user-",
    );
    node.site.set("NAMESPACE_PREFIX=user-");
    node.finds_no("warning");
}
