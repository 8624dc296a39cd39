//! `IDP_ISSUER_URL`: that it is an issuer, as kubectl needs it to renew tokens, and not its token endpoint.

use super::finding::{Area, Finding};
use crate::config::settings::Settings;
use crate::config::Site;
use crate::deadline::Deadline;
use crate::error::ExitStatus;
use crate::oidc::{discover, DiscoveryError};

/// Findings about the identity provider; none where no cluster's users log in by OIDC, or hook.env was not read.
pub(super) async fn check(site: &Site, is_hook_env_read: bool, deadline: &Deadline) -> Vec<Finding> {
    if !is_hook_env_read || site.oidc_clusters().next().is_none() {
        return Vec::new();
    }
    let mut area = Area::new("issuer");
    let settings = &site.settings;
    if settings.client_id.is_none() {
        not_set(&mut area, settings, "CLIENT_ID");
    }
    match (&settings.idp_issuer_url, settings.issuer_of_token_endpoint()) {
        (None, _) => not_set(&mut area, settings, "IDP_ISSUER_URL"),
        (Some(_), Some(issuer)) => token_endpoint(&mut area, issuer, deadline).await,
        (Some(issuer), None) => ask(&mut area, issuer, deadline).await,
    }
    area.into_findings()
}

fn not_set(area: &mut Area, settings: &Settings, key: &str) {
    area.error(
        ExitStatus::Configuration,
        format!(
            "{key} is not set in {}, so no kubeconfig is written (auth.type oidc)",
            settings.path.display()
        ),
        "write the issuer's URL and the client's id as the API server has them (--oidc-issuer-url, --oidc-client-id)",
    );
}

/// OnDemand's own example: the way out is known, and tried before it is offered.
async fn token_endpoint(area: &mut Area, issuer: &str, deadline: &Deadline) {
    let tried = match discover(issuer, deadline).await {
        Ok(_) => "which answers as an issuer should",
        Err(_) => "if it is the issuer: it could not be tried",
    };
    area.error(
        ExitStatus::Configuration,
        "IDP_ISSUER_URL is the token endpoint, so kubectl cannot renew tokens",
        format!("write IDP_ISSUER_URL={issuer}, {tried}"),
    );
}

async fn ask(area: &mut Area, issuer: &str, deadline: &Deadline) {
    use DiscoveryError as E;
    match discover(issuer, deadline).await {
        Ok(provider) => area.ok(format!("{} says that it is the issuer", provider.issuer)),
        // kubectl takes a slash off itself; the API server and other programs compare.
        Err(E::OtherIssuer { asked, said }) if asked.trim_end_matches('/') == said.trim_end_matches('/') => area
            .warning(
                format!(
                "IDP_ISSUER_URL is {asked}, and the provider says {said}: kubectl takes either, other programs do not"
            ),
                format!("write IDP_ISSUER_URL={said}"),
            ),
        // It may be reached from where users run kubectl, and logins do not ask it.
        Err(error @ (E::Unreachable { .. } | E::Certificate { .. } | E::Deadline { .. })) => area.told_warning(error),
        Err(error) => area.told_error(ExitStatus::Configuration, format!("IDP_ISSUER_URL: {error}")),
    }
}
