//! Checks root's kubeconfig: whether it can be used, the context for each cluster, and when the token expires.

use std::path::Path;
use std::time::{Duration, SystemTime};

use secrecy::SecretString;

use crate::cluster::{RootEntry, RootKubeconfig, RootLogin};
use crate::exit::ExitStatus;
use crate::findings::{Area, Code, Finding};
use crate::kubeconfig::{self, Credentials, Edit, UserEntry};
use crate::oidc::token::{self, TokenError};
use crate::shell::quoted;
use crate::time::for_a_person;

/// A token with less time left is not being renewed: `refresh-token` runs every hour by default.
const ENDS_NOW: Duration = Duration::from_secs(3600);
/// The cron job and the timer run hourly, up to some minutes late, and renew tokens that expire within three hours: if
/// less than this is left, a renewal has failed.
const ENDS_SOON: Duration = Duration::from_secs(110 * 60);

const RENEW: &str = "run: ood-k8s refresh-token --admin-kubeconfig FILE, with a cluster administrator's kubeconfig";

/// Root's kubeconfig, if it can be used, and the findings about it.
pub(super) fn check(path: &Path) -> (Option<RootKubeconfig>, Vec<Finding>) {
    let mut area = Area::new("kubeconfig");
    let root = RootKubeconfig::load(path).map_err(|error| area.fault(error)).ok();
    if root.as_ref().is_some_and(RootKubeconfig::is_open) {
        area.error(
            Code::RootKubeconfigOpen,
            ExitStatus::Configuration,
            format!(
                "{} contains a privileged token, and everybody can read it",
                path.display()
            ),
            format!("renew the token, and run: chmod 0600 {}", quoted(path)),
        );
    }
    if root.is_some() && area.is_well() {
        area.ok(format!("{} is accessible only by root", path.display()));
    }
    if let Some(root) = &root {
        for fault in root.refusals() {
            area.told_warning(
                Code::RootKubeconfigRefused,
                format!(
                    "kubectl refuses the whole of {}, and this program does not: {fault}",
                    path.display()
                ),
            );
        }
    }
    (root, area.into_findings())
}

/// Whether a new token could be written there: that shall be known before the old one ends.
pub(super) fn writable(area: &mut Area, root: &RootKubeconfig, entry: &RootEntry) {
    if matches!(entry.login, RootLogin::Other(_)) {
        return;
    }
    let edit = Edit {
        user: Some(UserEntry {
            name: entry.user.clone(),
            credentials: Credentials::Token("tried".into()),
        }),
        ..Edit::default()
    };
    if let Err(error) = kubeconfig::apply(root.text(), &[edit]) {
        let text = format!(
            "refresh-token cannot write a new token into {}: {error}",
            root.path().display()
        );
        area.told_error(Code::RootTokenUnwritable, ExitStatus::Configuration, text);
    }
}

/// Whether the API server is expected to accept root's token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TokenState {
    /// As far as this node can tell.
    Works,
    /// It does not say when it expires.
    Endless,
    /// It has expired, by this node's clock.
    Ended,
}

/// Findings about the context for one cluster, and the remaining lifetime of its token.
pub(super) fn entry(area: &mut Area, entry: &RootEntry, now: SystemTime) -> TokenState {
    area.ok(format!("root's context is {}, with {}", entry.context, entry.server));
    match &entry.login {
        RootLogin::Token(token) => return token_end(area, token, now),
        RootLogin::Other(how) => area.ok(format!("root logs in by {how}, whose expiry is not checked")),
        RootLogin::Nothing => area.error(
            Code::RootNoCredentials,
            ExitStatus::Configuration,
            format!("root's context {} has no credentials", entry.context),
            "run: ood-k8s setup-root --admin-kubeconfig FILE, with a cluster administrator's kubeconfig",
        ),
    }
    TokenState::Works
}

fn token_end(area: &mut Area, token: &SecretString, now: SystemTime) -> TokenState {
    match token::expiry(token).map(|end| end.duration_since(now)) {
        Err(TokenError::NotJwt) => area.warning(
            Code::RootTokenOpaque,
            "root's token is not a JWT, so its expiry is unknown",
            "use a ServiceAccount's token, and renew it with ood-k8s refresh-token",
        ),
        // Whether it works at all is known when the server has answered.
        Err(_) => return TokenState::Endless,
        Ok(Ok(left)) => remaining(area, left),
        Ok(Err(over)) => {
            let text = format!("root's token expired {} ago", for_a_person(over.duration()));
            area.error(Code::RootTokenEnds, ExitStatus::TokenEnds, text, RENEW);
            return TokenState::Ended;
        }
    }
    TokenState::Works
}

/// A token without an end that the server has accepted.
pub(super) fn endless(area: &mut Area) {
    area.warning(Code::RootTokenEndless,
        "root's token never expires, so a stolen copy works forever",
        "renew it with ood-k8s refresh-token every hour (systemctl enable --now ood-k8s-refresh-token.timer), and delete the Secret that it came from",
    );
}

fn remaining(area: &mut Area, left: Duration) {
    let text = format!("root's token expires in {}", for_a_person(left));
    if left < ENDS_NOW {
        area.error(
            Code::RootTokenEnds,
            ExitStatus::TokenEnds,
            text,
            "run: ood-k8s refresh-token, and run it every hour from cron or a timer",
        );
    } else if left < ENDS_SOON {
        area.warning(Code::RootTokenEnds,
            text,
            "run ood-k8s refresh-token every hour: systemctl enable --now ood-k8s-refresh-token.timer, or copy /usr/share/ood-k8s/cron.d/ood-k8s to /etc/cron.d",
        );
    } else {
        area.ok(text);
    }
}
