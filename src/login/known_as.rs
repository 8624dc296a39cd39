//! Compares the name that an API server takes a user for with the subject of the user's RoleBinding.

use crate::config::clusters::Cluster;
use crate::foreign::Foreign;

/// What is wrong, with the remedy, if the server takes the user for somebody else than the RoleBinding is for.
pub fn other_name(cluster: &Cluster, known: &str, subject: &str) -> Option<String> {
    if known == subject {
        return None;
    }
    let bare = subject
        .strip_prefix(cluster.oidc_username_prefix.value.as_str())
        .unwrap_or(subject);
    // In single quotes, as hook.env takes it.
    let is_plain = |prefix: &&str| prefix.chars().all(|c| c.is_ascii_graphic() && c != '\'');
    let remedy = match known.strip_suffix(bare).filter(is_plain) {
        Some(prefix) => format!(
            "set OIDC_USERNAME_PREFIX='{prefix}' in hook.env, or v2.custom.ood_k8s.oidc_username_prefix of the cluster, or the API server's --oidc-username-prefix to {:?}",
            cluster.oidc_username_prefix.value
        ),
        None => "set OIDC_USERNAME_CLAIM in hook.env, or v2.custom.ood_k8s.oidc_username_claim of the cluster, to the API server's --oidc-username-claim".to_owned(),
    };
    Some(format!(
        "the API server knows the user as {}, and the RoleBinding is for {subject:?}, so the user has no permissions; {remedy}",
        Foreign::from(known)
    ))
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::config::settings::Settings;

    #[test]
    fn the_remedy_is_the_prefix_where_the_rest_is_right_and_else_the_claim() {
        let mut cluster = Cluster::of_stock_hook(&Settings::empty(Path::new("hook.env")));
        cluster.oidc_username_prefix.value = "oidc:".into();
        assert_eq!(other_name(&cluster, "oidc:ann", "oidc:ann"), None);
        for (known, word) in [
            ("ann", "OIDC_USERNAME_PREFIX='' in"),
            ("https://idp#ann", "OIDC_USERNAME_PREFIX='https://idp#'"),
            ("OIDC:ann", "OIDC_USERNAME_PREFIX='OIDC:'"),
            ("ann@example.org", "OIDC_USERNAME_CLAIM"),
            ("4f0c", "OIDC_USERNAME_CLAIM"),
        ] {
            let told = other_name(&cluster, known, "oidc:ann").unwrap();
            assert!(told.contains(word) && told.contains("no permissions; "), "{told}");
        }
    }
}
