//! `config show`: every effective setting and its source, even if the configuration is incomplete.

use std::path::Path;

use serde_json::{json, Map, Value};

use super::error::{Error, Failures};
use super::invocation::{guard, Invocation};
use crate::cli::ConfigShowArgs;
use crate::config::clusters::{Auth, Cluster};
use crate::config::ondemand::ForOnDemand;
use crate::config::settings::reaper::Reaper;
use crate::config::settings::{PodSecurity, KEYS, SECRET_KEYS};
use crate::config::{Site, Sourced};
use crate::log;
use crate::print::{self, columns};

const REDACTED: &str = "<redacted>";

/// The keys that are `true` or `false`.
const TRUTHS: [&str; 4] = [
    "CLUSTERS_D_FALLBACK",
    "IMAGE_PULL_SECRET_PER_REGISTRY",
    "USE_JOB_POD_REAPER",
    "USE_POD_SECURITY_POLICY",
];

/// What could be read, and what is wrong with the rest.
pub(super) fn read(invocation: &Invocation) -> (Site, Vec<Error>) {
    guard(&invocation.deadline);
    let (mut site, fault) = invocation.salvage();
    let files = site.clusters.iter().filter_map(|cluster| cluster.file.as_deref());
    let tildes: Vec<_> = files.filter_map(|path| ForOnDemand::read(path)?.tilde(path)).collect();
    site.warnings.extend(tildes);
    let broken = site.settings.broken.iter().chain(&site.broken).cloned();
    let errors = fault.into_iter().chain(broken).map(Error::from).collect();
    (site, errors)
}

pub(super) fn failures(errors: Vec<Error>) -> Result<(), Failures> {
    let mut failures = Failures::default();
    failures.extend(errors.into_iter().map(|error| (String::new(), error)));
    failures.result()
}

/// Prints what could be read, and then fails if something could not.
pub(super) fn run(invocation: &Invocation, args: &ConfigShowArgs) -> Result<(), Failures> {
    let (site, errors) = read(invocation);
    let kubeconfig = invocation.likely_kubeconfig(&site.settings);
    let shown = View {
        show_secrets: args.show_secrets,
        errors: errors.iter().map(Error::to_string).collect(),
        ..View::of(invocation, &site, &kubeconfig)
    };
    if args.output.is_table() {
        site.all_warnings().for_each(|warning| log::warning(warning));
    }
    invocation.deadline.lift();
    print::print(args.output, || shown.value(), || shown.table());
    failures(errors)
}

/// All settings of a site, without secrets.
pub(super) fn value(invocation: &Invocation, site: &Site) -> Value {
    View::of(invocation, site, &invocation.likely_kubeconfig(&site.settings)).value()
}

struct View<'a> {
    site: &'a Site,
    kubeconfig: &'a Path,
    kubeconfig_source: &'static str,
    show_secrets: bool,
    errors: Vec<String>,
}

impl<'a> View<'a> {
    fn of(invocation: &Invocation, site: &'a Site, kubeconfig: &'a Path) -> Self {
        Self {
            site,
            kubeconfig,
            kubeconfig_source: match (&invocation.kubeconfig, &site.settings.program.root_kubeconfig) {
                (Some(_), _) => "--kubeconfig",
                (None, Some(_)) => "ROOT_KUBECONFIG",
                (None, None) => "default",
            },
            show_secrets: false,
            errors: Vec::new(),
        }
    }

    fn value(&self) -> Value {
        let settings = &self.site.settings;
        let values: Map<_, _> = KEYS
            .iter()
            .map(|key| ((*key).to_owned(), typed(key, self.setting(key))))
            .collect();
        let sources: Map<_, _> = KEYS
            .iter()
            .map(|key| ((*key).to_owned(), settings.source(key).to_string().into()))
            .collect();
        json!({
            "hook_env_file": settings.path,
            "hook_env": values,
            "hook_env_sources": sources,
            "kubeconfig": self.kubeconfig,
            "kubeconfig_source": self.kubeconfig_source,
            "clusters": self.site.clusters.iter().map(cluster_value).collect::<Vec<_>>(),
            "warnings": self.site.all_warnings().collect::<Vec<_>>(),
            "errors": self.errors,
        })
    }

    fn table(&self) -> String {
        let settings = &self.site.settings;
        let mut rows = vec![["SETTING", "VALUE", "FROM"].map(str::to_owned)];
        rows.extend(
            KEYS.iter()
                .map(|key| [(*key).to_owned(), self.setting(key), settings.source(key).to_string()]),
        );
        rows.push([
            "kubeconfig of root".into(),
            self.kubeconfig.display().to_string(),
            self.kubeconfig_source.into(),
        ]);
        let mut text = columns(&rows);
        text.push('\n');
        let mut rows = vec![["CLUSTER", "SETTING", "VALUE", "FROM"].map(str::to_owned)];
        rows.extend(self.site.clusters.iter().flat_map(cluster_rows));
        text.push_str(&columns(&rows));
        text
    }

