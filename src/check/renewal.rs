//! Checks the renewal of users' tokens by root: its settings, and whether renew-creds runs.

use std::time::SystemTime;

use crate::config::credentials::{required, Mode};
use crate::config::Site;
use crate::credentials::is_renewed_by_root;
use crate::findings::{Area, Code, Finding};
use crate::renewal::Renewals;
use crate::time::for_a_person;

/// What to do if nothing renews users' tokens.
pub const RUN_IT: &str =
    "run ood-k8s renew-creds every two minutes (systemctl enable --now ood-k8s-renew-creds.timer), and check its output";

/// Findings about `RENEWAL_DIR`.
pub(super) fn check(site: &Site) -> Vec<Finding> {
    let mut area = Area::new("renewal");
    let settings = &site.settings;
    let Some(folder) = &settings.renewal.folder else {
        return area.into_findings();
    };
    if !site.oidc_clusters().any(is_renewed_by_root) {
        area.warning(
            Code::RenewalUnused,
            "RENEWAL_DIR is set, but kubectl itself renews the tokens of every cluster",
            "clear RENEWAL_DIR, or set CREDENTIALS to exchange, token or exec",
        );
        return area.into_findings();
    }
    shared_refresh_token(&mut area, site);
    for (key, is_missing) in [
        ("IDP_ISSUER_URL", settings.issuer().is_none()),
        ("CLIENT_ID", settings.client_id.is_none()),
    ] {
        if is_missing {
            area.fault(required(settings, key, "renew-creds needs it to request new tokens"));
        }
    }
    match Renewals::open(folder) {
        Ok(renewals) => records(&mut area, &renewals),
        Err(fault) => area.fault(fault),
    }
    area.into_findings()
}

fn shared_refresh_token(area: &mut Area, site: &Site) {
    let is_in_homes = |mode| mode == Mode::AuthProvider;
    if site
        .oidc_clusters()
        .any(|cluster| is_in_homes(cluster.credentials.value))
    {
        area.warning(Code::RefreshTokenShared,
            "a cluster with CREDENTIALS=auth-provider gives users the refresh token that root uses for the other clusters",
            "if the identity provider allows a refresh token to be used only once, set the same mode for all clusters",
        );
    }
}

fn records(area: &mut Area, renewals: &Renewals) {
    let users = match renewals.users() {
        Ok(users) => users,
        Err(error) => return area.warning(Code::RenewalStore, error, "run check as root"),
    };
    let now = SystemTime::now();
    let over = users
        .iter()
        .filter_map(|user| renewals.peek(user).ok().flatten()?.overdue(now, |_| true));
    let over = over.max();
    match over {
        Some(over) => area.warning(
            Code::RenewalOverdue,
            format!("a user's token expired {} ago and was not renewed", for_a_person(over)),
            RUN_IT,
        ),
        None => area.ok(format!("users' tokens are renewed ({} in total)", users.len())),
    }
}
