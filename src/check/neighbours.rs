//! Checks what else is in a cluster that decides about users' pods: the network plug-in, the nodes' addresses, and OSC's policies.

use std::net::IpAddr;

use ipnet::IpNet;

use crate::cluster::{self, AdminKubeconfig, Api, ClusterError, Surroundings};
use crate::config::clusters::Cluster;
use crate::config::settings::Settings;
use crate::findings::{Area, Code};
use crate::foreign::Foreign;
use crate::naming::{Namespace, NamespaceRules, Username};
use crate::user::User;

/// API groups of network plug-ins that enforce `NetworkPolicies`. Others have no group of their own.
const ENFORCING: [(&str, &str); 7] = [
    ("crd.projectcalico.org", "Calico"),
    ("projectcalico.org", "Calico"),
    ("cilium.io", "Cilium"),
    ("crd.antrea.io", "Antrea"),
    ("k8s.ovn.org", "OVN-Kubernetes"),
    ("kubeovn.io", "Kube-OVN"),
    ("network.openshift.io", "OpenShift SDN"),
];
const KYVERNO: &str = "kyverno.io";
/// OSC's policies judge namespaces of this name, and look up the ids under it and the user's name.
const OSC_PREFIX: &str = "user-";

/// What is looked for.
pub(super) struct Look<'a> {
    pub settings: &'a Settings,
    pub cluster: &'a Cluster,
    pub admin: Option<&'a AdminKubeconfig>,
    /// The user whose login is tried.
    pub user: Option<&'a User>,
}

impl Look<'_> {
    /// Findings about one cluster.
    pub async fn at(&self, area: &mut Area, api: &Api) {
        match cluster::surroundings(api, &self.cluster.service_account.namespace).await {
            Ok(seen) => {
                network(area, &seen);
                self.osc(area, &seen);
            }
            // Root's account may look for namespaces wherever a login works; that it may not is told elsewhere.
            Err(ClusterError::Forbidden { .. }) => {}
            Err(error) => area.fault(error),
        }
        if let (Some(admin), false) = (self.admin, self.settings.node_cidrs.is_empty()) {
            match self.nodes(api, admin).await {
                Ok(nodes) => let_in(area, self.settings, &nodes),
                Err(error) => area.fault(error),
            }
        }
    }

    async fn nodes(&self, api: &Api, admin: &AdminKubeconfig) -> Result<Vec<(String, Vec<IpAddr>)>, ClusterError> {
        let deadline = api.deadline();
        let theirs = cluster::connect(admin.target(self.cluster)?, deadline).await?;
        cluster::node_addresses(&theirs, || deadline.clone()).await
    }

    fn osc(&self, area: &mut Area, seen: &Surroundings) {
        if !seen.groups.contains(KYVERNO) {
            return;
        }
        if !seen.has_osc_maps {
            return area.ok("Kyverno is there, whose policies judge users' namespaces and pods as well");
        }
        let prefix = &self.cluster.namespace_prefix.value;
        if prefix != OSC_PREFIX {
            area.warning(
                Code::OscNames,
                format!("OSC's policies for Kyverno judge namespaces that begin with {OSC_PREFIX}, and those of users begin with {prefix:?}, so no pod is compared with its user's ids"),
                format!("set NAMESPACE_PREFIX=\"{OSC_PREFIX}\" before the first logins, or use ood-k8s cluster-policies"),
            );
        }
        if !seen.has_osc_role {
            let namespace = &self.cluster.service_account.namespace;
            area.warning(
                Code::OscRole,
                format!("namespace {namespace} has no label osc.edu/role, which OSC's policy namespace-role asks of namespaces that are no user's"),
                format!("run: kubectl label namespace {namespace} osc.edu/role=ondemand"),
            );
        }
        if let Some(user) = self.user.filter(|_| prefix == OSC_PREFIX) {
            self.osc_and(area, user);
        }
    }

    fn osc_and(&self, area: &mut Area, user: &User) {
        if let Some((namespace, key)) = unlike_in_osc_maps(&user.name, &self.settings.namespaces) {
            area.warning(
                Code::OscUser,
                format!("OSC's policies for Kyverno look up the ids of namespace {namespace} under that name, and k8-ldap-configmap writes them under {key}, so every pod of user {} is refused", user.name),
                "exempt the namespace from pod-user-validation and pod-groups-validation, and use ood-k8s cluster-policies, which read the ids on the namespace",
            );
        }
    }
}

/// The user's namespace and the key in OSC's maps, which have the user's name as it is, if they differ.
fn unlike_in_osc_maps(user: &Username, rules: &NamespaceRules) -> Option<(Namespace, String)> {
    let namespace = Namespace::of_user(OSC_PREFIX, user, rules).ok()?;
    let key = format!("{OSC_PREFIX}{user}");
    (namespace.as_str() != key).then_some((namespace, key))
}