    /// The effective value as text: the default if none is set, or if the value is invalid.
    fn setting(&self, key: &str) -> String {
        let settings = &self.site.settings;
        if SECRET_KEYS.contains(&key) {
            let secret = settings.text(key);
            return if self.show_secrets || secret.is_empty() {
                secret.to_owned()
            } else {
                REDACTED.into()
            };
        }
        match key {
            "HOOK_TIMEOUT" => format!("{:?}", settings.timeout),
            "CONNECT_TIMEOUT" => format!("{:?}", settings.connect_timeout),
            "LOGINS_AT_ONCE" => settings.logins_at_once.word(),
            "UID_CHANGE" => settings.uid_change.word().to_owned(),
            "NAMESPACE_NAMES" => settings.namespaces.names.word().to_owned(),
            "MIN_UID" => settings.min_uid.to_string(),
            "USE_POD_SECURITY_POLICY" => settings.use_pod_security_policy.to_string(),
            "CREDENTIALS" => settings.credentials.mode.to_string(),
            "PUN_PID_PATH" => settings.renewal.pun_pid_path.clone(),
            "EXCHANGE_DIALECT" => settings.credentials.dialect.word().to_owned(),
            "CLUSTERS_D_FALLBACK" => settings.clusters_d_fallback().to_string(),
            "IMAGE_PULL_SECRET_PER_REGISTRY" => settings
                .pull_secret
                .as_ref()
                .is_some_and(|secret| secret.per_registry)
                .to_string(),
            "POD_SECURITY" => settings.pod_security.map_or("", PodSecurity::word).to_owned(),
            "USE_JOB_POD_REAPER" => settings.use_job_pod_reaper.to_string(),
            "JOB_POD_REAPER_ACCOUNT" if settings.text(key).is_empty() => Reaper::default().account.to_string(),
            "JOB_POD_REAPER_ROLE" if settings.text(key).is_empty() => Reaper::default().role,
            _ => settings.text(key).to_owned(),
        }
    }
}

/// A setting as a script wants it: truth values and numbers as such, everything else as text.
fn typed(key: &str, text: String) -> Value {
    match (key, text.as_str()) {
        ("MIN_UID", number) => number.parse::<u64>().map_or_else(|_| text.clone().into(), Value::from),
        (_, "true") if TRUTHS.contains(&key) => true.into(),
        (_, "false") if TRUTHS.contains(&key) => false.into(),
        _ => text.into(),
    }
}

fn cluster_value(cluster: &Cluster) -> Value {
    let mut value = json!({ "id": cluster.id, "file": cluster.file, "sources": {} });
    for [_, key, text, source] in cluster_rows(cluster) {
        value["sources"][&key] = source.into();
        value[key] = text.into();
    }
    value
}

fn cluster_rows(cluster: &Cluster) -> Vec<[String; 4]> {
    let file = cluster.file.as_ref().map_or_else(
        || "no Kubernetes cluster in clusters.d".into(),
        |f| f.display().to_string(),
    );
    let row = |key: &str, value: &str, source: String| [cluster.id.clone(), key.to_owned(), value.to_owned(), source];
    let optional = |value: &Option<String>| value.clone().unwrap_or_default();
    let sourced = |key: &str, value: &Sourced<String>| row(key, &value.value, value.source.to_string());
    let auth = match cluster.auth {
        Auth::Managed => "managed",
        Auth::Oidc => "oidc",
        Auth::Gke(_) => "gke",
    };
    let credentials = &cluster.credentials;
    vec![
        row("auth", auth, file.clone()),
        row("endpoint", &optional(&cluster.endpoint), file.clone()),
        row(
            "cert_authority_file",
            &optional(&cluster.cert_authority_file),
            file.clone(),
        ),
        row("config_file", &cluster.config_file, file.clone()),
        row("cluster", &cluster.cluster, file.clone()),
        row("context", &cluster.context, file.clone()),
        row("root_context", &optional(&cluster.root_context), file.clone()),
        row("service_account", &cluster.service_account.to_string(), file),
        sourced("username_prefix", &cluster.username_prefix),
        sourced("namespace_prefix", &cluster.namespace_prefix),
        sourced("oidc_username_prefix", &cluster.oidc_username_prefix),
        row("credentials", credentials.value.word(), credentials.source.to_string()),
        sourced("exchange_audience", &cluster.exchange_audience),
        sourced("exchange_scope", &cluster.exchange_scope),
        sourced("oidc_audience", &cluster.oidc_audience),
        sourced("oidc_username_claim", &cluster.oidc_username_claim),
    ]
}
