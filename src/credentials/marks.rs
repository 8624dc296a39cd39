//! What marks the entries in users' kubeconfigs as ours, and which of those stay.

use crate::config::clusters::Cluster;
use crate::config::settings::Settings;
use crate::config::Site;
use crate::kubeconfig::{Keep, Mark};
use crate::user::User;

/// The mark of what a file of clusters.d asks for. The stock script's entry has none, and stays.
pub(super) fn mark(cluster: &Cluster, settings: &Settings) -> Option<Mark> {
    cluster.file.as_ref().map(|_| Mark {
        cluster: cluster.id.clone(),
        site: settings.site_of_marks().to_owned(),
    })
}

/// Which of our entries stay in a kubeconfig: all of them if a file of clusters.d cannot be read.
pub(super) fn keep(site: &Site, user: &User, config_file: &str) -> Option<Keep> {
    let known = site.known.as_ref()?;
    let mut keep = Keep {
        site: site.settings.site_of_marks().to_owned(),
        ids: known.iter().map(|cluster| cluster.id.clone()).collect(),
        ..Keep::default()
    };
    for cluster in known.iter().filter(|cluster| cluster.config_file == config_file) {
        keep.clusters.push(cluster.cluster.clone());
        keep.contexts.push(cluster.context.clone());
        keep.users.push(format!("{}{}", cluster.username_prefix, user.name));
    }
    // Also what the stock hook's way writes, which may have been a cluster's before.
    let own = site
        .clusters
        .iter()
        .filter(|cluster| cluster.config_file == config_file);
    keep.users
        .extend(own.map(|cluster| format!("{}{}", cluster.username_prefix.value, user.name)));
    Some(keep)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::config::Sources;

    #[test]
    fn what_the_stock_hooks_way_writes_is_kept_although_no_cluster_asks_for_it() {
        let sources = Sources {
            hook_env: None,
            clusters_dir: None,
            only: Vec::new(),
            names_kubeconfig: false,
        };
        let mut site = Site::with_settings(Settings::empty(Path::new("hook.env")), &sources, Vec::new());
        site.clusters = vec![Cluster::of_stock_hook(&site.settings)];
        site.known = Some(Vec::new());
        let user = User {
            name: crate::naming::Username::parse("ann").unwrap(),
            uid: 1000,
            gid: 1000,
            groups: Vec::new(),
            home: "/home/ann".into(),
        };
        let keep = super::keep(&site, &user, "~/.kube/config").unwrap();
        assert_eq!((keep.users, keep.clusters), (vec!["ann".to_owned()], vec![]));
        site.known = None;
        assert!(super::keep(&site, &user, "~/.kube/config").is_none());
    }
}
