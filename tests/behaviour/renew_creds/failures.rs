//! What fails is reported, and tried again by the next run: nobody is forgotten for a fault that is not the session's.

use std::fs;
use std::time::Duration;

use ood_k8s_sandbox::identity_provider::{Exchange, Settings, DISCOVERY, TOKEN_ENDPOINT};
use ood_k8s_sandbox::Fault;

use super::{Renewing, SHORT};
use crate::support::{account, Run};

impl Renewing {
    /// Sets how the provider exchanges from now on, and returns how it did before.
    pub(super) fn exchange(&self, exchange: Exchange) -> Exchange {
        let mut before = None;
        self.provider
            .set(|settings: &mut Settings| before = Some(std::mem::replace(&mut settings.exchange, exchange)));
        before.unwrap()
    }
}

#[track_caller]
fn fails_and_keeps(renewing: &Renewing, words: &[&str]) {
    let (token, kept) = (renewing.token(), renewing.kept_token());
    renewing.renew(&["--quiet"]).fails(6, words);
    assert_eq!((renewing.token(), renewing.kept_token()), (token, kept));
}

#[test]
fn a_provider_that_is_down_is_told_and_the_user_is_kept() {
    let renewing = Renewing::new("HOOK_TIMEOUT=1500ms");
    renewing.log_in(SHORT);
    let user = format!("user {}", renewing.site.user);
    renewing.provider.refuse_connections();
    fails_and_keeps(
        &renewing,
        &[&user, "cannot refresh the access token", "cannot reach https://"],
    );
    renewing.provider.recover();
    for (fault, words) in [
        (Fault::hang().on_path(DISCOVERY), "did not answer in time"),
        (Fault::html(200).on_path(DISCOVERY), "provider's JSON"),
        (Fault::html(502).on_path(TOKEN_ENDPOINT), "returned 502"),
        (
            Fault::oauth(500, "server_error", "").on_path(TOKEN_ENDPOINT),
            "server_error",
        ),
        (
            Fault::oauth(401, "invalid_client", "").on_path(TOKEN_ENDPOINT),
            "CLIENT_SECRET",
        ),
    ] {
        renewing.provider.fail(fault);
        fails_and_keeps(&renewing, &[&user, words]);
        renewing.provider.clear_faults();
    }
    renewing.renews("1 user: 1 renewed");
}

#[test]
fn a_wrong_client_secret_is_the_sites_fault_and_nobody_is_forgotten_for_it() {
    let renewing = Renewing::new("");
    renewing.log_in(SHORT);
    renewing.site.set("CLIENT_SECRET=wrong");
    fails_and_keeps(&renewing, &["unauthorized_client", "CLIENT_ID and CLIENT_SECRET"]);
}

#[test]
fn a_provider_that_is_down_is_asked_once_however_many_users_there_are() {
    let renewing = Renewing::new("");
    renewing.log_in(SHORT);
    let record = renewing.record().unwrap().to_string();
    let others = ["bin", "games", "lp", "mail"];
    let others = others.map(|name| {
        nix::unistd::User::from_name(name)
            .unwrap()
            .expect("an account of every system")
            .name
    });
    for name in &others {
        let own = record.replace(&format!("\"{}\"", renewing.site.user), &format!("\"{name}\""));
        renewing.site.write(&format!("renewal/{name}.json"), &own);
    }
    renewing.provider.forget_requests();
    renewing.provider.fail(Fault::html(503).on_path(DISCOVERY));
    let run = renewing
        .renew(&[])
        .fails(6, &["user bin, ", " and 2 more: ", "returned 503"]);
    assert_eq!(run.stdout.trim_end(), "5 users: 5 failed");
    // Once for all, which tries three times.
    assert_eq!(renewing.provider.requests().len(), 3);
}

#[test]
fn an_exchange_that_fails_keeps_the_new_refresh_token_and_is_tried_again() {
    let renewing = Renewing::new("");
    renewing
        .provider
        .set(|settings: &mut Settings| settings.single_use_refresh_tokens = true);
    renewing.log_in(SHORT);
    let (token, kept) = (renewing.token(), renewing.kept_token());
    let standard = renewing.exchange(Exchange::Off);
    renewing
        .renew(&["--quiet"])
        .fails(6, &["cannot exchange the access token", "not enabled"]);
    assert_eq!(renewing.token(), token);
    assert_ne!(renewing.kept_token(), kept, "the old one is spent");
    renewing.exchange(standard);
    renewing.renews("1 user: 1 renewed");
}

