//! `credential`: what kubectl calls.

use std::process::Command;
use std::time::{Duration, Instant};

use ood_k8s_sandbox::identity_provider::Tokens;

use crate::support::{documented, is_root, Realm, Run};

/// The program as a user's kubectl calls it: as the user, with nothing of root's.
fn credential(realm: &Realm, args: &[&str]) -> Command {
    use std::os::unix::process::CommandExt as _;
    let mut command = Command::new(env!("CARGO_BIN_EXE_ood-k8s"));
    command.env_clear().current_dir("/").arg("credential").args(args);
    command.arg("--cache-dir").arg(realm.site.path("home/cache/ood-k8s"));
    if is_root() && can_users_run_it() {
        let account = crate::support::account();
        command.uid(account.uid).gid(account.gid);
    }
    command
}

/// The build folder may be below root's home.
fn can_users_run_it() -> bool {
    use std::os::unix::fs::MetadataExt as _;
    let path = std::path::Path::new(env!("CARGO_BIN_EXE_ood-k8s"));
    path.ancestors()
        .all(|step| step.metadata().is_ok_and(|metadata| metadata.mode() & 0o001 != 0))
}

fn logged_in() -> (Realm, Tokens) {
    let realm = Realm::new("CREDENTIALS=exec");
    let tokens = realm.log_in();
    realm.set_creds(&tokens).done();
    (realm, tokens)
}

#[test]
fn the_user_gets_the_token_of_the_last_login_with_its_end() {
    let (realm, tokens) = logged_in();
    let answer = Run::of(&mut credential(&realm, &["--cluster", "prod"])).ok().json();
    assert_eq!(answer["kind"], "ExecCredential");
    assert_eq!(answer["apiVersion"], "client.authentication.k8s.io/v1");
    assert_eq!(answer["status"]["token"], tokens.access);
    let end = answer["status"]["expirationTimestamp"].as_str().unwrap();
    let end = ood_k8s::time::parse_rfc3339(end).unwrap();
    let left = end.duration_since(std::time::SystemTime::now()).unwrap();
    assert!(
        left > Duration::from_secs(200) && left <= Duration::from_secs(300),
        "{left:?}"
    );
}

#[test]
fn a_token_that_has_ended_or_is_not_there_asks_for_a_login_on_one_line() {
    let (realm, _) = logged_in();
    let run = || credential(&realm, &["--cluster", "prod"]);
    Run::of(&mut credential(&realm, &["--cluster", "test"])).fails(6, &["log in to OnDemand again", "cluster test"]);
    realm.provider.set(|settings| settings.clock_skew = -3600);
    let old = realm.cached();
    let ended = realm.log_in();
    let new = old.replace(
        old.split('"').find(|part| part.matches('.').count() == 2).unwrap(),
        &ended.access,
    );
    std::fs::write(realm.site.path("home/cache/ood-k8s/prod.json"), new).unwrap();
    let run_of_expired = Run::of(&mut run()).fails(6, &["log in to OnDemand again", "cluster prod expired 55m"]);
    let begins = "ood-k8s: error: log in to OnDemand again";
    documented::is_shown("docs/src/users-log-in.md", begins, &run_of_expired.stderr, &[]);
    std::fs::write(realm.site.path("home/cache/ood-k8s/prod.json"), "{").unwrap();
    Run::of(&mut run()).fails(6, &["log in to OnDemand again", "cannot be used"]);
}

#[test]
fn which_cluster_must_be_said() {
    let (realm, _) = logged_in();
    Run::of(&mut credential(&realm, &[])).fails(2, &["--cluster ID"]);
    Run::of(&mut credential(&realm, &["--cluster", "a", "--cluster", "b"])).fails(2, &["--cluster ID"]);
}

#[test]
fn it_answers_before_kubectl_would_notice() {
    let _alone = crate::support::alone();
    let (realm, _) = logged_in();
    let mut times = Vec::new();
    for _ in 0..11 {
        let started = Instant::now();
        Run::of(&mut credential(&realm, &["--cluster", "prod"])).ok();
        times.push(started.elapsed());
    }
    // The least of them: whatever else the machine does only adds to it. The figure is for the optimized program.
    assert!(times.iter().min() < Some(&Duration::from_millis(100)), "{times:?}");
}
