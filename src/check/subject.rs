//! Compares the name that an API server takes a user for with the subject of the user's RoleBinding.

use crate::config::clusters::Cluster;
use crate::exit::ExitStatus;
use crate::findings::{Area, Code};
use crate::login;

/// Tells whether the two are the same, and else what to write.
pub(super) fn compare(area: &mut Area, cluster: &Cluster, known: &str, subject: &str) {
    match login::other_name(cluster, known, subject) {
        None => area.ok(format!(
            "cluster {}: the API server knows the user as {subject}, like the RoleBinding",
            cluster.id
        )),
        Some(told) => area.told_error(
            Code::SubjectDiffers,
            ExitStatus::Cluster,
            format!("cluster {}: {told}", cluster.id),
        ),
    }
}