#[test]
fn what_a_user_has_in_the_home_fails_no_run_and_the_token_comes_with_the_next_one() {
    let renewing = Renewing::new("");
    renewing.log_in(SHORT);
    let config = renewing.site.path("home").join("config");
    let prom = renewing.site.path("renew.prom").display().to_string();
    let text = fs::read_to_string(&config).unwrap();
    let broken: [(&str, &dyn Fn()); 4] = [
        ("is not a regular file", &|| fs::create_dir(&config).unwrap()),
        ("cannot edit", &|| fs::write(&config, "users: 5\n").unwrap()),
        ("cannot edit", &|| fs::write(&config, "a: [\n").unwrap()),
        ("link", &|| std::os::unix::fs::symlink("config", &config).unwrap()),
    ];
    for (words, make) in broken {
        fs::remove_file(&config).unwrap();
        make();
        let run = renewing.renew(&["--metrics-file", &prom]).done();
        assert_eq!(run.stdout, "1 user: 1 blocked\n");
        let warning = format!("ood-k8s: warning: user {}: ", renewing.site.user);
        assert!(run.stderr.contains(&warning) && run.stderr.contains(words), "{run:?}");
        let metrics = fs::read_to_string(&prom).unwrap();
        for line in [
            "{result=\"blocked\"} 1",
            "{result=\"failed\"} 0",
            "last_success_timestamp_seconds 1",
        ] {
            assert!(metrics.contains(line), "no {line}: {metrics}");
        }
        let _ = fs::remove_dir(&config).or_else(|_| fs::remove_file(&config));
        fs::write(&config, &text).unwrap();
        std::os::unix::fs::chown(&config, Some(account().uid), Some(account().gid)).unwrap();
    }
    renewing.renews("1 user: 1 renewed");
    assert!(!renewing.token().is_empty());
    renewing.renews("1 user: 1 kept");
}

#[test]
fn a_login_whose_home_was_full_gets_its_token_with_the_next_run() {
    let renewing = Renewing::new("");
    let home = renewing.site.path("home");
    fs::create_dir(home.join("config")).unwrap();
    let tokens = renewing.provider.log_in(&renewing.site.user);
    renewing.set_creds(&tokens).fails(6, &["is not a regular file"]);
    fs::remove_dir(home.join("config")).unwrap();
    renewing.renews("1 user: 1 renewed");
    let owner = std::os::unix::fs::MetadataExt::uid(&home.join("config").metadata().unwrap());
    assert_eq!(owner, account().uid, "written as the user");
}

#[test]
fn a_stopped_run_holds_up_another_no_longer_than_its_deadline() {
    let renewing = Renewing::new("HOOK_TIMEOUT=2s");
    renewing.log_in(SHORT);
    renewing
        .provider
        .fail(Fault::slow(Duration::from_secs(60)).on_path(TOKEN_ENDPOINT));
    let mut first = renewing.renew_command(&["--timeout", "1m"]).spawn().unwrap();
    crate::support::wait_until("the first run asks", || renewing.provider.connections() > 1);
    renewing
        .renew(&[])
        .fails(7, &["another process is renewing the tokens of user"]);
    let tokens = renewing.provider.log_in(&renewing.site.user);
    renewing
        .set_creds(&tokens)
        .fails(7, &["another process is renewing the tokens of user"]);
    first.kill().unwrap();
    first.wait().unwrap();
    renewing.provider.clear_faults();
    renewing.renews("1 user: 1 renewed");
}

#[test]
fn a_login_without_a_network_policy_leaves_nothing_for_a_renewal_to_write() {
    let renewing = Renewing::new("HOOK_TIMEOUT=20s");
    if renewing.site.cluster.is_real() {
        return;
    }
    let policies = Fault::status(403).containing("networkpolicies");
    renewing.site.cluster.faults().fail(policies);
    renewing.live(SHORT);
    let tokens = renewing.provider.log_in(&renewing.site.user);
    let args = ["pre-hook", "--user", &renewing.site.user];
    Run::of(&mut renewing.command(&args, &tokens)).fails(5, &["nobody gets permissions"]);
    renewing.renews("1 user: 1 kept");
    assert!(!renewing.site.path("home/config").exists());
    renewing.site.cluster.faults().clear_faults();
    Run::of(&mut renewing.command(&args, &tokens)).ok();
    renewing.live(super::LONG);
    renewing.renews("1 user: 1 renewed");
}

#[test]
fn a_login_that_waits_for_a_slow_cluster_holds_up_no_renewal() {
    let renewing = Renewing::new("HOOK_TIMEOUT=30s");
    if renewing.site.cluster.is_real() {
        return;
    }
    renewing.site.cluster.faults().fail(Fault::hang());
    let tokens = renewing.provider.log_in(&renewing.site.user);
    let mut login = renewing.command(&["pre-hook", "--user", &renewing.site.user], &tokens);
    let mut login = login.stderr(std::process::Stdio::null()).spawn().unwrap();
    let ends = || Some(renewing.record()?["token_ends"].as_object()?.len());
    crate::support::wait_until("the record is unlocked, with nothing to write", || ends() == Some(0));
    let run = renewing.renew(&["--interval", "1h", "--timeout", "10s"]).done();
    assert_eq!(run.stdout.trim_end(), "1 user: 1 kept");
    assert!(
        !renewing.site.path("home/config").exists(),
        "nobody knows whether the policy stands"
    );
    assert!(login.try_wait().unwrap().is_none(), "the login waits still");
    login.kill().unwrap();
    login.wait().unwrap();
}
