//! Checks one user: the account, the namespace in each cluster, and what a login would change there.
//!
//! The user's kubeconfig is not opened: only a process that runs as the user does that, at a login.

use super::{hook_env, pods};
use crate::cluster::{self, AdminKubeconfig, Adoption, Api, ObjectReport, UserToken, Wall};
use crate::config::clusters::{Cluster, Rule, Verdict};
use crate::config::profiles::Decision;
use crate::config::Site;
use crate::deadline::Deadline;
use crate::exit::{ExitStatus, HasExitStatus as _};
use crate::findings::{Area, Code, Finding, HasCode as _};
use crate::foreign::Foreign;
use crate::login::{Blueprint, LoginError};
use crate::naming::Username;
use crate::objects::{Desired, Kind};
use crate::outcome::Outcome;
use crate::shadow::Shadow;
use crate::user::{self, User};

/// The account, if `name` is given, and the findings about it.
pub(super) fn look_up(name: Option<&str>, site: &Site) -> (Vec<Finding>, Option<User>) {
    let Some(name) = name else {
        return (Vec::new(), None);
    };
    let mut area = area(name);
    let user = match user::look_up(name, site.settings.min_uid) {
        Ok(user) => {
            area.ok(format!("is the account with uid {}, and may log in", user.uid));
            Some(user)
        }
        Err(error) => {
            area.fault(error);
            None
        }
    };
    (area.into_findings(), user)
}

/// Whether the account has expired: a login does not ask that.
pub async fn expiry(user: Option<&User>, deadline: &Deadline) -> Vec<Finding> {
    let Some(user) = user else {
        return Vec::new();
    };
    let (mut area, name) = (area(user.name.as_str()), user.name.as_str());
    let mut shadow = Shadow::new(deadline.remaining());
    if !shadow.expired(std::iter::once(name)).await.is_empty() {
        area.warning(
            Code::Expired,
            "the account has expired (getent shadow)",
            format!("if the user has left, run: ood-k8s offboard {name}; if not, run: chage -E -1 {name}"),
        );
    }
    if let Some(fault) = shadow.into_fault() {
        area.told_warning(Code::NotLookedAt, fault);
    }
    area.into_findings()
}

/// What a first login of a made-up user would do, found by a server-side dry run: quotas, policies and webhooks are asked
/// nowhere else. What is missing in RBAC, or cannot be reached, is found by the other checks.
pub(super) async fn first_login(api: &Api, cluster: &Cluster, blueprint: Option<&Blueprint<'_>>) -> Vec<Finding> {
    let made_up = Username::parse(&format!("ood-k8s-check-{}", std::process::id()));
    let (Some(blueprint), Ok(name)) = (blueprint, made_up) else {
        return Vec::new();
    };
    let mut area = Area::new(format!("cluster {}", cluster.id));
    let Ok(desired) = blueprint.of_name(&name, None, cluster) else {
        return Vec::new();
    };
    let api = api.clone().dry_run(true);
    let done = cluster::bootstrap(&api, &desired, Adoption::Proven, &Wall::unknown(), &UserToken::none()).await;
    if done.failures.is_empty() {
        area.ok("a first login of a made-up user passes (server-side dry run)");
    }
    for error in done.failures.iter().filter(|error| !error.is_found_elsewhere()) {
        area.told_error(
            error.code(),
            error.exit_status(),
            format!("a first login of a made-up user fails: {error}"),
        );
    }
    area.into_findings()
}

/// Whether `access` in the profiles file lets the user in, and which rule decides.
pub fn access(user: Option<&User>, site: &Site) -> Vec<Finding> {
    let Some(user) = user else {
        return Vec::new();
    };
    let mut area = area(user.name.as_str());
    let decided = site.profiles.decide(user, &site.settings);
    if let Ok(Some(Decision { doubt: Some(doubt), .. })) = &decided {
        area.told_warning(Code::GroupsRecalled, doubt);
    }
    match decided {
        Ok(None) => {}
        Ok(Some(Decision {
            is_allowed: true, rule, ..
        })) => area.ok(format!("is let in: {rule}")),
        Ok(Some(Decision {
            is_allowed: false,
            rule,
            ..
        })) => area.error(
            Code::NoAccess,
            ExitStatus::Refused,
            format!("is not let in, in no cluster: {rule}"),
            "if the user should be, change the rule in the profiles file, or the user's groups",
        ),
        Err(error) => area.told_error(Code::NoAccess, error.exit_status(), error),
    }
    area.into_findings()
}

/// Which clusters `OnDemand` offers to the user, and which rule decides.
pub fn offers(user: Option<&User>, site: &Site) -> Vec<Finding> {
    let Some(user) = user else {
        return Vec::new();
    };
    let mut area = area(user.name.as_str());
    for cluster in &site.clusters {
        match cluster.access.verdict(user) {
            Ok(verdict) if verdict.rule == Rule::Nobodys => {}
            Ok(Verdict { is_offered: true, rule }) => {
                area.ok(format!("cluster {}: is offered to the user: {rule}", cluster.id));
            }
            Ok(Verdict {
                is_offered: false,
                rule,
            }) => area.warning(
                Code::NotOffered,
                format!(
                    "cluster {}: OnDemand does not offer it to the user, and a login skips it: {rule}",
                    cluster.id
                ),
                "if the user should have it, change the rule, or the user's groups",
            ),
            Err(error) => area.fault(error),
        }
    }
    area.into_findings()
}

