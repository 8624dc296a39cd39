//! Root's kubeconfig: that it can be used, for which cluster which context, and when its token ends.

use std::path::Path;
use std::time::{Duration, SystemTime};

use secrecy::SecretString;

use super::finding::{Area, Finding};
use crate::cluster::{RootEntry, RootKubeconfig, RootLogin};
use crate::exit::ExitStatus;
use crate::kubeconfig::{self, Credentials, Edit, UserEntry};
use crate::oidc::token::{self, TokenError};
use crate::time::for_a_person;

/// A token that ends so soon is not being renewed: `refresh-token` runs every hour unless told otherwise.
const ENDS_NOW: Duration = Duration::from_secs(3600);
/// The cron file and the timer renew below three hours, every hour, some minutes late: with less than this left a
/// renewal has failed.
const ENDS_SOON: Duration = Duration::from_secs(110 * 60);

const RENEW: &str = "run: ood-k8s refresh-token --minter-kubeconfig FILE, with a cluster administrator's kubeconfig";

/// Root's kubeconfig, where it can be used, and what is to be said of it.
pub(super) fn check(path: &Path) -> (Option<RootKubeconfig>, Vec<Finding>) {
    let mut area = Area::new("kubeconfig");
    let root = RootKubeconfig::load(path).map_err(|error| area.fault(error)).ok();
    if root.as_ref().is_some_and(RootKubeconfig::is_open) {
        area.error(
            ExitStatus::Configuration,
            format!(
                "{} holds a token that may do much in the cluster, and everybody can read it",
                path.display()
            ),
            format!("run: chmod 0600 {}, and renew the token", path.display()),
        );
    }
    if root.is_some() && area.is_well() {
        area.ok(format!("{} is root's alone", path.display()));
    }
    if let Some(root) = &root {
        for fault in root.refusals() {
            area.told_warning(format!(
                "kubectl refuses the whole of {}, and this program does not: {fault}",
                path.display()
            ));
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
        area.told_error(ExitStatus::Configuration, text);
    }
}

/// Whether the API server can be expected to take root's token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TokenState {
    /// As far as can be seen from here.
    Works,
    /// Not by this node's clock.
    Ended,
}

/// What the context of one cluster is made of, and how long its token still works.
pub(super) fn entry(area: &mut Area, entry: &RootEntry, now: SystemTime) -> TokenState {
    area.ok(format!("root's context is {}, with {}", entry.context, entry.server));
    match &entry.login {
        RootLogin::Token(token) => return token_end(area, token, now),
        RootLogin::Other(how) => area.ok(format!("root logs in by {how}, whose end is not looked at")),
        RootLogin::Nothing => area.error(
            ExitStatus::Configuration,
            format!("root's context {} has no credentials", entry.context),
            "run: ood-k8s setup-root --minter-kubeconfig FILE, with a cluster administrator's kubeconfig",
        ),
    }
    TokenState::Works
}

fn token_end(area: &mut Area, token: &SecretString, now: SystemTime) -> TokenState {
    match token::expiry(token).map(|end| end.duration_since(now)) {
        Err(TokenError::NotJwt) => area.warning(
            "root's token is no JWT, so its end cannot be seen",
            "use a ServiceAccount's token, and let ood-k8s refresh-token renew it",
        ),
        Err(_) => area.warning(
            "root's token never ends, so whoever gets hold of it has it for ever",
            "let ood-k8s refresh-token renew it from cron or a timer (hooks/cron.d, hooks/systemd), and delete the Secret that it came from",
        ),
        Ok(Ok(left)) => remaining(area, left),
        Ok(Err(over)) => {
            let text = format!("root's token ended {} ago", for_a_person(over.duration()));
            area.error(ExitStatus::TokenEnds, text, RENEW);
            return TokenState::Ended;
        }
    }
    TokenState::Works
}

fn remaining(area: &mut Area, left: Duration) {
    let text = format!("root's token ends in {}", for_a_person(left));
    if left < ENDS_NOW {
        area.error(
            ExitStatus::TokenEnds,
            text,
            "run: ood-k8s refresh-token, and let cron or a timer do so every hour",
        );
    } else if left < ENDS_SOON {
        area.warning(
            text,
            "let cron or a timer run ood-k8s refresh-token every hour (hooks/cron.d, hooks/systemd)",
        );
    } else {
        area.ok(text);
    }
}
