//! Everything that is looked at in one cluster, in lists of all namespaces, a page at a time.

use std::time::{Duration, SystemTime};

use serde_json::Value;

use super::account;
use super::bindings::{self, Roles, Who};
use super::few::Few;
use super::networks;
use super::place::{label, Places, Plan};
use super::pods;
use crate::cluster::{self, Api, ClusterError, Collection, NamespacePages, ObjectPages, RootKubeconfig};
use crate::config::clusters::Cluster;
use crate::config::profiles::TAKEN_ENDINGS;
use crate::config::settings::Settings;
use crate::deadline::Deadline;
use crate::exit::ExitStatus;
use crate::findings::{Area, Code, Finding};
use crate::foreign::Foreign;
use crate::objects::{Desired, Kind};

/// Who made a token, on the Secret that holds it (`ServiceAccountNameKey`).
const OF_ACCOUNT: &str = "kubernetes.io/service-account.name";

/// One cluster, and what was found in it so far.
pub(super) struct Look<'a> {
    pub api: &'a Api,
    pub cluster: &'a Cluster,
    pub settings: &'a Settings,
    pub plan: Plan<'a>,
    pub root: Option<&'a RootKubeconfig>,
    /// Of each request.
    pub total: Duration,
    pub watchdog: &'a Deadline,
    pub places: Places,
    pub roles: Roles,
    pub area: Area,
    /// Kinds that were listed to the end.
    pub listed: Vec<Kind>,
    /// How many objects were looked at.
    pub count: usize,
}

