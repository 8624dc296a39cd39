//! Users that get nothing, and tokens that are not written.

use serde_json::json;

use super::support::{access_token, jwt, Run, Site, CANARY};

fn pre_hook_for(site: &Site, user: &str) -> Run {
    Run::of(&mut site.command_with_tokens(&["pre-hook", "--user", user]))
}

fn set_creds_with(site: &Site, token: &str) -> Run {
    Run::of(
        site.command_with_tokens(&["set-creds", &site.user])
            .env("OOD_OIDC_ACCESS_TOKEN", token),
    )
}

#[test]
fn unknown_users_and_names_that_are_none_are_refused() {
    let site = Site::new();
    pre_hook_for(&site, "no-such-user").fails(4, &["no-such-user", "getent passwd"]);
    for name in ["", "../x", "a b", "a\nb"] {
        Run::of(&mut site.command_with_tokens(&["pre-hook", &format!("--user={name}")])).fails(4, &["user name"]);
    }
    assert!(site.cluster.requests().is_empty());
}

#[test]
fn root_and_system_accounts_are_refused() {
    let site = Site::new();
    site.set("MIN_UID=1000");
    pre_hook_for(&site, "root").fails(4, &["uid 0", "MIN_UID"]);
    pre_hook_for(&site, "daemon").fails(4, &["system account", "MIN_UID"]);
    site.set("MIN_UID=0");
    pre_hook_for(&site, "nobody").fails(4, &["65534"]);
    assert!(site.cluster.requests().is_empty());
    assert!(site.user_kubeconfig().is_none());
}

#[test]
fn a_wrong_min_uid_lets_nobody_in() {
    let site = Site::new();
    site.set("MIN_UID=few");
    site.pre_hook().fails(3, &["hook.env:", "MIN_UID", "whole number"]);
    assert!(site.cluster.requests().is_empty());
}

#[test]
fn a_token_that_kubectl_would_choke_on_is_named_and_the_old_kubeconfig_stays() {
    let site = Site::new();
    site.set_creds().done();
    let before = std::fs::read(site.path("home/config")).unwrap();
    set_creds_with(&site, &format!("opaque-{CANARY}")).fails(6, &["OOD_OIDC_ACCESS_TOKEN", "not a JWT"]);
    set_creds_with(&site, &jwt(&json!({ "sub": CANARY }))).fails(6, &["no expiry"]);
    let ended = jwt(&json!({ "exp": 1_700_000_000, "sub": CANARY }));
    let mut without_refresh_token = site.command(&["set-creds", &site.user]);
    Run::of(without_refresh_token.env("OOD_OIDC_ACCESS_TOKEN", ended))
        .fails(6, &["expired", "log in to OnDemand again"]);
    assert_eq!(std::fs::read(site.path("home/config")).unwrap(), before);
}

#[test]
fn a_bad_token_does_not_keep_the_namespace_from_being_made() {
    let site = Site::new();
    let mut command = site.command_with_tokens(&["pre-hook", "--user", &site.user]);
    Run::of(command.env("OOD_OIDC_ACCESS_TOKEN", "opaque")).fails(6, &["not a JWT"]);
    assert!(site.cluster.object(&site.binding("ood-user")).is_some());
}

#[test]
fn without_a_token_the_settings_that_hand_it_over_are_named() {
    let site = Site::new();
    let run = Run::of(&mut site.command(&["set-creds", &site.user]));
    run.fails(
        6,
        &["OOD_OIDC_ACCESS_TOKEN", "pun_pre_hook_exports", "OIDCPassRefreshToken"],
    );
    let run = Run::of(
        site.command(&["set-creds", &site.user])
            .env("OOD_OIDC_ACCESS_TOKEN", ""),
    );
    run.fails(6, &["pun_pre_hook_exports"]);
}

#[test]
fn a_login_without_a_token_makes_the_namespace_and_names_what_is_missing() {
    let site = Site::new();
    let run = Run::of(&mut site.command(&["pre-hook", "--user", &site.user, "--log-level", "info"]));
    assert_eq!(run.status, 6, "{run:?}");
    let record = run.stderr.lines().next().unwrap();
    assert!(
        record.contains("created=") && record.contains("error=") && record.contains("pun_pre_hook_exports"),
        "{record}"
    );
    assert!(site.cluster.object(&site.binding("ood-user")).is_some());
}

#[test]
fn tokens_are_found_in_whatever_letter_case_the_admin_exported_them() {
    let site = Site::new();
    let mut command = site.command(&["set-creds", &site.user]);
    command
        .env("OOD_OIDC_access_token", access_token())
        .env("OOD_oidc_Refresh_Token", format!("{CANARY}-2"));
    Run::of(&mut command).ok();
    let kubeconfig = site.user_kubeconfig().unwrap();
    assert_eq!(
        kubeconfig["users"][0]["user"]["auth-provider"]["config"]["refresh-token"],
        format!("{CANARY}-2")
    );
}

#[test]
fn a_missing_refresh_token_is_a_warning_and_the_login_goes_on() {
    let site = Site::new();
    let run = Run::of(
        site.command(&["set-creds", &site.user])
            .env("OOD_OIDC_ACCESS_TOKEN", access_token()),
    )
    .done();
    assert!(run.stderr.contains("OIDCPassRefreshToken"), "{}", run.stderr);
    assert!(site.user_kubeconfig().is_some());
}