/// What a login would do in one cluster, found by a server-side dry run of the login.
pub(super) async fn in_cluster(
    api: &Api,
    cluster: &Cluster,
    login: Option<(&User, &Blueprint<'_>)>,
    admin: Option<&AdminKubeconfig>,
) -> Vec<Finding> {
    let Some((user, blueprint)) = login else {
        return Vec::new();
    };
    // What cannot be found out was told before.
    if !cluster.access.verdict(user).is_ok_and(|verdict| verdict.is_offered) {
        return Vec::new();
    }
    let mut area = area(user.name.as_str());
    let desired = match blueprint.of(user, cluster).map_err(LoginError::from) {
        Ok(desired) => desired,
        Err(error) => {
            area.told_error(
                error.code(),
                error.exit_status(),
                format!("cluster {}: {error}", cluster.id),
            );
            return area.into_findings();
        }
    };
    let (tried, wall, token) = (api.clone().dry_run(true), Wall::unknown(), UserToken::none());
    let done = cluster::bootstrap(&tried, &desired, Adoption::Proven, &wall, &token).await;
    for error in &done.failures {
        area.told_error(
            error.code(),
            error.exit_status(),
            format!("cluster {}: {error}", cluster.id),
        );
    }
    if done.failures.is_empty() {
        let namespace = desired.namespace.as_str();
        let place = format!("cluster {}, namespace {namespace}", cluster.id);
        tell(&mut area, user, &place, &done.objects);
        others(&mut area, api, &desired, &place).await;
        // In a namespace that is not there nothing can be tried.
        if !done.objects.iter().any(is_new) {
            pods::check(&mut area, api, cluster, &desired, admin).await;
        }
        old_pull_secrets(&mut area, api, blueprint, namespace, &place).await;
        ends_of_passwords(&mut area, api, blueprint, namespace, &place).await;
    }
    area.into_findings()
}

/// A missing permission to read a pull secret is reported by the permission checks.
async fn ends_of_passwords(area: &mut Area, api: &Api, blueprint: &Blueprint<'_>, namespace: &str, place: &str) {
    for secret in blueprint.registry() {
        let end = cluster::credential_end(api, namespace, &secret.name).await;
        if let Ok(Some(end)) = end {
            let what = format!("{place}: a password in secret/{}", secret.name);
            hook_env::password_end(area, &what, end);
        }
    }
}

/// What has an older name of `IMAGE_PULL_SECRET`: an old password, which the kubelet tries too.
async fn old_pull_secrets(area: &mut Area, api: &Api, blueprint: &Blueprint<'_>, namespace: &str, place: &str) {
    let wanted: Vec<_> = blueprint.registry().iter().map(|secret| secret.name.as_str()).collect();
    if wanted.is_empty() {
        return;
    }
    for old in cluster::old_secrets(api, namespace, &wanted).await.unwrap_or_default() {
        area.warning(Code::OldPullSecret,
            format!("{place}: {old} is a pull secret of an older name, which the kubelet still tries"),
            format!("delete it everywhere, with an administrator's kubeconfig, run: ood-k8s mint-registry-secret --delete-old {old} --all --kubeconfig FILE"),
        );
    }
}

/// Somebody else with the user's rights can read the user's Secrets.
async fn others(area: &mut Area, api: &Api, desired: &Desired, place: &str) {
    // What cannot be read is found by the permission checks.
    for holder in cluster::other_holders(api, desired).await.unwrap_or_default() {
        other_holder(area, holder, desired, place);
    }
}

/// Tells of somebody else with the user's rights.
pub fn other_holder(area: &mut Area, holder: String, desired: &Desired, place: &str) {
    let remedy = format!(
        "see: kubectl get rolebindings -n {} -o wide; if the namespace was handed over: ood-k8s bootstrap-user --take-over-from OLD --kubeconfig FILE {}",
        desired.namespace, desired.user
    );
    let text = format!("{place}: {} has the role ood-user in it, too", Foreign::from(holder));
    area.error(Code::OtherHolder, ExitStatus::Refused, text, remedy);
}

fn tell(area: &mut Area, user: &User, place: &str, reports: &[ObjectReport]) {
    if reports.iter().any(is_new) {
        return area.ok(format!(
            "{place}: does not exist yet, and the first login creates it with {} objects",
            reports.len() - 1
        ));
    }
    let changes: Vec<_> = reports.iter().filter_map(change).collect();
    if changes.is_empty() {
        return area.ok(format!(
            "{place}: belongs to the user, and all {} objects are up to date",
            reports.len()
        ));
    }
    area.warning(
        Code::LoginWouldChange,
        format!("{place}: a login would {}", changes.join(", ")),
        format!("wait for the next login, or run: ood-k8s bootstrap-user {}", user.name),
    );
}

fn is_new(report: &ObjectReport) -> bool {
    report.kind == Kind::Namespace.name() && report.outcome == Outcome::Created
}

fn change(report: &ObjectReport) -> Option<String> {
    let object = report.label();
    match report.outcome {
        Outcome::Created => Some(format!("create {object}")),
        Outcome::Changed if report.kind == Kind::Namespace.name() => Some(format!("take over {object}")),
        Outcome::Changed => Some(format!("change {object}")),
        Outcome::Unchanged | Outcome::Deleted => None,
    }
}

fn area(name: &str) -> Area {
    Area::new(format!("user {name}"))
}
