//! Two clusters that would write one entry of a kubeconfig with different meanings: whoever is written last would send the
//! other's users, and their tokens, elsewhere.

use std::path::Path;

use super::cluster::Cluster;
use crate::config::raw::ConfigError;
use crate::config::site::modes::{Auth, Gke, Mode};
use crate::door::shown;
use crate::foreign::Foreign;

/// An error for each of the clusters that cannot be written beside another one, with the cluster's id.
///
/// `exec_exchanges` says whether tokens are exchanged in the mode `exec` too.
pub(super) fn faults(clusters: &[Cluster], exec_exchanges: bool) -> Vec<(String, ConfigError)> {
    let written: Vec<_> = clusters.iter().filter(|cluster| is_written(cluster)).collect();
    let fault = |one: &&Cluster| {
        let others = written
            .iter()
            .filter(|other| other.id != one.id && other.config_file == one.config_file);
        let clash = others.into_iter().find_map(|other| {
            let (key, reason) = clash(one, other, exec_exchanges)?;
            Some(error(one.file.as_deref()?, other.file.as_deref()?, key, &reason))
        });
        clash.map(|error| (one.id.clone(), error))
    };
    written.iter().filter_map(fault).collect()
}

/// Those that users' kubeconfigs are written for; see `Site::kubeconfig_clusters`.
fn is_written(cluster: &Cluster) -> bool {
    match &cluster.auth {
        Auth::Oidc => true,
        Auth::Gke(_) => cluster.endpoint.is_some(),
        Auth::Managed => false,
    }
}

/// The key that must differ, and why.
fn clash(one: &Cluster, other: &Cluster, exec_exchanges: bool) -> Option<(&'static str, String)> {
    let server = |cluster: &Cluster| (cluster.endpoint.clone(), cluster.cert_authority_file.clone());
    let context = |cluster: &Cluster| {
        let prefix = |prefix: &str| prefix.to_owned();
        let Cluster { cluster: name, .. } = cluster;
        (
            name.clone(),
            prefix(&cluster.username_prefix.value),
            prefix(&cluster.namespace_prefix.value),
        )
    };
    if one.cluster == other.cluster && server(one) != server(other) {
        let name = Foreign::from(one.cluster.as_str());
        return Some((
            "v2.job.cluster",
            format!("is {name}, and so is it in FILE, for another server"),
        ));
    }
    if one.context == other.context && context(one) != context(other) {
        let name = Foreign::from(one.context.as_str());
        return Some((
            "v2.job.context",
            format!("is {name}, and so is it in FILE, for another cluster, user or namespace"),
        ));
    }
    let is_one_user = one.username_prefix.value == other.username_prefix.value;
    if is_one_user && Login::of(one, exec_exchanges) != Login::of(other, exec_exchanges) {
        let prefix = Foreign::from(one.username_prefix.value.as_str());
        return Some((
            "v2.job.username_prefix",
            format!("is {prefix}, and so is it in FILE, whose users get other credentials"),
        ));
    }
    None
}

/// What the credentials in an entry depend on.
#[derive(PartialEq)]
enum Login<'c> {
    Gke(&'c Gke),
    Own(Mode),
    Exchanged {
        mode: Mode,
        audience: &'c str,
        scope: &'c str,
    },
}

impl<'c> Login<'c> {
    fn of(cluster: &'c Cluster, exec_exchanges: bool) -> Self {
        let mode = cluster.credentials.value;
        match &cluster.auth {
            Auth::Gke(gke) => Self::Gke(gke),
            _ if mode == Mode::Exchange || (mode == Mode::Exec && exec_exchanges) => Self::Exchanged {
                mode,
                audience: &cluster.exchange_audience.value,
                scope: &cluster.exchange_scope.value,
            },
            _ => Self::Own(mode),
        }
    }
}

fn error(file: &Path, other: &Path, key: &str, reason: &str) -> ConfigError {
    let reason = reason.replace("FILE", &shown(other));
    ConfigError::ClusterValue {
        path: file.to_owned(),
        line: 0,
        key: key.to_owned(),
        reason: format!("{reason}, but both are written to one kubeconfig; give each a name of its own ({key})"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::site::settings::Settings;

    /// A change of the second cluster, and the key that is told.
    type Case<'c> = (&'c dyn Fn(&mut Cluster), &'static str);

    fn cluster(id: &str) -> Cluster {
        let mut cluster = Cluster::of_stock_hook(&Settings::empty(Path::new("hook.env")));
        cluster.id = id.into();
        cluster.file = Some(format!("{id}.yml").into());
        cluster.cluster = format!("ood-{id}");
        cluster.context = format!("ood-{id}");
        cluster.endpoint = Some(format!("https://{id}.example.org"));
        cluster
    }

    fn said(change: impl Fn(&mut Cluster)) -> Vec<String> {
        let (one, mut two) = (cluster("one"), cluster("two"));
        change(&mut two);
        let faults = faults(&[one, two], false);
        faults.into_iter().map(|(_, error)| error.to_string()).collect()
    }

    #[test]
    fn an_entry_of_one_name_and_two_meanings_is_told_for_both_files() {
        let same_cluster = |two: &mut Cluster| {
            two.cluster = "ood-one".into();
        };
        let same_context = |two: &mut Cluster| {
            two.context = "ood-one".into();
        };
        let other_mode = |two: &mut Cluster| {
            two.credentials.value = Mode::Token;
        };
        let other_audience = |two: &mut Cluster| {
            two.credentials.value = Mode::Exchange;
        };
        let cases: [Case<'_>; 4] = [
            (&same_cluster, "v2.job.cluster"),
            (&same_context, "v2.job.context"),
            (&other_mode, "v2.job.username_prefix"),
            (&other_audience, "v2.job.username_prefix"),
        ];
        for (change, key) in cases {
            let said = said(change);
            assert_eq!(said.len(), 2, "{said:?}");
            assert!(
                said[0].starts_with("one.yml: ") && said[0].contains("two.yml"),
                "{said:?}"
            );
            assert!(
                said[1].starts_with("two.yml: ") && said[1].contains("one.yml"),
                "{said:?}"
            );
            assert!(said.iter().all(|said| said.contains(key)), "{said:?}");
        }
    }

    #[test]
    fn one_meaning_and_another_kubeconfig_are_no_clash() {
        for change in [
            |_: &mut Cluster| {},
            |two: &mut Cluster| two.config_file = "/elsewhere".into(),
            |two: &mut Cluster| {
                two.cluster = "ood-one".into();
                two.auth = Auth::Managed;
            },
            |two: &mut Cluster| {
                two.username_prefix.value = "two-".into();
                two.credentials.value = Mode::Exec;
            },
        ] {
            assert_eq!(said(change), Vec::<String>::new());
        }
    }
}