fn network(area: &mut Area, seen: &Surroundings) {
    let enforcing = ENFORCING.iter().find(|(group, _)| seen.groups.contains(*group));
    match enforcing {
        Some((group, name)) => area.ok(format!("{name} is there ({group}), which enforces NetworkPolicies")),
        None if seen.has_flannel => area.warning(
            Code::NetworkPoliciesIdle,
            "the network plug-in is Flannel, as far as the API shows, which by itself does not enforce NetworkPolicies: then every pod in the cluster can connect to users' pods",
            "switch its policy controller on (netpol.enabled in its chart), or add Calico's; if that is done, try it from a pod in another namespace",
        ),
        None => area.ok("whether NetworkPolicies are enforced does not show in the API; try it from a pod in another namespace"),
    }
}

fn let_in(area: &mut Area, settings: &Settings, nodes: &[(String, Vec<IpAddr>)]) {
    // A profile may take the place of NETWORK_POLICY_ALLOW_CIDR.
    let is_in = |address: &IpAddr| settings.node_cidrs.iter().any(|net: &IpNet| net.contains(address));
    let mut outside = nodes.iter().filter(|(_, addresses)| !addresses.iter().any(is_in));
    let Some((first, addresses)) = outside.next() else {
        return area.ok(format!("NODE_CIDRS has the addresses of all {} nodes", nodes.len()));
    };
    let address = addresses.first().map_or("no address".to_owned(), IpAddr::to_string);
    let more = match outside.count() {
        0 => String::new(),
        others => format!(" and of {others} more nodes"),
    };
    area.warning(
        Code::NodesShutOut,
        format!(
            "NODE_CIDRS lacks the address of node {} ({address}){more}",
            Foreign::from(first.as_str())
        ),
        "add it to NODE_CIDRS in hook.env: a connection to a NodePort can come from any node",
    );
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::findings::{Finding, Severity};

    fn seen(groups: &[&str]) -> Surroundings {
        Surroundings {
            groups: groups.iter().map(|&group| group.to_owned()).collect(),
            ..Surroundings::default()
        }
    }

    fn findings(look: impl FnOnce(&mut Area)) -> Vec<Finding> {
        let mut area = Area::new("cluster");
        look(&mut area);
        area.into_findings()
    }

    #[test]
    fn a_plug_in_that_enforces_is_told_by_its_api_group_even_beside_flannel() {
        for (group, name) in ENFORCING {
            let beside = Surroundings {
                has_flannel: true,
                ..seen(&["apps", group])
            };
            let found = findings(|area| network(area, &beside));
            assert_eq!(found[0].severity, Severity::Ok, "{group}");
            assert!(found[0].text.contains(name), "{}", found[0].text);
        }
    }

    #[test]
    fn flannel_alone_is_a_warning_and_nothing_known_is_none() {
        let flannel = Surroundings {
            has_flannel: true,
            ..seen(&["apps"])
        };
        let found = findings(|area| network(area, &flannel));
        assert_eq!(found[0].code, Some(Code::NetworkPoliciesIdle));
        let found = findings(|area| network(area, &seen(&["apps"])));
        assert_eq!((found.len(), found[0].severity), (1, Severity::Ok));
    }

    #[test]
    fn only_a_name_that_is_changed_for_its_namespace_is_not_found_in_oscs_maps() {
        let unlike = |name: &str| {
            let found = unlike_in_osc_maps(&Username::parse(name).unwrap(), &NamespaceRules::default());
            found.map(|(namespace, key)| (namespace.to_string(), key))
        };
        assert_eq!(unlike("alice"), None);
        assert_eq!(unlike("a-b"), None);
        let dotted = Some(("user-a-b".to_owned(), "user-a.b".to_owned()));
        assert_eq!(unlike("a.b"), dotted);
        let mail = Some(("user-a-site-org".to_owned(), "user-a@site.org".to_owned()));
        assert_eq!(unlike("a@site.org"), mail);
    }

    #[test]
    fn each_node_must_be_in_one_of_the_networks_by_one_of_its_addresses() {
        let mut settings = Settings::empty("/etc/hook.env".as_ref());
        settings.node_cidrs = vec!["10.4.0.0/16".parse().unwrap()];
        let node = |name: &str, addresses: &[&str]| {
            let addresses = addresses.iter().map(|address| address.parse().unwrap()).collect();
            (name.to_owned(), addresses)
        };
        let inside = [node("a", &["10.4.3.2"]), node("b", &["2001:db8::1", "10.4.0.1"])];
        let found = findings(|area| let_in(area, &settings, &inside));
        assert_eq!((found.len(), found[0].severity), (1, Severity::Ok));
        let more = [&inside[..], &[node("d", &["10.5.0.1"]), node("e", &[])]].concat();
        let found = findings(|area| let_in(area, &settings, &more));
        assert_eq!(found[0].code, Some(Code::NodesShutOut));
        assert!(
            found[0].text.contains("\"d\" (10.5.0.1) and of 1 more"),
            "{}",
            found[0].text
        );
    }
}