impl Look<'_> {
    /// All findings: of the cluster, and then of each namespace.
    pub async fn all(mut self) -> Result<Vec<Finding>, ClusterError> {
        self.namespaces().await?;
        self.list(Collection::ClusterRoles, |look, role| look.roles.add(role))
            .await;
        self.list(Collection::ClusterRoleBindings, Self::cluster_role_binding)
            .await;
        if self.list(Collection::RoleBindings, Self::role_binding).await {
            self.listed.push(Kind::RoleBinding);
        }
        if self.list(Collection::NetworkPolicies, Self::network_policy).await {
            self.listed.push(Kind::NetworkPolicy);
        }
        self.list(Collection::Pods, Self::pod).await;
        self.list(Collection::TokenSecrets, Self::token_secret).await;
        self.account().await;
        Ok(self.findings())
    }

    async fn namespaces(&mut self) -> Result<(), ClusterError> {
        let mut pages = NamespacePages::new(self.api);
        while let Some(page) = pages.next(self.step("listing the namespaces")).await? {
            page.into_iter().for_each(|found| self.places.add(found, &self.plan));
        }
        Ok(())
    }

    /// Looks at each object of a list; `false` if not all of them could be listed, which is a finding.
    async fn list(&mut self, collection: Collection, look: impl Fn(&mut Self, &Value)) -> bool {
        let mut pages = ObjectPages::new(self.api, collection);
        let (watchdog, total) = (self.watchdog, self.total);
        let step = || watchdog.step(collection.resource(), total);
        loop {
            match pages.next(step).await {
                Ok(Some(page)) => {
                    self.count += page.len();
                    page.iter().for_each(|item| look(self, item));
                }
                Ok(None) => return true,
                Err(error) => {
                    self.not_listed(collection, &error);
                    return false;
                }
            }
        }
    }

    fn not_listed(&mut self, collection: Collection, error: &ClusterError) {
        let resource = collection.resource();
        match (error, collection) {
            (ClusterError::Forbidden { .. }, Collection::TokenSecrets) => self.area.warning(
                Code::NotLookedAt,
                "Secrets with tokens were not looked for: this account may not list Secrets, and should not, since that is to read them",
                "use a cluster administrator's kubeconfig for it (--admin-kubeconfig)",
            ),
            _ => self.not_read(resource, error),
        }
    }

    fn not_read(&mut self, what: &str, error: &ClusterError) {
        match error {
            ClusterError::Forbidden { .. } => self.area.warning(
                Code::NotLookedAt,
                format!("{what} were not looked at: this account may not read them"),
                "use --admin-kubeconfig, with an administrator's kubeconfig, or that of the account that this makes: ood-k8s cluster-roles --with auditor --apply --admin-kubeconfig FILE",
            ),
            _ => self.area.told_warning(Code::NotLookedAt, format!("{what} were not looked at to the end: {error}")),
        }
    }

    fn cluster_role_binding(&mut self, binding: &Value) {
        self.anonymous(binding, "ClusterRoleBinding");
        if !self.roles.reach_in(binding) {
            return;
        }
        let mut few = Few::default();
        for subject in bindings::subjects(binding) {
            match bindings::who(subject, &self.places) {
                Who::System | Who::Anonymous => {}
                who => few.add(bindings::in_words(subject), who > Who::Person),
            }
        }
        let (name, role) = (bindings::name(binding), bindings::role(binding));
        let text = format!("ClusterRoleBinding {name} gives the role {role} in all namespaces to {few}");
        let remedy =
            "delete it, or replace it by RoleBindings where it is needed, see: kubectl get clusterrolebindings -o wide";
        match few {
            Few { is_error: true, .. } => self.area.error(Code::ReachesIn, ExitStatus::Refused, text, remedy),
            few if few.is_empty() => {}
            _ => self.area.warning(Code::ReachesIn, text, remedy),
        }
    }

    /// Those who are not logged in have what Kubernetes gives them, and nothing else.
    fn anonymous(&mut self, binding: &Value, kind: &str) {
        let is_anonymous = |subject: &Value| bindings::who(subject, &self.places) == Who::Anonymous;
        if !bindings::subjects(binding).iter().any(is_anonymous) || bindings::is_default_for_anonymous(binding) {
            return;
        }
        let namespace = binding["metadata"]["namespace"].as_str();
        let place = namespace.map_or(String::new(), |namespace| format!(" in {}", Foreign::from(namespace)));
        let (name, role) = (bindings::name(binding), bindings::role(binding));
        self.area.error(
            Code::Anonymous,
            ExitStatus::Refused,
            format!("{kind} {name}{place} gives the role {role} to those who are not logged in"),
            "delete it, see: kubectl get clusterrolebindings,rolebindings -A -o wide",
        );
    }

    fn role_binding(&mut self, binding: &Value) {
        self.anonymous(binding, "RoleBinding");
        let is_for_all = |subject: &Value| bindings::who(subject, &self.places) >= Who::Everybody;
        let is_error = bindings::subjects(binding).iter().any(is_for_all);
        let words = bindings::described(binding);
        self.compare(
            Kind::RoleBinding,
            binding,
            words,
            Some((Code::ForeignBinding, is_error)),
        );
    }

    fn network_policy(&mut self, policy: &Value) {
        let open = networks::opens(policy);
        let words = bindings::name(policy).to_string();
        let code = open.map(|_| (Code::OpenToAll, false));
        let words = open.map_or(words.clone(), |from| format!("{words} ({from})"));
        self.compare(Kind::NetworkPolicy, policy, words, code);
    }

    /// Compares an object in a user's namespace with what a login would write. If that is no such object, or another than it
    /// should be, it is found under `other`, too.
    fn compare(&mut self, kind: Kind, item: &Value, words: String, other: Option<(Code, bool)>) {
        let Some((place, namespace)) = self.places.of(item) else {
            return;
        };
        let Some(desired) = self.plan.of(place, namespace) else {
            // Whose it is says what a login would write elsewhere: here nothing is ours.
            return place.found_if(other.filter(|_| !is_ours_by_name(place.owner.as_deref(), item)), words);
        };
        match index_of(&desired, kind, item) {
            None => {
                let name = item["metadata"]["name"].as_str().unwrap_or_default();
                let is_of_profile = place.applied.has_resource(kind, name) && cluster::is_applied_by_us(item);
                place.found_if(other.filter(|_| !is_of_profile), words);
            }
            Some(index) => {
                place.see(index);
                let wanted = &desired.objects[index];
                if !cluster::is_as_wanted(item, wanted) {
                    place.found(Code::Drift, format!("{} ({words})", label(wanted)), false);
                    place.found_if(other.filter(|(code, _)| *code != Code::ForeignBinding), words);
                }
            }
        }
    }

    fn pod(&mut self, pod: &Value) {
        let Some((place, _)) = self.places.of(pod) else { return };
        let other = place.uid.as_deref().and_then(|uid| pods::other_uid(pod, uid));
        place.found_if(
            other.is_some().then_some((Code::PodUid, false)),
            other.unwrap_or_default(),
        );
        let paths = pods::host_paths(pod);
        place.found_if(
            paths.is_some().then_some((Code::HostPath, false)),
            paths.unwrap_or_default(),
        );
    }

    fn token_secret(&mut self, secret: &Value) {
        let account = secret["metadata"]["annotations"][OF_ACCOUNT]
            .as_str()
            .unwrap_or_default();
        let name = bindings::name(secret);
        let roots = &self.cluster.service_account;
        if secret["metadata"]["namespace"] == roots.namespace.as_str() && account == roots.name {
            self.area.warning(
                Code::AccountSecret,
                format!("the Secret {name} has a token of root's account {roots} that never ends"),
                format!("once root's kubeconfig has a token of ood-k8s refresh-token, delete it, see: kubectl get secrets -n {}", roots.namespace),
            );
        }
        let Some((place, _)) = self.places.of(secret) else {
            return;
        };
        place.found(
            Code::TokenSecret,
            format!("{name} (of {})", Foreign::from(account)),
            false,
        );
    }

    async fn account(&mut self) {
        if let Some(root) = self.root {
            account::token(&mut self.area, root, self.cluster, SystemTime::now());
        }
        let api = self
            .api
            .clone()
            .with_deadline(self.step("reading the admission policies"));
        let has_profiles = self.settings.profiles_file.is_some();
        if let Err(error) = account::admission(&mut self.area, &api, has_profiles).await {
            self.not_read("admission policies", &error);
        }
    }

    fn findings(mut self) -> Vec<Finding> {
        self.area.ok(format!(
            "{} namespaces of users, and {} objects of the cluster, were looked at",
            self.places.len(),
            self.count
        ));
        let mut findings = self.area.into_findings();
        findings.sort_by(|one, other| (one.code, &one.text).cmp(&(other.code, &other.text)));
        for (name, mut place) in self.places.into_all() {
            place.judge(&name, &self.plan, &self.listed, self.settings);
            findings.extend(place.tell(&name, &self.cluster.id, self.settings).into_findings());
        }
        findings
    }

    /// The deadline of one step, which the watchdog waits for.
    fn step(&self, what: &str) -> Deadline {
        self.watchdog.step(what, self.total)
    }
}

/// Which of a login's objects this is, by its kind and name.
fn index_of(desired: &Desired, kind: Kind, item: &Value) -> Option<usize> {
    let is_it =
        |object: &crate::objects::Object| object.kind == kind && item["metadata"]["name"] == object.name.as_str();
    desired.objects.iter().position(is_it)
}

/// Whether an object has a name that a login gives it, in a namespace that has another name than a login would give it now.
fn is_ours_by_name(owner: Option<&str>, item: &Value) -> bool {
    let name = item["metadata"]["name"].as_str().unwrap_or_default();
    let of_owner = owner.and_then(|owner| name.strip_prefix(owner));
    of_owner.is_some_and(|ending| TAKEN_ENDINGS.contains(&ending))
}
