//! The name that a cluster knows the user by, from the login's own token, where it is not the account's.

use crate::config::clusters::Cluster;
use crate::config::settings::Settings;
use crate::oidc::token::{self, Expected};
use crate::oidc::Handover;

/// Reads the claim from the tokens of the login; `None` if none of them says it, or another issuer's.
///
/// What a user is called there, root's binding gives rights to. OnDemand has checked the token, and a name of the system's own
/// is nobody's.
pub fn claimed_name(cluster: &Cluster, settings: &Settings, handover: &Handover) -> Option<String> {
    let name = claimed_text(cluster.claim_of_subject()?, settings, handover)?;
    let subject = format!("{}{name}", cluster.oidc_username_prefix.value);
    (!subject.starts_with("system:")).then_some(name)
}

/// A claim of the login's tokens that is a plain text, such as a name or an address.
pub fn claimed_text(claim: &str, settings: &Settings, handover: &Handover) -> Option<String> {
    let expected = Expected {
        issuer: settings.issuer(),
        ..Expected::default()
    };
    let access = handover.access_token().ok();
    let tokens = access.into_iter().chain(&handover.id_token);
    let mut fitting = tokens.filter(|token| token::meets(token, &expected).is_ok());
    fitting.find_map(|token| token::name_in(token, claim))
}
